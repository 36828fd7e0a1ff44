"""Add stored logs to progress, and issue the rewards that became due.

ChallengeProgress is written here, and where values are made anew: in `backfill`, `recompute` and
`maintenance.repair`. The lock of a window is the progress row's own upsert; rows are written in key order, so
that two sets of logs wait for each other and never deadlock (docs/locking.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap
from uuid import UUID

from challenges.caches.config import rules_of
from challenges.engine.completion import complete, last_moment
from challenges.engine.thresholds import crossed
from challenges.models import ChallengeLog
from challenges.models.rows import PROGRESS, LogRow, ProgressRow, WindowKey, row_of_log
from challenges.models.window_rules import Rules, WindowRules
from core.amounts import MAX_UNITS
from core.choices import ReversalPolicy
from core.errors import DomainError
from core.ids import uuid7_batch
from core.sql.table import scalar_functions
from rewards.domain import issuing
from rewards.models.rows import Due, Issued

COLUMNS = tuple(PROGRESS.columns)
SUBTRACT = (
    f"UPDATE {PROGRESS.name} SET current_progress_value = current_progress_value + %s, updated_at = %s "
    f"WHERE member_id = %s AND challenge_id = %s AND period_key = %s RETURNING {', '.join(COLUMNS)}"
)

LogsByWindow = Mapping[WindowKey, list[LogRow]]
RulesById = Mapping[UUID, Rules]
WindowRulesByKey = Mapping[WindowKey, WindowRules]
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
    logs: Iterable[LogRow | ChallengeLog],
    rules: RulesById | None = None,
    at: datetime | None = None,
    *,
    whole: bool = False,
) -> Applied:
    """Add what the counted ones of these stored logs changed, then issue what became due, lowest first.

    `rules`: those of the verdicts; None reads the rules in force. `at`: the moment of receipt; None
    takes the newest `created_at` of the logs. `whole`: their windows hold no other logs. Call it inside the
    transaction that stored the logs. Raises `SumLimitReached`.
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
    judged = _judge(by_window, rules)
    rows = _add(by_window, rules, judged, at)
    issued = _issue_due(rows, by_window, rules, judged, at, whole=whole)
    _revoke_unsupported(rows, by_window, rules, at)
    return Applied(rows, issued)


def _judge(by_window: LogsByWindow, rules: RulesById) -> WindowRulesByKey:
    """Return what each of these windows is judged by; members share the windows of a challenge."""
    shared: dict[tuple[UUID, str], WindowRules] = {}
    judged: dict[WindowKey, WindowRules] = {}
    for key, logs in by_window.items():
        challenge_and_period = key[1:]
        if challenge_and_period not in shared:
            shared[challenge_and_period] = logs[0].judged or rules[key[1]].of_key(key[2])
        judged[key] = shared[challenge_and_period]
    return judged


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
    by_id = {rules.challenge_id: rules}
    judged = _judge(by_window, by_id)
    rows = {row.window_key: row for row in _upsert(changes, by_id, judged, at, add=False)}
    _issue_due(rows, by_window, by_id, judged, at, whole=True)


def _issue_due(
    rows: Mapping[WindowKey, ProgressRow],
    by_window: LogsByWindow,
    rules: RulesById,
    judged: WindowRulesByKey,
    at: datetime,
    *,
    whole: bool,
) -> list[Issued]:
    """Complete the rows that these logs brought to their target, and issue what became due."""
    dues: list[Due] = []
    completing: list[tuple[ProgressRow, LogRow]] = []
    by_edit: list[ProgressRow] = []
    for key, row in rows.items():
        if row.value < judged[key].lowest_target and row.value < row.target:
            continue  # as most logs: below everything that could be due
        challenge_rules = rules[row.challenge_id]
        result = crossed(row, challenge_rules, judged[key], by_window[key])
        dues += result.dues
        if result.completing_log is not None:
            completing.append((row, result.completing_log))
        elif result.completes:
            row.completed_at = min(challenge_rules.backfill_since or at, last_moment(row))
            by_edit.append(row)
    if completing:
        complete(completing, by_window, whole=whole)
    if by_edit:
        PROGRESS.update(("id", "challenge_completed_at"), [(row.id, row.completed_at) for row in by_edit])
    return issuing.issue(dues, at) if dues else []


