"""What happens to a reward log after it was issued; `statuses` says what may.

Each of these locks the one log, decides by what it then is, and writes. Doing what is done already changes
nothing and is no error, so that a shop may ask twice. What support does is in the history, with its reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from access.domain import audit_log
from core.choices import CodeSource, RewardLogStatus
from core.errors import DomainError
from core.periods import checked_zone
from rewards.domain import allocation, history
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.domain.state_machine import Channel, check
from rewards.models import RewardLog


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose hand it is. `actor`: the `auth.User` of support, who says why; None: a command on the server."""

    door: Channel
    actor: Any = None
    reason: str = ""


API_ACTOR = Actor(Channel.API)


def support_actor(actor: Any, reason: str = "") -> Actor:
    return Actor(Channel.SUPPORT, actor, reason.strip())


def redeem(log_id: UUID, by: Actor, *, at: datetime) -> RewardLog:
    """The code was used. Raises `DomainError`, also for a code whose time is over."""
    with _locked(log_id) as log:
        if log.status != RewardLogStatus.REDEEMED:
            check("redeem", log.status_at(at), by.door)
            _write(log, by, at, "redeem", status=RewardLogStatus.REDEEMED, redeemed_at=at)
    return log


def unredeem(log_id: UUID, by: Actor, *, at: datetime) -> RewardLog:
    """The order in which the code was used is cancelled: it is good again, while it lasts."""
    with _locked(log_id) as log:
        if log.status != RewardLogStatus.ISSUED:
            check("unredeem", log.status_at(at), by.door)
            _write(log, by, at, "unredeem", status=RewardLogStatus.ISSUED, redeemed_at=None)
    return log


def revoke(log_id: UUID, by: Actor, *, at: datetime) -> RewardLog:
    """The member loses the reward; its code never returns to a pool, and its place under a cap is free."""
    with _locked(log_id) as log:
        if log.status != RewardLogStatus.REVOKED:
            check("revoke", log.status_at(at), by.door)
            _write(log, by, at, "revoke", status=RewardLogStatus.REVOKED)
    return log


def fill_code(log_id: UUID, code: str, by: Actor, *, at: datetime) -> RewardLog:
    """Give a reward that waits this code: its validity begins now. Raises `DomainError` on `couponCode`."""
    code = allocation.checked_code(code)
    with _locked(log_id) as log:
        if log.status == RewardLogStatus.ISSUED and log.coupon_code == code:
            return log
        check("fill", log.status_at(at), by.door)
        allocation.claim_external(code, log, at)
        _give(log, code, log.reward_expiry_at or _expiry(log, at), by, at, "fill")
    return log


def reissue(
    log_id: UUID, by: Actor, *, at: datetime, code: str = "", instead_of: str | None = None
) -> RewardLog:
    """Another code in place of the one that was lost, revoked or never given; the old one never returns.

    From the reward's own source, or `code` as support typed it. A cap does not bind support. `instead_of`
    is the code that support saw: of two who click at once, the second is refused. Raises `DomainError`,
    also without a reason.
    """
    _need_reason(by)
    with _locked(log_id) as log:
        check("reissue", log.status_at(at), by.door)
        if instead_of is not None and log.coupon_code != instead_of:
            raise DomainError("changed_meanwhile", "Somebody else has just re-issued it.", status="conflict")
        another = allocation.checked_code(code) if code else _another_code(log, at)
        if another == log.coupon_code and log.status == RewardLogStatus.ISSUED:
            raise DomainError("no_other_code", "It has this code already: type another one.", "coupon_code")
        if code:
            allocation.claim_external(another, log, at)
        _give(log, another, _expiry(log, at), by, at, "reissue")
    return log


def set_expiry(log_id: UUID, expiry: datetime | None, by: Actor, *, at: datetime) -> RewardLog:
    """Let the code end at another time, None: never. Support can only extend it, and says why."""
    with _locked(log_id) as log:
        if log.reward_expiry_at == expiry:
            return log
        check("extend", log.status_at(at), by.door)
        _need_reason(by)
        if by.door == Channel.SUPPORT:
            _check_extends(log.reward_expiry_at, expiry, at)
        _write(log, by, at, "extend", reward_expiry_at=expiry)
    return log


@contextmanager
def _locked(log_id: UUID) -> Iterator[RewardLog]:
    with transaction.atomic():
        log = RewardLog.objects.select_for_update(no_key=True, of=("self",)).filter(id=log_id).first()
        if log is None:
            raise DomainError("not_found", "No such reward log.", status="not_found")
        yield log


def _write(log: RewardLog, by: Actor, at: datetime, action: str, **values: Any) -> None:
    before = {name: getattr(log, name) for name in values}
    for name, value in values.items():
        setattr(log, name, value)
    log.updated_at = at
    log.save(update_fields=[*values, "updated_at"])
    if by.door == Channel.SUPPORT:
        history.note_change(log, by.actor, action, by.reason, before, values, at)


def _give(log: RewardLog, code: str, expiry: datetime | None, by: Actor, at: datetime, action: str) -> None:
    _write(
        log,
        by,
        at,
        action,
        status=RewardLogStatus.ISSUED,
        coupon_code=code,
        reward_issued_at=at,
        reward_expiry_at=expiry,
    )


def _terms(log: RewardLog) -> RewardConfig:
    return reward_configs([log.reward_id])[log.reward_id]


def _expiry(log: RewardLog, at: datetime) -> datetime | None:
    return _terms(log).expiry_of(at, checked_zone(log.challenge.time_zone))


def _another_code(log: RewardLog, at: datetime) -> str:
    terms = _terms(log)
    code = allocation.take(terms, [log.id], at, skip_locked=True).get(log.id)
    if code is None and terms.code_source == CodeSource.POOL:
        raise DomainError(
            "pool_empty", "No code is free: import codes first, or type one.", status="conflict"
        )
    if code is None:
        raise DomainError("required", "This reward's codes come from outside: type one.", "coupon_code")
    return code


def _need_reason(by: Actor) -> None:
    if by.door == Channel.SUPPORT:
        audit_log.checked_reason(by.reason)


def _check_extends(had: datetime | None, expiry: datetime | None, at: datetime) -> None:
    if had is None or (expiry is not None and expiry <= max(had, at)):
        raise DomainError(
            "not_extended", "Choose a time after now and after the present end.", "reward_expiry_at"
        )
