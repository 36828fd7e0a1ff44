"""Backfill rewards after a rule change: open windows take over the new rules, in batches of bounded size.

An edit backfills the first rows of progress in its own transaction. The rest follows after its commit, one
transaction for each batch, in key order. `settling_since` stays set until the last batch, so that an
interruption is noticed and the rest is resumed when a server starts, by the next edit, the next activity or
`manage.py rebuild_progress`. `settling_moved_at` tells an interruption from a long backfill. Running twice
pays once: the unique key of the reward log decides (docs/rules.md, Editing a running challenge).
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
from core.write_guard import writing
from rewards.domain import issuing
from rewards.models import RewardLog
from rewards.models.rows import Due

MEMBERS_AT_ONCE = 1000
# Well above the time that a batch takes: a backfill that is pending for longer was interrupted.
INTERRUPTED_AFTER = timedelta(minutes=2)

RowKey = tuple[UUID, str]  # member, period key: the last row that a walk over a challenge's rows has done


def start_backfill(rules: Rules, at: datetime) -> None:
    """Backfill the first batch of an edit made at `at`, and schedule the rest for after the commit.

    Call it last in the edit's transaction, with the challenge locked.
    """
    last_key = backfill_some(rules, at, None, at)
    if last_key is None:
        return
    _note_backfill(rules.challenge_id, settling_since=at, settling_moved_at=at)
    config.invalidate()
    _run_after_commit(lambda: finish_backfill(rules.challenge_id, last_key))


def finish_backfill(challenge_id: UUID, last_key: RowKey | None = None, *, wait: bool = True) -> None:
    """Backfill the rows after `last_key`, or all of them; does nothing where no backfill is pending.

    With `wait` false it returns when another transaction is backfilling this challenge.
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
            now = timezone.now()
            last_key = backfill_some(rules, rules.backfill_since, last_key, now)
            unfinished = last_key is not None
            if unfinished:
                _note_backfill(challenge_id, settling_moved_at=now)
            else:
                _note_backfill(challenge_id, settling_since=None)
                config.invalidate()


def _note_backfill(challenge_id: UUID, **values: datetime | None) -> None:
    """Note how far a backfill is: the engine's own bookkeeping, no edit."""
    with writing(Challenge):
        Challenge.objects.filter(id=challenge_id).update(**values)


def resume_all(moved_before: datetime) -> int:
    """Finish every backfill that nothing moved since `moved_before`; return how many challenges had one.

    One that another process works on at this moment is left to it.
    """
    pending = Challenge.objects.exclude(settling_since=None).order_by("id")
    ids = list(pending.filter(last_moved_before(moved_before)).values_list("id", flat=True))
    for challenge_id in ids:
        finish_backfill(challenge_id, wait=False)
    return len(ids)


def last_moved_before(moment: datetime) -> Q:
    """Match pending backfills that stored nothing since `moment`."""
    return Q(settling_moved_at__lt=moment) | Q(settling_moved_at=None, settling_since__lt=moment)


def resume_if_interrupted(rules: Rules, at: datetime) -> None:
    """Schedule, for after this transaction, a backfill that has been pending for `INTERRUPTED_AFTER`.

    So is one that began that far in the future: the clock was ahead then.
    """
    if rules.backfill_since is not None and abs(at - rules.backfill_since) > INTERRUPTED_AFTER:
        _run_after_commit(lambda: finish_backfill(rules.challenge_id, wait=False))


def _run_after_commit(function: Callable[[], None]) -> None:
    """Run it after the commit; a failure there is logged and resumed later, for the edit itself is stored.

    `function` must have a name, which a `partial` has not: Django's report of the failure asks for it.
    """
    transaction.on_commit(function, robust=True)


def backfill_some(rules: Rules, since: datetime, last_key: RowKey | None, at: datetime) -> RowKey | None:
    """Backfill the next batch of rows after `last_key`, in key order; `last_key` None: from the first row.

    `since`: the time of the edit, which decides the windows and is the time of completion; `at`: now.
    Returns the key of the last row, None when there are no more rows.
    """
    rows = _with_payments(pending_rows(rules, since), rules).order_by("member_id", "period_key")
    if last_key is not None:
        member_id, period_key = last_key
        later = Q(member_id__gt=member_id) | Q(member_id=member_id, period_key__gt=period_key)
        rows = rows.filter(later, member_id__gte=member_id)
    batch = list(rows.select_for_update(no_key=True, of=("self",))[:MEMBERS_AT_ONCE])
    _update_targets(batch, rules, at)
    _update_window_ends(batch, rules, since, at)
    _complete_rows(batch, since, at)
    issuing.issue([reward_due for row in batch for reward_due in _unpaid_dues(row, rules)], at)
    is_full = len(batch) == MEMBERS_AT_ONCE
    return (batch[-1].member_id, batch[-1].period_key) if is_full else None


def pending_rows(rules: Rules, since: datetime) -> QuerySet[ChallengeProgress]:
    """Return the rows of windows open at `since` that the rules would change or pay."""
    pending = _has_other_target(rules) | _has_other_end(rules, since) | completes(rules)
    for threshold in rules.thresholds:
        pending |= unpaid(threshold)
    pending |= Q(challenge_completed_at__isnull=False) & ~_has_reward_log(rules.challenge_id)
    return open_rows(rules.challenge_id, since).filter(pending)


