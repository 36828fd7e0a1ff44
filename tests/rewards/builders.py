"""Rewards, and thresholds that members reached, without the engine that usually finds them."""

from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from challenges.models import Challenge, ChallengeLog
from challenges_project.ids import uuid7, uuid7_batch
from members.models import Member
from milestones.models import Milestone
from rewards import issuing
from rewards.ledger import COUPON_CODES, Due
from rewards.models import Reward, RewardLog

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_numbers = count(1)


def make_reward(code_source="generated", *, at=NOW, **fields):
    fields = {"name": "Free shipping", "created_at": at, "updated_at": at, **fields}
    if code_source == "shared":
        fields.setdefault("shared_code", "EVERYBODY")
    return Reward.objects.create(code_source=code_source, **fields)


def make_pool(*codes, **fields):
    reward = make_reward("pool", **fields)
    add_codes(reward, *codes)
    return reward


def add_codes(reward, *codes, at=NOW):
    rows = [
        (id_, reward.id, code, None, at) for id_, code in zip(uuid7_batch(at, len(codes)), codes, strict=True)
    ]
    COUPON_CODES.insert(rows)


def make_member(external_id=None, *, at=NOW):
    name = external_id or f"member-{next(_numbers)}"
    return Member.objects.create(external_id=name, created_at=at, updated_at=at)


def make_challenge(*, zone="UTC", target=500, at=NOW, **fields):
    return Challenge.objects.create(
        name="Monthly Big Spender",
        description="Spend in one month",
        status="live",
        completion_target_value=target,
        aggregation_period="monthly",
        time_zone=zone,
        created_at=at,
        updated_at=at,
        **fields,
    )


def make_milestone(challenge, target=200, *, at=NOW, **fields):
    return Milestone.objects.create(
        challenge=challenge,
        name="Two hundred",
        description="The first step",
        milestone_target_value=target,
        status="live",
        live_since=at,
        created_at=at,
        updated_at=at,
        **fields,
    )


def make_log(member, challenge, *, at=NOW):
    """A stored log that nobody counted: `bulk_create` passes by what judges and counts."""
    log = ChallengeLog(
        id=uuid7(at),
        member=member,
        challenge=challenge,
        unique_identifier=f"order-{next(_numbers)}",
        activity_at=at,
        activity_id="purchase",
        period_key="2026-11",
        counted=True,
        counted_value=0,
        created_at=at,
    )
    return ChallengeLog.objects.bulk_create([log])[0]


def due(member, challenge, reward=None, *, period="2026-11", milestone=None, log_id=None):
    return Due(
        member.id,
        challenge.id,
        milestone and milestone.id,
        period,
        reward and reward.id,
        log_id,
        ZoneInfo(challenge.time_zone),
    )


def pay(member, challenge, reward=None, *, at=NOW, **fields):
    """Pay one threshold; the stored log, or None when it was paid already."""
    issued = issuing.issue([due(member, challenge, reward, **fields)], at)
    return RewardLog.objects.get(id=issued[0].id) if issued else None


def make_reward_log(status="issued", *, reward=None, at=NOW, **fields):
    """A reward log in this state, of a new member, with nothing else behind it."""
    challenge = fields.pop("challenge", None) or make_challenge(at=at)
    values = {"redeemed_at": at} if status == "redeemed" else {}
    return RewardLog.objects.create(
        id=uuid7(at),
        member=fields.pop("member", None) or make_member(at=at),
        challenge=challenge,
        threshold_id=challenge.id,
        period_key="2026-11",
        reward=reward,
        status=status,
        reward_issued_at=at,
        updated_at=at,
        **{**values, **fields},
    )
