"""The audit of what staff do by hand: noted in the same transaction as the deed, or neither happens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from access.models.staff_action import StaffAction
from core.errors import DomainError

LONGEST_REASON = 1024


def note(
    actor: Any,
    action: str,
    *,
    at: datetime,
    member: Any = None,
    target: Model | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> StaffAction:
    """Keep what `actor` (a staff account; None: a command on the server) did.

    `member`: whoever has an `id` and an `external_id`. `detail`: JSON, without personal data. Call it inside
    the transaction of the deed.
    """
    noted = StaffAction(
        actor=actor,
        actor_name=actor.get_username() if actor else "command line",
        action=action,
        member_id=member.id if member else None,
        member_external_id=member.external_id if member else "",
        target=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        reason=checked_reason(reason) if reason else "",
        detail=dict(detail or {}),
        created_at=at,
    )
    noted.save(force_insert=True)
    return noted


def checked_reason(reason: str) -> str:
    """For deeds that need one. Raises `DomainError` on `reason` when it is empty or too long."""
    text = reason.strip()
    if not text:
        raise DomainError("required", "Say why, in a few words.", "reason")
    if len(text) > LONGEST_REASON:
        raise DomainError("max_length", f"Use at most {LONGEST_REASON} characters.", "reason")
    return text


def actions_about(member_id: UUID) -> QuerySet[StaffAction]:
    """What staff did about a member, newest first."""
    return StaffAction.objects.filter(member_id=member_id)


def anonymize(member_id: UUID, external_id: str) -> int:
    """Put `external_id`, the random one of an erased member, in the place of the real one; answers how often.

    Reasons are free text in which staff may have named somebody: they go.
    """
    return actions_about(member_id).update(member_external_id=external_id, reason="")
