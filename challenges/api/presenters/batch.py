"""Serialize the outcomes of a batch of logs or activities."""

from collections.abc import Sequence
from typing import Any

from challenges.engine.activities import ActivityOutcome
from challenges.engine.intake import Outcome
from core.api.errors import Fault
from core.api.names import wire_path
from rewards.models import RewardLog
from rewards.models.rows import Issued


def serialize_batch(outcomes: Sequence[Outcome | list[Fault]]) -> dict[str, Any]:
    """Serialize an outcome for each record, in order, and their sums (docs/api.md, Batch)."""
    caused = _caused_by_replays(outcomes)
    return _summarize([_serialize_one(index, outcome, caused) for index, outcome in enumerate(outcomes)])


def serialize_activities(activities: Sequence[ActivityOutcome | list[Fault]]) -> dict[str, Any]:
    """Serialize, for each activity, an outcome for each challenge that it reached (docs/api.md, Activity)."""
    caused = _caused_by_replays(
        [
            outcome
            for activity in activities
            if isinstance(activity, ActivityOutcome)
            for outcome in activity.outcomes
        ]
    )
    data: list[dict[str, Any]] = []
    for index, activity in enumerate(activities):
        if isinstance(activity, list) or activity.errors:
            refused = activity if isinstance(activity, list) else Outcome(errors=activity.errors)
            data.append({"challengeId": None} | _serialize_one(index, refused, caused))
            continue
        for challenge_id, outcome in zip(activity.challenge_ids, activity.outcomes, strict=True):
            data.append({"challengeId": challenge_id} | _serialize_one(index, outcome, caused))
    return _summarize(data)


def _summarize(data: list[dict[str, Any]]) -> dict[str, Any]:
    statuses = [record["status"] for record in data]
    summary = {status: statuses.count(status) for status in ("created", "replayed", "rejected")}
    summary["rewardLogs"] = sum(len(record["rewardLogs"]) for record in data)
    return {"data": data, "summary": summary}


def _caused_by_replays(outcomes: Sequence[Outcome | list[Fault]]) -> dict[Any, list[RewardLog]]:
    """The reward logs that the replayed logs had caused, by the id of the log."""
    replayed = [o.log.id for o in outcomes if isinstance(o, Outcome) and o.status == "replayed" and o.log]
    by_log: dict[Any, list[RewardLog]] = {}
    for reward_log in RewardLog.objects.filter(challenge_log__in=replayed).order_by("id") if replayed else ():
        by_log.setdefault(reward_log.challenge_log_id, []).append(reward_log)
    return by_log


def _serialize_one(
    index: int, outcome: Outcome | list[Fault], caused: dict[Any, list[RewardLog]]
) -> dict[str, Any]:
    reward_logs: Sequence[RewardLog | Issued] = ()
    if isinstance(outcome, list):
        log, status, faults = None, "rejected", outcome
    else:
        log, status = outcome.log, outcome.status
        faults = [
            Fault(error.code, error.message, wire_path(error.field) if error.field else None)
            for error in outcome.errors
        ]
        reward_logs = caused.get(outcome.stored.id, ()) if status == "replayed" else outcome.issued
    return {
        "index": index,
        "status": status,
        "id": log.id if log else None,
        "counted": log.counted if log else None,
        "reasonCode": (log.reason_code or None) if log else None,
        "rewardLogs": [
            {"id": reward_log.id, "couponCode": reward_log.coupon_code or None} for reward_log in reward_logs
        ],
        "errors": [
            {
                "code": f.code,
                "detail": f.detail,
                "attr": f"records.{index}.{f.attr}" if f.attr else f"records.{index}",
            }
            for f in faults
        ],
    }
