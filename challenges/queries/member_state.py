"""What members have in challenges, read in a bounded number of queries for any number of rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from challenges.models import Catalogue, Challenge
from challenges.models.rows import PROGRESS, ProgressRow, WindowKey
from core.sql.table import Table
from members.domain.directory import MEMBERS
from rewards.models import RewardLog
from rewards.models.rows import REWARD_LOGS

MEMBER_COLUMNS = (*PROGRESS.columns, *REWARD_LOGS.columns)
WINDOW_END = MEMBER_COLUMNS.index("window_ends_at")
EXPIRY = MEMBER_COLUMNS.index("reward_expiry_at")
MEMBER_ROWS = Table(PROGRESS.name, PROGRESS.columns | REWARD_LOGS.columns)
# By hand: it is asked before every answer to an end user, and the ORM would take five times as long.
READ_MEMBER_ROWS = f"""
    WITH mine AS (
        SELECT * FROM {PROGRESS.name}
        WHERE member_id = (SELECT id FROM {MEMBERS.name} WHERE external_id = %s)
    ), closed AS (
        SELECT challenge_id, MAX(window_starts_at) AS newest FROM mine WHERE window_ends_at <= %s
        GROUP BY challenge_id
    ), shown AS (
        SELECT mine.* FROM mine LEFT JOIN closed ON closed.challenge_id = mine.challenge_id
        WHERE window_ends_at > %s OR window_starts_at = newest
    )
    SELECT (SELECT version FROM {Catalogue._meta.db_table}) AS stamp,
        {", ".join(f"shown.{name}" for name in PROGRESS.columns)},
        {", ".join(f"paid.{name}" for name in REWARD_LOGS.columns)}
    FROM (SELECT 1) AS always
    LEFT JOIN shown ON 1 = 1
    LEFT JOIN {REWARD_LOGS.name} AS paid ON paid.member_id = shown.member_id
        AND paid.challenge_id = shown.challenge_id AND paid.period_key = shown.period_key
    ORDER BY shown.id, paid.id
"""


@dataclass(frozen=True, slots=True)
class MemberState:
    """What one member has in one challenge: the rows of the window of now and of the newest closed one."""

    external_id: str
    progress: ProgressRow | None = None
    last_progress: ProgressRow | None = None
    reward_logs: Mapping[str, Sequence[RewardLog]] = field(default_factory=dict)

    def rewards_in(self, period_key: str) -> Sequence[RewardLog]:
        return self.reward_logs.get(period_key, ())


class MemberRows(tuple[tuple[Any, ...], ...]):
    """A member's open windows and the newest closed one of each challenge, each with its reward logs.

    All that is stored of a member and shown with challenges: with equal rows and rules both read alike.
    """

    __slots__ = ()

    @property
    def progress(self) -> list[ProgressRow]:
        rows = (ProgressRow(*row[: len(PROGRESS.columns)]) for row in self)
        return list({row.id: row for row in rows}.values())

    @property
    def paid(self) -> set[WindowKey]:
        """The windows that have reward logs."""
        return {row[1:4] for row in self if row[len(PROGRESS.columns)] is not None}

    def until(self, at: datetime) -> datetime | None:
        """When time alone changes what they say: a window closes, a coupon expires."""
        ends = (end for row in self for end in (row[WINDOW_END], row[EXPIRY]))
        return min((end for end in ends if end is not None and end > at), default=None)


def member_rows(external_id: str, at: datetime) -> tuple[int, MemberRows]:
    """The catalogue's stamp and the member's rows, of one moment; one query for any number of challenges."""
    found = MEMBER_ROWS.fetch(READ_MEMBER_ROWS, [external_id, at, at], ("stamp", *MEMBER_COLUMNS))
    return found[0][0] or 0, MemberRows(row[1:] for row in found if row[1] is not None)


def reward_logs_by_window(windows: Iterable[WindowKey]) -> dict[WindowKey, list[RewardLog]]:
    """The reward logs of these windows, oldest first, with their reward and milestone; one query."""
    wanted = set(windows)
    found: dict[WindowKey, list[RewardLog]] = {}
    if not wanted:
        return found
    rows = RewardLog.objects.filter(
        member_id__in={key[0] for key in wanted},
        challenge_id__in={key[1] for key in wanted},
        period_key__in={key[2] for key in wanted},
    ).select_related("reward", "milestone")
    for log in rows.order_by("id"):
        key = (log.member_id, log.challenge_id, log.period_key)
        if key in wanted:
            found.setdefault(key, []).append(log)
    return found


def member_states(
    external_id: str, challenges: Sequence[Challenge], at: datetime, own: MemberRows | None = None
) -> dict[UUID, MemberState]:
    """One member's row of the window of now and of the newest closed one, for each challenge.

    At most two queries; one less when the member's rows were read already.
    """
    own = member_rows(external_id, at)[1] if own is None else own
    keys = {each.id: each.window_at(at).period_key for each in challenges}
    rows = [row for row in own.progress if row.challenge_id in keys]
    logs = reward_logs_by_window(key for key in own.paid if key[1] in keys)
    return {id_: _member_state(external_id, id_, key, rows, logs, at) for id_, key in keys.items()}


def _member_state(
    external_id: str,
    challenge_id: UUID,
    period_key: str,
    rows: Sequence[ProgressRow],
    logs: dict[WindowKey, list[RewardLog]],
    at: datetime,
) -> MemberState:
    mine = [row for row in rows if row.challenge_id == challenge_id]
    closed = [row for row in mine if row.window_ends_at <= at]
    return MemberState(
        external_id,
        next((row for row in mine if row.period_key == period_key), None),
        max(closed, key=lambda row: row.window_starts_at, default=None),
        {row.period_key: logs.get((row.member_id, row.challenge_id, row.period_key), []) for row in mine},
    )