def open_rows(challenge_id: UUID, since: datetime) -> QuerySet[ChallengeProgress]:
    """Return the rows of a challenge whose window is open at `since`."""
    return ChallengeProgress.objects.filter(challenge=challenge_id, window_ends_at__gt=since)


def unpaid(threshold: Threshold) -> Q:
    """Match rows at or past a milestone without its reward log."""
    return Q(current_progress_value__gte=amount(threshold.target)) & ~_has_reward_log(threshold.milestone_id)


def completes(rules: Rules) -> Q:
    """Match rows that are not completed and whose value reaches the target of the rules."""
    return Q(challenge_completed_at=None, current_progress_value__gte=amount(rules.target))


def _has_reward_log(threshold_id: UUID) -> Q:
    """Match rows that were paid for a threshold: a milestone's id, or the challenge's for the completion."""
    reward_logs = RewardLog.objects.filter(
        member=OuterRef("member_id"), threshold_id=threshold_id, period_key=OuterRef("period_key")
    )
    return Q(Exists(reward_logs))


def _has_other_target(rules: Rules) -> Q:
    """Match rows that take over the target: a completed row does so only when the target was lowered."""
    target = amount(rules.target)
    return Q(completion_target_value__gt=target) | Q(
        completion_target_value__lt=target, challenge_completed_at=None
    )


def _has_other_end(rules: Rules, since: datetime) -> Q:
    ends = [
        When(period_key=window.period_key, then=Value(_window_end(rules, window, since)))
        for window in open_windows(rules, since)
    ]
    return ~Q(window_ends_at=Case(*ends, default=F("window_ends_at")))


def open_windows(rules: Rules, since: datetime) -> Sequence[Window]:
    """Return the calendar window of `since` and the next one: activity may lie up to 5 minutes ahead."""
    current = window_containing(rules.period, since, rules.zone)
    return current, window_after(rules.period, current, rules.zone)


def _window_end(rules: Rules, window: Window, since: datetime) -> datetime:
    """Return when a window closes; not before the edit, so that what counted until then stays inside."""
    return max(rules.closes_at(window.ends_at), since)


def _update_targets(rows: Sequence[ChallengeProgress], rules: Rules, at: datetime) -> None:
    target = amount(rules.target)
    outdated = [
        row
        for row in rows
        if row.completion_target_value > target
        or (row.completion_target_value != target and row.challenge_completed_at is None)
    ]
    _update(outdated, at, completion_target_value=target)


def _update_window_ends(
    rows: Sequence[ChallengeProgress], rules: Rules, since: datetime, at: datetime
) -> None:
    ends = {window.period_key: _window_end(rules, window, since) for window in open_windows(rules, since)}
    rows_by_new_end: dict[datetime, list[ChallengeProgress]] = {}
    for row in rows:
        end = ends.get(row.period_key, row.window_ends_at)
        if row.challenge_completed_at is not None:
            # Activity may lie up to 5 minutes ahead, and a completion stays inside its window.
            end = max(end, row.challenge_completed_at + datetime.resolution)
        if end != row.window_ends_at:
            rows_by_new_end.setdefault(end, []).append(row)
    for end, moved_rows in rows_by_new_end.items():
        _update(moved_rows, at, window_ends_at=end)


def _complete_rows(rows: Sequence[ChallengeProgress], since: datetime, at: datetime) -> None:
    """Complete the rows that reached their target, at the time of the edit.

    In a window that this edit closes: at the last instant before it, which still lies inside the window.
    """
    reached = [
        row
        for row in rows
        if row.challenge_completed_at is None and row.current_progress_value >= row.completion_target_value
    ]
    closing = [row for row in reached if row.window_ends_at <= since]
    _update(closing, at, challenge_completed_at=since - datetime.resolution)
    _update([row for row in reached if row.window_ends_at > since], at, challenge_completed_at=since)


def _update(rows: Sequence[ChallengeProgress], at: datetime, **values: object) -> None:
    """Set the same values on all these rows, in the database and on the instances."""
    if not rows:
        return
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    ChallengeProgress.objects.filter(id__in=[row.id for row in rows]).update(**values, updated_at=at)


def _with_payments(rows: QuerySet[ChallengeProgress], rules: Rules) -> QuerySet[ChallengeProgress]:
    """Annotate each row with what was paid: `paid_<index>` for a milestone, and `paid_completion`.

    A reward log that is written after the statement began is not seen: it is asked for again, and paid once.
    """
    paid = {
        f"paid_{index}": _has_reward_log(threshold.milestone_id)
        for index, threshold in enumerate(rules.thresholds)
    }
    return rows.annotate(**paid, paid_completion=_has_reward_log(rules.challenge_id))


def _unpaid_dues(row: ChallengeProgress, rules: Rules) -> list[Due]:
    """List what an annotated row reached and was not paid, lowest first, completion last."""
    value = units(row.current_progress_value)
    dues = [
        due(row, rules, threshold.milestone_id, threshold.reward_id, None)
        for index, threshold in enumerate(rules.thresholds)
        if threshold.target <= value
        and threshold.live_since < row.window_ends_at
        and not getattr(row, f"paid_{index}")
    ]
    if row.challenge_completed_at is not None and not row.paid_completion:  # type: ignore[attr-defined]
        dues.append(due(row, rules, None, rules.completion_reward_id, None))
    return dues
