"""Allocate coupon codes to reward logs: generated, shared, or the oldest free ones of a pool.

Reserving skips codes that other transactions hold, so that writers never wait for each other. A pool that
looks empty may therefore only be busy, and the transaction that holds its last code may still roll back:
`pending_codes` looks again after the commit for reward logs that got no code, and then waits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from core.choices import CodeSource, RewardLogStatus
from core.errors import DomainError
from core.ids import uuid7, uuid7_batch
from rewards.domain import pool_levels
from rewards.domain.code_files import Reason, flaw_of
from rewards.domain.reward_config import RewardConfig
from rewards.models import CouponCode, RewardLog
from rewards.models.rows import COUPON_CODES, REWARD_LOGS, SHARED_CODES

# Raw SQL: the ORM takes longer to build this statement than the database to run it. Only names from our own
# models are interpolated.
FREE_CODES = f"FROM {COUPON_CODES.name} WHERE reward_id = %s AND reward_log_id IS NULL"
# This order makes the planner use the partial index of free codes instead of walking past given ones.
OLDEST_FIRST = "ORDER BY created_at, id LIMIT %s"
# The status is a literal: with a parameter, no planner could use the partial index on `pending_code`.
NOBODY_WAITS = (
    f"NOT EXISTS (SELECT 1 FROM {REWARD_LOGS.name} "
    f"WHERE reward_id = %s AND status = '{RewardLogStatus.PENDING_CODE.value}')"
)
SELECT_OLDEST = f"SELECT id, code {FREE_CODES} {OLDEST_FIRST}"
# The count of free codes stops at its LIMIT: it only has to show whether the pool is near its mark.
SELECT_OLDEST_UNLESS_WAITING = (
    f"SELECT id, code, (SELECT COUNT(*) FROM (SELECT 1 {FREE_CODES} {OLDEST_FIRST}) AS nearest) "
    f"{FREE_CODES} AND {NOBODY_WAITS} {OLDEST_FIRST}"
)


def reserve(config: RewardConfig, count: int) -> list[tuple[UUID, str]]:
    """Lock up to `count` free codes of this pool until the transaction ends; return (id, code) of each.

    None while older reward logs wait for codes: new ones queue behind them (docs/rules.md, Pools and pending
    codes). Codes that other transactions hold are skipped. Checks the low-water mark after the commit.
    """
    sufficient = count + pool_levels.low_mark(config) + pool_levels.SLACK
    params = [config.id, sufficient, config.id, config.id, count]
    rows = _fetch_locked(SELECT_OLDEST_UNLESS_WAITING, params, ("id", "code", "left"), skip_locked=True)
    if not rows or rows[0][2] < sufficient:
        pool_levels.warn_if_low_after_commit(config)
    return [(code_id, code) for code_id, code, _left in rows]


def _fetch_locked(
    sql: str, params: Sequence[object], columns: Sequence[str], *, skip_locked: bool
) -> list[tuple]:
    if connection.vendor == "postgresql":
        sql = f"{sql} FOR UPDATE SKIP LOCKED" if skip_locked else f"{sql} FOR UPDATE"
    return COUPON_CODES.fetch(sql, params, columns)


def assign(code_ids: Mapping[UUID, UUID]) -> None:
    """Assign each reserved code (the value) to a reward log (the key), for good."""
    COUPON_CODES.update(("id", "reward_log_id"), [(code_id, log_id) for log_id, code_id in code_ids.items()])


def allocate(
    config: RewardConfig, log_ids: Sequence[UUID], at: datetime, *, skip_locked: bool = False
) -> dict[UUID, str]:
    """Allocate a code from the reward's own source to each of these stored reward logs.

    Return the codes by reward log id. A pool gives as many as it has, to the first logs; an external reward
    gives none. Wait for codes that other transactions hold, unless `skip_locked`.
    """
    if config.code_source == CodeSource.POOL:
        params = [config.id, len(log_ids)]
        rows = _fetch_locked(SELECT_OLDEST, params, ("id", "code"), skip_locked=skip_locked)
        allocated = dict(zip(log_ids, rows, strict=False))
        pool_levels.warn_if_low_after_commit(config)
        assign({log_id: code_id for log_id, (code_id, _code) in allocated.items()})
        return {log_id: code for log_id, (_id, code) in allocated.items()}
    if config.code_source == CodeSource.EXTERNAL:
        return {}
    codes = {log_id: config.new_code() for log_id in log_ids}
    return store_generated(codes, config, at) if config.has_unique_codes else codes


def store_generated(codes: Mapping[UUID, str], config: RewardConfig, at: datetime) -> dict[UUID, str]:
    """Store these generated codes, by reward log id; generate another one for each that exists already.

    Return the codes as stored. Rows are inserted in the order of their codes, so that two transactions that
    generated the same code wait for each other and never deadlock.
    """
    stored: dict[UUID, str] = {}
    unstored = dict(codes)
    while unstored:
        by_code = sorted(unstored.items(), key=lambda pair: pair[1])
        rows = [
            (code_id, config.id, code, log_id, at)
            for code_id, (log_id, code) in zip(uuid7_batch(at, len(by_code)), by_code, strict=True)
        ]
        stored.update(COUPON_CODES.insert(rows, "(code) DO NOTHING", ("reward_log_id", "code")))
        unstored = {log_id: config.new_code() for log_id in unstored if log_id not in stored}
    return stored


def checked_code(code: str) -> str:
    """Strip a code that somebody typed or sent. Raises `DomainError` on `coupon_code` if it is none."""
    code = code.strip()
    if flaw := flaw_of(code):
        raise DomainError("invalid_code", f"This is no code: {Reason(flaw).label}.", "coupon_code")
    return code


def assign_external(code: str, reward_log: RewardLog, at: datetime) -> None:
    """Assign a code that came from outside (the API or support) to this reward log.

    A free code of the log's own pool is assigned from there. Raises `DomainError` `code_taken` for a code of
    another reward log, a free code of another pool and a shared code (docs/rules.md, Statuses of a reward
    log).
    """
    row = (uuid7(at), reward_log.reward_id, code, reward_log.id, at)
    if COUPON_CODES.insert([row], "(code) DO NOTHING", ("id",)):
        return
    existing = (
        CouponCode.objects.select_for_update(no_key=False, of=("self",)).unique().filter(code=code).first()
    )
    if existing and existing.reward_log_id is None and existing.reward_id == reward_log.reward_id:
        assign({reward_log.id: existing.id})
    elif existing is None or existing.reward_log_id != reward_log.id:
        raise DomainError(
            "code_taken", "This code is given or kept for others; send another.", "coupon_code", "conflict"
        )


def claim_shared(code: str, at: datetime) -> bool:
    """Claim a code for the rewards that share it, for good; return False for somebody's own, also a free one.

    The unique key of the code decides between this and whatever makes it somebody's own at the same time.
    """
    if SHARED_CODES.insert([(uuid7(at), code, True, at)], "(code) DO NOTHING", ("id",)):
        return True
    return CouponCode.objects.filter(code=code, shared=True).exists()
