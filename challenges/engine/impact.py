"""What a change would do to members and coupons: the one shape that every dry run of a change answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from core.choices import CodeSource
from rewards.domain import limits
from rewards.models import Reward


@dataclass(slots=True)
class Impact:
    """How many members a change touches, completes and pays, each member once, and what it does to rewards.

    `members` gain or lose something, or are paid. `paid_members` get at least one reward log. `coupons`: the
    reward logs with a code or waiting for one, within the limits of their rewards; `capped`: those beyond.
    `revoked`: what the reversal policy takes back. `logs`: how many challenge logs would count; None where
    none is at stake. Any other None: there are too many logs to try.
    """

    members: int = 0
    completed_members: int | None = 0
    paid_members: int | None = 0
    coupons: int | None = 0
    revoked: int | None = 0
    capped: int | None = 0
    logs: int | None = None
    # Reward logs within the limits, by the reward's id; None: no reward is configured, and each log gets a
    # generated code.
    rewards: dict[UUID | None, int] = field(default_factory=dict)


def untried(logs: int, members: int) -> Impact:
    """Return the impact of more logs than are tried."""
    return Impact(members, None, None, None, 0, None, logs)


@dataclass(slots=True)
class Demand:
    """How many reward logs a change would store of one reward, in total and for each member.

    `by_member` has each member once. It is read only where the reward has a limit for each member.
    """

    total: int
    by_member: Iterable[tuple[UUID, int]]


def count_coupons(impact: Impact, demands: Mapping[UUID | None, Demand]) -> None:
    """Set `coupons`, `capped` and `rewards` of an impact from what it would store of each reward.

    Call it while nothing of that is stored. None as a reward's id stands for no reward.
    """
    impact.coupons = impact.capped = 0
    rewards = Reward.objects.in_bulk([id_ for id_ in demands if id_])
    for reward_id, demand in demands.items():
        reward = rewards[reward_id] if reward_id else None
        admitted = limits.count_admitted(reward, demand.total, demand.by_member) if reward else demand.total
        impact.capped += demand.total - admitted
        impact.coupons += 0 if reward and reward.code_source == CodeSource.NONE else admitted
        if demand.total:
            impact.rewards[reward_id] = admitted
