"""Define the rows of the most written tables as plain dataclasses, and the tables for set-wise SQL.

The engine works on these, because making a model instance takes longer than all else that is done with a row.
A test compares them with the models' columns. All values are in units: ten-thousandths, as integers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

from challenges.models import Activity, ChallengeLog, ChallengeProgress
from challenges.models.window_rules import WindowRules
from core.amounts import units
from core.sql.table import Table

Identity = tuple[UUID, UUID, str]  # member, challenge, unique identifier
WindowKey = tuple[UUID, UUID, str]  # member, challenge, period key

LOOKUP_AT_ONCE = 1000
T = TypeVar("T")

LOGS = Table(
    ChallengeLog._meta.db_table,
    {
        "id": "uuid",
        "member_id": "uuid",
        "challenge_id": "uuid",
        "unique_identifier": "text",
        "activity_at": "time",
        "activity_id": "text",
        "activity_value": "bigint",
        "reversal_of": "text",
        "counts_anyway": "text",
        "period_key": "text",
        "counted": "bool",
        "reason_code": "text",
        "counted_value": "bigint",
        "created_at": "time",
        "rule_version": "integer",
    },
)

ACTIVITIES = Table(
    Activity._meta.db_table,
    {
        "id": "uuid",
        "member_id": "uuid",
        "unique_identifier": "text",
        "activity_at": "time",
        "activity_id": "text",
        "activity_value": "bigint",
        "reversal_of": "text",
        "challenge_ids": "json",
        "created_at": "time",
    },
)

PROGRESS = Table(
    ChallengeProgress._meta.db_table,
    {
        "id": "uuid",
        "member_id": "uuid",
        "challenge_id": "uuid",
        "period_key": "text",
        "window_starts_at": "time",
        "window_ends_at": "time",
        "current_progress_value": "bigint",
        "completion_target_value": "bigint",
        "challenge_started_at": "time",
        "challenge_completed_at": "time",
        "updated_at": "time",
        "has_revoked_rewards": "bool",
    },
)


@dataclass(slots=True)
class LogRow:
    """A challenge log as it is stored: the columns of `LOGS` in their order.

    `judged`: what its window is judged by, where that was found out for the verdict.
    """

    id: UUID
    member_id: UUID
    challenge_id: UUID
    unique_identifier: str
    activity_at: datetime
    activity_id: str
    activity_value: int | None
    reversal_of: str
    counts_anyway: str
    period_key: str
    counted: bool
    reason_code: str
    counted_value: int
    created_at: datetime
    rule_version: int | None
    judged: WindowRules | None = None

    @property
    def identity(self) -> Identity:
        return self.member_id, self.challenge_id, self.unique_identifier

    @property
    def window_key(self) -> WindowKey:
        return self.member_id, self.challenge_id, self.period_key


# Getters for a LogRow: its identity, and its values in the order of the columns of `LOGS`.
LOG_IDENTITY = attrgetter("member_id", "challenge_id", "unique_identifier")
LOG_VALUES = attrgetter(*LOGS.columns)


@dataclass(slots=True)
class ProgressRow:
    """A row of challenge progress: the columns of `PROGRESS` in their order."""

    id: UUID
    member_id: UUID
    challenge_id: UUID
    period_key: str
    window_starts_at: datetime
    window_ends_at: datetime
    value: int
    target: int
    started_at: datetime
    completed_at: datetime | None
    updated_at: datetime
    has_revoked_rewards: bool = False

    @property
    def window_key(self) -> WindowKey:
        return self.member_id, self.challenge_id, self.period_key


def row_of_progress(progress: ChallengeProgress) -> ProgressRow:
    """Convert a model instance."""
    return ProgressRow(
        progress.id,
        progress.member_id,
        progress.challenge_id,
        progress.period_key,
        progress.window_starts_at,
        progress.window_ends_at,
        units(progress.current_progress_value),
        units(progress.completion_target_value),
        progress.challenge_started_at,
        progress.challenge_completed_at,
        progress.updated_at,
        progress.has_revoked_rewards,
    )


def insert_logs(logs: Iterable[LogRow]) -> set[UUID]:
    """Insert logs in key order; return the ids of those whose identifier was not stored yet."""
    rows = [LOG_VALUES(log) for log in sorted(logs, key=LOG_IDENTITY)]
    written = LOGS.insert(rows, "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",))
    return {id_ for (id_,) in written}


def find_log_rows(identities: Iterable[Identity]) -> dict[Identity, LogRow]:
    """Read the logs that are stored under these identities; an identity without one is missing."""
    wanted = set(identities)
    logs: dict[Identity, LogRow] = {}
    for chunk in chunked(sorted(wanted), LOOKUP_AT_ONCE):
        rows = ChallengeLog.objects.filter(
            member_id__in={identity[0] for identity in chunk},
            challenge_id__in={identity[1] for identity in chunk},
            unique_identifier__in={identity[2] for identity in chunk},
        )
        for log in map(row_of_log, rows):
            if log.identity in wanted:
                logs[log.identity] = log
    return logs


def row_of_log(log: ChallengeLog) -> LogRow:
    """Convert a model instance."""
    return LogRow(
        log.id,
        log.member_id,
        log.challenge_id,
        log.unique_identifier,
        log.activity_at,
        log.activity_id,
        None if log.activity_value is None else units(log.activity_value),
        log.reversal_of,
        log.counts_anyway,
        log.period_key,
        log.counted,
        log.reason_code,
        units(log.counted_value),
        log.created_at,
        log.rule_version,
    )


def chunked(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """Split a sequence into chunks of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
