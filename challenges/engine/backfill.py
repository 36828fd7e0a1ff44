"""Paying what an edit made due: open windows take over the new rules, a bounded set of members at a time.

An edit settles the first members in its own transaction. Whoever is left is settled after its commit, a
transaction for each set, in key order; `settling_since` stands until the last one, so that an interruption is
noticed and the rest resumed, by the next edit, by the next activity or by `manage.py rebuild_progress`.
Asking twice pays once: the unique key of the reward log decides.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from challenges.caches import config
from challenges.caches.config import Rules, Threshold, rules_of
from challenges.engine import locks
from challenges.engine.thresholds import due
from challenges.models import Challenge, ChallengeProgress
from core.amounts import amount, units
from core.periods import Window, window_after, window_containing
from rewards.domain import issuing
from rewards.models import RewardLog
from rewards.models.rows import Due

MEMBERS_AT_ONCE = 1000
# Longer than a set takes, and then some: who finds an edit unsettled this long resumes it.
INTERRUPTED_AFTER = timedelta(minutes=2)

Place = tuple[UUID, str]  # member, period key: where a walk over a challenge's rows stands


def start_backfill(rules: Rules, at: datetime) -> None:
    """Settle an edit made at `at`; call it last in the edit's transaction, with the challenge locked."""
    place = backfill_some(rules, at, None, at)
    if place is None:
        return
    Challenge.objects.filter(id=rules.challenge_id).update(settling_since=at)
    config.invalidate()
    _after_commit(lambda: finish_backfill(rules.challenge_id, place))


def finish_backfill(challenge_id: UUID, place: Place | None = None, *, wait: bool = True) -> None:
    """Settle what is left of a challenge's last edit, from a place or from the start; there may be nothing.

    With `wait` false it leaves when somebody else is at it.
    """
    unfinished = True
    while unfinished:
        with transaction.atomic():
            locks.lock_shared([challenge_id])
            rules = rules_of([challenge_id]).get(challenge_id)
            if (
                rules is None
                or rules.backfill_since is None
                or not locks.lock_backfill(challenge_id, wait=wait)
            ):
                return
            place = _go_on(rules, place)
            unfinished = place is not None


def _go_on(rules: Rules, place: Place | None) -> Place | None:
    since = rules.backfill_since or timezone.now()
    place = backfill_some(rules, since, place, timezone.now())
    if place is None:
        Challenge.objects.filter(id=rules.challenge_id).update(settling_since=None)
        config.invalidate()
    return place


def resume_if_interrupted(rules: Rules, at: datetime) -> None:
    """Continue after this transaction a backfill that nobody has finished within `INTERRUPTED_AFTER`."""
    if rules.backfill_since is not None and at - rules.backfill_since > INTERRUPTED_AFTER:
        _after_commit(lambda: finish_backfill(rules.challenge_id, wait=False))


def _after_commit(go_on: Callable[[], None]) -> None:
    """What is stored stays: a failure here is logged and resumed later, never answered as a failed edit.

    A function, for Django's report of the failure asks for its name, which a `partial` does not have.
    """
    transaction.on_commit(go_on, robust=True)


def backfill_some(rules: Rules, since: datetime, place: Place | None, at: datetime) -> Place | None:
    """Settle the next rows after `place`, in key order; answers the last one's place, None when none is left.

    `since`: the edit's time, which decides the windows and is the time of completion; `at`: the clock.
    """
    rows = _with_payments(pending_rows(rules, since), rules).order_by("member_id", "period_key")
    if place is not None:
        member_id, period_key = place
        later = Q(member_id__gt=member_id) | Q(member_id=member_id, period_key__gt=period_key)
        rows = rows.filter(later, member_id__gte=member_id)
    locked = list(rows.select_for_update(no_key=True, of=("self",))[:MEMBERS_AT_ONCE])
    _retarget(locked, rules, at)
    _move_ends(locked, rules, since, at)
    _complete(locked, since, at)
    issuing.issue([each for row in locked for each in _dues(row, rules)], at)
    full = len(locked) == MEMBERS_AT_ONCE
    return (locked[-1].member_id, locked[-1].period_key) if full else None


def pending_rows(rules: Rules, since: datetime) -> QuerySet[ChallengeProgress]:
    """The rows of windows open at `since` that the rules would change or pay."""
    wanted = _has_other_target(rules) | _has_other_end(rules, since) | completes(rules)
    for threshold in rules.thresholds:
        wanted |= unpaid(threshold)
    wanted |= Q(challenge_completed_at__isnull=False) & ~_paid(rules.challenge_id)
    return open_rows(rules.challenge_id, since).filter(wanted)


def open_rows(challenge_id: UUID, since: datetime) -> QuerySet[ChallengeProgress]:
    return ChallengeProgress.objects.filter(challenge=challenge_id, window_ends_at__gt=since)


