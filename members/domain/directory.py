"""From the customer's identifiers to members: finding them, and enrolling the ones that are new."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.choices import MemberStatus
from core.ids import uuid7_batch
from core.sql.table import Table
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
    """What the engine needs to know of a member."""

    id: UUID
    paused: bool


def find(external_ids: Iterable[str]) -> dict[str, MemberRef]:
    """The members among these identifiers; one query for each thousand."""
    wanted = sorted(set(external_ids))
    found: dict[str, MemberRef] = {}
    for start in range(0, len(wanted), LOOKUP_AT_ONCE):
        some = wanted[start : start + LOOKUP_AT_ONCE]
        for external_id, id_, status in MEMBERS.where_in(
            "external_id", some, ("external_id", "id", "status")
        ):
            found[external_id] = MemberRef(id_, status == MemberStatus.PAUSED)
    return found


def enrol(profiles: Mapping[str, Mapping[str, Any]], at: datetime) -> dict[str, MemberRef]:
    """Create the members that do not exist, each with its profile, and answer all of them.

    In identifier order, so that two requests that enrol the same people wait for each other and never
    deadlock; whoever loses that race reads what the winner wrote.
    """
    names = sorted(profiles)
    rows = [
        (
            id_,
            name,
            *(profiles[name].get(field) or "" for field in PROFILE_FIELDS),
            MemberStatus.LIVE.value,
            at,
            at,
        )
        for id_, name in zip(uuid7_batch(at, len(names)), names, strict=True)
    ]
    written = MEMBERS.insert(rows, "(external_id) DO NOTHING", ("external_id", "id"))
    enrolled = {name: MemberRef(id_, paused=False) for name, id_ in written}
    return enrolled | find(name for name in names if name not in enrolled)


def complete_profiles(profiles: Mapping[UUID, Mapping[str, Any]], at: datetime) -> None:
    """Fill what is empty in these members' profiles; what a member has is never overwritten by an activity.

    So a replay, or activity that arrives out of order, changes nothing (PATCH of the member does).
    """
    for member in Member.objects.filter(id__in=profiles).order_by("id"):
        fresh = [f for f in PROFILE_FIELDS if profiles[member.id].get(f) and not getattr(member, f)]
        if fresh:
            for field in fresh:
                setattr(member, field, profiles[member.id][field])
            member.updated_at = at
            member.save(update_fields=[*fresh, "updated_at"])
