"""Record one activity in every live challenge that names it.

An activity is stored with the challenges that took it: a replay returns the logs of exactly those, also after
other challenges went live, and a reversal is sent to those that its original was sent to.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from challenges.caches import config
from challenges.engine.batching import Pair
from challenges.engine.eligibility import Entry, check_times
from challenges.engine.intake import Outcome, record_once, retried
from challenges.engine.locks import RetryTransaction
from challenges.engine.replays import differences
from challenges.models import Activity
from challenges.models.rows import ACTIVITIES
from core.amounts import units
from core.errors import DomainError, DomainErrors
from core.ids import uuid7_batch
from members.domain import directory

LOOKUP_AT_ONCE = 500
ActivityKey = tuple[str, str]  # a member's identifier, the activity's


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
    def refused_by_all(self) -> bool:
        """Whether it was sent to challenges and each of them refused it."""
        return bool(self.outcomes) and all(outcome.status == "rejected" for outcome in self.outcomes)

    @property
    def accepting_challenge_ids(self) -> list[UUID]:
        """The challenges that stored a log of it, or had stored it before."""
        pairs = zip(self.challenge_ids, self.outcomes, strict=True)
        return [challenge_id for challenge_id, outcome in pairs if outcome.status != "rejected"]


@dataclass(frozen=True, slots=True)
class StoredActivity:
    """A stored activity: its `Entry.content`, and the challenges that it reached."""

    content: tuple
    challenge_ids: list[UUID]

    @classmethod
    def of(cls, row: Activity) -> "StoredActivity":
        value = None if row.activity_value is None else units(row.activity_value)
        content = (row.activity_at, row.activity_id, value, row.reversal_of)
        return cls(content, [UUID(text) for text in row.challenge_ids])


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[ActivityOutcome]:
    """Record these activities in every live challenge that names them, all in one transaction.

    Returns an outcome for each entry, in order. `Entry.challenge_id` is ignored. Repeating an entry stores
    nothing: activities are unique by member and identifier, their logs also by challenge. `at` is the moment
    of receipt; None: now (docs/rules.md, One activity for every challenge).
    """
    at = at or timezone.now()
    return retried(lambda singly: _record_once(entries, singly, at))


def _record_once(entries: Sequence[Entry], singly: frozenset[Pair], at: datetime) -> list[ActivityOutcome]:
    with transaction.atomic():
        activity_outcomes = _find_targets(entries, at)
        challenge_entries = [
            replace(entry, challenge_id=challenge_id)
            for entry, activity_outcome in zip(entries, activity_outcomes, strict=True)
            for challenge_id in activity_outcome.challenge_ids
        ]
        outcomes = iter(record_once(challenge_entries, singly, at))
        for activity_outcome in activity_outcomes:
            activity_outcome.outcomes = [next(outcomes) for _ in activity_outcome.challenge_ids]
        _store_activities(entries, activity_outcomes, at)
    return activity_outcomes


def _find_targets(entries: Sequence[Entry], at: datetime) -> list[ActivityOutcome]:
    """Find the challenges that each activity is sent to, or why it is refused.

    An entry whose identifier is stored, or came earlier in this batch, is sent to the same challenges.
    """
    stored = _find_stored_activities(entries)
    naming = {
        activity_id: config.challenges_naming(activity_id)
        for activity_id in {entry.activity_id for entry in entries}
    }
    activity_outcomes: list[ActivityOutcome] = []
    for entry in entries:
        try:
            activity_outcome = _find_target(entry, stored, naming[entry.activity_id], at)
        except DomainErrors as error:
            activity_outcome = ActivityOutcome(errors=error.errors)
        except DomainError as error:
            activity_outcome = ActivityOutcome(errors=[error])
        else:
            key = (entry.external_id, entry.unique_identifier)
            stored.setdefault(key, StoredActivity(entry.content, activity_outcome.challenge_ids))
        activity_outcomes.append(activity_outcome)
    return activity_outcomes


def _find_target(
    entry: Entry, stored: dict[ActivityKey, StoredActivity], naming: list[UUID], at: datetime
) -> ActivityOutcome:
    """Find the challenges of one activity. Raises `DomainErrors` for a conflict, else `DomainError`."""
    known = stored.get((entry.external_id, entry.unique_identifier))
    if known is not None:
        if errors := differences(entry, known.content):
            raise DomainErrors(errors)
        return ActivityOutcome(known.challenge_ids, stored=True)
    check_times(entry.activity_at, at)
    if not entry.reversal_of:
        return ActivityOutcome(naming)
    original = stored.get((entry.external_id, entry.reversal_of))
    if original is None:
        raise DomainError(
            "unknown_original", "This member has no activity with that identifier.", "reversal_of"
        )
    *_, original_reversal_of = original.content
    if original_reversal_of:
        message = "A reversal can't be reversed; send the activity again."
        raise DomainError("reversal_of_reversal", message, "reversal_of")
    return ActivityOutcome(original.challenge_ids)


def _find_stored_activities(entries: Sequence[Entry]) -> dict[ActivityKey, StoredActivity]:
    """Find what is stored under the identifiers of these entries, and of the originals of reversals."""
    keys = sorted(
        {
            (entry.external_id, identifier)
            for entry in entries
            for identifier in (entry.unique_identifier, entry.reversal_of)
            if identifier
        }
    )
    activities: dict[ActivityKey, StoredActivity] = {}
    for start in range(0, len(keys), LOOKUP_AT_ONCE):
        chunk = keys[start : start + LOOKUP_AT_ONCE]
        rows = Activity.objects.filter(
            member__external_id__in={external_id for external_id, _identifier in chunk},
            unique_identifier__in={identifier for _external_id, identifier in chunk},
        ).select_related("member")
        for row in rows:
            activities[row.member.external_id, row.unique_identifier] = StoredActivity.of(row)
    return activities


def _store_activities(
    entries: Sequence[Entry], activity_outcomes: Sequence[ActivityOutcome], at: datetime
) -> None:
    """Store new activities with the challenges that took them, except those that every challenge refused."""
    new = {
        (entry.external_id, entry.unique_identifier): (entry, activity_outcome)
        for entry, activity_outcome in reversed(list(zip(entries, activity_outcomes, strict=True)))
        if not activity_outcome.stored and not activity_outcome.errors and not activity_outcome.refused_by_all
    }
    if not new:
        return
    members = _find_or_enrol((entry for entry, _activity_outcome in new.values()), at)
    rows = [
        (
            id_,
            members[entry.external_id].id,
            entry.unique_identifier,
            entry.activity_at,
            entry.activity_id,
            entry.activity_value,
            entry.reversal_of,
            json.dumps([str(challenge_id) for challenge_id in activity_outcome.accepting_challenge_ids]),
            at,
        )
        for id_, (entry, activity_outcome) in zip(uuid7_batch(at, len(new)), new.values(), strict=True)
    ]
    rows.sort(key=lambda row: row[1:3])
    written = ACTIVITIES.insert(rows, "(member_id, unique_identifier) DO NOTHING", ("id",))
    if len(written) < len(rows):
        # Another transaction stored one of them first, perhaps with other challenges.
        raise RetryTransaction


def _find_or_enrol(entries: Iterable[Entry], at: datetime) -> dict[str, directory.MemberRef]:
    """Find the entries' members; enrol those whom no challenge has, so that a replay finds the activity."""
    profiles = {entry.external_id: entry.profile or {} for entry in entries}
    members = directory.find(profiles)
    unknown = {
        external_id: profile for external_id, profile in profiles.items() if external_id not in members
    }
    return members | (directory.enrol(unknown, at) if unknown else {})
