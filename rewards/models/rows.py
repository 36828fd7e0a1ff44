"""The rows of this room's hot tables as the engine handles them, and their tables."""

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
    },
)
COUPON_CODES = Table(
    CouponCode._meta.db_table,
    {"id": "uuid", "reward_id": "uuid", "code": "text", "reward_log_id": "uuid", "created_at": "time"},
)


@dataclass(frozen=True, slots=True)
class Due:
    """A threshold that a member reached in a window. `challenge_log_id` caused it; None: an edit did.

    `zone` is the challenge's: a code's last day ends there.
    """

    member_id: UUID
    challenge_id: UUID
    milestone_id: UUID | None
    period_key: str
    reward_id: UUID | None
    challenge_log_id: UUID | None
    zone: ZoneInfo


@dataclass(slots=True)
class Issued:
    """A reward log as it was just written; all but `zone` are columns of `REWARD_LOGS`."""

    id: UUID
    member_id: UUID
    challenge_id: UUID
    milestone_id: UUID | None
    period_key: str
    reward_id: UUID | None
    challenge_log_id: UUID | None
    reward_issued_at: datetime
    zone: ZoneInfo
    status: str = RewardLogStatus.CAPPED.value
    coupon_code: str = ""
    reward_expiry_at: datetime | None = None

    def row(self) -> tuple[object, ...]:
        return (
            self.id,
            self.member_id,
            self.challenge_id,
            self.milestone_id,
            self.milestone_id or self.challenge_id,
            self.period_key,
            self.reward_id,
            self.status,
            self.coupon_code,
            self.challenge_log_id,
            self.reward_issued_at,
            self.reward_expiry_at,
            self.reward_issued_at,
        )
