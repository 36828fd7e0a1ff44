"""What an edit would do to members and coupons, counted in the database before anything is saved."""

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
    """Members whom the edit completes and members whom it pays, each once; reward logs by reward's id."""

    completed_members: int = 0
    paid_members: int = 0
    # None: no reward is configured, and each gets a generated code.
    rewards: dict[UUID | None, int] = field(default_factory=dict)
    coupons_needed: int = 0


def impact_of(edit: ChangeSet) -> Impact:
    """The impact of a checked edit. Counts only, whatever the number of members."""
    if edit.is_new:
        return Impact()
    if edit.recasts:
        return _of_recount(edit)
    return _of_settling(edit) if edit.moves_thresholds else Impact()


def _of_settling(edit: ChangeSet) -> Impact:
    rules = edit.rules()
    rows = open_rows(rules.challenge_id, edit.at)
    paying = completes(rules)
    impact = Impact(completed_members=_members(rows.filter(paying)))
    for threshold in _acting(rules, edit.at):
        _add(impact, threshold.reward_id, rows.filter(unpaid(threshold)).count())
        paying |= unpaid(threshold)
    _add(impact, rules.completion_reward_id, rows.filter(completes(rules)).count())
    impact.paid_members = _members(rows.filter(paying))
    _count_coupons(impact)
    return impact


def _acting(rules: Rules, at: datetime) -> list[Threshold]:
    """All milestones; of an edit that closes the windows, not those that go live with it."""
    closes = rules.ends_at is not None and rules.ends_at <= at
    return [each for each in rules.thresholds if not closes or each.live_since < at]


def _of_recount(edit: ChangeSet) -> Impact:
    """Recounted for real (10,000 logs at most) and taken back: only so many can be."""
    rules = edit.rules()
    with transaction.atomic():
        recompute.recompute_challenge(rules, edit.at)
        impact = _recounted(rules)
        transaction.set_rollback(True)
    _count_coupons(impact)
    return impact


def _recounted(rules: Rules) -> Impact:
    paid = RewardLog.objects.filter(challenge=rules.challenge_id)
    completed = ChallengeProgress.objects.filter(
        ~Q(challenge_completed_at=None), challenge=rules.challenge_id
    )
    impact = Impact(_members(completed), _members(paid))
    for reward_id, count in paid.values_list("reward").annotate(count=Count("id")).order_by("reward"):
        _add(impact, reward_id, count)
    return impact


def _members(rows: QuerySet[Any]) -> int:
    return rows.aggregate(members=Count("member", distinct=True))["members"]


def _add(impact: Impact, reward_id: UUID | None, count: int) -> None:
    if count:
        impact.rewards[reward_id] = impact.rewards.get(reward_id, 0) + count


def _count_coupons(impact: Impact) -> None:
    """A reward without codes is a badge; no reward configured means a generated code."""
    badges = Reward.objects.filter(code_source=CodeSource.NONE, id__in=[r for r in impact.rewards if r])
    without = set(badges.values_list("id", flat=True))
    impact.coupons_needed = sum(count for id_, count in impact.rewards.items() if id_ not in without)
