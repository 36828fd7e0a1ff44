"""Withdraw uploaded codes from a pool: those of a wrong file, or codes that the shop no longer accepts.

Only free codes can be withdrawn; a code on a reward log stays there. A withdrawn code is deleted, so it may
be uploaded again, to another pool too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from access.domain import audit_log
from core.errors import DomainError
from rewards.domain import pool_levels
from rewards.models import CouponCode, Reward

MAX_UPLOADS = 50


@dataclass(frozen=True, slots=True)
class Upload:
    """An import, identified by its time, and how many of its codes are still free."""

    at: datetime
    left: int


def uploads(reward_id: UUID) -> list[Upload]:
    """Return the imports of this pool that have free codes left, newest first, 50 at most."""
    free = CouponCode.objects.filter(reward=reward_id, reward_log=None).order_by("-created_at")
    counts = free.values_list("created_at").annotate(Count("id"))
    return [Upload(at, left) for at, left in counts[:MAX_UPLOADS]]


def withdraw(
    reward_id: UUID, actor: Any, reason: str, *, at: datetime, uploaded_at: datetime | None = None
) -> int:
    """Delete the free codes of one import (by its time), or of all imports; return how many.

    The withdrawal is written to the audit log with its reason. Codes that another transaction holds are being
    given to somebody; they are skipped. Raises `DomainError` without a reason, and `nothing_left` when no
    code is free (docs/rules.md, Pools and pending codes).
    """
    reason = audit_log.checked_reason(reason)
    with transaction.atomic():
        reward = Reward.objects.get(id=reward_id)
        free = CouponCode.objects.filter(reward=reward_id, reward_log=None)
        if uploaded_at is not None:
            free = free.filter(created_at=uploaded_at)
        locked = free.select_for_update(no_key=False, of=("self",), skip_locked=True).order_by().values("id")
        deleted, _by_model = CouponCode.objects.filter(id__in=locked).delete()
        if not deleted:
            raise DomainError("nothing_left", "No code of it is free any longer.", status="conflict")
        detail = {"codes": deleted, "uploaded_at": uploaded_at and uploaded_at.isoformat()}
        audit_log.note(actor, "withdraw_codes", at=at, target=reward, reason=reason, detail=detail)
        transaction.on_commit(lambda: pool_levels.warn_if_low(reward_id), robust=True)
    return deleted
