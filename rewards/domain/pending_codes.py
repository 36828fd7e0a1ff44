"""Codes for the reward logs that wait for one, first come, first served.

Called after codes were imported, after a claim was left without, and after a reward changed its source. A
fill waits for codes that others hold: what a claim found empty may only have been busy.
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
from rewards.domain.limits import by_reward
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.models import CouponCode, RewardLog
from rewards.models.rows import REWARD_LOGS, Issued

logger = logging.getLogger(__name__)

AT_ONCE = 500
TRIES = 3
# Shorter than a request waits for a connection: those who wait here must not starve everybody else.
WAIT_AT_MOST = "5s"
LOCK_TIMEOUT, DEADLOCK = "55P03", "40P01"

Clock = Callable[[], datetime]


def fill_after_commit(waiting: Iterable[Issued]) -> None:
    """After this transaction, fill the rewards that these new logs wait for; changes the logs in place."""
    logs = list(waiting)
    if logs:
        transaction.on_commit(lambda: _fill_and_update(logs), robust=True)


def _fill_and_update(logs: list[Issued]) -> None:
    for reward_id in by_reward(logs):
        fill(reward_id)
    by_id = {each.id: each for each in logs}
    filled = RewardLog.objects.filter(id__in=by_id, status=RewardLogStatus.ISSUED)
    for log in filled:
        each = by_id[log.id]
        each.status, each.coupon_code = log.status, log.coupon_code
        each.reward_issued_at, each.reward_expiry_at = log.reward_issued_at, log.reward_expiry_at


def fill_all(clock: Clock = timezone.now) -> int:
    """Fill every reward that somebody waits for. Nothing needs it, unless a server died between two steps."""
    waiting = RewardLog.objects.waiting().exclude(reward=None).order_by("reward")
    return sum(fill(reward_id, clock) for reward_id in waiting.values_list("reward", flat=True).distinct())


def fill(reward_id: UUID, clock: Clock = timezone.now) -> int:
    """Give codes to those who wait for this reward, the oldest first, until one of both runs out.

    In transactions of 500; answers how many it filled. Never call it inside a transaction that holds codes.
    """
    filled, some = 0, AT_ONCE
    while some and _somebody_waits(reward_id) and _has_codes(reward_id):
        some = _fill_patiently(reward_id, clock)
        filled += some
    return filled


def _somebody_waits(reward_id: UUID) -> bool:
    return RewardLog.objects.filter(reward=reward_id).waiting().exists()


def _has_codes(reward_id: UUID) -> bool:
    """Whether to try at all; an empty pool is the usual reason for waiting."""
    source = reward_configs([reward_id])[reward_id].code_source
    if source == CodeSource.POOL:
        return CouponCode.objects.free_in(reward_id).exists()
    return source != CodeSource.EXTERNAL


def _fill_patiently(reward_id: UUID, clock: Clock) -> int:
    """Tries again after a deadlock; gives up, and leaves the logs waiting, when others hold on too long."""
    for turn in range(1, TRIES + 1):
        try:
            return _fill_some(reward_id, clock)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == LOCK_TIMEOUT:
                logger.warning("reward %s: codes are held by others, those who wait stay waiting", reward_id)
                return 0
            if state != DEADLOCK or turn == TRIES:
                raise
    return 0


def _fill_some(reward_id: UUID, clock: Clock) -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_AT_MOST}'")
        waiting = RewardLog.objects.filter(reward=reward_id).waiting().order_by("id")
        logs = list(
            waiting.select_for_update(no_key=True, of=("self",)).values_list(
                "id", "challenge_id", "reward_expiry_at"
            )[:AT_ONCE]
        )
        terms = reward_configs([reward_id])[reward_id]
        codes = allocation.take(terms, [log_id for log_id, *_rest in logs], clock())
        _write(terms, [log for log in logs if log[0] in codes], codes, clock())
    return len(codes)


def _write(
    terms: RewardConfig, logs: list[tuple[UUID, UUID, datetime | None]], codes: dict[UUID, str], at: datetime
) -> None:
    """A code's life begins when it is given, not when it was earned; an expiry set by hand stays."""
    zones = _zones(codes)
    rows = [
        (
            log_id,
            RewardLogStatus.ISSUED.value,
            codes[log_id],
            at,
            expiry or terms.expiry_of(at, checked_zone(zones[challenge_id])),
            at,
        )
        for log_id, challenge_id, expiry in logs
    ]
    columns = ("id", "status", "coupon_code", "reward_issued_at", "reward_expiry_at", "updated_at")
    REWARD_LOGS.update(columns, rows)


def _zones(log_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The time zones of these logs' challenges, by challenge."""
    logs = RewardLog.objects.filter(id__in=list(log_ids)).order_by()
    return dict(logs.values_list("challenge", "challenge__time_zone").distinct())
