"""Add stored logs to progress, and issue the rewards that became due.

ChallengeProgress is written here, and where values are made anew: `backfill`, `recompute`, `maintenance`. All
windows of a set of logs, those that gain and those that lose, are locked in key order by the upsert of their
rows, so that two sets wait for each other and never deadlock (docs/locking.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import starmap
from uuid import UUID

from challenges.caches.config import rules_of
from challenges.engine import reward_review
from challenges.engine.completion import complete, last_moment
from challenges.engine.reward_review import reviewed_window
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
LATEST = datetime.max.replace(tzinfo=UTC)

LogsByWindow = Mapping[WindowKey, list[LogRow]]
RulesById = Mapping[UUID, Rules]
WindowRulesByKey = Mapping[WindowKey, WindowRules]
Change = tuple[WindowKey, int, list[LogRow]]  # a window, how its value changes (in units), and by which logs


class _Value(StrEnum):
    """What an upsert makes of the value of a row that exists: SQL."""

    ADD = "old.current_progress_value + excluded.current_progress_value"
    SET = "excluded.current_progress_value"
    # Only locks it: the value is changed by the next statement.
    KEEP = "old.current_progress_value"


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
    net: bool = False,
) -> Applied:
    """Add what the counted ones of these stored logs changed, then issue what became due, lowest first.

    `rules`: those of the verdicts; None reads the rules in force. `at`: the moment of receipt; None
    takes the newest `created_at` of the logs. `whole`: their windows hold no other logs. `net`: what they
    reach and take back is not due. Call it in the transaction that stored them. Raises `SumLimitReached`.
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
    # Before anything is issued: reward logs are locked before codes (docs/locking.md).
    reviewed = []
    for key, progress in rows.items():
        policy_revokes = rules[key[1]].reversal_policy == ReversalPolicy.REVOKE_UNREDEEMED
        revokes = policy_revokes and any(log.counted_value < 0 for log in by_window[key])
        if revokes or progress.has_revoked_rewards:
            # What is not revoked is given back by all that these logs reached, as if one by one.
            value = progress.value if revokes or net or whole else _highest(progress.value, by_window[key])
            reviewed.append(
                reviewed_window(progress, rules[key[1]], judged[key], revokes=revokes, value=value)
            )
    if reviewed:
        reward_review.review(rows, reviewed, at)
    issued = _issue_due(rows, by_window, rules, judged, at, whole=whole, net=net or whole)
    if reviewed and issued:
        reward_review.review_issued(rows, reviewed, issued, at)
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
    logs: Iterable[LogRow | ChallengeLog], rules: RulesById | None = None, net: bool = False, **_: object
) -> Applied:
    """Receive `challenge_logs_saved`."""
    return apply(logs, rules, net=net)


def replay(by_window: LogsByWindow, rules: Rules, at: datetime) -> None:
    """Set the windows of one challenge to the sum of their counted logs, and issue what is due and unpaid.

    Call it with the challenge locked. A completion stays one, whatever the sum.
    """
    changes = [(key, max(0, sum(log.counted_value for log in logs)), logs) for key, logs in by_window.items()]
    by_id = {rules.challenge_id: rules}
    judged = _judge(by_window, by_id)
    rows = {row.window_key: row for row in _upsert(changes, by_id, judged, at, _Value.SET)}
    for key, row in rows.items():
        reward_review.give_back([row], rules, judged[key], at)
    _issue_due(rows, by_window, by_id, judged, at, whole=True, net=True)


def _issue_due(
    rows: Mapping[WindowKey, ProgressRow],
    by_window: LogsByWindow,
    rules: RulesById,
    judged: WindowRulesByKey,
    at: datetime,
    *,
    whole: bool,
    net: bool,
) -> list[Issued]:
    """Complete the rows that these logs brought to their target, and issue what became due."""
    dues: list[Due] = []
    completing: list[tuple[ProgressRow, LogRow]] = []
    by_edit: list[ProgressRow] = []
    for key, row in rows.items():
        if _highest(row.value, by_window[key]) < min(judged[key].lowest_target, row.target):
            continue  # as most logs: below everything that could be due
        challenge_rules = rules[row.challenge_id]
        result = crossed(row, challenge_rules, judged[key], by_window[key], net=net)
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


def _highest(value: int, logs: Sequence[LogRow]) -> int:
    """Return the highest value that a window had before and while these logs brought it to `value`."""
    highest = value
    for log in reversed(logs):
        value -= log.counted_value
        highest = max(highest, value)
    return highest


