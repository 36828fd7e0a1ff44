"""Count what an edit would do to members and coupons, before anything is saved."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from challenges.caches import config
from challenges.editing.change_set import ChangeSet
from challenges.engine import kept_activities_impact, recompute
from challenges.engine.backfill import affected_windows, completes, rows_in, unpaid, without_reward_log
from challenges.engine.dry_run import rolled_back
from challenges.engine.impact import Demand, Impact, count_coupons
from challenges.models import Challenge, ChallengeProgress
from challenges.models.window_rules import Rules, WindowRules
from core.write_guard import writing
from rewards.models import RewardLog

Rows = QuerySet[ChallengeProgress]
# What a row says: the member, the window, value, target, end and completion.
RowState = tuple[UUID, str, Decimal, Decimal, datetime, datetime | None]
NONE = Q(pk__in=())
# The columns by which the engine judges, beside those that a rule version holds.
JUDGED_BY = [
    "status",
    "aggregation_period",
    "time_zone",
    "late_grace_hours",
    "reversal_policy",
    "activity_ids",
]


def impact_of(change_set: ChangeSet) -> Impact:
    """Count the impact of an edit that `change_validation.check` accepts.

    Stores nothing, also where it recomputes progress in a transaction that it rolls back. Edits revoke
    nothing.
    """
    if change_set.goes_live:
        return kept_activities_impact.impact_of(
            change_set.new_rules(), change_set.at, lambda: _store_for_trial(change_set)
        )
    if change_set.old_rules is None:
        return Impact()
    if change_set.reassigning_fields and not change_set.from_next_window:
        return _recompute_impact(change_set.new_rules(), change_set.at)
    return _backfill_impact(change_set, change_set.old_rules)


def _store_for_trial(change_set: ChangeSet) -> None:
    """Store what the engine reads of the edit, for a rollback; the edited records stay as they are."""
    challenge = copy(change_set.challenge)
    with writing(Challenge):
        Challenge.objects.bulk_create(
            [challenge], update_conflicts=True, unique_fields=["id"], update_fields=JUDGED_BY
        )
    for version in change_set.plan.stored:
        copy(version).save(force_insert=True)
    config.invalidate()


def _backfill_impact(change_set: ChangeSet, old_rules: Rules) -> Impact:
    rules = change_set.new_rules()
    old = {judged.window: judged for judged in affected_windows(old_rules, change_set.at)}
    changes_status = rules.status != old_rules.status
    pays = change_set.needs_backfill
    touched, completing, paying = NONE, NONE, NONE
    paid_rows: defaultdict[UUID | None, list[Rows]] = defaultdict(list)
    for judged in affected_windows(rules, change_set.at):
        window = Q(period_key=judged.window.period_key)
        touched |= window & _touched(old.get(judged.window), judged, changes_status=changes_status)
        if not pays:
            continue
        rows = rows_in(rules, judged)
        completing |= window & completes(judged)
        paid_rows[judged.version.rules.completion_reward_id].append(rows.filter(completes(judged)))
        for milestone in judged.version.thresholds:
            paying |= window & unpaid(milestone)
            paid_rows[milestone.reward_id].append(rows.filter(unpaid(milestone)))
    rows = ChallengeProgress.objects.filter(challenge=rules.challenge_id)
    impact = Impact(
        members=_count_members(rows.filter(touched | completing | paying)),
        completed_members=_count_members(rows.filter(completing)),
        paid_members=_count_members(rows.filter(completing | paying)),
    )
    count_coupons(impact, {reward_id: _demand(querysets) for reward_id, querysets in paid_rows.items()})
    return impact


def _touched(before: WindowRules | None, after: WindowRules, *, changes_status: bool) -> Q:
    """Match rows of a window to which an edit gives a chance or from which it takes one.

    Whoever has completed the window, or was paid for a milestone that changes, has nothing more to win there.
    """
    unfinished = Q(challenge_completed_at=None)
    if before is None or changes_status or _completion(before) != _completion(after):
        return unfinished
    touched = NONE
    changed = set(before.version.thresholds) ^ set(after.version.thresholds)
    for milestone_id in {milestone.milestone_id for milestone in changed}:
        touched |= without_reward_log(milestone_id)
    return touched


def _completion(judged: WindowRules) -> tuple[int, datetime, UUID | None]:
    return judged.target, judged.closes_at, judged.version.rules.completion_reward_id


def _demand(querysets: Sequence[Rows]) -> Demand:
    """Tell how many reward logs these rows are due, one for each row of each queryset."""
    return Demand(sum(rows.count() for rows in querysets), _rows_by_member(querysets))


def _rows_by_member(querysets: Sequence[Rows]) -> Iterator[tuple[UUID, int]]:
    """Yield how many rows each member has, in bounded memory."""
    streams = [
        rows.order_by("member_id").values_list("member_id", flat=True).iterator() for rows in querysets
    ]
    for member_id, group in groupby(heapq.merge(*streams)):
        yield member_id, sum(1 for _ in group)


def _recompute_impact(rules: Rules, at: datetime) -> Impact:
    """Recompute progress from all logs, 10,000 at most, tell what that changed, and roll it back."""
    before = _row_states(rules)
    after, reward_logs = rolled_back(lambda: _recompute(rules, at))
    completed = {member_id for member_id, *_others, completed_at in after if completed_at is not None}
    impact = Impact(
        members=len({member_id for member_id, *_others in before ^ after}),
        completed_members=len(completed),
        paid_members=len({member_id for _reward_id, member_id in reward_logs}),
    )
    by_reward: defaultdict[UUID | None, Counter[UUID]] = defaultdict(Counter)
    for reward_id, member_id in reward_logs:
        by_reward[reward_id][member_id] += 1
    count_coupons(impact, {id_: Demand(logs.total(), logs.items()) for id_, logs in by_reward.items()})
    return impact


def _recompute(rules: Rules, at: datetime) -> tuple[set[RowState], list[tuple[UUID | None, UUID]]]:
    """Recompute progress; return the rows, and reward and member of each reward log."""
    recompute.recompute_challenge(rules, at)
    reward_logs = RewardLog.objects.filter(challenge=rules.challenge_id)
    return _row_states(rules), list(reward_logs.values_list("reward", "member"))


def _row_states(rules: Rules) -> set[RowState]:
    rows = ChallengeProgress.objects.filter(challenge=rules.challenge_id)
    return set(
        rows.values_list(
            "member",
            "period_key",
            "current_progress_value",
            "completion_target_value",
            "window_ends_at",
            "challenge_completed_at",
        )
    )


def _count_members(rows: QuerySet[Any]) -> int:
    return rows.aggregate(members=Count("member", distinct=True))["members"]
