"""The transactional core: what stored logs do to progress, and what that makes due.

The only writer of ChallengeProgress. The lock of a window is the progress row's own upsert; rows are touched
in key order, so that two sets of logs wait for each other and never deadlock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils import timezone

from challenges.catalogue import Rules, rules_of
from challenges.ledger import PROGRESS, ProgressRow, StoredLog, WindowKey, of_model
from challenges.models import ChallengeLog
from challenges_project.amounts import MAX_UNITS
from challenges_project.bulk import execute_many
from challenges_project.choices import ReversalPolicy
from challenges_project.ids import uuid7_batch
from challenges_project.periods import Window, window_of_key
from django.db import connection
from rewards import issuing

COLUMNS = tuple(PROGRESS.columns)


@dataclass(slots=True)
class Applied:
    """What a set of logs did: the progress rows it moved, and the rewards that it caused."""

    rows: dict[WindowKey, ProgressRow] = field(default_factory=dict)
    issued: list[issuing.Issued] = field(default_factory=list)


class SumLimitReached(Exception):
    """These windows would pass 99,999,999,999,999.9999; nothing may be committed."""

    def __init__(self, windows: Iterable[WindowKey]) -> None:
        self.windows = frozenset(windows)
        super().__init__(f"{len(self.windows)} windows would pass the limit of a sum")


def apply(logs: Iterable[StoredLog | ChallengeLog]) -> Applied:
    """Add what the counted ones of these stored logs changed, then pay what became due, lowest first.

    Call it inside the transaction that stored the logs. Raises `SumLimitReached`.
    """
    by_window: dict[WindowKey, list[StoredLog]] = {}
    for log in logs:
        stored = of_model(log) if isinstance(log, ChallengeLog) else log
        if stored.counted:
            by_window.setdefault(stored.window_key, []).append(stored)
    at = timezone.now()
    applied = Applied()
    if not by_window:
        return applied
    _complete_rules(by_window)
    applied.rows = _add(by_window, at)
    dues: list[issuing.Due] = []
    completed: list[tuple] = []
    for key, row in applied.rows.items():
        dues += _crossed(row, by_window[key], completed)
    if completed:
        execute_many(
            f"UPDATE {PROGRESS.name} SET challenge_completed_at = %s WHERE id = %s", completed
        )
    applied.issued = issuing.issue(dues, at)
    _take_back_rewards(by_window, applied.rows, at)
    return applied


def _complete_rules(by_window: dict[WindowKey, list[StoredLog]]) -> None:
    """Logs that came by a door other than intake do not carry their rules yet."""
    bare = {key[1] for key, logs in by_window.items() if logs[0].rules is None}
    if not bare:
        return
    rules = rules_of(bare)
    for logs in by_window.values():
        for log in logs:
            log.rules = log.rules or rules[log.challenge_id]


def _add(by_window: dict[WindowKey, list[StoredLog]], at: datetime) -> dict[WindowKey, ProgressRow]:
    """Move every window's row, in key order; a window that only loses is updated, never inserted."""
    rows: dict[WindowKey, ProgressRow] = {}
    gaining: list[tuple[WindowKey, int, list[StoredLog]]] = []
    losing: list[tuple[WindowKey, int]] = []
    for key in sorted(by_window):
        logs = by_window[key]
        change = sum(log.counted_value for log in logs)
        if change < 0 or all(log.reversal_of for log in logs):
            losing.append((key, change))
        else:
            gaining.append((key, change, logs))
    for row in _upsert(gaining, at):
        rows[row.window_key] = row
    if len(rows) < len(gaining):
        raise SumLimitReached({key for key, _change, _logs in gaining} - rows.keys())
    for key, change in losing:
        rows[key] = _subtract(key, change, at)
    return rows


