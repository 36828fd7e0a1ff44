"""Count what an edit would do to members and coupons, before anything is saved."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from challenges.editing.change_set import ChangeSet
from challenges.engine import recompute
from challenges.engine.backfill import affected_windows, completes, rows_in, unpaid
from challenges.models import ChallengeProgress
from challenges.models.window_rules import Rules
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
    if change_set.reassigning_fields and not change_set.from_next_window:
        return _recompute_impact(change_set)
    return _backfill_impact(change_set) if change_set.needs_backfill else Impact()


def _backfill_impact(change_set: ChangeSet) -> Impact:
    rules = change_set.new_rules()
    impact, completing, paying = Impact(), Q(pk__in=()), Q(pk__in=())
    for judged in affected_windows(rules, change_set.at):
        window = Q(period_key=judged.window.period_key)
        rows = rows_in(rules, judged)
        completing |= window & completes(judged)
        for milestone in judged.version.thresholds:
            _add_reward_logs(impact, milestone.reward_id, rows.filter(unpaid(milestone)).count())
            paying |= window & unpaid(milestone)
        completion_reward_id = judged.version.rules.completion_reward_id
        _add_reward_logs(impact, completion_reward_id, rows.filter(completes(judged)).count())
    rows = ChallengeProgress.objects.filter(challenge=rules.challenge_id)
    impact.completed_members = _count_members(rows.filter(completing))
    impact.paid_members = _count_members(rows.filter(completing | paying))
    _count_coupons(impact)
    return impact


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
