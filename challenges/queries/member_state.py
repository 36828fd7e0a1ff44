"""Read progress and rewards of members, in a number of queries that does not grow with the rows."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from challenges.models import Catalogue, Challenge
from challenges.models.rows import PROGRESS, ProgressRow, WindowKey
from core.sql.table import Table
from members.domain.directory import MEMBERS
from rewards.models import RewardLog
from rewards.models.rows import REWARD_LOGS

FEW_WINDOWS = 20
MEMBER_COLUMNS = (*PROGRESS.columns, *REWARD_LOGS.columns)
WINDOW_END = MEMBER_COLUMNS.index("window_ends_at")
EXPIRY = MEMBER_COLUMNS.index("reward_expiry_at")
MEMBER_ROWS = Table(PROGRESS.name, PROGRESS.columns | REWARD_LOGS.columns)
# Raw SQL, as it is run before every response to an end user, and the ORM took five times as long.
READ_MEMBER_ROWS = f"""
    WITH own_progress AS (
        SELECT * FROM {PROGRESS.name}
        WHERE member_id = (SELECT id FROM {MEMBERS.name} WHERE external_id = %s)
    ), closed AS (
        SELECT challenge_id, MAX(window_starts_at) AS newest FROM own_progress WHERE window_ends_at <= %s
        GROUP BY challenge_id
    ), shown AS (
        SELECT own_progress.* FROM own_progress
        LEFT JOIN closed ON closed.challenge_id = own_progress.challenge_id
        WHERE window_ends_at > %s OR window_starts_at = newest
    )
    SELECT (SELECT version FROM {Catalogue._meta.db_table}) AS config_version,
        {", ".join(f"shown.{name}" for name in PROGRESS.columns)},
        {", ".join(f"paid.{name}" for name in REWARD_LOGS.columns)}
    FROM (SELECT 1) AS one_row
    LEFT JOIN shown ON 1 = 1
    LEFT JOIN {REWARD_LOGS.name} AS paid ON paid.member_id = shown.member_id
        AND paid.challenge_id = shown.challenge_id AND paid.period_key = shown.period_key
    ORDER BY shown.id, paid.id
"""


@dataclass(frozen=True, slots=True)
class MemberState:
    """One member's progress in one challenge.

    `progress`: the row of the current window; `last_progress`: that of the newest closed window.
    `reward_logs`: by the period keys of both.
    """

    external_id: str
    progress: ProgressRow | None = None
    last_progress: ProgressRow | None = None
    reward_logs: Mapping[str, Sequence[RewardLog]] = field(default_factory=dict)

    def rewards_in(self, period_key: str) -> Sequence[RewardLog]:
        """Return the reward logs of a window, oldest first."""
        return self.reward_logs.get(period_key, ())


class MemberRows(tuple[tuple[Any, ...], ...]):
    """A member's progress rows, open and newest closed for each challenge, joined with their reward logs.

    This is all of a member that responses about challenges show: with equal rows and an equal config version
    two responses are equal, until time changes them.
    """

    __slots__ = ()

    @property
    def progress(self) -> list[ProgressRow]:
        """The progress rows, each once, by id."""
        rows = (ProgressRow(*row[: len(PROGRESS.columns)]) for row in self)
        return list({row.id: row for row in rows}.values())

    @property
    def paid(self) -> set[WindowKey]:
        """The windows that have reward logs."""
        return {row[1:4] for row in self if row[len(PROGRESS.columns)] is not None}

    def until(self, at: datetime) -> datetime | None:
        """Return when time alone next changes what they show, by a closing or an expiry; None: never."""
        ends = (end for row in self for end in (row[WINDOW_END], row[EXPIRY]))
        return min((end for end in ends if end is not None and end > at), default=None)


def member_rows(external_id: str, at: datetime) -> tuple[int, MemberRows]:
    """Return the config version and the member's rows, both as of one moment, in one query."""
    rows = MEMBER_ROWS.fetch(READ_MEMBER_ROWS, [external_id, at, at], ("config_version", *MEMBER_COLUMNS))
    return rows[0][0] or 0, MemberRows(row[1:] for row in rows if row[1] is not None)


def reward_logs_by_window(windows: Iterable[WindowKey]) -> dict[WindowKey, list[RewardLog]]:
    """Return the reward logs of these windows, oldest first, with reward and milestone.

    In one query for few windows. For many in three: they share few rewards and milestones, each of which is
    then made once and not for every reward log.
    """
    wanted = set(windows)
    by_window: dict[WindowKey, list[RewardLog]] = {}
    if not wanted:
        return by_window
    reward_logs = _reward_logs_around(wanted)
    few = len(wanted) <= FEW_WINDOWS
    reward_logs = (reward_logs.select_related if few else reward_logs.prefetch_related)("reward", "milestone")
    for reward_log in reward_logs.order_by("id"):
        key = (reward_log.member_id, reward_log.challenge_id, reward_log.period_key)
        if key in wanted:
            by_window.setdefault(key, []).append(reward_log)
    return by_window


def count_reward_logs(windows: Iterable[WindowKey]) -> dict[WindowKey, int]:
    """Return how many reward logs these windows have, in one query; others may be among them."""
    columns = ("member_id", "challenge_id", "period_key")
    counts = _reward_logs_around(set(windows)).order_by().values_list(*columns).annotate(Count("id"))
    return {(member, challenge, key): count for member, challenge, key, count in counts}


def _reward_logs_around(windows: Set[WindowKey]) -> QuerySet[RewardLog]:
    """Return those of these windows, and of others of the same members, challenges and period keys."""
    return RewardLog.objects.filter(
        member_id__in={key[0] for key in windows},
        challenge_id__in={key[1] for key in windows},
        period_key__in={key[2] for key in windows},
    )


def member_states(
    external_id: str, challenges: Sequence[Challenge], at: datetime, own: MemberRows | None = None
) -> dict[UUID, MemberState]:
    """Return one member's state in each of these challenges, by id.

    At most two queries; `own`: the member's rows where they were read already, which saves one.
    """
    own = member_rows(external_id, at)[1] if own is None else own
    current_keys = {challenge.id: challenge.window_at(at).period_key for challenge in challenges}
    rows = [row for row in own.progress if row.challenge_id in current_keys]
    reward_logs = reward_logs_by_window(key for key in own.paid if key[1] in current_keys)
    return {
        challenge_id: _member_state(
            external_id,
            [row for row in rows if row.challenge_id == challenge_id],
            period_key,
            reward_logs,
            at,
        )
        for challenge_id, period_key in current_keys.items()
    }


def _member_state(
    external_id: str,
    rows: Sequence[ProgressRow],
    period_key: str,
    reward_logs: dict[WindowKey, list[RewardLog]],
    at: datetime,
) -> MemberState:
    """Build the state from the rows of one challenge; `period_key`: of its current window."""
    closed = [row for row in rows if row.window_ends_at <= at]
    return MemberState(
        external_id,
        next((row for row in rows if row.period_key == period_key), None),
        max(closed, key=lambda row: row.window_starts_at, default=None),
        {row.period_key: reward_logs.get(row.window_key, []) for row in rows},
    )
