"""Tables and rows of reward logs and coupon codes for set-wise SQL, without the ORM (core.sql.table)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from core.choices import RewardLogStatus
from core.sql.table import Table
from rewards.models import CouponCode, RewardLog

REWARD_LOGS = Table(
    RewardLog._meta.db_table,
    {
        "id": "uuid",
        "member_id": "uuid",
        "challenge_id": "uuid",
        "milestone_id": "uuid",
        "threshold_id": "uuid",
        "period_key": "text",
        "reward_id": "uuid",
        "status": "text",
        "coupon_code": "text",
        "challenge_log_id": "uuid",
        "reward_issued_at": "time",
        "reward_expiry_at": "time",
        "updated_at": "time",
        "achieved_target_value": "bigint",
        "revoked_from": "text",
    },
)
COUPON_CODES = Table(
    CouponCode._meta.db_table,
    {"id": "uuid", "reward_id": "uuid", "code": "text", "reward_log_id": "uuid", "created_at": "time"},
)
SHARED_CODES = Table(
    CouponCode._meta.db_table, {"id": "uuid", "code": "text", "shared": "bool", "created_at": "time"}
)


@dataclass(frozen=True, slots=True)
class Due:
    """A threshold that a member reached in a window and that may have to be paid.

    `milestone_id`: None for the completion. `challenge_log_id`: the log that reached it; None: an edit did.
    `zone`: the challenge's, in which the last day of a code's validity ends. `target`: at which it was
    reached, in units of 0.0001.
    """

    member_id: UUID
    challenge_id: UUID
    milestone_id: UUID | None
    period_key: str
    reward_id: UUID | None
    challenge_log_id: UUID | None
    zone: ZoneInfo
    target: int


@dataclass(slots=True)
class Issued:
    """A reward log as `rewards.domain.issuing` stores it: columns of `REWARD_LOGS`, and `zone`.

    `target`: its `achieved_target_value`, in units.
    """

    id: UUID
    member_id: UUID
    challenge_id: UUID
    milestone_id: UUID | None
    period_key: str
    reward_id: UUID | None
    challenge_log_id: UUID | None
    reward_issued_at: datetime
    zone: ZoneInfo
    target: int
    status: str = RewardLogStatus.CAPPED.value
    coupon_code: str = ""
    reward_expiry_at: datetime | None = None
    revoked_from: str = ""

    @property
    def threshold_id(self) -> UUID:
        return self.milestone_id or self.challenge_id

    @property
    def window_key(self) -> tuple[UUID, UUID, str]:
        return self.member_id, self.challenge_id, self.period_key

    def row(self) -> tuple[object, ...]:
        """Return the values in the order of the columns of `REWARD_LOGS`."""
        return (
            self.id,
            self.member_id,
            self.challenge_id,
            self.milestone_id,
            self.threshold_id,
            self.period_key,
            self.reward_id,
            self.status,
            self.coupon_code,
            self.challenge_log_id,
            self.reward_issued_at,
            self.reward_expiry_at,
            self.reward_issued_at,
            self.target,
            self.revoked_from,
        )
