"""Serialize how far counting anyway all that a filter finds is."""

from typing import Any

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
