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
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from core.choices import CodeSource
from core.errors import DomainError, DomainErrors
from core.write_guard import writing
from rewards.domain import allocation, pending_codes, pool_levels
from rewards.domain.code_files import Reason, flaw_of
from rewards.models import CouponCode, Reward, RewardLog

# No edit sets these, not even one back to an earlier version.
BOOKKEEPING_FIELDS = ("low_since", "archived_at", "created_at")
PREFIX_VALIDATORS = Reward._meta.get_field("code_prefix").validators

LOCK_USED = "SELECT id FROM rewards_reward WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


def save(reward: Reward, *, at: datetime) -> Reward:
    """Store a new or edited reward, with its row of history and the stamp that the caches compare.

    Fields that are not edited here take the values that others stored meanwhile. Raises `DomainErrors` with
    an error for each invalid field, `DomainError` `exists` for the id of another reward, `archived` and
    `not_found`.
    """
    with transaction.atomic():
        if not reward._state.adding:
            _merge_from_stored(reward)
        if errors := [*_field_errors(reward), *errors_of(reward)]:
            raise DomainErrors(errors)
        _claim_shared_code(reward, at)
        reward.created_at = reward.created_at or at
        reward.updated_at = at
        _store(reward)
    return reward


def _merge_from_stored(reward: Reward) -> None:
    stored = _lock(reward.id)
    if stored.archived_at is not None:
        raise DomainError("archived", "The reward is archived: restore it first.", None, "conflict")
    reward.merge_from(stored)
    for name in BOOKKEEPING_FIELDS:
        setattr(reward, name, getattr(stored, name))


def _lock(reward_id: UUID, *, no_key: bool = True) -> Reward:
    """Lock the reward's row until the transaction ends: of two who edit or remove it, one comes second."""
    stored = Reward.objects.select_for_update(no_key=no_key, of=("self",)).filter(id=reward_id).first()
    if stored is None:
        raise DomainError("not_found", "There is no such reward any more.", None, "not_found")
    return stored


def _claim_shared_code(reward: Reward, at: datetime) -> None:
    """Keep what is shared from becoming somebody's own code; whoever comes second is refused."""
    if reward.code_source == CodeSource.SHARED and not allocation.claim_shared(reward.shared_code, at):
        raise DomainErrors([_shared_code_taken()])


def _store(reward: Reward, **options: Any) -> None:
    try:
        with transaction.atomic(), writing(Reward):
            reward.save(**options)
    except IntegrityError:
        if not (reward._state.adding and Reward.objects.filter(id=reward.id).exists()):
            raise
        raise DomainError("exists", "A reward with this id exists already.", "id", "conflict") from None
    reward.mark_clean()


def _field_errors(reward: Reward) -> Iterator[DomainError]:
    """Yield an error for each field of a wrong type, length or choice, but for those of `errors_of`."""
    try:
        reward.clean_fields(exclude={"code_prefix", "created_at", "updated_at"})
    except ValidationError as error:
        for name, errors in error.error_dict.items():
            yield from (DomainError(e.code or "invalid", e.messages[0], name) for e in errors)


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
    elif CouponCode.objects.unique().filter(code=reward.shared_code).exists():
        yield _shared_code_taken()


def _shared_code_taken() -> DomainError:
    return DomainError(
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
        _lock(reward.id, no_key=False)
        _check_unused(reward)
        if _has_history(reward):
            reward.archived_at = reward.updated_at = at
            _store(reward, update_fields=["archived_at", "updated_at"])
        else:
            CouponCode.objects.filter(reward=reward).delete()
            with writing(Reward):
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
    """Bring an archived reward back. Raises `DomainErrors` when its shared code is somebody's own."""
    with transaction.atomic():
        _lock(reward.id)
        _claim_shared_code(reward, at)
        reward.archived_at, reward.updated_at = None, at
        _store(reward, update_fields=["archived_at", "updated_at"])


def _check_unused(reward: Reward) -> None:
    challenges = reward.completed_challenges.filter(archived_at=None).values_list("name", flat=True)
    milestones = reward.milestones.filter(archived_at=None, challenge__archived_at=None)
    pending = reward.rule_versions.filter(applied=False).values_list("challenge__name", flat=True)
    names = [*challenges[:3], *pending[:3], *milestones.values_list("name", flat=True)[:3]]
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
        or reward.rule_versions.exists()
    )
