"""Count the codes left in pools, warn when a pool runs low, and estimate when it runs out."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from core.write_guard import writing
from rewards.domain.reward_config import RewardConfig
from rewards.models import CouponCode, Reward, RewardLog

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=14)
LOOK_AHEAD_DAYS = 3650
# Count this many codes beyond the low-water mark, so concurrent reservations cannot cross it unnoticed.
SLACK = 64


def low_mark(reward: RewardConfig | Reward) -> int:
    """Return the low-water mark: a pool with fewer free codes is low. Without one, an empty pool is low."""
    return max(reward.low_water_mark or 0, 1)


def warn_if_low_after_commit(config: RewardConfig) -> None:
    """Check the pool's low-water mark after the commit, unless the pool is known to be low."""
    reward_id = config.id
    if reward_id is not None and config.low_since is None:
        transaction.on_commit(lambda: warn_if_low(reward_id), robust=True)


def warn_if_low(reward_id: UUID) -> bool:
    """Log a warning when the pool is below its low-water mark, once until it is refilled.

    Return whether this call logged it (docs/rules.md, Pools and pending codes).
    """
    reward = Reward.objects.get(id=reward_id)
    mark = low_mark(reward)
    left = CouponCode.objects.free_in(reward_id)[:mark].count()
    if left >= mark:
        return False
    with writing(Reward):
        newly_low = Reward.objects.filter(id=reward_id, low_since=None).update(low_since=timezone.now())
    if newly_low:
        logger.warning(
            "coupon pool low: %s codes left of reward %s (%s)",
            left,
            reward.name,
            reward_id,
            extra={"event": "coupon_pool_low", "reward_id": str(reward_id), "codes_left": left, "mark": mark},
        )
    return bool(newly_low)


def clear_low_if_refilled(reward_id: UUID) -> None:
    """Clear `low_since` of a pool that is no longer low, so that the next crossing is logged again."""
    reward = Reward.objects.exclude(low_since=None).filter(id=reward_id).first()
    if reward is None:
        return
    mark = low_mark(reward)
    if CouponCode.objects.free_in(reward_id)[:mark].count() >= mark:
        with writing(Reward):
            Reward.objects.filter(id=reward_id).update(low_since=None)


def codes_left(reward_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the free codes of each of these pools, in one query."""
    counts = _count_by_reward(CouponCode.objects.filter(reward__in=reward_ids, reward_log=None))
    return {reward_id: counts.get(reward_id, 0) for reward_id in reward_ids}


def _count_waiting(reward_ids: Collection[UUID]) -> dict[UUID, int]:
    return _count_by_reward(RewardLog.objects.waiting().filter(reward__in=reward_ids))


def _count_by_reward(rows: QuerySet[Any]) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("reward").annotate(Count("id")))


@dataclass(frozen=True, slots=True)
class PoolState:
    """State of a pool: its free codes, the reward logs that wait, and its low-water mark."""

    reward_id: UUID
    name: str
    codes_left: int
    waiting: int
    mark: int

    @property
    def low(self) -> bool:
        return self.codes_left < self.mark


def pool_states() -> list[PoolState]:
    """Return the state of every unarchived pool, by name, in three queries."""
    pools = list(Reward.objects.pools().order_by("name", "id"))
    pool_ids = [pool.id for pool in pools]
    left = codes_left(pool_ids)
    waiting = _count_waiting(pool_ids)
    return [
        PoolState(pool.id, pool.name, left[pool.id], waiting.get(pool.id, 0), low_mark(pool))
        for pool in pools
    ]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Forecast of a pool: its free codes, the logs that wait, codes needed per day, and when it runs out.

    `runs_out_at`: None if it lies more than ten years ahead; now if more logs wait than codes are left.
    """

    codes_left: int
    waiting: int
    per_day: float
    runs_out_at: datetime | None


def outlooks(pools: Collection[Reward], at: datetime) -> dict[UUID, Outlook]:
    """Forecast each of these pools, by reward id, in three queries.

    The pace is that of the last 14 days, or since the reward was created; logs that wait are included.
    """
    pool_ids = [pool.id for pool in pools]
    recent = RewardLog.objects.filter(reward__in=pool_ids, reward_issued_at__gte=at - LOOK_BACK)
    left, waiting = codes_left(pool_ids), _count_waiting(pool_ids)
    needed = _count_by_reward(recent.counting_towards_limits())
    return {
        pool.id: _outlook(
            left[pool.id], waiting.get(pool.id, 0), needed.get(pool.id, 0) / _days_observed(pool, at), at
        )
        for pool in pools
    }


def _days_observed(pool: Reward, at: datetime) -> float:
    return min(LOOK_BACK, max(at - pool.created_at, timedelta(days=1))) / timedelta(days=1)


def _outlook(left: int, waiting: int, per_day: float, at: datetime) -> Outlook:
    days_left = max(left - waiting, 0) / per_day if per_day else inf
    runs_out_at = at + timedelta(days=days_left) if days_left < LOOK_AHEAD_DAYS else None
    return Outlook(left, waiting, per_day, runs_out_at)
