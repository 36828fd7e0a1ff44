"""The transactional core: what stored logs do to progress, and what that makes due.

With `settling`, which carries an edit into open windows, the only writer of ChallengeProgress. The lock of a
window is the progress row's own upsert; rows are touched in key order, so that two sets of logs wait for each
other and never deadlock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from challenges.caches.config import Rules, rules_of
from challenges.engine.thresholds import crossed
from challenges.models import ChallengeLog
from challenges.models.rows import (
    PROGRESS,
    LogRow,
    ProgressRow,
    WindowKey,
    row_of_log,
)
from core.amounts import MAX_UNITS
from core.choices import ReversalPolicy
from core.errors import DomainError
from core.ids import uuid7_batch
from core.periods import Window, window_of_key
from core.sql.table import execute_many
from rewards.domain import issuing

COLUMNS = tuple(PROGRESS.columns)
COMPLETE = f"UPDATE {PROGRESS.name} SET challenge_completed_at = %s WHERE id = %s"
TOUCH = f"UPDATE {PROGRESS.name} SET updated_at = %s WHERE id = %s"
SUBTRACT = (
    f"UPDATE {PROGRESS.name} SET current_progress_value = current_progress_value + %s, updated_at = %s "
    f"WHERE member_id = %s AND challenge_id = %s AND period_key = %s RETURNING {', '.join(COLUMNS)}"
)

# A window, what its value changes by, and the logs that change it.
Change = tuple[WindowKey, int, list[LogRow]]


@dataclass(slots=True)
class Applied:
    """What a set of logs did: the progress rows it moved, and the rewards that it caused."""

    rows: dict[WindowKey, ProgressRow] = field(default_factory=dict)
    issued: list[issuing.Issued] = field(default_factory=list)


class SumLimitReached(DomainError):  # noqa: N818 - reads as a sentence where it is raised
    """These windows would pass 99,999,999,999,999.9999; nothing may be committed."""

    def __init__(self, windows: Iterable[WindowKey]) -> None:
        message = "The window's total would pass 99,999,999,999,999.9999; nothing was stored."
        super().__init__("sum_limit", message, "activityValue")
        self.windows = frozenset(windows)


def apply(logs: Iterable[LogRow | ChallengeLog], at: datetime | None = None) -> Applied:
    """Add what the counted ones of these stored logs changed, then pay what became due, lowest first.

    Call it inside the transaction that stored the logs. Raises `SumLimitReached`.
    """
    by_window: dict[WindowKey, list[LogRow]] = {}
    for log in logs:
        stored = row_of_log(log) if isinstance(log, ChallengeLog) else log
        if stored.counted:
            by_window.setdefault(stored.window_key, []).append(stored)
    applied = Applied()
    if not by_window:
        return applied
    # One clock for the whole set: when it was received.
    at = at or max(logs[-1].created_at for logs in by_window.values())
    _complete_rules(by_window)
    applied.rows, opened_again = _add(by_window, at)
    applied.issued = _pay(applied.rows, by_window, at, opened_again)
    _take_back_rewards(by_window, applied.rows, at)
    return applied


def replay(by_window: dict[WindowKey, list[LogRow]], at: datetime) -> None:
    """Set these windows to what all their counted logs say, whatever their rows say, and pay what is unpaid.

    Call it with their challenges locked; the logs carry their rules. A completion stays one.
    """
    changes = [(key, max(0, sum(log.counted_value for log in logs)), logs) for key, logs in by_window.items()]
    conflict = (
        "(member_id, challenge_id, period_key) DO UPDATE SET "
        "current_progress_value = excluded.current_progress_value, "
        "challenge_started_at = excluded.challenge_started_at, updated_at = excluded.updated_at"
    )
    changes.sort(key=lambda change: change[0])
    rows = {row.window_key: row for row in _write(changes, conflict, at)}
    _pay(rows, by_window, at)


def _pay(
    rows: dict[WindowKey, ProgressRow],
    by_window: dict[WindowKey, list[LogRow]],
    at: datetime,
    opened_again: Collection[WindowKey] = (),
) -> list[issuing.Issued]:
    """Complete the rows that these logs brought to their target, and pay whatever they reached."""
    dues: list[issuing.Due] = []
    completed: list[tuple] = []
    for key, row in rows.items():
        was_open = row.completed_at is None
        dues += crossed(row, by_window[key], anew=key in opened_again)
        if was_open and row.completed_at is not None:
            completed.append((row.completed_at, row.id))
    if completed:
        execute_many(COMPLETE, completed)
    return issuing.issue(dues, at)


def _complete_rules(by_window: dict[WindowKey, list[LogRow]]) -> None:
    """Logs that came by a door other than intake do not carry their rules yet."""
    bare = {key[1] for key, logs in by_window.items() if logs[0].rules is None}
    if not bare:
        return
    rules = rules_of(bare)
    for logs in by_window.values():
        for log in logs:
            log.rules = log.rules or rules[log.challenge_id]


def _add(
    by_window: dict[WindowKey, list[LogRow]], at: datetime
) -> tuple[dict[WindowKey, ProgressRow], set[WindowKey]]:
    """Move every window's row, in key order; a window that only loses is updated, never inserted.

    Answers the rows, and which of them had closed early and were opened again.
    """
    rows: dict[WindowKey, ProgressRow] = {}
    gaining: list[Change] = []
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
    opened_again = _reopened(rows.values(), at)
    for key, change in losing:
        rows[key] = _subtract(key, change, at)
    return rows, opened_again


def _reopened(rows: Iterable[ProgressRow], at: datetime) -> set[WindowKey]:
    """Which of the rows just moved say that they had closed (see `_on_conflict`); gives them their time."""
    found = [row for row in rows if row.updated_at != at]
    for row in found:
        row.updated_at = at
    if found:
        execute_many(TOUCH, [(at, row.id) for row in found])
    return {row.window_key for row in found}


def _upsert(gaining: Sequence[Change], at: datetime) -> list[ProgressRow]:
    if any(change > MAX_UNITS for _key, change, _logs in gaining):
        raise SumLimitReached(key for key, change, _logs in gaining if change > MAX_UNITS)
    return _write(gaining, _on_conflict(), at)


def _write(changes: Sequence[Change], conflict: str, at: datetime) -> list[ProgressRow]:
    rows = [
        _new_row(id_, key, change, logs, at)
        for id_, (key, change, logs) in zip(uuid7_batch(at, len(changes)), changes, strict=True)
    ]
    return [ProgressRow(*row) for row in PROGRESS.insert(rows, conflict, COLUMNS)]


def _on_conflict() -> str:
    """What a log does to a row that exists.

    An open window takes over a target that was edited and not yet settled here. A window that an extended
    challenge opens again does so too and closes with it; nothing answered tells it from the others but its
    `updated_at`, which is left at the old one: what became due while it was closed is still to be paid.
    """
    least, greatest = ("LEAST", "GREATEST") if connection.vendor == "postgresql" else ("MIN", "MAX")
    return (
        "(member_id, challenge_id, period_key) DO UPDATE SET "
        "current_progress_value = old.current_progress_value + excluded.current_progress_value, "
        "completion_target_value = CASE WHEN (old.window_ends_at > excluded.updated_at "
        "OR excluded.window_ends_at > excluded.updated_at) AND (old.challenge_completed_at IS NULL "
        "OR excluded.completion_target_value < old.completion_target_value) "
        "THEN excluded.completion_target_value ELSE old.completion_target_value END, "
        f"window_ends_at = {greatest}(old.window_ends_at, excluded.window_ends_at), "
        f"challenge_started_at = {least}(old.challenge_started_at, excluded.challenge_started_at), "
        "updated_at = CASE WHEN old.window_ends_at <= excluded.updated_at "
        "AND excluded.window_ends_at > excluded.updated_at THEN old.updated_at ELSE excluded.updated_at END "
        f"WHERE old.current_progress_value + excluded.current_progress_value <= {MAX_UNITS}"
    )


def _new_row(id_: object, key: WindowKey, change: int, logs: list[LogRow], at: datetime) -> tuple:
    rules, window = _ruled(logs[0])
    return (
        id_,
        *key,
        window.starts_at,
        _closes_at(rules, window, logs),
        change,
        rules.target,
        min(log.activity_at for log in logs if not log.reversal_of),
        None,
        at,
    )


def _closes_at(rules: Rules, window: Window, logs: list[LogRow]) -> datetime:
    """Only staff count in a window that begins after the challenge's end: it closes with the calendar.

    What had counted before the end was moved back stays inside: a recount meets it.
    """
    closes_at = rules.closes_at(window.ends_at)
    if closes_at <= window.starts_at:
        return window.ends_at
    judged = (log.activity_at for log in logs if not log.reversal_of and not log.counts_anyway)
    return max(closes_at, max(judged, default=window.starts_at) + datetime.resolution)


def _ruled(log: LogRow) -> tuple[Rules, Window]:
    rules = log.rules_or_fail
    if log.window is None:
        log.window = window_of_key(rules.period, log.period_key, rules.zone)
    return rules, log.window


def _subtract(key: WindowKey, change: int, at: datetime) -> ProgressRow:
    """Under the row's own lock: a CHECK (value >= 0) would be tested on the row that an upsert proposes."""
    return ProgressRow(*PROGRESS.fetch(SUBTRACT, [change, at, *key], COLUMNS)[0])


def _take_back_rewards(
    by_window: dict[WindowKey, list[LogRow]], rows: dict[WindowKey, ProgressRow], at: datetime
) -> None:
    for key, row in rows.items():
        logs = by_window[key]
        if logs[0].rules_or_fail.reversal_policy != ReversalPolicy.REVOKE_UNREDEEMED:
            continue
        if any(log.counted_value < 0 for log in logs):
            issuing.revoke_unsupported(*key, row.value, row.target, at)
