"""Check the invariants of the ledger by SQL: each check selects the rows that break one of them.

A check is one statement, so that it sees a database in use as of one moment; all are set-based and were run
over millions of rows. Check 4 leaves out challenges with a pending backfill, which is a breach itself once
nothing moves it any more. What the rule versions decide is checked by `window_audit`; windows that 0.1 judged
are left out of 4 and 6 (docs/rules.md, Invariants).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from challenges.engine.backfill import INTERRUPTED_AFTER, last_moved_before
from challenges.models import Challenge, RuleVersion
from challenges.models.rows import LOGS, PROGRESS
from core.amounts import amount
from members.models import Member
from rewards import maintenance
from rewards.models import CouponCode, Reward, RewardLog

# The names in braces in the checks: tables, and the columns that name a window to people.
NAMES = {
    "versions": RuleVersion._meta.db_table,
    "not_of_0_1": "(c.historical_until IS NULL OR w.window_ends_at > c.historical_until)",
    "named": "m.external_id, w.challenge_id, w.period_key",
    "logs": LOGS.name,
    "progress": PROGRESS.name,
    "challenges": Challenge._meta.db_table,
    "members": Member._meta.db_table,
    "reward_logs": RewardLog._meta.db_table,
    "rewards": Reward._meta.db_table,
    "codes": CouponCode._meta.db_table,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an invariant: `sql` selects the values of `line` for each breach.

    `%(at)s` in the SQL is the moment of the check. `amounts`: the indexes of selected values that are units.
    """

    invariant: int
    line: str
    sql: str
    amounts: tuple[int, ...] = ()


WINDOW = "member {0}, challenge {1}, window {2}: "

