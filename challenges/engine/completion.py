"""Complete rows of progress at the newest activity that was counted (docs/rules.md, Progress)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from challenges.models.rows import LOGS, PROGRESS, LogRow, ProgressRow, WindowKey
from core.sql.table import scalar_functions


def complete(
    completing: Sequence[tuple[ProgressRow, LogRow]],
    by_window: Mapping[WindowKey, list[LogRow]],
    *,
    whole: bool,
) -> None:
    """Complete rows at the latest activity counted when their value crossed, inside their window.

    Each comes with the log that crossed. Logs of this set that were counted after it are left out; `whole`:
    the windows hold no other logs. Staff may count activity from after the challenge's end: a completion lies
    inside its window all the same.
    """
    if whole:
        for row, log in completing:
            row.completed_at = min(_newest_until(log, by_window[row.window_key]), last_moment(row))
        PROGRESS.update(
            ("id", "challenge_completed_at"), [(row.id, row.completed_at) for row, _log in completing]
        )
        return
    later: list[UUID] = []
    for row, log in completing:
        logs = by_window[row.window_key]
        later += [after.id for after in logs[logs.index(log) + 1 :]]
    source, params = PROGRESS.source(
        ("id", "window_ends_at"), [(row.id, last_moment(row)) for row, _log in completing]
    )
    excluded, ids = _not_among("l.id", later)
    least, _greatest = scalar_functions()
    written = PROGRESS.fetch(
        f"WITH new (row_id, latest) AS ({source}) "
        f"UPDATE {PROGRESS.name} AS w SET challenge_completed_at = {least}(new.latest, "
        f"COALESCE((SELECT MAX(l.activity_at) FROM {LOGS.name} l WHERE l.member_id = w.member_id "
        "AND l.challenge_id = w.challenge_id AND l.period_key = w.period_key AND l.counted "
        f"AND l.reversal_of = '' {excluded}), new.latest)) FROM new WHERE w.id = new.row_id "
        "RETURNING id, challenge_completed_at",
        [*params, *ids],
        ("id", "challenge_completed_at"),
    )
    completed_at = dict(written)
    for row, _log in completing:
        row.completed_at = completed_at[row.id]


def _newest_until(log: LogRow, logs: list[LogRow]) -> datetime:
    counted = logs[: logs.index(log) + 1]
    return max(earlier.activity_at for earlier in counted if not earlier.reversal_of)


def last_moment(row: ProgressRow) -> datetime:
    """Return the last instant of the row's window."""
    return row.window_ends_at - datetime.resolution


def _not_among(column: str, ids: Sequence[UUID]) -> tuple[str, list[object]]:
    """Return the SQL that leaves these ids out, and its parameters."""
    if not ids:
        return "", []
    if connection.vendor == "postgresql":
        return f"AND {column} <> ALL(%b::uuid[])", [list(ids)]
    return f"AND {column} NOT IN ({', '.join(['%s'] * len(ids))})", list(ids)
