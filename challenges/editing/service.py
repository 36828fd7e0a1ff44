"""The one door for every edit of a challenge and its milestones: the admin's form and both API views use it.

It judges the combined state, stores it and lets it act at once: open windows take over the new rules, whoever
is past a threshold is paid, once, lowest first. An edit has its challenge alone while it does so (locks.py).
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from challenges.caches import config
from challenges.editing import change_validation, eud_texts
from challenges.editing.change_set import ChangeSet, change_set_of
from challenges.editing.impact import Impact, impact_of
from challenges.engine import backfill, locks, recompute
from challenges.models import Challenge
from core.errors import DomainError
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
    What others stored since the record was read is kept, except in the fields edited here; with
    `expected_version` (the version its editor saw) any such change is refused instead.
    Raises `DomainErrors` with every bad field by its wire name (conflicts: `has_history`, `rule_locked`),
    `DomainError` `stale`, `archived` or `not_found`.
    """
    milestones = list(milestones)
    for milestone in milestones:
        milestone.challenge = challenge
    return _save(challenge, milestones, at, removed, expected_version)


def save_milestone(milestone: Milestone, *, at: datetime) -> Milestone:
    """The same for one milestone of a stored challenge; faults name its fields plainly."""
    challenge = _stored(milestone.challenge_id)
    _save(challenge, [milestone], at, (), of_one_milestone=True)
    return milestone


def remove(challenge: Challenge, *, at: datetime) -> str:
    """Delete a challenge, or archive one that has history; answers `deleted` or `archived`."""
    with _alone(challenge) as stored:
        if not stored.challenge_logs.exists():
            stored.delete()
            return DELETED
        if stored.archived_at is None:
            stored.archived_at = at
            _store(stored, at)
        return ARCHIVED


def restore(challenge: Challenge, *, at: datetime) -> Challenge:
    """Bring an archived challenge back as it was; its milestones and rewards must still be there."""
    with _alone(challenge) as stored:
        if stored.archived_at is not None:
            stored.archived_at = None
            change_validation.check(change_set_of(stored, (), (), at))
            _store(stored, at)
        return stored


def remove_milestone(milestone: Milestone, *, at: datetime) -> str:
    """Delete a milestone, or archive one that has paid; answers `deleted` or `archived`."""
    challenge = _stored(milestone.challenge_id)
    _save(challenge, (), at, [milestone])
    return ARCHIVED if Milestone.objects.filter(id=milestone.id).exists() else DELETED


def impact(
    challenge: Challenge,
    milestones: Iterable[Milestone] = (),
    *,
    at: datetime,
    removed: Collection[Milestone] = (),
) -> Impact:
    """What saving this edit would do to members and coupons; saves nothing. Raises as `save` does."""
    edit = change_set_of(challenge, list(milestones), removed, at)
    change_validation.check(edit)
    return impact_of(edit)


def milestone_impact(milestone: Milestone, *, at: datetime) -> Impact:
    """The same for one milestone."""
    challenge = _stored(milestone.challenge_id)
    edit = change_set_of(challenge, [milestone], (), at)
    edit.of_one_milestone = True
    change_validation.check(edit)
    return impact_of(edit)


def _save(
    challenge: Challenge,
    milestones: Iterable[Milestone],
    at: datetime,
    removed: Collection[Milestone],
    expected_version: int | None = None,
    of_one_milestone: bool = False,
) -> Challenge:
    with _alone(challenge, expected_version):
        edit = change_set_of(challenge, milestones, removed, at)
        edit.of_one_milestone = of_one_milestone
        if edit.stored is not None and edit.stored.archived_at is not None:
            raise DomainError("archived", "The challenge is archived: restore it first.", None, "conflict")
        change_validation.check(edit)
        if not edit.changes_nothing:
            _carry_out(edit)
    return challenge


@contextmanager
def _alone(challenge: Challenge, expected_version: int | None = None) -> Iterator[Challenge]:
    """A transaction that has the challenge to itself, after paying what an earlier edit still owes.

    Gives what is stored; a new challenge is its own stored self.
    """
    if not connection.in_atomic_block and not challenge._state.adding:
        backfill.finish_backfill(challenge.id)
    with transaction.atomic():
        locks.lock_exclusive([challenge.id])
        stored = challenge if challenge._state.adding else _stored(challenge.id)
        if expected_version is not None and stored.version != expected_version:
            message = "Somebody else changed this meanwhile: read it again and repeat your edit."
            raise DomainError("stale", message, None, "conflict")
        if stored.pending_backfill:
            backfill.finish_backfill(challenge.id)
            stored.refresh_from_db()
        yield stored


def _stored(challenge_id: UUID) -> Challenge:
    stored = Challenge.objects.filter(id=challenge_id).first()
    if stored is None:
        raise DomainError("not_found", "There is no such challenge any more.", None, "not_found")
    return stored


def _carry_out(edit: ChangeSet) -> None:
    """Store the edit, then let open windows take it over."""
    challenge = edit.challenge
    eud_texts.drop_repeated(challenge, edit.edited)
    if edit.is_new:
        challenge.created_at = edit.at
    if edit.is_new or edit.edited:
        _store(challenge, edit.at)
    else:
        _bump(challenge, edit.at)
    for milestone in edit.milestones:
        _store_milestone(milestone, edit)
    for milestone in edit.removed:
        _drop(milestone, edit.at)
    if edit.recasts:
        recompute.recompute_challenge(edit.rules(), edit.at)
    elif edit.moves_thresholds:
        backfill.start_backfill(edit.rules(), edit.at)


def _store(challenge: Challenge, at: datetime) -> None:
    """With a row of history. A new challenge begins with version 1."""
    challenge.version += not challenge._state.adding
    challenge.updated_at = at
    challenge.save()
    challenge.mark_clean()


def _bump(challenge: Challenge, at: datetime) -> None:
    """Only its milestones changed: a new version, without a row of history that says nothing."""
    challenge.version += 1
    challenge.updated_at = at
    Challenge.objects.filter(id=challenge.id).update(version=challenge.version, updated_at=at)
    config.invalidate()


def _store_milestone(milestone: Milestone, edit: ChangeSet) -> None:
    edited = edit.edited_milestones[milestone.id]
    if not edited:
        return
    eud_texts.drop_repeated(milestone, edited)
    if milestone._state.adding:
        milestone.created_at = edit.at
    milestone.updated_at = edit.at
    milestone.save()
    milestone.mark_clean()


def _drop(milestone: Milestone, at: datetime) -> None:
    stored = Milestone.objects.filter(id=milestone.id).first()
    if stored is None:
        return  # somebody else removed it meanwhile: it is as it was asked to be
    if RewardLog.objects.filter(milestone=stored.id).exists():
        stored.archived_at = stored.updated_at = at
        stored.save()
    else:
        stored.delete()
