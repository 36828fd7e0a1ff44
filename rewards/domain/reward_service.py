"""Validate, store, remove and restore rewards.

Used by the admin and the API alike, for the rules that neither forms nor serializers can check alone. Any
field may be edited at any time: reward logs keep the code and the expiry that they have (docs/rules.md,
Rewards).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.choices import CodeSource
from core.errors import DomainError, DomainErrors
from core.ids import uuid7
from rewards.domain import pending_codes, pool_levels
from rewards.domain.code_files import Reason, flaw_of
from rewards.models import CouponCode, Reward, RewardLog

PREFIX_VALIDATORS = Reward._meta.get_field("code_prefix").validators

LOCK_USED = "SELECT id FROM rewards_reward WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


def save(reward: Reward, *, at: datetime) -> Reward:
    """Store a new or edited reward. Raises `DomainErrors` with an error for each invalid field."""
    if errors := list(errors_of(reward)):
        raise DomainErrors(errors)
    if reward._state.adding:
        reward.id, reward.created_at = uuid7(at), at
    reward.updated_at = at
    _store(reward)
    return reward


def _store(reward: Reward, **options: Any) -> None:
    """Save the reward, its row of history and the stamp that the caches compare, all or nothing."""
    with transaction.atomic():
        reward.save(**options)


def errors_of(reward: Reward) -> Iterator[DomainError]:
    """Yield an error for each invalid field that decides about codes (docs/rules.md, Sources)."""
    try:
        for validator in PREFIX_VALIDATORS:
            validator(reward.code_prefix)
    except ValidationError as error:
        yield DomainError("invalid", str(error.message), "code_prefix")
    if reward.code_source != CodeSource.SHARED:
        return
    if not reward.shared_code.strip():
        yield DomainError("required", "A shared reward needs the code that everybody gets.", "shared_code")
    elif flaw := flaw_of(reward.shared_code):
        yield DomainError("invalid_code", f"This is no code: {Reason(flaw).label}.", "shared_code")
    elif CouponCode.objects.filter(code=reward.shared_code).exists():
        yield DomainError(
            "code_taken", "This code is somebody's own; share another one.", "shared_code", "conflict"
        )


def apply_edit(reward_id: UUID) -> None:
    """Apply an edit that is committed: give codes to logs that wait, and check the low-water mark anew."""
    pending_codes.fill(reward_id)
    if Reward.objects.pools().filter(id=reward_id).exists():
        pool_levels.clear_low_if_refilled(reward_id)
        pool_levels.warn_if_low(reward_id)


def remove(reward: Reward, *, at: datetime) -> None:
    """Delete a reward without history, with its free codes; archive one that has history.

    Raises `DomainError` `in_use` while an unarchived challenge or milestone pays it (docs/rules.md, Editing a
    running challenge).
    """
    with transaction.atomic():
        # A transaction that links the reward locks its row: wait for it, then check for links.
        Reward.objects.select_for_update(no_key=False, of=("self",)).get(id=reward.id)
        _check_unused(reward)
        if _has_history(reward):
            reward.archived_at = reward.updated_at = at
            reward.save(update_fields=["archived_at", "updated_at"])
        else:
            CouponCode.objects.filter(reward=reward).delete()
            reward.delete()


def lock_used(reward_ids: Iterable[UUID]) -> dict[UUID, Reward]:
    """Keep these rewards from being removed until the transaction ends; return them by id, as stored now.

    For whoever links a reward to a challenge or milestone: a foreign key locks its row only at the commit,
    when `remove` may have looked for links already. The lock is the foreign key's own: nobody who pays the
    reward waits for it.
    """
    ids = sorted(set(reward_ids))
    if ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(LOCK_USED, [ids])
    return Reward.objects.in_bulk(ids)


def describe_removal(reward: Reward) -> str:
    """Describe what `remove` would do, or why it would refuse, for staff."""
    try:
        _check_unused(reward)
    except DomainError as error:
        return error.message
    if _has_history(reward):
        return _("It has paid, so it is archived; it can be restored.")
    return _("It has paid nobody, so it is deleted with its unused codes.")


def restore(reward: Reward, *, at: datetime) -> None:
    """Bring an archived reward back."""
    reward.archived_at, reward.updated_at = None, at
    _store(reward, update_fields=["archived_at", "updated_at"])


def _check_unused(reward: Reward) -> None:
    challenges = reward.completed_challenges.filter(archived_at=None).values_list("name", flat=True)
    milestones = reward.milestones.filter(archived_at=None, challenge__archived_at=None)
    names = [*challenges[:3], *milestones.values_list("name", flat=True)[:3]]
    if names:
        users = ", ".join(names)
        raise DomainError(
            "in_use", f"Still paid by {users}: give it another reward first.", status="conflict"
        )


def _has_history(reward: Reward) -> bool:
    return (
        RewardLog.objects.filter(reward=reward).exists()
        or CouponCode.objects.filter(reward=reward, reward_log__isnull=False).exists()
        or reward.completed_challenges.exists()
        or reward.milestones.exists()
    )
