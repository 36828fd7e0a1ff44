"""How many codes a pool has left, when it runs low, and when it will run out."""

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

from rewards.domain.reward_config import RewardConfig
from rewards.models import CouponCode, Reward, RewardLog

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=14)
LOOK_AHEAD_DAYS = 3650
# A claim counts this far past the mark, so that others under way beside it cannot hide the crossing.
SLACK = 64


def low_mark(terms: RewardConfig | Reward) -> int:
    """Fewer free codes than this are few; without a mark: none."""
    return max(terms.low_water_mark or 0, 1)


def check_after_commit(terms: RewardConfig) -> None:
    """After this transaction, look whether the pool has fallen below its mark."""
    reward_id = terms.id
    if reward_id is not None and terms.low_since is None:
        transaction.on_commit(lambda: note_if_low(reward_id), robust=True)


def note_if_low(reward_id: UUID) -> bool:
    """Tell once of a pool that fell below its mark; whether it was this call that told."""
    reward = Reward.objects.get(id=reward_id)
    mark = low_mark(reward)
    left = CouponCode.objects.free_in(reward_id)[:mark].count()
    if left >= mark:
        return False
    crossed = Reward.objects.filter(id=reward_id, low_since=None).update(low_since=timezone.now())
    if crossed:
        logger.warning(
            "coupon pool low: %s codes left of reward %s (%s)",
            left,
            reward.name,
            reward_id,
            extra={"event": "coupon_pool_low", "reward_id": str(reward_id), "codes_left": left, "mark": mark},
        )
    return bool(crossed)


def note_if_refilled(reward_id: UUID) -> None:
    """Forget that the pool was low once it is no longer: the next crossing is told again."""
    reward = Reward.objects.get(id=reward_id)
    if reward.low_since and CouponCode.objects.free_in(reward_id)[: low_mark(reward)].count() >= low_mark(
        reward
    ):
        Reward.objects.filter(id=reward_id).update(low_since=None)


def codes_left(reward_ids: Collection[UUID]) -> dict[UUID, int]:
    """The free codes of each of these pools; one query."""
    left = _by_reward(CouponCode.objects.filter(reward__in=reward_ids, reward_log=None))
    return {reward_id: left.get(reward_id, 0) for reward_id in reward_ids}


def _waiting(reward_ids: Collection[UUID]) -> dict[UUID, int]:
    return _by_reward(RewardLog.objects.waiting().filter(reward__in=reward_ids))


def _by_reward(rows: QuerySet[Any]) -> dict[UUID, int]:
    """How many there are of each reward."""
    return dict(rows.order_by().values_list("reward").annotate(Count("id")))


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool at one moment. `low` says that fewer codes are left than its mark (without one: none)."""

    reward_id: UUID
    name: str
    codes_left: int
    waiting: int
    mark: int

    @property
    def low(self) -> bool:
        return self.codes_left < self.mark


def pool_states() -> list[PoolState]:
    """Every pool in use, by name, in three queries: for the dashboard and the metrics."""
    pools = list(Reward.objects.pools().order_by("name", "id"))
    ids = [pool.id for pool in pools]
    left = codes_left(ids)
    waiting = _waiting(ids)
    return [PoolState(p.id, p.name, left[p.id], waiting.get(p.id, 0), low_mark(p)) for p in pools]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is left of a pool, how many a day were asked for lately, and when it runs out at that pace.

    `runs_out_at` is None where that lies further than ten years ahead; a pool that owes more codes than it
    has runs out now.
    """

    codes_left: int
    waiting: int
    per_day: float
    runs_out_at: datetime | None


def outlooks(pools: Collection[Reward], at: datetime) -> dict[UUID, Outlook]:
    """Of each of these pools, in three queries: for the figures of a challenge, the overview and the reward.

    From the reward logs of the last 14 days, or since the reward exists; those who wait asked too.
    """
    ids = [pool.id for pool in pools]
    lately = RewardLog.objects.filter(reward__in=ids, reward_issued_at__gte=at - LOOK_BACK)
    left, waiting, asked = codes_left(ids), _waiting(ids), _by_reward(lately.counting_towards_caps())
    return {
        pool.id: _outlook(left[pool.id], waiting.get(pool.id, 0), asked.get(pool.id, 0) / _days(pool, at), at)
        for pool in pools
    }


def _days(pool: Reward, at: datetime) -> float:
    return min(LOOK_BACK, max(at - pool.created_at, timedelta(days=1))) / timedelta(days=1)


def _outlook(left: int, waiting: int, per_day: float, at: datetime) -> Outlook:
    lasts = max(left - waiting, 0) / per_day if per_day else inf
    runs_out_at = at + timedelta(days=lasts) if lasts < LOOK_AHEAD_DAYS else None
    return Outlook(left, waiting, per_day, runs_out_at)
