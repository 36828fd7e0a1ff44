"""Record one activity in every challenge that names it, live or paused.

An activity is kept with the challenges that it reached, and a replay returns the logs of these. A reversal
takes back every log of its member with the original's identifier, and is kept for those that come later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from challenges.caches import config
from challenges.engine import activity_store, locks
from challenges.engine.activity_store import ActivityKey, Found, key_of, named_key
from challenges.engine.batching import BeginAgain, Hints
from challenges.engine.eligibility import Entry, check_not_ahead, check_not_negative, check_times
from challenges.engine.intake import Outcome, record_once
from challenges.engine.replays import differences
from challenges.engine.reversal_rules import reversal_of_reversal
from core.errors import DomainError, DomainErrors


@dataclass(slots=True)
class ActivityOutcome:
    """What became of one activity: an outcome for each challenge, or `errors` that refuse it as a whole.

    `stored`: an activity with this identifier was stored already, here or by an earlier request.
    """

    challenge_ids: list[UUID] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    errors: list[DomainError] = field(default_factory=list)
    stored: bool = False

    @property
    def is_new(self) -> bool:
        return not (self.stored or self.errors)


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[ActivityOutcome]:
    """Record these activities in every challenge that names them, all in one transaction.

    Returns an outcome for each entry, in order. `Entry.challenge_id` is ignored. One that a challenge refuses
    is refused whole. Repeating an entry stores nothing: activities are unique by member and identifier, their
    logs also by challenge. `at` is the moment of receipt; None: now (docs/rules.md, One activity for every
    challenge).
    """
    at = at or timezone.now()
    return locks.retried(lambda hints: _record_once(entries, hints, at))


def _record_once(entries: Sequence[Entry], hints: Hints, at: datetime) -> list[ActivityOutcome]:
    entries = [replace(entry, by_activity=True) for entry in entries]
    with transaction.atomic():
        # Before it is read who names them: a challenge that goes live takes those that are stored by then.
        locks.lock_activities_shared(activity_store.names_of(entries))
        found = activity_store.find(entries, hints)
        activities = _find_targets(entries, found, hints, at)
        new = [entry for entry, activity in zip(entries, activities, strict=True) if activity.is_new]
        # Those that wait came first: each acts right behind its original.
        waiting = _reversals_waiting(entries, activities, found)
        to_record = [replace(entry, challenge_id=id_) for _stored_id, entry, id_ in waiting]
        to_record += [
            replace(entry, challenge_id=challenge_id)
            for entry, activity in zip(entries, activities, strict=True)
            for challenge_id in activity.challenge_ids
        ]
        # Who reaches no challenge is enrolled with the others: later it would be out of the order of locks.
        profiles = {entry.external_id: entry.profile or {} for entry in new}
        outcomes = iter(record_once(to_record, hints, at, also=profiles))
        acted = [next(outcomes) for _ in waiting]
        for activity in activities:
            activity.outcomes = [next(outcomes) for _ in activity.challenge_ids]
        _refuse_whole(activities)
        reach_of_new = [activity.challenge_ids for activity in activities if activity.is_new]
        reached = {key_of(entry): (entry, ids) for entry, ids in zip(new, reach_of_new, strict=True)}
        activity_store.store(reached, found, at)
        reach: dict[UUID, list[UUID]] = {}
        for (stored_id, _entry, challenge_id), outcome in zip(waiting, acted, strict=True):
            if outcome.log is not None:
                reach.setdefault(stored_id, []).append(challenge_id)
        activity_store.add_reach(reach)
    return activities


def _find_targets(
    entries: Sequence[Entry], found: Found, hints: Hints, at: datetime
) -> list[ActivityOutcome]:
    """Find the challenges that each activity is sent to, or why it is refused.

    An entry whose identifier is stored, or came earlier in this batch, is sent to the same challenges.
    """
    naming = {
        activity_id: config.challenges_naming(activity_id)
        for activity_id in {entry.activity_id for entry in entries}
    }
    activities: list[ActivityOutcome] = []
    first: dict[ActivityKey, int] = {}
    reversals = {key_of(entry) for entry in entries if entry.reversal_of}
    for index, entry in enumerate(entries):
        try:
            if index in hints.refused:
                raise DomainErrors(list(hints.refused[index]))
            activity = _find_known(entry, found, entries, first, activities)
            if activity is None:
                _check(entry, found, reversals, at)
                activity = ActivityOutcome([] if entry.reversal_of else list(naming[entry.activity_id]))
                first[key_of(entry)] = index
        except DomainErrors as error:
            activity = ActivityOutcome(errors=error.errors)
        except DomainError as error:
            activity = ActivityOutcome(errors=[error])
        activities.append(activity)
    for index in first.values():
        if entries[index].reversal_of:
            activities[index].challenge_ids += _targets_of_reversal(entries[index], found, first, activities)
    return activities


def _find_known(
    entry: Entry,
    found: Found,
    entries: Sequence[Entry],
    first: dict[ActivityKey, int],
    activities: Sequence[ActivityOutcome],
) -> ActivityOutcome | None:
    """Return the outcome of an activity that is stored, or came earlier in this batch; None for a new one.

    Raises `DomainErrors` where its content differs.
    """
    key = key_of(entry)
    if key in found.stored:
        content, challenge_ids = found.stored[key].entry.content, found.stored[key].challenge_ids
    elif key in first:
        # The same list: the challenges of a reversal are found when all entries are known.
        content, challenge_ids = entries[first[key]].content, activities[first[key]].challenge_ids
    else:
        return None
    if errors := differences(entry, content):
        raise DomainErrors(errors)
    return ActivityOutcome(challenge_ids, stored=True)


def _check(entry: Entry, found: Found, reversals: set[ActivityKey], at: datetime) -> None:
    """Raise `DomainError` for an activity that no challenge may have."""
    if not entry.reversal_of:
        check_times(entry.activity_at, at)
        check_not_negative(
            entry.activity_value, "The value can't be negative; take an activity back with a reversal."
        )
        return
    check_not_ahead(entry.activity_at, at)
    check_not_negative(entry.activity_value, "Send the part that is taken back as a positive value.")
    named = named_key(entry)
    original = found.stored.get(named)
    if named in reversals or (original is not None and original.entry.reversal_of):
        raise reversal_of_reversal()


def _targets_of_reversal(
    entry: Entry, found: Found, first: dict[ActivityKey, int], activities: Sequence[ActivityOutcome]
) -> list[UUID]:
    """Return the challenges that have, or get in this batch, a log of the original, by whichever entrance."""
    named = named_key(entry)
    targets = set(found.logs.get(named, ()))
    if named in found.stored:
        targets.update(found.stored[named].challenge_ids)
    elif named in first:
        targets.update(activities[first[named]].challenge_ids)
    return sorted(targets)


def _reversals_waiting(
    entries: Sequence[Entry], activities: Sequence[ActivityOutcome], found: Found
) -> list[tuple[UUID, Entry, UUID]]:
    """Return the kept reversals of new activities, with the challenges in which each acts now."""
    return [
        (reversal.id, reversal.entry, challenge_id)
        for entry, activity in zip(entries, activities, strict=True)
        if activity.is_new and not entry.reversal_of
        for reversal in found.reversals.get(key_of(entry), ())
        for challenge_id in activity.challenge_ids
    ]


def _refuse_whole(activities: Sequence[ActivityOutcome]) -> None:
    """Raise `BeginAgain` without the activities that a challenge refused, with its errors naming it.

    Raises `RetryTransaction` where a challenge is not recording any more: it was edited meanwhile.
    """
    refused: dict[int, list[DomainError]] = {}
    for index, activity in enumerate(activities):
        pairs = zip(activity.challenge_ids, activity.outcomes, strict=True) if activity.is_new else ()
        for challenge_id, outcome in pairs:
            for error in outcome.errors:
                if error.field == "challenge":
                    raise locks.RetryTransaction
                message = f"Challenge {challenge_id}: {error.message}"
                refused.setdefault(index, []).append(
                    DomainError(error.code, message, error.field, error.status)
                )
    if refused:
        raise BeginAgain(Hints(refused=refused))
