"""Rewards, and thresholds that members reached, without the engine that usually finds them."""

from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

from challenges.models import ChallengeLog
from core.amounts import units
from core.ids import uuid7
from rewards.domain import issuing
from rewards.models import RewardLog
from rewards.models.rows import Due
from tests import builders
from tests.builders import NOW, add_codes, make_milestone, make_reward

__all__ = ["NOW", "add_codes", "make_milestone", "make_reward"]
_numbers = count(1)


def make_pool(*codes, **fields):
    reward = make_reward("pool", **fields)
    add_codes(reward, *codes)
    return reward


def make_member(external_id=None, **fields):
    """Somebody else each time."""
    return builders.make_member(external_id or f"member-{next(_numbers)}", **fields)


def make_challenge(*, zone="UTC", target=500, **fields):
    return builders.make_challenge(time_zone=zone, completion_target_value=Decimal(target), **fields)


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
        units(milestone.milestone_target_value if milestone else challenge.completion_target_value),
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
