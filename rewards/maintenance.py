"""Check that codes and reward logs agree, for `manage.py verify_ledger`.

`challenges.maintenance.audit` checks that a code is on one reward log only, the one that its row names. A
reward's source may have been edited since its codes were given; its former sources are in its history.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from core.sql.table import adapted
from rewards.domain.reward_config import REWARDS
from rewards.models import Reward
from rewards.models.rows import COUPON_CODES, REWARD_LOGS

ROWS_AT_ONCE = 1000
# Longer than any request waits for codes that other transactions hold.
MAX_WAIT = timedelta(minutes=5)

NAMES = {
    "codes": COUPON_CODES.name,
    "logs": REWARD_LOGS.name,
    "rewards": REWARDS.name,
    # Rewards as they were after each edit.
    "past": f"{Reward._meta.app_label}_historical{Reward._meta.model_name}",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A query for broken rows. `line` describes one, formatted with its columns.

    `%(cutoff)s` in `sql` stands for the time since when no reward log should still wait.
    """

    line: str
    sql: str


CHECKS = (
    Check(
        "reward log {0} carries code {1}, which is not its own and never shared by its reward: re-issue it",
        """
        SELECT r.id, r.coupon_code FROM {logs} r
        WHERE r.coupon_code <> ''
        AND NOT EXISTS (SELECT 1 FROM {codes} k WHERE k.code = r.coupon_code AND NOT k.shared)
        AND NOT EXISTS (
            SELECT 1 FROM {rewards} w
            WHERE w.id = r.reward_id AND w.code_source = 'shared' AND w.shared_code = r.coupon_code)
        AND NOT EXISTS (
            SELECT 1 FROM {past} h
            WHERE h.id = r.reward_id AND h.code_source = 'shared' AND h.shared_code = r.coupon_code)""",
    ),
    Check(
        "reward {0} shares the code {1}, which may become somebody's own: save the reward again",
        """
        SELECT w.id, w.shared_code FROM {rewards} w
        WHERE w.code_source = 'shared'
        AND NOT EXISTS (SELECT 1 FROM {codes} k WHERE k.code = w.shared_code)""",
    ),
    Check(
        "reward log {0} was issued without a code",
        """
        SELECT r.id FROM {logs} r LEFT JOIN {rewards} w ON w.id = r.reward_id
        WHERE r.status IN ('issued', 'redeemed') AND r.coupon_code = ''
        AND (w.id IS NULL OR w.code_source <> 'none')
        AND NOT EXISTS (SELECT 1 FROM {past} h WHERE h.id = r.reward_id AND h.code_source = 'none')""",
    ),
    Check(
        "coupon code {0} of reward {1} was given for reward {2}",
        """
        SELECT k.code, k.reward_id, r.reward_id FROM {codes} k JOIN {logs} r ON r.id = k.reward_log_id
        WHERE k.reward_id IS DISTINCT FROM r.reward_id""",
    ),
    Check(
        "reward log {0} has had no code, and yet {1} is its own",
        """
        SELECT r.id, k.code FROM {codes} k JOIN {logs} r ON r.id = k.reward_log_id
        WHERE r.status IN ('pending_code', 'capped')""",
    ),
    Check(
        "reward {0}: {1} logs wait though it has free codes; run fill_codes",
        """
        SELECT r.reward_id, COUNT(*) FROM {logs} r JOIN {rewards} w ON w.id = r.reward_id
        WHERE r.status = 'pending_code' AND r.updated_at < %(cutoff)s AND w.code_source = 'pool'
        AND EXISTS (SELECT 1 FROM {codes} k WHERE k.reward_id = r.reward_id AND k.reward_log_id IS NULL)
        GROUP BY r.reward_id""",
    ),
)


def breaches(at: datetime) -> Iterator[str]:
    """Yield a line for each code or reward log that breaks invariant 5 (docs/rules.md, Invariants)."""
    for check in CHECKS:
        for row in run_check(check.sql.format(**NAMES), "cutoff", at - MAX_WAIT):
            yield f"5: {check.line.format(*map(readable, row))}"


def run_check(sql: str, name: str, moment: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a check, in one statement; `%(<name>)s` in `sql` stands for `moment`."""
    if connection.vendor == "sqlite":
        sql = sql.replace("IS DISTINCT FROM", "IS NOT")  # SQLite knows IS DISTINCT FROM since 3.39 only
    placeholder = f"%({name})s"
    with connection.cursor() as cursor:
        cursor.execute(sql.replace(placeholder, "%s"), adapted([moment] * sql.count(placeholder)))
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def readable(value: Any) -> Any:
    """Return an id as a UUID, which SQLite stores as 32 hex digits; any other value as it is."""
    if isinstance(value, str) and len(value) == 32 and all(sign in "0123456789abcdef" for sign in value):
        return UUID(value)
    return value
