"""Change reward logs after they were issued; `state_machine` decides which changes are allowed.

Each function locks one reward log, checks the status it then has, and writes. Repeating a change that is done
already changes nothing and is no error, so that a shop may send it twice. Changes are written to the audit
log, those by support with their reason (docs/rules.md, Statuses of a reward log).
"""

from collections.abc import Iterator, Mapping
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
from rewards.domain import allocation
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.domain.state_machine import Channel, check
from rewards.models import RewardLog


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes a reward log. `user`: the `auth.User` of support; None: an API key or a command.

    Support gives a `reason`.
    """

    channel: Channel
    user: Any = None
    reason: str = ""


API_ACTOR = Actor(Channel.API)


def support_actor(user: Any, reason: str = "") -> Actor:
    return Actor(Channel.SUPPORT, user, reason.strip())


def redeem(log_id: UUID, actor: Actor, *, at: datetime) -> RewardLog:
    """Mark the code as used. Raises `DomainError`, also for an expired code."""
    with _locked(log_id) as reward_log:
        if reward_log.status != RewardLogStatus.REDEEMED:
            check("redeem", reward_log.status_at(at), actor.channel)
            _write(reward_log, actor, at, "redeem", status=RewardLogStatus.REDEEMED, redeemed_at=at)
    return reward_log


def unredeem(log_id: UUID, actor: Actor, *, at: datetime) -> RewardLog:
    """Mark the code as unused again, after the order that used it was cancelled. Its expiry stays."""
    with _locked(log_id) as reward_log:
        if reward_log.status != RewardLogStatus.ISSUED:
            check("unredeem", reward_log.status_at(at), actor.channel)
            _write(reward_log, actor, at, "unredeem", status=RewardLogStatus.ISSUED, redeemed_at=None)
    return reward_log


def revoke(log_id: UUID, actor: Actor, *, at: datetime) -> RewardLog:
    """Take the reward from the member. Its code never returns to a pool, and no limit counts it.

    What the reversal policy revoked is then revoked for good.
    """
    with _locked(log_id) as reward_log:
        if reward_log.status != RewardLogStatus.REVOKED:
            check("revoke", reward_log.status_at(at), actor.channel)
            _write(reward_log, actor, at, "revoke", status=RewardLogStatus.REVOKED)
        elif reward_log.revoked_from:
            _write(reward_log, actor, at, "revoke", revoked_from="")
    return reward_log


def fill_code(log_id: UUID, code: str, actor: Actor, *, at: datetime) -> RewardLog:
    """Give this code to a reward log that waits for one; its validity begins now.

    An expiry that was set by hand stays. Raises `DomainError`: on `coupon_code` for an invalid code or one
    that is taken, and when the transition is not allowed.
    """
    code = allocation.checked_code(code)
    with _locked(log_id) as reward_log:
        if reward_log.status == RewardLogStatus.ISSUED and reward_log.coupon_code == code:
            return reward_log
        check("fill", reward_log.status_at(at), actor.channel)
        allocation.assign_external(code, reward_log, at)
        expiry = reward_log.reward_expiry_at or _new_expiry(reward_log, at)
        _write_code(reward_log, code, expiry, actor, at, "fill")
    return reward_log


def reissue(
    log_id: UUID, actor: Actor, *, at: datetime, code: str = "", instead_of: str | None = None
) -> RewardLog:
    """Replace the code that was lost, revoked or never given; the old code never returns.

    Take the new one from the reward's own source, or use `code` as support typed it. Limits do not apply.
    `instead_of` is the code that support saw: of two who re-issue at once, the second is refused. Raises
    `DomainError`, also without a reason.
    """
    _check_reason(actor)
    with _locked(log_id) as reward_log:
        check("reissue", reward_log.status_at(at), actor.channel)
        if instead_of is not None and reward_log.coupon_code != instead_of:
            raise DomainError("changed_meanwhile", "Somebody else has just re-issued it.", status="conflict")
        new_code = allocation.checked_code(code) if code else _allocate_code(reward_log, at)
        if new_code == reward_log.coupon_code and reward_log.status == RewardLogStatus.ISSUED:
            raise DomainError("no_other_code", "It has this code already: type another one.", "coupon_code")
        if code:
            allocation.assign_external(new_code, reward_log, at)
        _write_code(reward_log, new_code, _new_expiry(reward_log, at), actor, at, "reissue")
    return reward_log


def set_expiry(log_id: UUID, expiry: datetime | None, actor: Actor, *, at: datetime) -> RewardLog:
    """Set another expiry; None: never. Support can only extend it, and needs a reason."""
    with _locked(log_id) as reward_log:
        if reward_log.reward_expiry_at == expiry:
            return reward_log
        check("extend", reward_log.status_at(at), actor.channel)
        _check_reason(actor)
        if actor.channel == Channel.SUPPORT:
            _check_extends(reward_log.reward_expiry_at, expiry, at)
        _write(reward_log, actor, at, "extend", reward_expiry_at=expiry)
    return reward_log


@contextmanager
def _locked(log_id: UUID) -> Iterator[RewardLog]:
    with transaction.atomic():
        locked = RewardLog.objects.select_for_update(no_key=True, of=("self",)).select_related("member")
        reward_log = locked.filter(id=log_id).first()
        if reward_log is None:
            raise DomainError("not_found", "No such reward log.", status="not_found")
        yield reward_log


def _write(reward_log: RewardLog, actor: Actor, at: datetime, action: str, **values: Any) -> None:
    before = {name: getattr(reward_log, name) for name in values}
    for name, value in values.items():
        setattr(reward_log, name, value)
    reward_log.updated_at = at
    reward_log.save(update_fields=[*values, "updated_at"])
    if actor.channel in (Channel.SUPPORT, Channel.API):
        _note_change(reward_log, actor, action, before, values, at)


def _note_change(
    reward_log: RewardLog,
    actor: Actor,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    at: datetime,
) -> None:
    """Write a change to the audit log; `before` and `after` are the columns that it changed."""
    audit_log.note(
        actor.user,
        action,
        at=at,
        member=reward_log.member,
        target=reward_log,
        reason=actor.reason,
        detail={name: [_json_value(before[name]), _json_value(after[name])] for name in after},
    )


def _json_value(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value and str(value)


def _write_code(
    reward_log: RewardLog, code: str, expiry: datetime | None, actor: Actor, at: datetime, action: str
) -> None:
    _write(
        reward_log,
        actor,
        at,
        action,
        status=RewardLogStatus.ISSUED,
        coupon_code=code,
        reward_issued_at=at,
        reward_expiry_at=expiry,
        **({"revoked_from": ""} if reward_log.revoked_from else {}),
    )


def _config_of(reward_log: RewardLog) -> RewardConfig:
    return reward_configs([reward_log.reward_id])[reward_log.reward_id]


def _new_expiry(reward_log: RewardLog, at: datetime) -> datetime | None:
    return _config_of(reward_log).expiry_of(at, checked_zone(reward_log.challenge.time_zone))


def _allocate_code(reward_log: RewardLog, at: datetime) -> str:
    config = _config_of(reward_log)
    code = allocation.allocate(config, [reward_log.id], at, skip_locked=True).get(reward_log.id)
    if code is None and config.code_source == CodeSource.POOL:
        raise DomainError(
            "pool_empty", "No code is free: import codes first, or type one.", status="conflict"
        )
    if code is None:
        raise DomainError("required", "This reward's codes come from outside: type one.", "coupon_code")
    return code


def _check_reason(actor: Actor) -> None:
    if actor.channel == Channel.SUPPORT:
        audit_log.checked_reason(actor.reason)


def _check_extends(old_expiry: datetime | None, expiry: datetime | None, at: datetime) -> None:
    if old_expiry is None or (expiry is not None and expiry <= max(old_expiry, at)):
        raise DomainError(
            "not_extended", "Choose a time after now and after the present end.", "reward_expiry_at"
        )