CHECKS = (
    Check(
        1,
        WINDOW + "progress says {3}, its logs add up to {4}",
        """
        SELECT {named}, w.shown, w.counted FROM (
            SELECT member_id, challenge_id, period_key, SUM(shown) AS shown, SUM(counted) AS counted FROM (
                SELECT member_id, challenge_id, period_key, 0 AS shown, counted_value AS counted
                FROM {logs} WHERE counted
                UNION ALL
                SELECT member_id, challenge_id, period_key, current_progress_value, 0 FROM {progress}
            ) AS both_sides
            GROUP BY member_id, challenge_id, period_key
            HAVING SUM(shown) <> SUM(counted) OR SUM(shown) < 0
        ) AS w JOIN {members} m ON m.id = w.member_id""",
        (3, 4),
    ),
    Check(
        2,
        WINDOW + "{3} progress rows",
        """
        SELECT {named}, w.found FROM (
            SELECT member_id, challenge_id, period_key, COUNT(*) AS found FROM {progress}
            GROUP BY member_id, challenge_id, period_key HAVING COUNT(*) > 1
        ) AS w JOIN {members} m ON m.id = w.member_id""",
    ),
    Check(
        3,
        WINDOW + "{3} reward logs for the threshold {4}",
        """
        SELECT {named}, w.found, w.threshold_id FROM (
            SELECT member_id, challenge_id, threshold_id, period_key, COUNT(*) AS found FROM {reward_logs}
            GROUP BY member_id, challenge_id, threshold_id, period_key HAVING COUNT(*) > 1
        ) AS w JOIN {members} m ON m.id = w.member_id""",
    ),
    Check(
        4,
        WINDOW + "completed without its reward log",
        """
        SELECT {named} FROM {progress} w
        JOIN {members} m ON m.id = w.member_id
        JOIN {challenges} c ON c.id = w.challenge_id AND c.settling_since IS NULL AND {not_of_0_1}
        WHERE w.challenge_completed_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {reward_logs} r WHERE r.member_id = w.member_id
            AND r.threshold_id = w.challenge_id AND r.period_key = w.period_key)""",
    ),
    Check(
        5,
        "coupon code {0} is on reward log {1} of member {2}, but was given to reward log {3} of member {4}: "
        "re-issue the code of one of them",
        """
        SELECT k.code, r.id, m.external_id, o.id, n.external_id FROM {codes} k
        JOIN {reward_logs} r ON r.coupon_code = k.code AND r.id <> k.reward_log_id
        JOIN {reward_logs} o ON o.id = k.reward_log_id
        JOIN {members} m ON m.id = r.member_id JOIN {members} n ON n.id = o.member_id""",
    ),
    Check(
        5,
        "coupon code {0} is on reward log {1} of member {2}, but is a free code of reward {3}: "
        "withdraw it there, or re-issue the reward log's",
        """
        SELECT k.code, r.id, m.external_id, k.reward_id FROM {codes} k
        JOIN {reward_logs} r ON r.coupon_code = k.code JOIN {members} m ON m.id = r.member_id
        WHERE k.reward_log_id IS NULL AND NOT k.shared""",
    ),
    Check(
        5,
        "reward {0} ({1}) shares the code {2}, which is member {3}'s own, on reward log {4}: "
        "give the reward another shared code",
        """
        SELECT w.id, w.name, k.code, m.external_id, o.id FROM {rewards} w
        JOIN {codes} k ON k.code = w.shared_code AND NOT k.shared
        JOIN {reward_logs} o ON o.id = k.reward_log_id JOIN {members} m ON m.id = o.member_id
        WHERE w.code_source = 'shared'""",
    ),
    Check(
        5,
        "reward {0} ({1}) shares the code {2}, which is a free code of reward {3}: "
        "withdraw it there, or give this reward another shared code",
        """
        SELECT w.id, w.name, k.code, k.reward_id FROM {rewards} w
        JOIN {codes} k ON k.code = w.shared_code AND k.reward_log_id IS NULL AND NOT k.shared
        WHERE w.code_source = 'shared'""",
    ),
    Check(
        6,
        WINDOW + "completed at {3}, outside of its window from {4} to {5}",
        """
        SELECT {named}, w.challenge_completed_at, w.window_starts_at, w.window_ends_at FROM {progress} w
        JOIN {members} m ON m.id = w.member_id
        JOIN {challenges} c ON c.id = w.challenge_id AND {not_of_0_1}
        WHERE w.challenge_completed_at < w.window_starts_at
            OR w.challenge_completed_at >= w.window_ends_at""",
    ),
    Check(
        6,
        WINDOW + "paid for a completion that its row does not have",
        """
        SELECT {named} FROM {progress} w
        JOIN {members} m ON m.id = w.member_id
        JOIN {challenges} c ON c.id = w.challenge_id AND {not_of_0_1}
        JOIN {reward_logs} r ON r.member_id = w.member_id AND r.threshold_id = w.challenge_id
            AND r.period_key = w.period_key
        WHERE w.challenge_completed_at IS NULL""",
    ),
    Check(
        6,
        WINDOW + "completed at {3}, but the newest activity that it counted is of {4}",
        """
        SELECT {named}, w.challenge_completed_at, (
            SELECT MAX(n.activity_at) FROM {logs} n WHERE n.member_id = w.member_id
            AND n.challenge_id = w.challenge_id AND n.period_key = w.period_key
            AND n.counted AND n.reversal_of = ''
        ) AS newest FROM {progress} w
        JOIN {members} m ON m.id = w.member_id
        JOIN {challenges} c ON c.id = w.challenge_id AND {not_of_0_1}
        JOIN {reward_logs} r ON r.member_id = w.member_id AND r.threshold_id = w.challenge_id
            AND r.period_key = w.period_key
        JOIN {logs} l ON l.id = r.challenge_log_id
        WHERE w.challenge_completed_at > (
            SELECT MAX(n.activity_at) FROM {logs} n WHERE n.member_id = w.member_id
            AND n.challenge_id = w.challenge_id AND n.period_key = w.period_key
            AND n.counted AND n.reversal_of = '')""",
    ),
    Check(
        6,
        WINDOW + "completed at {3}, before the activity of {4} with which it crossed",
        """
        SELECT {named}, w.challenge_completed_at, l.activity_at FROM {progress} w
        JOIN {members} m ON m.id = w.member_id
        JOIN {challenges} c ON c.id = w.challenge_id AND {not_of_0_1}
        JOIN {reward_logs} r ON r.member_id = w.member_id AND r.threshold_id = w.challenge_id
            AND r.period_key = w.period_key
        JOIN {logs} l ON l.id = r.challenge_log_id
        WHERE w.challenge_completed_at < l.activity_at
            AND l.counts_anyway = '' AND l.activity_at <= l.created_at
            AND NOT EXISTS (
                SELECT 1 FROM {versions} v WHERE v.challenge_id = w.challenge_id
                AND v.in_force_from > w.challenge_completed_at AND v.in_force_from <= l.activity_at)""",
    ),
)


def breaches(at: datetime) -> Iterator[str]:
    """Yield a line for each breach: the number of the invariant, where, and what is wrong."""
    for check in CHECKS:
        for row in maintenance.run_check(check.sql.format(**NAMES), "at", at):
            yield f"{check.invariant}: {check.line.format(*_readable(row, check))}"


def stalled_backfills(at: datetime) -> Iterator[str]:
    """Yield a line for each challenge whose last edit owes something and has not moved for two minutes."""
    for challenge in _pending_backfills().filter(last_moved_before(at - INTERRUPTED_AFTER)):
        yield f"4: {_described(challenge)}, and nothing has moved since {_last_moved(challenge)}"


def moving_backfills(at: datetime) -> Iterator[str]:
    """Yield a line for each challenge whose last edit is still paying: no fault."""
    for challenge in _pending_backfills().exclude(last_moved_before(at - INTERRUPTED_AFTER)):
        yield f"{_described(challenge)}, last at {_last_moved(challenge)}"


def _pending_backfills() -> QuerySet[Challenge]:
    return Challenge.objects.exclude(settling_since=None).order_by("id")


def _described(challenge: Challenge) -> str:
    return f"challenge {challenge.id}: an edit of {challenge.settling_since} is still being paid"


def _last_moved(challenge: Challenge) -> datetime | None:
    return challenge.settling_moved_at or challenge.settling_since


def _readable(row: tuple[Any, ...], check: Check) -> list[Any]:
    """Convert selected values for people: units to amounts, and ids to their usual form."""
    return [
        amount(int(value)) if index in check.amounts else maintenance.readable(value)
        for index, value in enumerate(row)
    ]
