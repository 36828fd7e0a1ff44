"""Serialize what became of a batch of logs or activities."""

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
    return _summed([_one_of_batch(index, outcome, caused) for index, outcome in enumerate(outcomes)])


def serialize_activities(reached: Sequence[ActivityOutcome | list[Fault]]) -> dict[str, Any]:
    """Serialize, for each activity, an outcome for each challenge that it reached (docs/api.md, Activity)."""
    caused = _caused_by_replays(
        [o for each in reached if isinstance(each, ActivityOutcome) for o in each.outcomes]
    )
    data: list[dict[str, Any]] = []
    for index, each in enumerate(reached):
        if isinstance(each, list) or each.errors:
            refused = each if isinstance(each, list) else Outcome(errors=each.errors)
            data.append({"challengeId": None} | _one_of_batch(index, refused, caused))
            continue
        for challenge_id, outcome in zip(each.challenge_ids, each.outcomes, strict=True):
            data.append({"challengeId": challenge_id} | _one_of_batch(index, outcome, caused))
    return _summed(data)


def _summed(data: list[dict[str, Any]]) -> dict[str, Any]:
    statuses = [each["status"] for each in data]
    summary = {status: statuses.count(status) for status in ("created", "replayed", "rejected")}
    return {"data": data, "summary": summary | {"rewardLogs": sum(len(each["rewardLogs"]) for each in data)}}


def _caused_by_replays(outcomes: Sequence[Outcome | list[Fault]]) -> dict[Any, list[RewardLog]]:
    replayed = [o.log.id for o in outcomes if isinstance(o, Outcome) and o.status == "replayed" and o.log]
    found: dict[Any, list[RewardLog]] = {}
    for reward_log in RewardLog.objects.filter(challenge_log__in=replayed).order_by("id") if replayed else ():
        found.setdefault(reward_log.challenge_log_id, []).append(reward_log)
    return found


def _paid_by(outcome: Outcome, caused: dict[Any, list[RewardLog]]) -> Sequence[RewardLog | Issued]:
    if outcome.status == "replayed":
        return caused.get(outcome.stored.id, ())
    return outcome.issued


def _one_of_batch(
    index: int, outcome: Outcome | list[Fault], caused: dict[Any, list[RewardLog]]
) -> dict[str, Any]:
    paid: Sequence[RewardLog | Issued] = ()
    if isinstance(outcome, list):
        log, status, faults = None, "rejected", outcome
    else:
        log, status = outcome.log, outcome.status
        faults = [
            Fault(error.code, error.message, wire_path(error.field) if error.field else None)
            for error in outcome.errors
        ]
        paid = _paid_by(outcome, caused)
    return {
        "index": index,
        "status": status,
        "id": log.id if log else None,
        "counted": log.counted if log else None,
        "reasonCode": (log.reason_code or None) if log else None,
        "rewardLogs": [{"id": each.id, "couponCode": each.coupon_code or None} for each in paid],
        "errors": [
            {
                "code": f.code,
                "detail": f.detail,
                "attr": f"records.{index}.{f.attr}" if f.attr else f"records.{index}",
            }
            for f in faults
        ],
    }