def _upsert(gaining: Sequence[tuple[WindowKey, int, list[StoredLog]]], at: datetime) -> list[ProgressRow]:
    if any(change > MAX_UNITS for _key, change, _logs in gaining):
        raise SumLimitReached(key for key, change, _logs in gaining if change > MAX_UNITS)
    earlier = "LEAST" if connection.vendor == "postgresql" else "MIN"
    rows = [
        _new_row(id_, key, change, logs, at)
        for id_, (key, change, logs) in zip(uuid7_batch(at, len(gaining)), gaining, strict=True)
    ]
    written = PROGRESS.insert(
        rows,
        "(member_id, challenge_id, period_key) DO UPDATE SET "
        "current_progress_value = old.current_progress_value + excluded.current_progress_value, "
        f"challenge_started_at = {earlier}(old.challenge_started_at, excluded.challenge_started_at), "
        "updated_at = excluded.updated_at "
        f"WHERE old.current_progress_value + excluded.current_progress_value <= {MAX_UNITS}",
        COLUMNS,
    )
    return [ProgressRow(*row) for row in written]


def _new_row(id_: object, key: WindowKey, change: int, logs: list[StoredLog], at: datetime) -> tuple:
    rules, window = _ruled(logs[0])
    return (
        id_,
        *key,
        window.starts_at,
        closes_at(rules, window.ends_at),
        change,
        rules.target,
        min(log.activity_at for log in logs if not log.reversal_of),
        None,
        at,
    )


def _ruled(log: StoredLog) -> tuple[Rules, Window]:
    assert log.rules is not None
    if log.window is None:
        log.window = window_of_key(log.rules.period, log.period_key, log.rules.zone)
    return log.rules, log.window


def closes_at(rules: Rules, calendar_end: datetime) -> datetime:
    """When a window closes: at its calendar end or at the challenge's end, whichever is earlier."""
    return calendar_end if rules.ends_at is None else min(calendar_end, rules.ends_at)


def _subtract(key: WindowKey, change: int, at: datetime) -> ProgressRow:
    """Under the row's own lock: a CHECK (value >= 0) would be tested on the row that an upsert proposes."""
    found = PROGRESS.fetch(
        f"UPDATE {PROGRESS.name} SET current_progress_value = current_progress_value + %s, updated_at = %s "
        f"WHERE member_id = %s AND challenge_id = %s AND period_key = %s RETURNING {', '.join(COLUMNS)}",
        [change, at, *key],
        COLUMNS,
    )
    return ProgressRow(*found[0])


def _crossed(row: ProgressRow, logs: list[StoredLog], completed: list[tuple]) -> list[issuing.Due]:
    """What the row's new value made due, lowest first, completion last; completes the row when it did."""
    rules = logs[0].rules
    assert rules is not None
    before = row.value - sum(log.counted_value for log in logs)
    # While an edit is still being paid out, nobody knows who was paid: ask for everything, paid once anyway.
    floor = before if rules.settled else 0
    dues = [
        _due(row, rules, threshold.milestone_id, threshold.reward_id, _crossing(row.value, logs, threshold.target))
        for threshold in rules.thresholds
        if floor < threshold.target <= row.value and threshold.live_since < row.window_ends_at
    ]
    if row.completed_at is None and row.value >= row.target:
        log = _crossing(row.value, logs, row.target)
        row.completed_at = log.activity_at if log else row.updated_at
        completed.append((row.completed_at, row.id))
        dues.append(_due(row, rules, None, rules.completion_reward_id, log))
    return dues


def _crossing(value: int, logs: list[StoredLog], target: int) -> StoredLog | None:
    """Which log reached the target, found backwards from the value that they led to; None: one before them."""
    for log in reversed(logs):
        value -= log.counted_value
        if value < target <= value + log.counted_value:
            return log
    return None


def _due(row: ProgressRow, rules: Rules, milestone_id, reward_id, log: StoredLog | None) -> issuing.Due:
    return issuing.Due(
        row.member_id,
        row.challenge_id,
        milestone_id,
        row.period_key,
        reward_id,
        log.id if log else None,
        rules.zone,
    )


def _take_back_rewards(
    by_window: dict[WindowKey, list[StoredLog]], rows: dict[WindowKey, ProgressRow], at: datetime
) -> None:
    for key, row in rows.items():
        logs = by_window[key]
        if logs[0].rules.reversal_policy != ReversalPolicy.REVOKE_UNREDEEMED:
            continue
        if any(log.counted_value < 0 for log in logs):
            issuing.revoke_unsupported(*key, row.value, row.target, at)
