"""Serialize the outcomes of a batch of logs or activities."""

from collections.abc import Sequence
from typing import Any

from challenges.api.log_parser import MOST_OF_RECORD
from challenges.engine.activities import ActivityOutcome
from challenges.engine.intake import Outcome
from core.amounts import amount
from core.api.errors import Fault, first_faults
from core.api.names import wire_path
from rewards.models import RewardLog
from rewards.models.rows import Issued

# Errors that the answer names in all. Beyond that a record tells its first code.
MOST_OF_BATCH = 500
LEFT_OUT = "Correct the others first."


def serialize_batch(outcomes: Sequence[Outcome | list[Fault]]) -> dict[str, Any]:
    """Serialize an outcome for each record, in order, and their sums (docs/api.md, Batch)."""
    caused, errors = _caused_by_replays(outcomes), _Errors()
    return _summarize(
        [_serialize_one(index, outcome, caused, errors) for index, outcome in enumerate(outcomes)]
    )


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
    errors = _Errors()
    for index, activity in enumerate(activities):
        if isinstance(activity, list) or activity.errors:
            refused = activity if isinstance(activity, list) else Outcome(errors=activity.errors)
            data.append({"challengeId": None} | _serialize_one(index, refused, caused, errors))
            continue
        for challenge_id, outcome in zip(activity.challenge_ids, activity.outcomes, strict=True):
            data.append({"challengeId": challenge_id} | _serialize_one(index, outcome, caused, errors))
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


class _Errors:
    """Serializes the errors of a batch's records: some of each, some in all, and of all the first code."""

    def __init__(self) -> None:
        self.left = MOST_OF_BATCH

    def serialize(self, index: int, faults: Sequence[Fault]) -> list[dict[str, Any]]:
        shown = first_faults(faults, MOST_OF_RECORD)
        if faults and self.left < len(shown):
            self.left = 0
            shown = [Fault(faults[0].code, LEFT_OUT)]
        self.left -= len(shown)
        return [
            {
                "code": fault.code,
                "detail": fault.detail,
                "attr": f"records.{index}.{fault.attr}" if fault.attr else f"records.{index}",
            }
            for fault in shown
        ]


def _serialize_one(
    index: int, outcome: Outcome | list[Fault], caused: dict[Any, list[RewardLog]], errors: _Errors
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
        **({"countedValue": amount(log.counted_value)} if log else {}),
        "reasonCode": (log.reason_code or None) if log else None,
        "rewardLogs": [
            {"id": reward_log.id, "couponCode": reward_log.coupon_code or None} for reward_log in reward_logs
        ],
        "errors": errors.serialize(index, faults),
    }
