"""Write the audit log: what staff, API keys and commands do, each entry in the transaction of its action."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from access.models.staff_action import StaffAction
from core import actors
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
    """Log an action of `actor`: a staff account, or None for the API key or the command that acts now.

    `at` is in UTC. `member`: any object with `id` and `external_id`. `detail`: JSON without personal data.
    Call it inside the transaction of the action. Raises `DomainError` for a reason that is too long.
    """
    acting = actors.current()
    staff_action = StaffAction(
        actor=actor,
        actor_name=actor.get_username() if actor else acting.name,
        api_key_id=None if actor else acting.api_key_id,
        action=action,
        member_id=member.id if member else None,
        member_external_id=member.external_id if member else "",
        target=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        reason=checked_reason(reason) if reason else "",
        detail=dict(detail or {}),
        created_at=at,
    )
    staff_action.save(force_insert=True)
    return staff_action


def add_totals(entry_id: UUID, totals: Mapping[str, Any]) -> None:
    """Add the totals of an action to its entry: of one that went on after its first transaction.

    `totals`: as `detail` of `note`. Call it inside the transaction that ends the action.
    """
    entry = StaffAction.objects.get(id=entry_id)
    StaffAction.objects.filter(id=entry_id).update(detail={**entry.detail, **totals})


def checked_reason(reason: str) -> str:
    """The stripped reason of an action that needs one. Raises `DomainError` when it is empty or too long."""
    text = reason.strip()
    if not text:
        raise DomainError("required", "Say why, in a few words.", "reason")
    if len(text) > LONGEST_REASON:
        raise DomainError("max_length", f"Use at most {LONGEST_REASON} characters.", "reason")
    return text


def actions_about(member_id: UUID) -> QuerySet[StaffAction]:
    """The staff actions about a member, newest first."""
    return StaffAction.objects.filter(member_id=member_id)


def anonymize(member_id: UUID, external_id: str) -> int:
    """Replace the identifier of an erased member by the random `external_id`; returns the number of entries.

    Reasons are deleted, because staff may have written a name into them (docs/rules.md, Members).
    """
    return actions_about(member_id).update(member_external_id=external_id, reason="")
