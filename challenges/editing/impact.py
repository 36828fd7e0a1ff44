"""Count what an edit would do to members and coupons, before anything is saved."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from challenges.caches.config import Rules, Threshold
from challenges.editing.change_set import ChangeSet
from challenges.engine import recompute
from challenges.engine.backfill import completes, open_rows, unpaid
from challenges.models import ChallengeProgress
from core.choices import CodeSource
from rewards.models import Reward, RewardLog


@dataclass(slots=True)
class Impact:
    """How many members an edit completes and pays, each member once, and the reward logs that it issues."""

    completed_members: int = 0
    paid_members: int = 0
    # Reward logs by the reward's id; None: no reward is configured, and each log gets a generated code.
    rewards: dict[UUID | None, int] = field(default_factory=dict)
    coupons_needed: int = 0


def impact_of(change_set: ChangeSet) -> Impact:
    """Count the impact of an edit that `change_validation.check` accepts.

    Stores nothing, also where it recomputes progress in a transaction that it rolls back.
    """
    if change_set.is_new:
        return Impact()
    if change_set.reassigning_fields:
        return _recompute_impact(change_set)
    return _backfill_impact(change_set) if change_set.needs_backfill else Impact()


def _backfill_impact(change_set: ChangeSet) -> Impact:
    rules = change_set.new_rules()
    rows = open_rows(rules.challenge_id, change_set.at)
    paying = completes(rules)
    impact = Impact(completed_members=_count_members(rows.filter(paying)))
    for threshold in _paying_thresholds(rules, change_set.at):
        _add_reward_logs(impact, threshold.reward_id, rows.filter(unpaid(threshold)).count())
        paying |= unpaid(threshold)
    _add_reward_logs(impact, rules.completion_reward_id, rows.filter(completes(rules)).count())
    impact.paid_members = _count_members(rows.filter(paying))
    _count_coupons(impact)
    return impact


def _paying_thresholds(rules: Rules, at: datetime) -> list[Threshold]:
    """Return the milestones that pay; when the edit closes the windows, without those that go live by it."""
    closes_windows = rules.ends_at is not None and rules.ends_at <= at
    return [threshold for threshold in rules.thresholds if not closes_windows or threshold.live_since < at]


def _recompute_impact(change_set: ChangeSet) -> Impact:
    """Recompute progress from all logs, 10,000 at most, count what that stored, and roll it back."""
    rules = change_set.new_rules()
    with transaction.atomic():
        recompute.recompute_challenge(rules, change_set.at)
        impact = _stored_impact(rules)
        transaction.set_rollback(True)
    _count_coupons(impact)
    return impact


def _stored_impact(rules: Rules) -> Impact:
    reward_logs = RewardLog.objects.filter(challenge=rules.challenge_id)
    completed = ChallengeProgress.objects.filter(
        ~Q(challenge_completed_at=None), challenge=rules.challenge_id
    )
    impact = Impact(_count_members(completed), _count_members(reward_logs))
    for reward_id, count in reward_logs.values_list("reward").annotate(count=Count("id")).order_by("reward"):
        _add_reward_logs(impact, reward_id, count)
    return impact


def _count_members(rows: QuerySet[Any]) -> int:
    return rows.aggregate(members=Count("member", distinct=True))["members"]


def _add_reward_logs(impact: Impact, reward_id: UUID | None, count: int) -> None:
    if count:
        impact.rewards[reward_id] = impact.rewards.get(reward_id, 0) + count


def _count_coupons(impact: Impact) -> None:
    """Count the reward logs that need a code: all but those of rewards with the code source `none`."""
    reward_ids = [reward_id for reward_id in impact.rewards if reward_id]
    without_codes = Reward.objects.filter(code_source=CodeSource.NONE, id__in=reward_ids)
    ids_without_codes = set(without_codes.values_list("id", flat=True))
    impact.coupons_needed = sum(
        count for reward_id, count in impact.rewards.items() if reward_id not in ids_without_codes
    )
