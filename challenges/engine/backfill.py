"""Backfill rewards after a rule change: open windows take over the new rules, in batches of bounded size.

An edit backfills the first rows of progress in its own transaction. The rest follows after its commit, one
transaction for each batch, in key order. `settling_since` stays set until the last batch, so that an
interruption is noticed and the rest is resumed when a server starts, by the next edit, the next activity or
`manage.py rebuild_progress`. `settling_moved_at` tells an interruption from a long backfill. Running twice
pays once: the unique key of the reward log decides (docs/rules.md, Editing a running challenge).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from challenges.caches import config
from challenges.caches.config import rules_of
from challenges.engine import locks
from challenges.engine.reward_review import give_back, gives_back
from challenges.engine.thresholds import due
from challenges.models import Challenge, ChallengeProgress
from challenges.models.rows import row_of_progress
from challenges.models.window_rules import MilestoneRule, Rules, WindowRules
from core.amounts import amount, units
from core.periods import window_after, window_containing
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


def backfill_some(
    rules: Rules,
    since: datetime,
    last_key: RowKey | None,
    at: datetime,
    windows: Sequence[WindowRules] | None = None,
) -> RowKey | None:
    """Backfill the next batch of rows after `last_key`, in key order; `last_key` None: from the first row.

    `since`: the time of the edit, which is the time of completion and decides the windows, unless they are
    given; `at`: now. Returns the key of the last row, None when there are no more rows.
    """
    windows = affected_windows(rules, since) if windows is None else windows
    rows = _with_payments(pending_rows(rules, windows), rules, windows).order_by("member_id", "period_key")
    if last_key is not None:
        member_id, period_key = last_key
        later = Q(member_id__gt=member_id) | Q(member_id=member_id, period_key__gt=period_key)
        rows = rows.filter(later, member_id__gte=member_id)
    batch = list(rows.select_for_update(no_key=True, of=("self",))[:MEMBERS_AT_ONCE])
    dues: list[Due] = []
    for judged in windows:
        in_window = [row for row in batch if row.period_key == judged.window.period_key]
        _update_targets(in_window, judged, at)
        _update_window_ends(in_window, judged, at)
        _complete_rows(in_window, judged, since, at)
        give_back((row_of_progress(row) for row in in_window), rules, judged, at)
        dues += [reward_due for row in in_window for reward_due in _unpaid_dues(row, rules, judged)]
    issuing.issue(dues, at)
    is_full = len(batch) == MEMBERS_AT_ONCE
    return (batch[-1].member_id, batch[-1].period_key) if is_full else None


def affected_windows(rules: Rules, since: datetime) -> list[WindowRules]:
    """Return the windows that an edit at `since` may change: those whose calendar end lies ahead.

    The current one and the next, as activity may lie up to 5 minutes ahead. Those that 0.1 judged, or that
    had closed before the challenge went live, are left out.
    """
    current = window_containing(rules.period, since, rules.zone)
    following = window_after(rules.period, current, rules.zone)
    judged = [rules.of_window(current), rules.of_window(following)]
    return [window for window in judged if window.exists and not rules.is_historical(window.closes_at)]


def pending_rows(rules: Rules, windows: Iterable[WindowRules]) -> QuerySet[ChallengeProgress]:
    """Return the rows of these windows that the rules would change or pay."""
    pending = Q(pk__in=())
    for judged in windows:
        changed = has_other_target(judged) | ~Q(window_ends_at=judged.closes_at) | completes(judged)
        changed |= Q(challenge_completed_at__gte=judged.closes_at)
        for milestone in judged.version.thresholds:
            changed |= unpaid(milestone)
        changed |= Q(challenge_completed_at__isnull=False) & ~_has_reward_log(rules.challenge_id)
        changed |= gives_back(rules, judged)
        pending |= Q(period_key=judged.window.period_key) & changed
    return ChallengeProgress.objects.filter(pending, challenge=rules.challenge_id)


def rows_in(rules: Rules, judged: WindowRules) -> QuerySet[ChallengeProgress]:
    """Return the rows of one window."""
    return ChallengeProgress.objects.filter(challenge=rules.challenge_id, period_key=judged.window.period_key)


def unpaid(milestone: MilestoneRule) -> Q:
    """Match rows at or past a milestone without its reward log."""
    return Q(current_progress_value__gte=amount(milestone.target)) & ~_has_reward_log(milestone.milestone_id)


def without_reward_log(milestone_id: UUID) -> Q:
    """Match rows that were not paid for a milestone."""
    return ~_has_reward_log(milestone_id)


def completes(judged: WindowRules) -> Q:
    """Match rows of a window that are not completed and whose value reaches its target."""
    return Q(challenge_completed_at=None, current_progress_value__gte=amount(judged.target))


def _has_reward_log(threshold_id: UUID) -> Q:
    """Match rows that were paid for a threshold: a milestone's id, or the challenge's for the completion."""
    reward_logs = RewardLog.objects.filter(
        member=OuterRef("member_id"), threshold_id=threshold_id, period_key=OuterRef("period_key")
    )
    return Q(Exists(reward_logs))


def has_other_target(judged: WindowRules) -> Q:
    """Match rows that take over the target: a completed row does so only when the target was lowered."""
    target = amount(judged.target)
    return Q(completion_target_value__gt=target) | Q(
        completion_target_value__lt=target, challenge_completed_at=None
    )


def _update_targets(rows: Sequence[ChallengeProgress], judged: WindowRules, at: datetime) -> None:
    target = amount(judged.target)
    outdated = [
        row
        for row in rows
        if row.completion_target_value > target
        or (row.completion_target_value != target and row.challenge_completed_at is None)
    ]
    _update(outdated, at, completion_target_value=target)


def _update_window_ends(rows: Sequence[ChallengeProgress], judged: WindowRules, at: datetime) -> None:
    """Set when the window closes. A completion by activity up to 5 minutes ahead stays inside of it."""
    _update(
        [row for row in rows if row.window_ends_at != judged.closes_at], at, window_ends_at=judged.closes_at
    )
    beyond = [
        row
        for row in rows
        if row.challenge_completed_at is not None and row.challenge_completed_at >= judged.closes_at
    ]
    _update(beyond, at, challenge_completed_at=judged.closes_at - datetime.resolution)


def _complete_rows(
    rows: Sequence[ChallengeProgress], judged: WindowRules, since: datetime, at: datetime
) -> None:
    """Complete the rows that reached their target, at the time of the edit, inside the window."""
    reached = [
        row
        for row in rows
        if row.challenge_completed_at is None and row.current_progress_value >= row.completion_target_value
    ]
    completed_at = min(max(since, judged.window.starts_at), judged.closes_at - datetime.resolution)
    _update(reached, at, challenge_completed_at=completed_at)


def _update(rows: Sequence[ChallengeProgress], at: datetime, **values: object) -> None:
    """Set the same values on all these rows, in the database and on the instances."""
    if not rows:
        return
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    ChallengeProgress.objects.filter(id__in=[row.id for row in rows]).update(**values, updated_at=at)


def _with_payments(
    rows: QuerySet[ChallengeProgress], rules: Rules, windows: Iterable[WindowRules]
) -> QuerySet[ChallengeProgress]:
    """Annotate each row with what was paid: `paid_<hex id>` for a milestone, and `paid_completion`.

    A reward log that is written after the statement began is not seen: it is asked for again, and paid once.
    """
    milestone_ids = {milestone.milestone_id for window in windows for milestone in window.version.thresholds}
    paid = {_paid_name(id_): _has_reward_log(id_) for id_ in sorted(milestone_ids)}
    return rows.annotate(**paid, paid_completion=_has_reward_log(rules.challenge_id))


def _paid_name(milestone_id: UUID) -> str:
    return f"paid_{milestone_id.hex}"


def _unpaid_dues(row: ChallengeProgress, rules: Rules, judged: WindowRules) -> list[Due]:
    """List what an annotated row reached and was not paid, lowest first, completion last."""
    value = units(row.current_progress_value)
    dues = [
        due(row, rules, judged, milestone, milestone.target, None)
        for milestone in judged.version.thresholds
        if milestone.target <= value and not getattr(row, _paid_name(milestone.milestone_id))
    ]
    if row.challenge_completed_at is not None and not row.paid_completion:  # type: ignore[attr-defined]
        dues.append(due(row, rules, judged, None, units(row.completion_target_value), None))
    return dues
