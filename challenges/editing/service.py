"""Store edits of a challenge and its milestones; the admin and the API edit through this module only.

An edit is validated as a whole, stored, and takes effect at once: open windows take over the new rules, and
members past a threshold are paid, once, lowest first. The challenge is locked meanwhile (docs/locking.md;
docs/rules.md, Editing a running challenge).
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from challenges.caches import config
from challenges.editing import change_validation, eud_texts
from challenges.editing.change_set import ChangeSet, change_set_of
from challenges.editing.impact import Impact, impact_of
from challenges.engine import backfill, locks, recompute
from challenges.models import Challenge
from core.errors import DomainError
from core.write_guard import writing
from milestones.models import Milestone
from rewards.models import RewardLog

DELETED, ARCHIVED = "deleted", "archived"


def save(
    challenge: Challenge,
    milestones: Iterable[Milestone] = (),
    *,
    at: datetime,
    removed: Collection[Milestone] = (),
    expected_version: int | None = None,
) -> Challenge:
    """Store an edited or new challenge with the milestones that were edited or added, and pay what is due.

    Milestones that are not named stay as they are; `removed` are deleted, or archived if they have paid.
    Fields that are not edited here take the values that others stored meanwhile; with `expected_version`
    (the version that the editor saw) any such change is refused instead. Raises `DomainErrors` with every
    bad field (conflicts: `has_history`, `rule_locked`, `exists`), `DomainError` `stale`, `archived` or
    `not_found`.
    """
    milestones = list(milestones)
    for milestone in milestones:
        milestone.challenge = challenge
    return _save_edit(challenge, milestones, at, removed, expected_version)


def save_milestone(milestone: Milestone, *, at: datetime) -> Milestone:
    """Store one milestone of a stored challenge as `save` does; errors name its fields without an index."""
    challenge = _get_stored(milestone.challenge_id)
    _save_edit(challenge, [milestone], at, (), of_one_milestone=True)
    return milestone


def remove(challenge: Challenge, *, at: datetime) -> str:
    """Delete a challenge, or archive one that has logs; return `deleted` or `archived`."""
    with _lock_for_edit(challenge) as stored:
        if not stored.challenge_logs.exists():
            with writing(Challenge, Milestone):
                stored.delete()
            return DELETED
        if stored.archived_at is None:
            stored.archived_at = at
            _save_challenge(stored, at)
        return ARCHIVED


def restore(challenge: Challenge, *, at: datetime) -> Challenge:
    """Restore an archived challenge as it was. Raises as `save` does, also for a reward that is archived."""
    with _lock_for_edit(challenge) as stored:
        if stored.archived_at is not None:
            stored.archived_at = None
            _check(change_set_of(stored, (), (), at))
            _save_challenge(stored, at)
        return stored


def remove_milestone(milestone: Milestone, *, at: datetime) -> str:
    """Delete a milestone, or archive one that has paid; return `deleted` or `archived`."""
    challenge = _get_stored(milestone.challenge_id)
    _save_edit(challenge, (), at, [milestone])
    return ARCHIVED if Milestone.objects.filter(id=milestone.id).exists() else DELETED


def impact(
    challenge: Challenge,
    milestones: Iterable[Milestone] = (),
    *,
    at: datetime,
    removed: Collection[Milestone] = (),
) -> Impact:
    """Count what saving this edit would do to members and coupons; store nothing. Raises as `save` does."""
    change_set = change_set_of(challenge, list(milestones), removed, at)
    change_set.read_rewards(lock=False)
    change_validation.check(change_set)
    return impact_of(change_set)


def milestone_impact(milestone: Milestone, *, at: datetime) -> Impact:
    """Count what saving one milestone would do, as `impact` does; errors name its fields without an index."""
    challenge = _get_stored(milestone.challenge_id)
    change_set = change_set_of(challenge, [milestone], (), at)
    change_set.of_one_milestone = True
    change_set.read_rewards(lock=False)
    change_validation.check(change_set)
    return impact_of(change_set)


def _save_edit(
    challenge: Challenge,
    milestones: Iterable[Milestone],
    at: datetime,
    removed: Collection[Milestone],
    expected_version: int | None = None,
    of_one_milestone: bool = False,
) -> Challenge:
    with _lock_for_edit(challenge, expected_version):
        change_set = change_set_of(challenge, milestones, removed, at)
        change_set.of_one_milestone = of_one_milestone
        if change_set.stored is not None and change_set.stored.archived_at is not None:
            raise DomainError("archived", "The challenge is archived: restore it first.", None, "conflict")
        _check(change_set)
        if not change_set.changes_nothing:
            _apply(change_set)
    return challenge


def _check(change_set: ChangeSet) -> None:
    """Validate an edit that is about to be stored, with the rewards locked if it begins to pay one.

    Removing a reward locks it too: it either comes first, and the edit is refused, or finds the edit. Foreign
    keys are checked at commit, too late for that.
    """
    change_set.read_rewards(lock=True)
    change_validation.check(change_set)


@contextmanager
def _lock_for_edit(challenge: Challenge, expected_version: int | None = None) -> Iterator[Challenge]:
    """Open a transaction with the challenge locked, after finishing the backfill of an earlier edit.

    Yields the stored challenge; for a new one, the challenge itself. Raises `DomainError` `stale` or
    `not_found`.
    """
    if not connection.in_atomic_block and not challenge._state.adding:
        backfill.finish_backfill(challenge.id)
    with transaction.atomic():
        locks.lock_exclusive([challenge.id])
        stored = _unstored(challenge) if challenge._state.adding else _get_stored(challenge.id)
        if expected_version is not None and stored.version != expected_version:
            message = "Somebody else changed this meanwhile: read it again and repeat your edit."
            raise DomainError("stale", message, None, "conflict")
        if stored.pending_backfill:
            backfill.finish_backfill(challenge.id)
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


def _apply(change_set: ChangeSet) -> None:
    """Store the edit, then recompute progress or backfill open windows where it needs that."""
    challenge = change_set.challenge
    eud_texts.drop_repeated(challenge, change_set.edited_fields)
    if change_set.is_new:
        challenge.created_at = change_set.at
    if change_set.is_new or change_set.edited_fields:
        _save_challenge(challenge, change_set.at)
    else:
        _increment_version(challenge, change_set.at)
    for milestone in change_set.milestones:
        _save_milestone(milestone, change_set)
    for milestone in change_set.removed:
        _remove_milestone(milestone, change_set.at)
    if change_set.reassigning_fields:
        recompute.recompute_challenge(change_set.new_rules(), change_set.at)
    elif change_set.needs_backfill:
        backfill.start_backfill(change_set.new_rules(), change_set.at)


def _save_challenge(challenge: Challenge, at: datetime) -> None:
    """Store the challenge with a row of history and a new version; a new challenge has version 1."""
    challenge.version += not challenge._state.adding
    challenge.updated_at = at
    with writing(Challenge):
        challenge.save()
    challenge.mark_clean()


def _increment_version(challenge: Challenge, at: datetime) -> None:
    """Set a new version where only milestones changed: a row of history would show no difference."""
    challenge.version += 1
    challenge.updated_at = at
    with writing(Challenge):
        Challenge.objects.filter(id=challenge.id).update(version=challenge.version, updated_at=at)
    config.invalidate()


def _save_milestone(milestone: Milestone, change_set: ChangeSet) -> None:
    edited_fields = change_set.edited_milestone_fields[milestone.id]
    if not edited_fields:
        return
    eud_texts.drop_repeated(milestone, edited_fields)
    if milestone._state.adding:
        milestone.created_at = change_set.at
    milestone.updated_at = change_set.at
    try:
        with transaction.atomic(), writing(Milestone):
            milestone.save()
    except IntegrityError:
        taken = Milestone.objects.filter(id=milestone.id).select_related("challenge").first()
        if not milestone._state.adding or taken is None:
            raise
        raise change_validation.milestone_exists(change_set, milestone, taken) from None
    milestone.mark_clean()


def _remove_milestone(milestone: Milestone, at: datetime) -> None:
    stored = Milestone.objects.filter(id=milestone.id).first()
    if stored is None:
        return  # already removed by somebody else
    with writing(Milestone):
        if RewardLog.objects.filter(milestone=stored.id).exists():
            stored.archived_at = stored.updated_at = at
            stored.save()
        else:
            stored.delete()
