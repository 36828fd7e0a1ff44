"""Give codes to the reward logs that wait for one, first come, first served.

Called after an import, after issuing found no free code, and after a reward changed its source. Filling waits
for codes that other transactions hold: a pool that issuing found empty may only have been busy.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core.choices import CodeSource, RewardLogStatus
from core.periods import checked_zone
from rewards.domain import allocation
from rewards.domain.limits import group_by_reward
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.models import CouponCode, RewardLog
from rewards.models.rows import REWARD_LOGS, Issued

logger = logging.getLogger(__name__)

CHUNK_SIZE = 500
TRIES = 3
# Shorter than a request waits for a connection: requests that wait here must not use up all connections.
MAX_LOCK_WAIT = "5s"
LOCK_TIMEOUT, DEADLOCK = "55P03", "40P01"

Clock = Callable[[], datetime]


def fill_after_commit(waiting: Iterable[Issued]) -> None:
    """Fill the rewards that these new logs wait for after the commit, and update the logs in place."""
    logs = list(waiting)
    if logs:
        transaction.on_commit(lambda: _fill_and_update(logs), robust=True)


def fill_rewards_after_commit(reward_ids: Iterable[UUID]) -> None:
    """Fill these rewards after the commit, one after the other."""
    for reward_id in sorted(reward_ids):
        transaction.on_commit(lambda id_=reward_id: fill(id_), robust=True)  # type: ignore[misc]


def _fill_and_update(logs: list[Issued]) -> None:
    for reward_id in group_by_reward(logs):
        fill(reward_id)
    logs_by_id = {log.id: log for log in logs}
    for stored in RewardLog.objects.filter(id__in=logs_by_id, status=RewardLogStatus.ISSUED):
        log = logs_by_id[stored.id]
        log.status, log.coupon_code = stored.status, stored.coupon_code
        log.reward_issued_at, log.reward_expiry_at = stored.reward_issued_at, stored.reward_expiry_at


def fill_all(clock: Clock = timezone.now) -> int:
    """Fill every reward that somebody waits for; return how many codes were given.

    Necessary only after a server died between a commit and the filling that follows it.
    """
    waiting = RewardLog.objects.waiting().exclude(reward=None).order_by("reward")
    return sum(fill(reward_id, clock) for reward_id in waiting.values_list("reward", flat=True).distinct())


def fill(reward_id: UUID, clock: Clock = timezone.now) -> int:
    """Give codes to the reward logs that wait for this reward, oldest first; return how many.

    Stops when nobody waits or no code is left. Works in transactions of 500 logs; never call it inside a
    transaction that holds codes. A code's validity begins when it is given; an expiry that was set by hand
    while waiting stays (docs/rules.md, Pools and pending codes).
    """
    total, filled = 0, CHUNK_SIZE
    while filled and _somebody_waits(reward_id) and _has_codes(reward_id):
        filled = _fill_with_retries(reward_id, clock)
        total += filled
    return total


def _somebody_waits(reward_id: UUID) -> bool:
    return RewardLog.objects.filter(reward=reward_id).waiting().exists()


def _has_codes(reward_id: UUID) -> bool:
    """Look before filling: the usual reason for waiting is an empty pool, which is not worth any locks."""
    source = reward_configs([reward_id])[reward_id].code_source
    if source == CodeSource.POOL:
        return CouponCode.objects.free_in(reward_id).exists()
    return source != CodeSource.EXTERNAL


def _fill_with_retries(reward_id: UUID, clock: Clock) -> int:
    """Fill a chunk; repeat after a deadlock, give up and return 0 after a lock timeout."""
    for attempt in range(1, TRIES + 1):
        try:
            return _fill_chunk(reward_id, clock)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == LOCK_TIMEOUT:
                logger.warning("reward %s: codes are held by others, those who wait stay waiting", reward_id)
                return 0
            if state != DEADLOCK or attempt == TRIES:
                raise
    return 0


def _fill_chunk(reward_id: UUID, clock: Clock) -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{MAX_LOCK_WAIT}'")
        waiting = RewardLog.objects.filter(reward=reward_id).waiting().order_by("id")
        logs = list(
            waiting.select_for_update(no_key=True, of=("self",)).values_list(
                "id", "challenge_id", "reward_expiry_at"
            )[:CHUNK_SIZE]
        )
        config = reward_configs([reward_id])[reward_id]
        codes = allocation.allocate(config, [log_id for log_id, *_rest in logs], clock())
        _write(config, [log for log in logs if log[0] in codes], codes, clock())
    return len(codes)


def _write(
    config: RewardConfig, logs: list[tuple[UUID, UUID, datetime | None]], codes: dict[UUID, str], at: datetime
) -> None:
    """Issue these logs, each as (id, challenge id, expiry set by hand), with their codes."""
    zones = _zones_by_challenge(codes)
    rows = [
        (
            log_id,
            RewardLogStatus.ISSUED.value,
            codes[log_id],
            at,
            expiry or config.expiry_of(at, checked_zone(zones[challenge_id])),
            at,
        )
        for log_id, challenge_id, expiry in logs
    ]
    columns = ("id", "status", "coupon_code", "reward_issued_at", "reward_expiry_at", "updated_at")
    REWARD_LOGS.update(columns, rows)


def _zones_by_challenge(log_ids: Iterable[UUID]) -> dict[UUID, str]:
    logs = RewardLog.objects.filter(id__in=list(log_ids)).order_by()
    return dict(logs.values_list("challenge", "challenge__time_zone").distinct())