def _add(
    by_window: LogsByWindow, rules: RulesById, judged: WindowRulesByKey, at: datetime
) -> dict[WindowKey, ProgressRow]:
    """Change the row of every window, all of them locked in key order. Raises `SumLimitReached`."""
    changes = [(key, sum(log.counted_value for log in logs), logs) for key, logs in by_window.items()]
    if too_large := [key for key, change, _logs in changes if change > MAX_UNITS]:
        raise SumLimitReached(too_large)
    if all(_gains(change) for change in changes):
        written = _upsert(changes, rules, judged, at, _Value.ADD)
    else:
        if len(changes) > 1 or not all(log.reversal_of for log in changes[0][2]):
            _upsert([(key, 0, logs) for key, _change, logs in changes], rules, judged, at, _Value.KEEP)
        written = _change_existing(changes, at)
    rows = {(row.member_id, row.challenge_id, row.period_key): row for row in written}
    if len(rows) < len(changes):
        raise SumLimitReached(by_window.keys() - rows.keys())
    return rows


def _gains(change: Change) -> bool:
    """Whether a row may have to be made: a window that only loses has one."""
    _key, value, logs = change
    return value >= 0 and not all(log.reversal_of for log in logs)


def _change_existing(changes: Sequence[Change], at: datetime) -> list[ProgressRow]:
    """Change rows that exist, by UPDATE: an upsert would fail the CHECK (value >= 0) on its new row.

    Rows past the limit of a sum are missing.
    """
    columns = ("member_id", "challenge_id", "period_key", "current_progress_value", "updated_at")
    source, params = PROGRESS.source(columns, [(*key, change, at) for key, change, _logs in changes])
    value = "old.current_progress_value + new.change"
    written = PROGRESS.fetch(
        f"WITH new (of_member, of_challenge, of_period, change, moment) AS ({source}) "
        f"UPDATE {PROGRESS.name} AS old SET current_progress_value = {value}, updated_at = new.moment "
        "FROM new WHERE old.member_id = new.of_member AND old.challenge_id = new.of_challenge "
        f"AND old.period_key = new.of_period AND {value} <= {MAX_UNITS} RETURNING {', '.join(COLUMNS)}",
        params,
        COLUMNS,
    )
    return list(starmap(ProgressRow, written))


def _upsert(
    changes: Sequence[Change], rules: RulesById, judged: WindowRulesByKey, at: datetime, value: "_Value"
) -> list[ProgressRow]:
    """Insert or update one row for each change, in key order; rows past the limit of a sum are missing.

    Windows that 0.1 judged keep their row's target and end: they are written by themselves.
    """
    historical = [change for change in changes if _is_historical(change[0], rules, judged)]
    if not historical:
        return _write(changes, judged, _on_conflict(value, historical=False), at)
    keys = {key for key, _change, _logs in historical}
    others = [change for change in changes if change[0] not in keys]
    return [
        *_write(historical, judged, _on_conflict(value, historical=True), at),
        *_write(others, judged, _on_conflict(value, historical=False), at),
    ]


def _is_historical(key: WindowKey, rules: RulesById, judged: WindowRulesByKey) -> bool:
    return rules[key[1]].is_historical(judged[key].closes_at)


def _write(
    changes: Sequence[Change], judged: WindowRulesByKey, conflict: str, at: datetime
) -> list[ProgressRow]:
    """Insert or update one row for each change; return those that `conflict` did not skip."""
    changes = sorted(changes, key=lambda change: change[0])
    ids = uuid7_batch(at, len(changes))
    rows = [
        _new_row(id_, key, change, judged[key], logs, at)
        for id_, (key, change, logs) in zip(ids, changes, strict=True)
    ]
    return list(starmap(ProgressRow, PROGRESS.insert(rows, conflict, COLUMNS)))


def _on_conflict(value: "_Value", *, historical: bool) -> str:
    """Return the ON CONFLICT clause that changes a row which exists.

    The row takes the target and the end that its window is judged by, in case an edit has not reached it yet;
    one that completed keeps a target that was raised since.
    """
    least, _greatest = scalar_functions()
    sets = [f"current_progress_value = {value.value}"]
    if not historical:
        sets += [
            "completion_target_value = CASE WHEN old.challenge_completed_at IS NULL "
            "OR excluded.completion_target_value < old.completion_target_value "
            "THEN excluded.completion_target_value ELSE old.completion_target_value END",
            "window_ends_at = excluded.window_ends_at",
        ]
    started_at = "excluded.challenge_started_at"
    if value is not _Value.SET:
        started_at = f"{least}(old.challenge_started_at, {started_at})"
    sets += [f"challenge_started_at = {started_at}", "updated_at = excluded.updated_at"]
    limit = f" WHERE {value.value} <= {MAX_UNITS}" if value is _Value.ADD else ""
    return f"(member_id, challenge_id, period_key) DO UPDATE SET {', '.join(sets)}{limit}"


def _new_row(
    id_: object, key: WindowKey, change: int, judged: WindowRules, logs: list[LogRow], at: datetime
) -> tuple:
    # A window that only loses exists: what it started at stays.
    started_at = min((log.activity_at for log in logs if not log.reversal_of), default=LATEST)
    return (
        id_, *key, judged.window.starts_at, judged.closes_at, change, judged.target, started_at, None, at,
        False,
    )  # fmt: skip
