"""One activity for every challenge that names it: the shop need not know which challenges there are.

An activity is kept with the challenges that it reached, so that a replay answers those, also after new ones
went live. A reversal reaches what its original reached.
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
Name = tuple[str, str]  # a member's identifier, the activity's


@dataclass(slots=True)
class ActivityOutcome:
    """What became of one activity: an outcome for each challenge, or why it was refused as a whole."""

    challenge_ids: list[UUID] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    errors: list[DomainError] = field(default_factory=list)
    stored: bool = False


@dataclass(frozen=True, slots=True)
class StoredActivity:
    """What is remembered of an activity: `Entry.content`, and the challenges that it reached."""

    content: tuple
    challenge_ids: list[UUID]

    @classmethod
    def of(cls, row: Activity) -> "StoredActivity":
        value = None if row.activity_value is None else units(row.activity_value)
        content = (row.activity_at, row.activity_id, value, row.reversal_of)
        return cls(content, [UUID(text) for text in row.challenge_ids])


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[ActivityOutcome]:
    """Record these activities in every live challenge that names them, all in one transaction.

    `Entry.challenge_id` is ignored. Idempotent by member and identifier, and for each challenge. `at` is the
    moment of receipt; None: now.
    """
    at = at or timezone.now()
    return retried(lambda singly: _record_once(entries, singly, at))


def _record_once(entries: Sequence[Entry], singly: frozenset[Pair], at: datetime) -> list[ActivityOutcome]:
    with transaction.atomic():
        reached = _find_targets(entries, at)
        expanded = [
            replace(entry, challenge_id=challenge_id)
            for entry, each in zip(entries, reached, strict=True)
            for challenge_id in each.challenge_ids
        ]
        outcomes = iter(record_once(expanded, singly, at))
        for each in reached:
            each.outcomes = [next(outcomes) for _ in each.challenge_ids]
        _store_activities(entries, reached, at)
    return reached


def _find_targets(entries: Sequence[Entry], at: datetime) -> list[ActivityOutcome]:
    """Which challenges each activity is sent to; one that was kept, here or before, decides for its like."""
    kept = _stored_activities(entries)
    naming = {
        activity_id: config.challenges_naming(activity_id) for activity_id in {e.activity_id for e in entries}
    }
    reached: list[ActivityOutcome] = []
    for entry in entries:
        try:
            reached.append(_target_of(entry, kept, naming[entry.activity_id], at))
        except DomainErrors as error:
            reached.append(ActivityOutcome(errors=error.errors))
        except DomainError as error:
            reached.append(ActivityOutcome(errors=[error]))
        else:
            name = (entry.external_id, entry.unique_identifier)
            kept.setdefault(name, StoredActivity(entry.content, reached[-1].challenge_ids))
    return reached


def _target_of(
    entry: Entry, kept: dict[Name, StoredActivity], naming: list[UUID], at: datetime
) -> ActivityOutcome:
    known = kept.get((entry.external_id, entry.unique_identifier))
    if known is not None:
        if errors := differences(entry, known.content):
            raise DomainErrors(errors)
        return ActivityOutcome(known.challenge_ids, stored=True)
    check_times(entry.activity_at, at)
    if not entry.reversal_of:
        return ActivityOutcome(naming)
    original = kept.get((entry.external_id, entry.reversal_of))
    if original is None:
        raise DomainError(
            "unknown_original", "This member has no activity with that identifier.", "reversal_of"
        )
    if original.content[-1]:
        message = "A reversal can't be reversed; send the activity again."
        raise DomainError("reversal_of_reversal", message, "reversal_of")
    return ActivityOutcome(original.challenge_ids)


def _stored_activities(entries: Sequence[Entry]) -> dict[Name, StoredActivity]:
    """What is kept under the identifiers of these entries, and of what they reverse."""
    names = sorted(
        {(e.external_id, name) for e in entries for name in (e.unique_identifier, e.reversal_of) if name}
    )
    found: dict[Name, StoredActivity] = {}
    for start in range(0, len(names), LOOKUP_AT_ONCE):
        some = names[start : start + LOOKUP_AT_ONCE]
        rows = Activity.objects.filter(
            member__external_id__in={external_id for external_id, _name in some},
            unique_identifier__in={name for _external_id, name in some},
        ).select_related("member")
        found |= {(row.member.external_id, row.unique_identifier): StoredActivity.of(row) for row in rows}
    return found


def _store_activities(entries: Sequence[Entry], reached: Sequence[ActivityOutcome], at: datetime) -> None:
    """Keep what was new with the challenges that took it; what every challenge refused is not kept."""
    new = {
        (entry.external_id, entry.unique_identifier): (entry, each)
        for entry, each in reversed(list(zip(entries, reached, strict=True)))
        if not each.stored and not each.errors and not _refused(each)
    }
    if not new:
        return
    known = _enrolled((entry for entry, _each in new.values()), at)
    rows = [
        (
            id_,
            known[entry.external_id].id,
            entry.unique_identifier,
            entry.activity_at,
            entry.activity_id,
            entry.activity_value,
            entry.reversal_of,
            json.dumps([str(challenge_id) for challenge_id in _taken_by(each)]),
            at,
        )
        for id_, (entry, each) in zip(uuid7_batch(at, len(new)), new.values(), strict=True)
    ]
    rows.sort(key=lambda row: row[1:3])
    written = ACTIVITIES.insert(rows, "(member_id, unique_identifier) DO NOTHING", ("id",))
    if len(written) < len(rows):
        raise RetryTransaction  # somebody kept one of them first, perhaps with another reach


def _refused(each: ActivityOutcome) -> bool:
    return bool(each.outcomes) and all(outcome.status == "rejected" for outcome in each.outcomes)


def _taken_by(each: ActivityOutcome) -> list[UUID]:
    pairs = zip(each.challenge_ids, each.outcomes, strict=True)
    return [challenge_id for challenge_id, outcome in pairs if outcome.status != "rejected"]


def _enrolled(entries: Iterable[Entry], at: datetime) -> dict[str, directory.MemberRef]:
    """Their members; one whom no challenge took yet is enrolled now, so that a replay finds the activity."""
    profiles = {entry.external_id: entry.profile or {} for entry in entries}
    known = directory.find(profiles)
    missing = {name: profile for name, profile in profiles.items() if name not in known}
    return known | (directory.enrol(missing, at) if missing else {})
