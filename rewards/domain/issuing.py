"""Issue rewards for thresholds that members reached; the only module that creates reward logs.

The first status of a reward log is decided in this order: a threshold that was paid is not paid again, a
reward whose limit is reached gives `capped`, an empty pool gives `pending_code`. None of these ever refuses
the activity that made the reward due (docs/rules.md, Rewards).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from core.choices import CodeSource, RewardLogStatus
from core.ids import uuid7_batch
from rewards.domain import allocation, limits, pending_codes
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.models import RewardLog
from rewards.models.rows import REWARD_LOGS, Due, Issued

ConfigsById = Mapping[UUID | None, RewardConfig]


def issue(dues: Sequence[Due], at: datetime) -> list[Issued]:
    """Store a reward log for each due threshold that was never paid, and return the new ones.

    Call it inside a transaction. The unique key of the reward logs decides what was paid, so that issuing
    twice, or in two transactions at once, pays once. Several dues of one member and window are issued in the
    order given; rows are inserted in key order. A log left waiting for a pool's code is tried again right
    after the commit, which updates the returned object, too.
    """
    if not dues:
        return []
    configs = reward_configs({due.reward_id for due in dues})
    proposed = _propose(dues, at)
    unlimited = [log for log in proposed if not configs[log.reward_id].limited]
    code_ids = _initialize(unlimited, configs)
    inserted = REWARD_LOGS.insert(
        [log.row() for log in sorted(proposed, key=_key)],
        "(member_id, threshold_id, period_key) DO NOTHING",
        ("id",),
    )
    inserted_ids = {log_id for (log_id,) in inserted}
    issued = [log for log in proposed if log.id in inserted_ids]
    code_ids |= _initialize_limited(issued, configs)
    allocation.assign({log_id: code_id for log_id, code_id in code_ids.items() if log_id in inserted_ids})
    _store_generated(issued, configs, at)
    pending_codes.fill_after_commit(log for log in issued if _waits_for_pool(log, configs))
    return issued


def _propose(dues: Sequence[Due], at: datetime) -> list[Issued]:
    """Build reward logs, all `capped` for now, in the order of the challenge logs that caused them."""
    first_come = sorted(dues, key=lambda due: due.challenge_log_id.int if due.challenge_log_id else 0)
    return [
        Issued(
            id_,
            due.member_id,
            due.challenge_id,
            due.milestone_id,
            due.period_key,
            due.reward_id,
            due.challenge_log_id,
            at,
            due.zone,
            due.target,
        )
        for id_, due in zip(uuid7_batch(at, len(dues)), first_come, strict=True)
    ]


def _key(log: Issued) -> tuple[int, int, str]:
    return log.member_id.int, log.threshold_id.int, log.period_key


def _initialize(logs: Sequence[Issued], configs: ConfigsById) -> dict[UUID, UUID]:
    """Set status, code and expiry of these logs; return the id of the pool's code reserved for each log."""
    for log in logs:
        log.status, log.coupon_code = _initial_status_and_code(configs[log.reward_id])
    code_ids: dict[UUID, UUID] = {}
    waiting = limits.group_by_reward(log for log in logs if _waits_for_pool(log, configs))
    for reward_id, waiting_logs in waiting.items():
        reserved = allocation.reserve(configs[reward_id], len(waiting_logs))
        for log, (code_id, code) in zip(waiting_logs, reserved, strict=False):
            log.status, log.coupon_code = RewardLogStatus.ISSUED.value, code
            code_ids[log.id] = code_id
    for log in logs:
        if log.status == RewardLogStatus.ISSUED:
            log.reward_expiry_at = configs[log.reward_id].expiry_of(log.reward_issued_at, log.zone)
    return code_ids


def _initial_status_and_code(config: RewardConfig) -> tuple[str, str]:
    if config.code_source in (CodeSource.POOL, CodeSource.EXTERNAL):
        return RewardLogStatus.PENDING_CODE.value, ""
    return RewardLogStatus.ISSUED.value, config.new_code()


def _waits_for_pool(log: Issued, configs: ConfigsById) -> bool:
    waits = log.status == RewardLogStatus.PENDING_CODE
    return waits and configs[log.reward_id].code_source == CodeSource.POOL


def _initialize_limited(issued: Sequence[Issued], configs: ConfigsById) -> dict[UUID, UUID]:
    """Initialize those stored logs that are within the limits of their rewards; the rest stay `capped`."""
    admitted = limits.admit([log for log in issued if configs[log.reward_id].limited])
    code_ids = _initialize(admitted, configs)
    REWARD_LOGS.update(
        ("id", "status", "coupon_code", "reward_expiry_at"),
        [(log.id, log.status, log.coupon_code, log.reward_expiry_at) for log in admitted],
    )
    return code_ids


def _store_generated(issued: Iterable[Issued], configs: ConfigsById, at: datetime) -> None:
    """Store the generated codes; a log whose code existed already gets the one that replaced it."""
    generated: dict[UUID | None, dict[UUID, Issued]] = {}
    for log in issued:
        source = configs[log.reward_id].code_source
        if source == CodeSource.GENERATED and log.status == RewardLogStatus.ISSUED:
            generated.setdefault(log.reward_id, {})[log.id] = log
    for reward_id, logs in generated.items():
        codes = {log_id: log.coupon_code for log_id, log in logs.items()}
        for log_id, code in allocation.store_generated(codes, configs[reward_id], at).items():
            if code != codes[log_id]:
                logs[log_id].coupon_code = code
                RewardLog.objects.filter(id=log_id).update(coupon_code=code)
