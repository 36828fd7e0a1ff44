"""Add stored logs to progress, and issue the rewards that became due.

ChallengeProgress is written here, and where values are made anew: in `backfill`, `recompute` and
`maintenance.repair`. The lock of a window is the progress row's own upsert; rows are written in key order, so
that two sets of logs wait for each other and never deadlock (docs/locking.md).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap
from uuid import UUID

from django.db import connection

from challenges.caches.config import Rules, rules_of
from challenges.engine.thresholds import crossed
from challenges.models import ChallengeLog
from challenges.models.rows import PROGRESS, LogRow, ProgressRow, WindowKey, row_of_log
from core.amounts import MAX_UNITS
from core.choices import ReversalPolicy
from core.errors import DomainError
from core.ids import uuid7_batch
from core.periods import Window, window_of_key
from core.sql.table import execute_many
from rewards.domain import issuing
from rewards.models.rows import Due, Issued

COLUMNS = tuple(PROGRESS.columns)
COMPLETE = f"UPDATE {PROGRESS.name} SET challenge_completed_at = %s WHERE id = %s"
TOUCH = f"UPDATE {PROGRESS.name} SET updated_at = %s WHERE id = %s"
SUBTRACT = (
    f"UPDATE {PROGRESS.name} SET current_progress_value = current_progress_value + %s, updated_at = %s "
    f"WHERE member_id = %s AND challenge_id = %s AND period_key = %s RETURNING {', '.join(COLUMNS)}"
)

LogsByWindow = Mapping[WindowKey, list[LogRow]]
RulesById = Mapping[UUID, Rules]
# A window, by how much its value changes (in units), and the logs that change it.
Change = tuple[WindowKey, int, list[LogRow]]


@dataclass(slots=True)
class Applied:
    """What a set of logs changed: the progress rows after it, and the rewards that it issued."""

    rows: dict[WindowKey, ProgressRow] = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)


class SumLimitReached(DomainError):  # noqa: N818 - reads as a sentence where it is raised
    """These windows would pass 99,999,999,999,999.9999; nothing may be committed."""

    def __init__(self, windows: Iterable[WindowKey]) -> None:
        message = "The window's total would pass 99,999,999,999,999.9999; nothing was stored."
        super().__init__("sum_limit", message, "activity_value")
        self.windows = frozenset(windows)


def apply(
    logs: Iterable[LogRow | ChallengeLog], rules: RulesById | None = None, at: datetime | None = None
) -> Applied:
    """Add what the counted ones of these stored logs changed, then issue what became due, lowest first.

    `rules`: those of the verdicts; None reads the rules in force. `at`: the moment of receipt; None
    takes the newest `created_at` of the logs. Call it inside the transaction that stored the logs. Raises
    `SumLimitReached`.
    """
    by_window: dict[WindowKey, list[LogRow]] = {}
    for log in logs:
        row = row_of_log(log) if isinstance(log, ChallengeLog) else log
        if row.counted:
            window_key = (row.member_id, row.challenge_id, row.period_key)
            by_window.setdefault(window_key, []).append(row)
    if not by_window:
        return Applied()
    at = at or max(logs[-1].created_at for logs in by_window.values())
    rules = rules_of({key[1] for key in by_window}) if rules is None else rules
    rows, reopened = _add(by_window, rules, at)
    issued = _issue_due(rows, by_window, rules, at, reopened)
    _revoke_unsupported(rows, by_window, rules, at)
    return Applied(rows, issued)


def on_logs_saved(
    logs: Iterable[LogRow | ChallengeLog], rules: RulesById | None = None, **kwargs: object
) -> Applied:
    """Receive `challenge_logs_saved`."""
    return apply(logs, rules)


def replay(by_window: LogsByWindow, rules: Rules, at: datetime) -> None:
    """Set the windows of one challenge to the sum of their counted logs, and issue what is due and unpaid.

    Call it with the challenge locked. A completion stays one, whatever the sum.
    """
    changes = [(key, max(0, sum(log.counted_value for log in logs)), logs) for key, logs in by_window.items()]
    conflict = (
        "(member_id, challenge_id, period_key) DO UPDATE SET "
        "current_progress_value = excluded.current_progress_value, "
        "challenge_started_at = excluded.challenge_started_at, updated_at = excluded.updated_at"
    )
    changes.sort(key=lambda change: change[0])
    by_id = {rules.challenge_id: rules}
    rows = {row.window_key: row for row in _write(changes, by_id, conflict, at)}
    _issue_due(rows, by_window, by_id, at)


def _issue_due(
    rows: Mapping[WindowKey, ProgressRow],
    by_window: LogsByWindow,
    rules: RulesById,
    at: datetime,
    reopened: Collection[WindowKey] = (),
) -> list[Issued]:
    """Complete the rows that these logs brought to their target, and issue what became due."""
    dues: list[Due] = []
    completed: list[tuple] = []
    for key, row in rows.items():
        was_open = row.completed_at is None
        dues += crossed(row, rules[row.challenge_id], by_window[key], reopened=key in reopened)
        if was_open and row.completed_at is not None:
            completed.append((row.completed_at, row.id))
    if completed:
        execute_many(COMPLETE, completed)
    return issuing.issue(dues, at) if dues else []


def _add(
    by_window: LogsByWindow, rules: RulesById, at: datetime
) -> tuple[dict[WindowKey, ProgressRow], set[WindowKey]]:
    """Change the row of every window, in key order; a window that only loses is updated, never inserted.

    Returns the rows, and the windows among them that had closed early and were opened again.
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
    if too_large := [key for key, change, _logs in gaining if change > MAX_UNITS]:
        raise SumLimitReached(too_large)
    for row in _write(gaining, rules, _on_conflict(), at):
        rows[row.window_key] = row
    if len(rows) < len(gaining):
        raise SumLimitReached({key for key, _change, _logs in gaining} - rows.keys())
    reopened = _reopened(rows, at)
    for key, change in losing:
        rows[key] = _subtract(key, change, at)
    return rows, reopened


