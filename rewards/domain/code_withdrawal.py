"""Taking codes out of a pool again: those of a wrong file, or that the shop's till accepts no longer.

Only codes that nobody has: what was given stays given. A code that was taken out is unknown here, so that it
may be uploaded again, into another pool too.
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

SHOWN_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Upload:
    """The codes of one import, known by its time, that nobody has."""

    at: datetime
    left: int


def uploads(reward_id: UUID) -> list[Upload]:
    """The imports of which codes are left, the newest first; at most 50."""
    free = CouponCode.objects.filter(reward=reward_id, reward_log=None).order_by("-created_at")
    found = free.values_list("created_at").annotate(Count("id"))
    return [Upload(at, left) for at, left in found[:SHOWN_AT_MOST]]


def withdraw(
    reward_id: UUID, actor: Any, reason: str, *, at: datetime, uploaded_at: datetime | None = None
) -> int:
    """Delete the free codes of one import, or of all; answers how many. What was done is in the history.

    Raises `DomainError`: without a reason, and `nothing_left`. Codes that somebody is just being given are
    left alone and never waited for.
    """
    reason = audit_log.checked_reason(reason)
    with transaction.atomic():
        reward = Reward.objects.get(id=reward_id)
        free = CouponCode.objects.filter(reward=reward_id, reward_log=None)
        if uploaded_at is not None:
            free = free.filter(created_at=uploaded_at)
        mine = free.select_for_update(no_key=False, of=("self",), skip_locked=True).order_by().values("id")
        gone, _by_model = CouponCode.objects.filter(id__in=mine).delete()
        if not gone:
            raise DomainError("nothing_left", "No code of it is free any longer.", status="conflict")
        told = {"codes": gone, "uploaded_at": uploaded_at and uploaded_at.isoformat()}
        audit_log.note(actor, "withdraw_codes", at=at, target=reward, reason=reason, detail=told)
        transaction.on_commit(lambda: pool_levels.note_if_low(reward_id), robust=True)
    return gone
