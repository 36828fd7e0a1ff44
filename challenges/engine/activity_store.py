"""Find, lock and store the activities that are kept under their members' identifiers.

A reversal whose original has not come keeps its identifier by a placeholder, under the same unique key, as in
the table of logs (docs/rules.md, One activity for every challenge; docs/locking.md).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Q, QuerySet

from challenges.engine.batching import BeginAgain, Hints
from challenges.engine.eligibility import Entry
from challenges.engine.locks import RetryTransaction
from challenges.models import Activity, ChallengeLog
from challenges.models.rows import ACTIVITIES, chunked
from core.amounts import units
from core.ids import uuid7_batch
from members.domain import directory
from members.domain.directory import MemberRef

LOOKUP_AT_ONCE = 500
ActivityKey = tuple[str, str]  # a member's identifier, the activity's


@dataclass(frozen=True, slots=True)
class StoredActivity:
    """A stored activity, and the challenges that it reached."""

    id: UUID
    entry: Entry
    challenge_ids: list[UUID]


@dataclass(slots=True)
class Found:
    """What is stored under the identifiers of a batch, and what names them.

    `placeholders`: the ids of their rows, locked. `reversals`: of an original's key. `logs`: the challenges
    that have a log under a key which a reversal names, whichever entrance it came by.
    """

    stored: dict[ActivityKey, StoredActivity] = field(default_factory=dict)
    placeholders: dict[ActivityKey, UUID] = field(default_factory=dict)
    reversals: dict[ActivityKey, list[StoredActivity]] = field(default_factory=dict)
    logs: dict[ActivityKey, list[UUID]] = field(default_factory=dict)


def key_of(entry: Entry) -> ActivityKey:
    return entry.external_id, entry.unique_identifier


def named_key(entry: Entry) -> ActivityKey:
    """Return the key of the activity that a reversal names."""
    return entry.external_id, entry.reversal_of


def names_of(entries: Sequence[Entry]) -> set[str]:
    """Return what these activities are called, and what the stored originals of the reversals are called."""
    activity_ids = {entry.activity_id for entry in entries}
    named = {named_key(entry) for entry in entries if entry.reversal_of}
    for chunk in chunked(sorted(named), LOOKUP_AT_ONCE):
        originals = _under(Activity.objects.all(), chunk, "unique_identifier")
        activity_ids |= set(originals.values_list("activity_id", flat=True))
    return activity_ids


def find(entries: Sequence[Entry], hints: Hints) -> Found:
    """Find what is stored of these activities, with the originals of reversals locked.

    Raises `BeginAgain` where a placeholder has to be locked first, before anything is stored.
    """
    keys = {key_of(entry) for entry in entries}
    named = {named_key(entry) for entry in entries if entry.reversal_of}
    locked = named | hints.activities_first
    _lock(locked)
    found = Found()
    for row in _find_rows(keys | named, keys):
        key = (row.member.external_id, row.unique_identifier)
        if not row.activity_id:
            found.placeholders[key] = row.id
            continue
        activity = StoredActivity(row.id, entry_of(row), [UUID(text) for text in row.challenge_ids])
        found.stored[key] = activity
        if row.reversal_of:
            found.reversals.setdefault(named_key(activity.entry), []).append(activity)
    if unlocked := (keys & found.placeholders.keys()) - locked:
        raise BeginAgain(Hints(activities_first=frozenset(unlocked)))
    found.logs = _find_logs(named)
    return found


def _lock(keys: Collection[ActivityKey]) -> None:
    """Lock the rows of these keys, placeholders too, in one order.

    Two that name one original, or one that names it and one that brings it, wait for each other.
    """
    rows = Activity.with_placeholders.select_for_update(no_key=True, of=("self",))
    for chunk in chunked(sorted(keys), LOOKUP_AT_ONCE):
        list(_under(rows, chunk, "unique_identifier").order_by("member_id", "unique_identifier"))


def _find_rows(keys: Collection[ActivityKey], originals: Collection[ActivityKey]) -> list[Activity]:
    """Read the activities of these keys, and the reversals of those originals, oldest first."""
    rows: dict[UUID, Activity] = {}
    for chunk in chunked(sorted(keys), LOOKUP_AT_ONCE):
        identifiers = {identifier for _, identifier in chunk}
        named = {identifier for _, identifier in set(chunk) & set(originals)}
        wanted = Q(unique_identifier__in=identifiers) | Q(~Q(reversal_of=""), reversal_of__in=named)
        for row in Activity.with_placeholders.filter(
            wanted, member__external_id__in={external_id for external_id, _ in chunk}
        ).select_related("member"):
            rows[row.id] = row
    return [rows[id_] for id_ in sorted(rows)]


def _find_logs(keys: Collection[ActivityKey]) -> dict[ActivityKey, list[UUID]]:
    logs: dict[ActivityKey, list[UUID]] = {}
    for chunk in chunked(sorted(keys), LOOKUP_AT_ONCE):
        rows = _under(ChallengeLog.objects.all(), chunk, "unique_identifier").order_by("challenge")
        for external_id, identifier, challenge_id in rows.values_list(
            "member__external_id", "unique_identifier", "challenge"
        ):
            logs.setdefault((external_id, identifier), []).append(challenge_id)
    return logs


def _under(rows: QuerySet, keys: Iterable[ActivityKey], column: str) -> QuerySet:
    external_ids, identifiers = (set(part) for part in zip(*keys, strict=True))
    return rows.filter(member__external_id__in=external_ids, **{f"{column}__in": identifiers})


def entry_of(row: Activity) -> Entry:
    """Return the entry of a stored activity, for no challenge yet."""
    return Entry(
        challenge_id=UUID(int=0),
        external_id=row.member.external_id,
        activity_at=row.activity_at,
        activity_id=row.activity_id,
        unique_identifier=row.unique_identifier,
        activity_value=None if row.activity_value is None else units(row.activity_value),
        reversal_of=row.reversal_of,
        by_activity=True,
    )


def store(reached: Mapping[ActivityKey, tuple[Entry, list[UUID]]], found: Found, at: datetime) -> None:
    """Store new activities with the challenges that they reached, and placeholders of unknown originals.

    Raises `RetryTransaction` where another transaction stored one of them first.
    """
    if not reached:
        return
    # Where none reached a challenge nobody is enrolled yet, so that a replay finds the activity.
    profiles = {entry.external_id: entry.profile or {} for entry, _challenge_ids in reached.values()}
    members = directory.find(profiles)
    if new := {id_: profile for id_, profile in profiles.items() if id_ not in members}:
        members |= directory.enrol(new, at)
    unknown = {named_key(entry) for entry, _challenge_ids in reached.values() if entry.reversal_of}
    unknown -= found.stored.keys() | found.placeholders.keys() | reached.keys()
    ids = iter(uuid7_batch(at, len(reached) + len(unknown)))
    rows = [_row(next(ids), members, entry, challenge_ids, at) for entry, challenge_ids in reached.values()]
    for external_id, identifier in sorted(unknown):
        rows.append((next(ids), members[external_id].id, identifier, at, "", None, "", "[]", at))
    rows.sort(key=lambda row: row[1:3])
    taken = {
        (members[external_id].id, identifier): found.placeholders[external_id, identifier]
        for external_id, identifier in reached.keys() & found.placeholders.keys()
    }
    written = 0
    # A placeholder is removed when the order of the keys comes to it, as in `reversals.insert_replacing`.
    for is_kept, group in groupby(rows, key=lambda row: row[1:3] in taken):
        chunk = list(group)
        if is_kept:
            _remove_placeholders([taken[row[1:3]] for row in chunk])
        written += len(ACTIVITIES.insert(chunk, "(member_id, unique_identifier) DO NOTHING", ("id",)))
    if written < len(rows):
        raise RetryTransaction


def _remove_placeholders(ids: Sequence[UUID]) -> None:
    placeholders = Activity.with_placeholders.filter(id__in=ids, activity_id="")
    placeholders._raw_delete(placeholders.db)


def _row(
    id_: UUID,
    members: Mapping[str, MemberRef],
    entry: Entry,
    challenge_ids: Sequence[UUID],
    at: datetime,
) -> tuple:
    reach = json.dumps([str(challenge_id) for challenge_id in challenge_ids])
    return (
        id_, members[entry.external_id].id, entry.unique_identifier, entry.activity_at, entry.activity_id,
        entry.activity_value, entry.reversal_of, reach, at,
    )  # fmt: skip


def add_reach(reach: Mapping[UUID, Sequence[UUID]]) -> None:
    """Note that stored activities, by their id, reached further challenges: a replay answers these, too."""
    changes = []
    for row in Activity.objects.filter(id__in=reach).order_by("id"):
        added = [str(id_) for id_ in reach[row.id] if str(id_) not in row.challenge_ids]
        if added:
            changes.append((row.id, json.dumps([*row.challenge_ids, *added])))
    if changes:
        ACTIVITIES.update(("id", "challenge_ids"), changes)
