"""What the API answers to recorded logs: one with all that it caused, or a batch with an outcome each."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from challenges.api.presenters import serialize_log, serialize_progress
from challenges.caches import challenge, config
from challenges.engine.activities import ActivityOutcome
from challenges.engine.intake import Outcome
from challenges.models import ChallengeProgress
from challenges.models.rows import LogRow, progress_of_row
from challenges.queries.member_state import reward_logs_by_window
from core.api.errors import Fault
from core.api.reader import Reader
from core.sql.table import adapted
from milestones.api.presenters import serialize_milestone
from milestones.models import Milestone
from rewards.api.presenters import serialize_reward_log
from rewards.domain.issuing import Issued
from rewards.models import RewardLog


def serialize_outcome(outcome: Outcome, external_id: str, reader: Reader) -> dict[str, Any]:
    """A created or replayed log, the progress of its window now, and what the log caused, lowest first."""
    log = outcome.stored
    shelved = challenge.get_many([log.challenge_id], config.last_config_version())[log.challenge_id]
    rewards = _rewards_of_window(log)
    caused = [each for each in rewards if each.challenge_log_id == log.id]
    achieved = [each for each in caused if each.milestone_id]
    milestones = [serialize_milestone(_milestone(each, shelved), reader) for each in achieved]
    progress = _progress_of_window(outcome, log)
    return {
        **serialize_log(log, external_id),
        "challengeProgress": serialize_progress(
            progress, shelved.challenge, shelved.live_milestones, rewards, external_id, reader
        ),
        "achievedMilestone": milestones[-1] if milestones else None,
        "achievedMilestones": milestones,
        "achievedMilestoneRewardLog": (
            serialize_reward_log(achieved[-1], external_id, reader) if achieved else None
        ),
        "rewardLogs": [serialize_reward_log(each, external_id, reader) for each in caused],
    }


def _rewards_of_window(log: LogRow) -> Sequence[RewardLog]:
    """Most windows have paid nothing yet: that is asked cheaply first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {RewardLog._meta.db_table} "
            "WHERE member_id = %s AND challenge_id = %s AND period_key = %s LIMIT 1",
            adapted(log.window_key),
        )
        if cursor.fetchone() is None:
            return []
    return reward_logs_by_window([log.window_key])[log.window_key]


def _progress_of_window(outcome: Outcome, log: LogRow) -> ChallengeProgress | None:
    """The row as the log left it; of a replay, and of a log that did not count, as it is now."""
    if outcome.progress is not None:
        return progress_of_row(outcome.progress)
    return ChallengeProgress.objects.filter(
        member=log.member_id, challenge=log.challenge_id, period_key=log.period_key
    ).first()


def _milestone(reward_log: RewardLog, shelved: challenge.CachedChallenge) -> Milestone:
    """The shelf's instance where it has one: its reward came with it."""
    mine = (each for each in shelved.milestones if each.id == reward_log.milestone_id)
    return next(mine, None) or Milestone.objects.get(reward_logs=reward_log)


def serialize_batch(outcomes: Sequence[Outcome | list[Fault]]) -> dict[str, Any]:
    """api.md, Batch: an outcome for each record, in order, and their sums."""
    caused = _caused_by_replays(outcomes)
    return _summed([_one_of_batch(index, outcome, caused) for index, outcome in enumerate(outcomes)])


def serialize_activities(reached: Sequence[ActivityOutcome | list[Fault]]) -> dict[str, Any]:
    """api.md, Activity: for each activity an outcome for each challenge that it reached; none is none."""
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
        faults = [Fault(e.code, str(e.message), e.field) for e in outcome.errors]
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