def unpaid(threshold: Threshold) -> Q:
    """Rows at or past a milestone without its reward log."""
    return Q(current_progress_value__gte=amount(threshold.target)) & ~_paid(threshold.milestone_id)


def completes(rules: Rules) -> Q:
    """Rows not completed that the target of the rules completes."""
    return Q(challenge_completed_at=None, current_progress_value__gte=amount(rules.target))


def _paid(threshold_id: UUID) -> Q:
    logs = RewardLog.objects.filter(
        member=OuterRef("member_id"), threshold_id=threshold_id, period_key=OuterRef("period_key")
    )
    return Q(Exists(logs))


def _has_other_target(rules: Rules) -> Q:
    """Raising a target leaves completed rows at the target they were judged by; lowering reaches all."""
    target = amount(rules.target)
    return Q(completion_target_value__gt=target) | Q(
        completion_target_value__lt=target, challenge_completed_at=None
    )


def _has_other_end(rules: Rules, since: datetime) -> Q:
    ends = [
        When(period_key=w.period_key, then=Value(_end(rules, w, since))) for w in open_windows(rules, since)
    ]
    return ~Q(window_ends_at=Case(*ends, default=F("window_ends_at")))


def open_windows(rules: Rules, since: datetime) -> Sequence[Window]:
    """The calendar window of that moment and the next one, which activity 5 minutes ahead may have begun."""
    now = window_containing(rules.period, since, rules.zone)
    return now, window_after(rules.period, now, rules.zone)


def _end(rules: Rules, window: Window, since: datetime) -> datetime:
    """An edit closes a window from now on, never in the past: what counted until then did."""
    return max(rules.closes_at(window.ends_at), since)


def _retarget(rows: Sequence[ChallengeProgress], rules: Rules, at: datetime) -> None:
    target = amount(rules.target)
    stale = [row for row in rows if row.completion_target_value != target]
    stale = [r for r in stale if r.challenge_completed_at is None or r.completion_target_value > target]
    _update(stale, at, completion_target_value=target)


def _move_ends(rows: Sequence[ChallengeProgress], rules: Rules, since: datetime, at: datetime) -> None:
    ends = {window.period_key: _end(rules, window, since) for window in open_windows(rules, since)}
    moved: dict[datetime, list[ChallengeProgress]] = {}
    for row in rows:
        end = _end_of(row, ends.get(row.period_key, row.window_ends_at))
        if end != row.window_ends_at:
            moved.setdefault(end, []).append(row)
    for end, some in moved.items():
        _update(some, at, window_ends_at=end)


def _end_of(row: ChallengeProgress, end: datetime) -> datetime:
    """Activity may be reported five minutes ahead: a completion stays inside its window."""
    completed_at = row.challenge_completed_at
    return end if completed_at is None else max(end, completed_at + datetime.resolution)


def _complete(rows: Sequence[ChallengeProgress], since: datetime, at: datetime) -> None:
    reached = [
        row
        for row in rows
        if row.challenge_completed_at is None and row.current_progress_value >= row.completion_target_value
    ]
    closing = [row for row in reached if row.window_ends_at <= since]  # by this very edit
    _update(closing, at, challenge_completed_at=since - datetime.resolution)
    _update([row for row in reached if row.window_ends_at > since], at, challenge_completed_at=since)


def _update(rows: Sequence[ChallengeProgress], at: datetime, **values: object) -> None:
    """The same values for all these rows, in the database and in hand."""
    if not rows:
        return
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    ChallengeProgress.objects.filter(id__in=[row.id for row in rows]).update(**values, updated_at=at)


def _with_payments(rows: QuerySet[ChallengeProgress], rules: Rules) -> QuerySet[ChallengeProgress]:
    """Each row with what it was paid, `paid_<place>` for a milestone and `paid_completion`.

    As of when the statement began: what was paid since is asked for again and paid once all the same.
    """
    paid = {f"paid_{place}": _paid(each.milestone_id) for place, each in enumerate(rules.thresholds)}
    return rows.annotate(**paid, paid_completion=_paid(rules.challenge_id))


def _dues(row: ChallengeProgress, rules: Rules) -> list[Due]:
    """What the row reached and was not paid, lowest first, completion last."""
    value = units(row.current_progress_value)
    dues = [
        due(row, rules, each.milestone_id, each.reward_id, None)
        for place, each in enumerate(rules.thresholds)
        if each.target <= value and each.live_since < row.window_ends_at and not getattr(row, f"paid_{place}")
    ]
    if row.challenge_completed_at is not None and not row.paid_completion:  # type: ignore[attr-defined]
        dues.append(due(row, rules, None, rules.completion_reward_id, None))
    return dues
