"""Create and edit members; the API, the admin and support's pages write them here only.

Logs enrol members, and fill their empty profiles, in `directory`; `erasing` erases them (docs/rules.md,
Members).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import DomainError
from core.identifiers import check_identifier
from core.write_guard import writing
from members.models import Member


def create(member: Member, *, at: datetime) -> Member:
    """Store a new member. Raises `DomainError` `identifier_taken`, and for a badly formed identifier."""
    check_identifier(member.external_id, "external_id")
    member.created_at = member.created_at or at
    member.updated_at = at
    _store(member)
    return member


def edit(member_id: UUID, values: Mapping[str, Any], *, at: datetime) -> Member:
    """Store these values, by column, and return the member as stored.

    Other columns keep what others stored meanwhile; above all, an edit never brings back what was erased at
    the same time. Raises `DomainError` `identifier_taken`, for a new identifier that is badly formed, and
    `not_found` for an erased member.
    """
    with transaction.atomic():
        member = _lock(member_id)
        if values.get("external_id", member.external_id) != member.external_id:
            check_identifier(values["external_id"], "external_id")
        for name, value in values.items():
            setattr(member, name, value)
        member.updated_at = at
        _store(member, update_fields=[*values, "updated_at"])
    return member


def set_status(member_id: UUID, status: str, *, at: datetime, instead_of: str) -> Member:
    """Pause or resume a member. `instead_of` is the status that support saw: of two, the second is refused.

    Raises `DomainError` `changed_meanwhile`, and `not_found` for an erased member.
    """
    with transaction.atomic():
        member = _lock(member_id)
        if member.status != instead_of:
            message = "Somebody else has just changed the member's status."
            raise DomainError("changed_meanwhile", message, status="conflict")
        return edit(member_id, {"status": status}, at=at)


def _lock(member_id: UUID) -> Member:
    """Lock the member's row, as erasing does."""
    locked = Member.objects.select_for_update(no_key=True, of=("self",))
    member = locked.filter(id=member_id, erased_at=None).first()
    if member is None:
        raise DomainError("not_found", "There is no such member any more.", None, "not_found")
    return member


def _store(member: Member, **options: Any) -> None:
    try:
        with transaction.atomic(), writing(Member):
            member.save(**options)
    except IntegrityError as error:
        raise DomainError(
            "identifier_taken", "Another member has this identifier.", "external_id", "conflict"
        ) from error
