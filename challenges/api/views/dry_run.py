"""The parameter `dryRun`, and the answer to a dry run of logs and activities (docs/api.md, Dry run)."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model

from challenges.engine.dry_run import rolled_back
from challenges.models import ChallengeLog, ChallengeProgress
from core.api.filters import BooleanFilter
from rewards.models import RewardLog

DRY_RUN = BooleanFilter("dryRun", help="Answer what it would do; store nothing.")
LOOKUP_AT_ONCE = 1000

Record = dict[str, Any]
# Whether all of it was recorded before, and the answer.
Recorded = tuple[bool, Record]


def try_log(record: Callable[[], Recorded]) -> Recorded:
    """Call what records and answers one log, take that back, and hide what is not there."""
    replayed, answer = rolled_back(record)
    log = answer["data"]
    progress = log["challengeProgress"]
    reward_logs = [*log["rewardLogs"], *progress["rewardLogs"]]
    if log["achievedMilestoneRewardLog"]:
        reward_logs.append(log["achievedMilestoneRewardLog"])
    _hide_new(ChallengeLog, [log])
    _hide_new(ChallengeProgress, [progress])
    _hide_rewards(reward_logs)
    return replayed, answer


def try_batch(record: Callable[[], Recorded]) -> Recorded:
    """Do with a batch of logs, or with activities, as `try_log` does."""
    replayed, answer = rolled_back(record)
    outcomes = answer["data"]
    _hide_new(ChallengeLog, outcomes)
    _hide_rewards([reward_log for outcome in outcomes for reward_log in outcome["rewardLogs"]])
    return replayed, answer


def _hide_rewards(reward_logs: list[Record]) -> None:
    """Hide every code: whom a dry run gives one may never get it."""
    _hide_new(RewardLog, reward_logs)
    for reward_log in reward_logs:
        reward_log["couponCode"] = None


def _hide_new(model: type[Model], records: Iterable[Record]) -> None:
    """Set the id to null in records that were never stored."""
    records = [record for record in records if record["id"] is not None]
    stored = _stored(model, sorted({record["id"] for record in records}))
    for record in records:
        if record["id"] not in stored:
            record["id"] = None


def _stored(model: type[Model], ids: list[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for start in range(0, len(ids), LOOKUP_AT_ONCE):
        rows = model._default_manager.filter(pk__in=ids[start : start + LOOKUP_AT_ONCE])
        found |= set(rows.values_list("pk", flat=True))
    return found
