"""Compare progress with the logs, and recompute it where the two differ.

For a database that was edited by hand or restored in part: the logs are taken as correct. What was paid stays
paid, a completion stays a completion, and what the logs make due is paid (docs/rules.md, Invariants).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from challenges.caches.config import rules_of
from challenges.engine import backfill, locks, progress
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.models.rows import LOGS, PROGRESS, LogRow, WindowKey, row_of_log
from challenges.models.window_rules import Rules
from core.sql.table import Table
from members.models import Member

WINDOWS_AT_ONCE = 500

# The windows of one challenge whose row and logs differ. A row that is missing shows NULL.
DIFFERENCES = f"""
    SELECT w.member_id, w.period_key, m.external_id, w.shown, w.counted FROM (
        SELECT member_id, period_key, MAX(shown) AS shown, CAST(SUM(counted) AS bigint) AS counted FROM (
            SELECT member_id, period_key, CAST(NULL AS bigint) AS shown, counted_value AS counted
            FROM {LOGS.name} WHERE challenge_id = %s AND counted
            UNION ALL
            SELECT member_id, period_key, current_progress_value, 0
            FROM {PROGRESS.name} WHERE challenge_id = %s
        ) AS both_sides
        GROUP BY member_id, period_key
        HAVING COALESCE(MAX(shown), -1) <> CASE WHEN SUM(counted) < 0 THEN 0 ELSE SUM(counted) END
    ) AS w JOIN {Member._meta.db_table} m ON m.id = w.member_id
    ORDER BY w.member_id, w.period_key LIMIT %s"""

COMPARED = Table(
    "",
    {
        "member_id": "uuid",
        "period_key": "text",
        "external_id": "text",
        "shown": "bigint",
        "counted": "bigint",
    },
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A window whose row and logs differ, in units. `shown`: the row's value; None: there is no row."""

    member_id: UUID
    period_key: str
    external_id: str
    shown: int | None
    counted: int


def differences(challenge_id: UUID, most: int) -> list[Difference]:
    """List the windows of a challenge whose row and logs differ, at most `most`, by member and period key."""
    rows = COMPARED.fetch(DIFFERENCES, [challenge_id, challenge_id, most], list(COMPARED.columns))
    return [Difference(*row) for row in rows]


def repair_challenge(challenge: Challenge, at: datetime) -> list[Difference]:
    """Recompute the windows that differ, then pay what is due in all of them; return what differed."""
    repaired: list[Difference] = []
    while batch := _repair_batch(challenge, at):
        repaired += batch
    backfill.finish_backfill(challenge.id)
    _pay_windows(challenge, at)
    return repaired


def _repair_batch(challenge: Challenge, at: datetime) -> list[Difference]:
    with transaction.atomic():
        locks.lock_exclusive([challenge.id])
        batch = differences(challenge.id, WINDOWS_AT_ONCE)
        rules = rules_of([challenge.id])[challenge.id]
        by_window = _counted_logs(batch, rules)
        progress.replay(by_window, rules, at)
        without_logs = [
            difference
            for difference in batch
            if (difference.member_id, challenge.id, difference.period_key) not in by_window
        ]
        _set_to_zero(without_logs, rules, at)
    return batch


def _counted_logs(batch: Sequence[Difference], rules: Rules) -> dict[WindowKey, list[LogRow]]:
    """Read all counted logs of these windows, in the order in which they were recorded."""
    windows = {(difference.member_id, rules.challenge_id, difference.period_key) for difference in batch}
    logs = ChallengeLog.objects.filter(
        challenge=rules.challenge_id,
        counted=True,
        member__in={difference.member_id for difference in batch},
        period_key__in={difference.period_key for difference in batch},
    )
    by_window: dict[WindowKey, list[LogRow]] = {}
    for log in map(row_of_log, logs.order_by("id").iterator()):
        if log.window_key in windows:
            by_window.setdefault(log.window_key, []).append(log)
    return by_window


def _set_to_zero(without_logs: Sequence[Difference], rules: Rules, at: datetime) -> None:
    """Set the value of rows without logs to 0; the rows stay, as a completion must."""
    for difference in without_logs:
        ChallengeProgress.objects.filter(
            member=difference.member_id, challenge=rules.challenge_id, period_key=difference.period_key
        ).update(current_progress_value=0, updated_at=at)


def _pay_windows(challenge: Challenge, at: datetime) -> None:
    """Bring every window into line with the rules that judge it, but those that 0.1 judged."""
    keys = ChallengeProgress.objects.filter(challenge=challenge.id).order_by("period_key")
    for key in list(keys.values_list("period_key", flat=True).distinct()):
        _pay_window(challenge, key, at)


def _pay_window(challenge: Challenge, period_key: str, at: datetime) -> None:
    last_key = None
    while True:
        with transaction.atomic():
            locks.lock_shared([challenge.id])
            rules = rules_of([challenge.id])[challenge.id]
            judged = rules.of_key(period_key)
            if not judged.exists or rules.is_historical(judged.closes_at):
                return
            last_key = backfill.backfill_some(rules, at, last_key, at, [judged])
        if last_key is None:
            return
