"""Find members by the shop's identifiers, and enrol new ones (docs/rules.md, Members)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, F, Value, When

from core.choices import MemberStatus
from core.ids import uuid7_batch
from core.sql.table import Table
from core.write_guard import writing
from members.models import Member

PROFILE_FIELDS = ("first_name", "last_name", "email", "phone_number")
LOOKUP_AT_ONCE = 1000

MEMBERS = Table(
    Member._meta.db_table,
    {
        "id": "uuid",
        "external_id": "text",
        **dict.fromkeys(PROFILE_FIELDS, "text"),
        "status": "text",
        "created_at": "time",
        "updated_at": "time",
    },
)


@dataclass(frozen=True, slots=True)
class MemberRef:
    """A member as far as the engine needs it."""

    id: UUID
    paused: bool


def find(external_ids: Iterable[str]) -> dict[str, MemberRef]:
    """The existing members by identifier; one query for each 1000 identifiers."""
    identifiers = sorted(set(external_ids))
    members: dict[str, MemberRef] = {}
    for start in range(0, len(identifiers), LOOKUP_AT_ONCE):
        chunk = identifiers[start : start + LOOKUP_AT_ONCE]
        for external_id, id_, status in MEMBERS.where_in(
            "external_id", chunk, ("external_id", "id", "status")
        ):
            members[external_id] = MemberRef(id_, status == MemberStatus.PAUSED)
    return members


def enrol(profiles: Mapping[str, Mapping[str, Any]], at: datetime) -> dict[str, MemberRef]:
    """Create the members that do not exist, with their profiles; returns all of them by identifier.

    `profiles` is by identifier, `at` in UTC. Rows are inserted in the order of identifiers, so that two
    requests that enrol the same members wait for each other and never deadlock. The later one reads the rows
    of the earlier one.
    """
    identifiers = sorted(profiles)
    rows = [
        (
            id_,
            identifier,
            *(profiles[identifier].get(field) or "" for field in PROFILE_FIELDS),
            MemberStatus.LIVE.value,
            at,
            at,
        )
        for id_, identifier in zip(uuid7_batch(at, len(identifiers)), identifiers, strict=True)
    ]
    written = MEMBERS.insert(rows, "(external_id) DO NOTHING", ("external_id", "id"))
    enrolled = {identifier: MemberRef(id_, paused=False) for identifier, id_ in written}
    return enrolled | find(identifier for identifier in identifiers if identifier not in enrolled)


def enrol_or_complete(
    profiles: Mapping[str, Mapping[str, Any]], members: Mapping[str, MemberRef], at: datetime
) -> dict[str, MemberRef]:
    """Enrol those who are not among `members`, and fill the others' profiles; returns all by identifier."""
    new = {identifier: profile for identifier, profile in profiles.items() if identifier not in members}
    known = {
        members[identifier].id: profile for identifier, profile in profiles.items() if identifier in members
    }
    if filled := {id_: profile for id_, profile in known.items() if profile}:
        complete_profiles(filled, at)
    return {**members, **(enrol(new, at) if new else {})}


def complete_profiles(profiles: Mapping[UUID, Mapping[str, Any]], at: datetime) -> None:
    """Fill the empty fields of these members' profiles, by member id; nothing is overwritten.

    So a replay, or activity that arrives out of order, changes nothing. The update asks again: a member may
    be erased, or a field filled, at the same time.
    """
    for member in Member.objects.filter(id__in=profiles, erased_at=None).order_by("id"):
        profile = profiles[member.id]
        filled = {f: profile[f] for f in PROFILE_FIELDS if profile.get(f) and not getattr(member, f)}
        if filled:
            changes = {name: _unless_filled(name, text) for name, text in filled.items()}
            with writing(Member):
                Member.objects.filter(id=member.id, erased_at=None).update(**changes, updated_at=at)


def _unless_filled(field: str, text: str) -> Case:
    return Case(When(**{field: ""}, then=Value(text)), default=F(field), output_field=CharField())
