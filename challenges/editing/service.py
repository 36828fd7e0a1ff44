"""Store edits of a challenge and its milestones; the admin and the API edit through this module only.

An edit is validated as a whole, stored, and takes effect at once: open windows take over the new rules, and
members past a threshold are paid, once, lowest first. The challenge is locked meanwhile (docs/locking.md;
docs/rules.md, Editing a running challenge).
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from challenges.editing import change_validation, persistence
from challenges.editing.change_set import ChangeSet, change_set_of
from challenges.editing.impact import impact_of
from challenges.editing.version_plan import VersionPlan
from challenges.engine import backfill, locks, rule_versions
from challenges.engine.impact import Impact
from challenges.models import Challenge, RuleVersion
from challenges.models.rule_version import show
from challenges.queries.history import has_history
from core.choices import RecordStatus
from core.errors import DomainError
from core.write_guard import writing
from milestones.models import Milestone

DELETED, ARCHIVED = "deleted", "archived"


def save(
    challenge: Challenge,
    milestones: Iterable[Milestone] = (),
    *,
    at: datetime,
    removed: Collection[Milestone] = (),
    expected_version: int | None = None,
    from_next_window: bool = False,
) -> Challenge:
    """Store an edited or new challenge with the milestones that were edited or added, and pay what is due.

    Milestones that are not named stay as they are; `removed` are deleted, or archived if they have paid.
    Fields that are not edited here take the values that others stored meanwhile; with `expected_version`
    (the version that the editor saw) any such change is refused instead. With `from_next_window` the edit is
    kept as the pending rule version; give it records that `for_next_window` prepared. Raises `DomainErrors`
    with every bad field (conflicts: `has_history`, `rule_locked`, `exists`), `DomainError` `stale`,
    `archived` or `not_found`.
    """
    milestones = list(milestones)
    for milestone in milestones:
        milestone.challenge = challenge
    return _save_edit(challenge, milestones, at, removed, expected_version, from_next_window=from_next_window)


def save_milestone(milestone: Milestone, *, at: datetime, from_next_window: bool = False) -> Milestone:
    """Store one milestone of a stored challenge as `save` does; errors name its fields without an index."""
    challenge = _get_stored(milestone.challenge_id)
    _save_edit(challenge, [milestone], at, (), of_one_milestone=True, from_next_window=from_next_window)
    return milestone


def for_next_window(record: Challenge | Milestone) -> None:
    """Set on a stored record, in memory, what the pending version has: what such an edit begins with."""
    challenge = record if isinstance(record, Challenge) else None
    milestones = [record] if isinstance(record, Milestone) else []
    challenge_id = record.id if isinstance(record, Challenge) else record.challenge_id
    pending = RuleVersion.objects.filter(challenge=challenge_id, applied=False).first()
    if pending is not None:
        show(pending.rule_set(), challenge, milestones)
        record.mark_clean()


def cancel_pending(challenge: Challenge, *, at: datetime) -> bool:
    """Cancel the pending version; a milestone that is new in it stays a draft. False where there is none.

    Raises `DomainError` `not_found` or `archived`.
    """
    with _lock_for_edit(challenge, at=at) as stored:
        change_set = change_set_of(stored, (), (), at)
        pending = change_set.plan.pending
        if pending is None:
            return False
        change_set.plan = VersionPlan(
            [version for version in change_set.plan.versions if version.applied], dropped=[pending]
        )
        persistence.apply(change_set)
    return True


def remove(challenge: Challenge, *, at: datetime) -> str:
    """Delete a challenge, or archive one that has logs; return `deleted` or `archived`."""
    with _lock_for_edit(challenge, at=at) as stored:
        if not has_history(stored):
            with writing(Challenge, Milestone):
                stored.delete()
            return DELETED
        if stored.archived_at is None:
            RuleVersion.objects.filter(challenge=stored, applied=False).delete()
            stored.archived_at = at
            persistence.save_challenge(stored, at)
        return ARCHIVED


def restore(challenge: Challenge, *, at: datetime) -> Challenge:
    """Restore an archived challenge as it was. Raises as `save` does, also for a reward that is archived."""
    with _lock_for_edit(challenge, at=at) as stored:
        if stored.archived_at is not None:
            stored.archived_at = None
            _check(change_set_of(stored, (), (), at))
            persistence.save_challenge(stored, at)
        return stored


def remove_milestone(milestone: Milestone, *, at: datetime, from_next_window: bool = False) -> str:
    """Delete a milestone, or archive one that has paid or still may; return `deleted` or `archived`.

    With `from_next_window` it is archived when the next window begins.
    """
    challenge = _get_stored(milestone.challenge_id)
    if from_next_window:
        for_next_window(challenge)
    _save_edit(challenge, (), at, [milestone], from_next_window=from_next_window)
    return ARCHIVED if Milestone.objects.filter(id=milestone.id).exists() else DELETED


def impact(
    challenge: Challenge,
    milestones: Iterable[Milestone] = (),
    *,
    at: datetime,
    removed: Collection[Milestone] = (),
    from_next_window: bool = False,
) -> Impact:
    """Count what saving this edit would do to members and coupons; store nothing. Raises as `save` does."""
    change_set = change_set_of(challenge, list(milestones), removed, at, from_next_window=from_next_window)
    change_set.read_rewards(lock=False)
    change_validation.check(change_set)
    return impact_of(change_set)


def milestone_impact(milestone: Milestone, *, at: datetime, from_next_window: bool = False) -> Impact:
    """Count what saving one milestone would do, as `impact` does; errors name its fields without an index."""
    challenge = _get_stored(milestone.challenge_id)
    change_set = change_set_of(challenge, [milestone], (), at, from_next_window=from_next_window)
    change_set.of_one_milestone = True
    change_set.read_rewards(lock=False)
    change_validation.check(change_set)
    return impact_of(change_set)


def removal_impact(milestone: Milestone, *, at: datetime, from_next_window: bool = False) -> Impact:
    """Count what `remove_milestone` would do, as `impact` does."""
    challenge = _get_stored(milestone.challenge_id)
    if from_next_window:
        for_next_window(challenge)
    return impact(challenge, at=at, removed=[milestone], from_next_window=from_next_window)


def _save_edit(
    challenge: Challenge,
    milestones: Iterable[Milestone],
    at: datetime,
    removed: Collection[Milestone],
    expected_version: int | None = None,
    of_one_milestone: bool = False,
    from_next_window: bool = False,
) -> Challenge:
    activity_ids = _activities_to_lock(challenge)
    with _lock_for_edit(challenge, expected_version, at=at, activity_ids=activity_ids):
        change_set = change_set_of(challenge, milestones, removed, at, from_next_window=from_next_window)
        change_set.of_one_milestone = of_one_milestone
        if change_set.stored is not None and change_set.stored.archived_at is not None:
            raise DomainError("archived", "The challenge is archived: restore it first.", None, "conflict")
        if change_set.goes_live and not set(challenge.activity_ids) <= set(activity_ids):
            raise _stale()
        _check(change_set)
        if from_next_window:
            persistence.apply_from_next_window(change_set)
        elif not change_set.changes_nothing:
            persistence.apply(change_set)
    return challenge


def _activities_to_lock(challenge: Challenge) -> list[str]:
    """Return what to lock for an edit that may go live from draft: who goes live takes kept activities."""
    was = RecordStatus.DRAFT if challenge._state.adding else challenge.loaded_value("status")
    goes_live = challenge.status == RecordStatus.LIVE and was == RecordStatus.DRAFT
    return list(challenge.activity_ids or ()) if goes_live else []


def _stale() -> DomainError:
    message = "Somebody else changed this meanwhile: read it again and repeat your edit."
    return DomainError("stale", message, None, "conflict")


def _check(change_set: ChangeSet) -> None:
    """Validate an edit that is about to be stored, with the rewards locked if it begins to pay one.

    Removing a reward locks it too: it either comes first, and the edit is refused, or finds the edit. Foreign
    keys are checked at commit, too late for that.
    """
    change_set.read_rewards(lock=True)
    change_validation.check(change_set)


@contextmanager
def _lock_for_edit(
    challenge: Challenge,
    expected_version: int | None = None,
    *,
    at: datetime,
    activity_ids: Collection[str] = (),
) -> Iterator[Challenge]:
    """Open a transaction with the challenge locked, after finishing the backfill of an earlier edit.

    `activity_ids` are locked before it. A pending version that came into force by `at` is shown on the
    records first. Yields the stored challenge; for a new one, the challenge itself. Raises `DomainError`
    `stale` or `not_found`.
    """
    if not connection.in_atomic_block and not challenge._state.adding:
        backfill.finish_backfill(challenge.id)
    with transaction.atomic():
        locks.lock_activities_exclusive(activity_ids)
        locks.lock_exclusive([challenge.id])
        stored = _unstored(challenge) if challenge._state.adding else _get_stored(challenge.id)
        if expected_version is not None and stored.version != expected_version:
            raise _stale()
        if stored.pending_backfill:
            backfill.finish_backfill(challenge.id)
            stored.refresh_from_db()
        if not stored._state.adding:
            rule_versions.apply_due_locked(challenge.id, at)
            stored.refresh_from_db()
        yield stored


def _unstored(challenge: Challenge) -> Challenge:
    """Return a new challenge. Raises `DomainError` `exists` where its id is stored already."""
    if Challenge.objects.filter(id=challenge.id).exists():
        raise DomainError("exists", "This challenge exists here already; delete it first.", "id", "conflict")
    return challenge


def _get_stored(challenge_id: UUID) -> Challenge:
    stored = Challenge.objects.filter(id=challenge_id).first()
    if stored is None:
        raise DomainError("not_found", "There is no such challenge any more.", None, "not_found")
    return stored
