"""Where codes come from: made on the spot, or taken from a pool, the oldest first, each once.

A claim skips the codes that other transactions hold, so that writers never wait for each other. What it finds
empty may only be busy: whoever holds the last code can still roll back. Therefore a log that got none is
looked at again after its transaction, by `filling`, which waits.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from core.choices import CodeSource, RewardLogStatus
from core.errors import DomainError
from core.ids import uuid7, uuid7_batch
from rewards.domain import pool_levels
from rewards.domain.code_files import Reason, flaw_of
from rewards.domain.reward_config import RewardConfig
from rewards.models import CouponCode, Reward, RewardLog
from rewards.models.rows import COUPON_CODES, REWARD_LOGS

# By hand: the ORM takes longer to write this statement than the database to run it. Of our own names alone.
FREE = f"FROM {COUPON_CODES.name} WHERE reward_id = %s AND reward_log_id IS NULL"
# The order also leads the planner to the index of free codes, past none that was given.
OLDEST = "ORDER BY created_at, id LIMIT %s"
# The status stands in the text: as a parameter, no planner could tell that the index of the waiting holds it.
NOBODY_WAITS = (
    f"NOT EXISTS (SELECT 1 FROM {REWARD_LOGS.name} "
    f"WHERE reward_id = %s AND status = '{RewardLogStatus.PENDING_CODE.value}')"
)
TAKE = f"SELECT id, code {FREE} {OLDEST}"
CLAIM = (
    f"SELECT id, code, (SELECT COUNT(*) FROM (SELECT 1 {FREE} {OLDEST}) AS nearest) "
    f"{FREE} AND {NOBODY_WAITS} {OLDEST}"
)


def reserve(terms: RewardConfig, n: int) -> list[tuple[UUID, str]]:
    """Up to `n` free codes of this pool as (id, code), held until the transaction ends.

    None while older logs wait: a new claim stands in line behind them. Watches how many are left.
    """
    enough = n + pool_levels.low_mark(terms) + pool_levels.SLACK
    params = [terms.id, enough, terms.id, terms.id, n]
    found = _locked(CLAIM, params, ("id", "code", "left"), skip_locked=True)
    if not found or found[0][2] < enough:
        pool_levels.check_after_commit(terms)
    return [(id_, code) for id_, code, _left in found]


def _locked(sql: str, params: Sequence[object], columns: Sequence[str], *, skip_locked: bool) -> list[tuple]:
    if connection.vendor == "postgresql":
        sql = f"{sql} FOR UPDATE SKIP LOCKED" if skip_locked else f"{sql} FOR UPDATE"
    return COUPON_CODES.fetch(sql, params, columns)


def assign(code_ids: Mapping[UUID, UUID]) -> None:
    """Make each reward log (the key) the owner of the code that was reserved for it, for ever."""
    COUPON_CODES.update(("id", "reward_log_id"), [(code_id, log_id) for log_id, code_id in code_ids.items()])


def take(
    terms: RewardConfig, log_ids: Sequence[UUID], at: datetime, *, skip_locked: bool = False
) -> dict[UUID, str]:
    """A code for each of these stored logs, theirs from now on; from a pool as many as there are.

    Waits for codes that others hold, unless told to skip them. An external reward has none to give.
    """
    if terms.code_source == CodeSource.POOL:
        free = _locked(TAKE, [terms.id, len(log_ids)], ("id", "code"), skip_locked=skip_locked)
        taken = dict(zip(log_ids, free, strict=False))
        pool_levels.check_after_commit(terms)
        assign({log_id: code_id for log_id, (code_id, _code) in taken.items()})
        return {log_id: code for log_id, (_id, code) in taken.items()}
    if terms.code_source == CodeSource.EXTERNAL:
        return {}
    codes = {log_id: terms.new_code() for log_id in log_ids}
    return register(codes, terms, at) if terms.unique else codes


def register(codes: Mapping[UUID, str], terms: RewardConfig, at: datetime) -> dict[UUID, str]:
    """Give these generated codes their rows among the unique ones; a clash (2^-50) draws again.

    By code, so that two transactions that drew the same wait for each other. Answers the final codes.
    """
    final: dict[UUID, str] = {}
    drawn = dict(codes)
    while drawn:
        by_code = sorted(drawn.items(), key=lambda pair: pair[1])
        rows = [
            (id_, terms.id, code, log_id, at)
            for id_, (log_id, code) in zip(uuid7_batch(at, len(by_code)), by_code, strict=True)
        ]
        final.update(COUPON_CODES.insert(rows, "(code) DO NOTHING", ("reward_log_id", "code")))
        drawn = {log_id: terms.new_code() for log_id in drawn if log_id not in final}
    return final


def checked_code(code: str) -> str:
    """A code as somebody typed or sent it. Raises `DomainError` on `couponCode`."""
    code = code.strip()
    if flaw := flaw_of(code):
        raise DomainError("invalid_code", f"This is no code: {Reason(flaw).label}.", "coupon_code")
    return code


def claim_external(code: str, log: RewardLog, at: datetime) -> None:
    """Make a code that came from outside this log's; a free one of its own pool may be taken so too.

    Raises `DomainError` `code_taken`: a unique code is on one reward log at most.
    """
    row = (uuid7(at), log.reward_id, code, log.id, at)
    if not shared_among([code]) and COUPON_CODES.insert([row], "(code) DO NOTHING", ("id",)):
        return
    known = CouponCode.objects.select_for_update(no_key=False, of=("self",)).filter(code=code).first()
    if known and known.reward_log_id is None and known.reward_id == log.reward_id:
        assign({log.id: known.id})
    elif known is None or known.reward_log_id != log.id:
        raise DomainError(
            "code_taken", "This code is given or kept for others; send another.", "coupon_code", "conflict"
        )


def shared_among(codes: Collection[str]) -> set[str]:
    """Those that some reward gives to everybody, or that members have from a time when one did.

    No such code may become a unique one: a unique code is on one reward log at most.
    """
    shared = Reward.objects.filter(code_source=CodeSource.SHARED).values_list("shared_code", flat=True)
    history: Any = Reward.history  # type: ignore[attr-defined]
    ever = history.exclude(shared_code="").order_by().values_list("shared_code", flat=True).distinct()
    found, once = set(codes).intersection(shared), set(codes).intersection(ever)
    if once - found:
        given = RewardLog.objects.filter(coupon_code__in=once - found).order_by()
        found |= set(given.values_list("coupon_code", flat=True).distinct())
    return found