def _reopened(rows: Mapping[WindowKey, ProgressRow], at: datetime) -> set[WindowKey]:
    """Find the rows that `_on_conflict` left at their old `updated_at`, and set it."""
    reopened = {key: row for key, row in rows.items() if row.updated_at != at}
    if reopened:
        execute_many(TOUCH, [(at, row.id) for row in reopened.values()])
    for row in reopened.values():
        row.updated_at = at
    return set(reopened)


def _write(changes: Sequence[Change], rules: RulesById, conflict: str, at: datetime) -> list[ProgressRow]:
    """Insert or update one row for each change; return those that `conflict` did not skip."""
    rows = [
        _new_row(id_, key, change, rules[key[1]], logs, at)
        for id_, (key, change, logs) in zip(uuid7_batch(at, len(changes)), changes, strict=True)
    ]
    return list(starmap(ProgressRow, PROGRESS.insert(rows, conflict, COLUMNS)))


def _on_conflict() -> str:
    """Return the ON CONFLICT clause that adds to a row that exists.

    An open window takes over a target that was edited and is not backfilled here yet. A window that an
    extended challenge opens again does so too, and closes with it. Such a row keeps its old `updated_at`, by
    which `_reopened` finds it: what became due while it was closed is still to be paid.
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


def _new_row(
    id_: object, key: WindowKey, change: int, rules: Rules, logs: list[LogRow], at: datetime
) -> tuple:
    window = logs[0].window or window_of_key(rules.period, key[2], rules.zone)
    started_at = min(log.activity_at for log in logs if not log.reversal_of)
    ends_at = _closes_at(rules, window, logs)
    return (id_, *key, window.starts_at, ends_at, change, rules.target, started_at, None, at)


def _closes_at(rules: Rules, window: Window, logs: list[LogRow]) -> datetime:
    """Return when the window of a new row closes.

    A window that begins after the challenge's end holds only logs counted by staff: it closes with the
    calendar. Recomputing may find activity that counted before the end was moved back: it stays inside.
    """
    closes_at = rules.closes_at(window.ends_at)
    if closes_at <= window.starts_at:
        return window.ends_at
    activity_times = (log.activity_at for log in logs if not log.reversal_of and not log.counts_anyway)
    return max(closes_at, max(activity_times, default=window.starts_at) + datetime.resolution)


def _subtract(key: WindowKey, change: int, at: datetime) -> ProgressRow:
    """Change an existing row by UPDATE: an upsert would fail the CHECK (value >= 0) on its new row."""
    return ProgressRow(*PROGRESS.fetch(SUBTRACT, [change, at, *key], COLUMNS)[0])


def _revoke_unsupported(
    rows: Mapping[WindowKey, ProgressRow], by_window: LogsByWindow, rules: RulesById, at: datetime
) -> None:
    """Apply the challenge's reversal policy to windows that lost value."""
    for key, row in rows.items():
        if rules[row.challenge_id].reversal_policy != ReversalPolicy.REVOKE_UNREDEEMED:
            continue
        if any(log.counted_value < 0 for log in by_window[key]):
            issuing.revoke_unsupported(*key, row.value, row.target, at)
