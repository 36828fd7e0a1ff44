"""The only writer of reward logs and of a coupon code's owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from challenges_project.amounts import amount
from challenges_project.bulk import Table
from challenges_project.choices import CodeSource, RewardLogStatus
from challenges_project.ids import uuid7_batch
from challenges_project.periods import end_of_local_day
from rewards.codes import generated_code
from rewards.models import CouponCode, Reward, RewardLog

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
    """A threshold that a member reached in a window. `challenge_log_id` caused it; None: an edit did."""

    member_id: UUID
    challenge_id: UUID
    milestone_id: UUID | None
    period_key: str
    reward_id: UUID | None
    challenge_log_id: UUID | None
    zone: ZoneInfo

    @property
    def threshold_id(self) -> UUID:
        return self.milestone_id or self.challenge_id


@dataclass(slots=True)
class Issued:
    """A reward log as it was just written; the columns of `REWARD_LOGS` in their order."""

    id: UUID
    member_id: UUID
    challenge_id: UUID
    milestone_id: UUID | None
    threshold_id: UUID
    period_key: str
    reward_id: UUID | None
    status: str
    coupon_code: str
    challenge_log_id: UUID | None
    reward_issued_at: datetime
    reward_expiry_at: datetime | None


def issue(dues: Sequence[Due], at: datetime) -> list[Issued]:
    """Pay what is due and was never paid, in the order given within a member's window, and answer the new ones.

    Whether a threshold was paid is decided by the unique key of the reward log, so that asking twice, or
    from two transactions, pays once. `dues` may come in any order of members; they are written by key.
    """
    if not dues:
        return []
    rewards = Reward.objects.in_bulk({due.reward_id for due in dues if due.reward_id})
    ordered = sorted(dues, key=lambda due: (due.member_id, due.challenge_id, due.period_key))
    proposed = [
        _proposal(id_, due, rewards.get(due.reward_id), at)
        for id_, due in zip(uuid7_batch(at, len(ordered)), ordered, strict=True)
    ]
    written = REWARD_LOGS.insert(
        [_row(each, at) for each in proposed], "(member_id, threshold_id, period_key) DO NOTHING", ("id",)
    )
    new = {id_ for (id_,) in written}
    issued = [each for each in proposed if each.id in new]
    _register_generated(issued, rewards, at)
    return issued


def _proposal(id_: UUID, due: Due, reward: Reward | None, at: datetime) -> Issued:
    status, code = _first_state(reward)
    return Issued(
        id=id_,
        member_id=due.member_id,
        challenge_id=due.challenge_id,
        milestone_id=due.milestone_id,
        threshold_id=due.threshold_id,
        period_key=due.period_key,
        reward_id=due.reward_id,
        status=status,
        coupon_code=code,
        challenge_log_id=due.challenge_log_id,
        reward_issued_at=at,
        reward_expiry_at=None if reward is None else expiry(reward, at, due.zone),
    )


def _row(each: Issued, at: datetime) -> tuple:
    return (
        each.id,
        each.member_id,
        each.challenge_id,
        each.milestone_id,
        each.threshold_id,
        each.period_key,
        each.reward_id,
        each.status,
        each.coupon_code,
        each.challenge_log_id,
        each.reward_issued_at,
        each.reward_expiry_at,
        at,
    )


def _first_state(reward: Reward | None) -> tuple[str, str]:
    if reward is None:
        return RewardLogStatus.ISSUED.value, generated_code()
    if reward.code_source == CodeSource.GENERATED:
        return RewardLogStatus.ISSUED.value, generated_code(reward.code_prefix, reward.code_length)
    if reward.code_source == CodeSource.SHARED:
        return RewardLogStatus.ISSUED.value, reward.shared_code
    if reward.code_source == CodeSource.NONE:
        return RewardLogStatus.ISSUED.value, ""
    return RewardLogStatus.PENDING_CODE.value, ""


def expiry(reward: Reward, issued_at: datetime, zone: ZoneInfo) -> datetime | None:
    """When a code issued then ends: the earlier of the absolute end and N days to the end of that local day."""
    ends = [reward.valid_until] if reward.valid_until else []
    if reward.valid_for_days:
        ends.append(end_of_local_day(issued_at, reward.valid_for_days, zone))
    return min(ends, default=None)


def _register_generated(issued: Iterable[Issued], rewards: dict[UUID, Reward], at: datetime) -> None:
    """Give every generated code its row among the unique codes; a clash (2^-50) draws again."""
    waiting = [each for each in issued if _is_generated(rewards.get(each.reward_id))]
    while waiting:
        waiting.sort(key=lambda each: each.coupon_code)
        rows = [
            (id_, each.reward_id, each.coupon_code, each.id, at)
            for id_, each in zip(uuid7_batch(at, len(waiting)), waiting, strict=True)
        ]
        written = COUPON_CODES.insert(rows, "(code) DO NOTHING", ("reward_log_id",))
        registered = {id_ for (id_,) in written}
        waiting = [each for each in waiting if each.id not in registered]
        for each in waiting:
            each.coupon_code = _first_state(rewards.get(each.reward_id))[1]
            RewardLog.objects.filter(id=each.id).update(coupon_code=each.coupon_code)


def _is_generated(reward: Reward | None) -> bool:
    return reward is None or reward.code_source == CodeSource.GENERATED


def revoke_unsupported(
    member_id: UUID, challenge_id: UUID, period_key: str, value: int, target: int, at: datetime
) -> int:
    """Revoke what is not redeemed and what the value (in units) no longer supports; answers how many.

    For the reversal policy `revoke_unredeemed`. A revoked reward is not paid again when the value recovers:
    its reward log stays.
    """
    above = Q(milestone__milestone_target_value__gt=amount(value))
    if value < target:
        above |= Q(milestone=None)
    with transaction.atomic():
        return RewardLog.objects.filter(
            above,
            id__in=RewardLog.objects.filter(
                member=member_id,
                challenge=challenge_id,
                period_key=period_key,
                status__in=[RewardLogStatus.ISSUED, RewardLogStatus.PENDING_CODE],
            ).values("id"),
        ).update(status=RewardLogStatus.REVOKED, updated_at=at)