def _add(
    by_window: LogsByWindow, rules: RulesById, judged: WindowRulesByKey, at: datetime
) -> dict[WindowKey, ProgressRow]:
    """Change the row of every window, in key order; a window that only loses is updated, never inserted."""
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
    for row in _upsert(gaining, rules, judged, at, add=True):
        rows[row.window_key] = row
    if len(rows) < len(gaining):
        raise SumLimitReached({key for key, _change, _logs in gaining} - rows.keys())
    for key, change in losing:
        rows[key] = _subtract(key, change, at)
    return rows


def _upsert(
    changes: Sequence[Change], rules: RulesById, judged: WindowRulesByKey, at: datetime, *, add: bool
) -> list[ProgressRow]:
    """Insert or update one row for each change, in key order; rows past the limit of a sum are missing.

    Windows that 0.1 judged keep the target and the end of their row, so they are written by themselves.
    """
    historical = [change for change in changes if _is_historical(change[0], rules, judged)]
    if not historical:
        return _write(changes, judged, _on_conflict(add=add, historical=False), at)
    keys = {key for key, _change, _logs in historical}
    others = [change for change in changes if change[0] not in keys]
    return [
        *_write(historical, judged, _on_conflict(add=add, historical=True), at),
        *_write(others, judged, _on_conflict(add=add, historical=False), at),
    ]


def _is_historical(key: WindowKey, rules: RulesById, judged: WindowRulesByKey) -> bool:
    return rules[key[1]].is_historical(judged[key].closes_at)


def _write(
    changes: Sequence[Change], judged: WindowRulesByKey, conflict: str, at: datetime
) -> list[ProgressRow]:
    """Insert or update one row for each change; return those that `conflict` did not skip."""
    rows = [
        _new_row(id_, key, change, judged[key], logs, at)
        for id_, (key, change, logs) in zip(
            uuid7_batch(at, len(changes)), sorted(changes, key=lambda change: change[0]), strict=True
        )
    ]
    return list(starmap(ProgressRow, PROGRESS.insert(rows, conflict, COLUMNS)))


def _on_conflict(*, add: bool, historical: bool) -> str:
    """Return the ON CONFLICT clause that adds to a row that exists, or sets its value (`add` false).

    The row takes the target and the end that its window is judged by, in case an edit has not reached it yet;
    one that completed keeps a target that was raised since.
    """
    least, _greatest = scalar_functions()
    value = "old.current_progress_value + excluded.current_progress_value"
    sets = [f"current_progress_value = {value if add else 'excluded.current_progress_value'}"]
    if not historical:
        sets += [
            "completion_target_value = CASE WHEN old.challenge_completed_at IS NULL "
            "OR excluded.completion_target_value < old.completion_target_value "
            "THEN excluded.completion_target_value ELSE old.completion_target_value END",
            "window_ends_at = excluded.window_ends_at",
        ]
    started_at = "excluded.challenge_started_at"
    if add:
        started_at = f"{least}(old.challenge_started_at, {started_at})"
    sets += [f"challenge_started_at = {started_at}", "updated_at = excluded.updated_at"]
    limit = f" WHERE {value} <= {MAX_UNITS}" if add else ""
    return f"(member_id, challenge_id, period_key) DO UPDATE SET {', '.join(sets)}{limit}"


def _new_row(
    id_: object, key: WindowKey, change: int, judged: WindowRules, logs: list[LogRow], at: datetime
) -> tuple:
    started_at = min(log.activity_at for log in logs if not log.reversal_of)
    return (
        id_, *key, judged.window.starts_at, judged.closes_at, change, judged.target, started_at, None, at,
    )  # fmt: skip


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
