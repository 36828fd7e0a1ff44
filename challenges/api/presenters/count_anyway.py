"""Serialize how far counting anyway all that a filter finds is, and what it would do."""

from typing import Any

from challenges.engine.manual_count_impact import CountImpact
from challenges.models import ManualCountRun


def serialize_run(run: ManualCountRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "challengeId": run.challenge_id,
        "status": run.status.value,
        "found": run.found,
        "processed": run.processed,
        "counted": run.counted,
        "refused": run.refused,
        "rewardLogs": run.reward_logs,
        "refusals": run.refusals,
        "startedAt": run.started_at,
        "movedAt": run.moved_at,
        "finishedAt": run.finished_at,
    }


def serialize_count_impact(impact: CountImpact) -> dict[str, Any]:
    """Serialize what the counting would do; rewards have no face value yet."""
    return {
        "logs": impact.logs,
        "members": impact.members,
        "completedMembers": impact.completed_members,
        "paidMembers": impact.paid_members,
        "coupons": impact.coupons,
        "revoked": impact.revoked,
        "capped": impact.capped,
        "faceValue": None,
    }
