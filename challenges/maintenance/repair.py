"""Progress compared with the logs, and computed anew where the two differ.

For a ledger that was edited by hand or restored in part: the logs are the truth. What was paid stays paid, a
completion stays a completion, and what the logs make due is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from challenges.caches.config import Rules, snapshot
from challenges.editing.change_set import thresholds_of
from challenges.engine import backfill, locks, progress
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.models.rows import LOGS, PROGRESS, LogRow, WindowKey, row_of_log
from core.sql.table import Table
from members.models import Member
from milestones.models import Milestone

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
    """A window whose row says something else than its logs; in units. `shown` None: there is no row."""

    member_id: UUID
    period_key: str
    external_id: str
    shown: int | None
    counted: int


def differences(challenge_id: UUID, most: int) -> list[Difference]:
    """At most so many, in key order."""
    found = COMPARED.fetch(DIFFERENCES, [challenge_id, challenge_id, most], list(COMPARED.columns))
    return [Difference(*row) for row in found]


def repair_challenge(challenge: Challenge, at: datetime) -> list[Difference]:
    """Compute anew what differs, then pay what open windows owe; answers what differed."""
    mended: list[Difference] = []
    while some := _repair_some(challenge, at):
        mended += some
    backfill.finish_backfill(challenge.id)
    _pay_open_windows(challenge, at)
    return mended


def _repair_some(challenge: Challenge, at: datetime) -> list[Difference]:
    with transaction.atomic():
        locks.lock_exclusive([challenge.id])
        some = differences(challenge.id, WINDOWS_AT_ONCE)
        rules = _rules(challenge)
        by_window = _logs_of(some, rules)
        progress.replay(by_window, rules, at)
        _empty([d for d in some if (d.member_id, challenge.id, d.period_key) not in by_window], rules, at)
    return some


def _rules(challenge: Challenge) -> Rules:
    """Of an archived challenge too."""
    stored = Challenge.objects.get(id=challenge.id)
    return snapshot(stored, thresholds_of(Milestone.objects.unarchived().filter(challenge=stored)))


def _logs_of(some: Sequence[Difference], rules: Rules) -> dict[WindowKey, list[LogRow]]:
    """All counted logs of these windows, in record order."""
    wanted = {(d.member_id, rules.challenge_id, d.period_key) for d in some}
    logs = ChallengeLog.objects.filter(
        challenge=rules.challenge_id,
        counted=True,
        member__in={d.member_id for d in some},
        period_key__in={d.period_key for d in some},
    )
    by_window: dict[WindowKey, list[LogRow]] = {}
    for log in map(row_of_log, logs.order_by("id").iterator()):
        if log.window_key in wanted:
            by_window.setdefault(log.window_key, []).append(log)
    return by_window


def _empty(without_logs: Sequence[Difference], rules: Rules, at: datetime) -> None:
    """Rows whose logs are gone stay, at nothing."""
    for each in without_logs:
        ChallengeProgress.objects.filter(
            member=each.member_id, challenge=rules.challenge_id, period_key=each.period_key
        ).update(current_progress_value=0, updated_at=at)


def _pay_open_windows(challenge: Challenge, at: datetime) -> None:
    place = None
    while True:
        with transaction.atomic():
            locks.lock_shared([challenge.id])
            place = backfill.backfill_some(_rules(challenge), at, place, at)
        if place is None:
            return
