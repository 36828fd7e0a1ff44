"""Paying what is due: the only place where reward logs come to be.

The states of a new reward log are decided in this order: a threshold that was paid stays paid, a cap says
`capped`, an empty pool `pending_code`. Nothing of it ever refuses the activity that made the reward due.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from core.amounts import amount
from core.choices import CodeSource, RewardLogStatus
from core.ids import uuid7_batch
from rewards.domain import allocation, limits, pending_codes
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.domain.state_machine import Channel, origins
from rewards.models import RewardLog
from rewards.models.rows import REWARD_LOGS, Due, Issued

__all__ = ["Due", "Issued", "issue", "revoke_unsupported"]

Rewards = Mapping[UUID | None, RewardConfig]


def issue(dues: Sequence[Due], at: datetime) -> list[Issued]:
    """Pay what is due and was never paid, in the order given within a member's window; answers the new ones.

    Whether a threshold was paid is decided by the unique key of the reward log, so that asking twice, or
    from two transactions, pays once. `dues` may come in any order of members; they are written by key. What
    is left waiting for a pool's code is looked at again right after the transaction, and then changed in
    the answer too.
    """
    if not dues:
        return []
    rewards = reward_configs({due.reward_id for due in dues})
    proposed = _proposed(dues, at)
    given = _open([each for each in proposed if not rewards[each.reward_id].capped], rewards)
    written = REWARD_LOGS.insert(
        [each.row() for each in sorted(proposed, key=_by_key)],
        "(member_id, threshold_id, period_key) DO NOTHING",
        ("id",),
    )
    new = {id_ for (id_,) in written}
    issued = [each for each in proposed if each.id in new]
    given |= _admit(issued, rewards)
    allocation.assign({log_id: code_id for log_id, code_id in given.items() if log_id in new})
    _register_generated(issued, rewards, at)
    pending_codes.fill_after_commit(each for each in issued if _waits_for_pool(each, rewards))
    return issued


def _proposed(dues: Sequence[Due], at: datetime) -> list[Issued]:
    """What would be written, all of it `capped` for now, in the order in which it was caused: first come."""
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
        )
        for id_, due in zip(uuid7_batch(at, len(dues)), first_come, strict=True)
    ]


def _by_key(each: Issued) -> tuple[int, int, str]:
    return each.member_id.int, (each.milestone_id or each.challenge_id).int, each.period_key


def _open(logs: Sequence[Issued], rewards: Rewards) -> dict[UUID, UUID]:
    """Give these logs their first state and what code they can have; answers the pool's code for each log."""
    for each in logs:
        each.status, each.coupon_code = _first_state(rewards[each.reward_id])
    given: dict[UUID, UUID] = {}
    for reward_id, some in limits.by_reward(each for each in logs if _waits_for_pool(each, rewards)).items():
        reserved = allocation.reserve(rewards[reward_id], len(some))
        for each, (code_id, code) in zip(some, reserved, strict=False):
            each.status, each.coupon_code = RewardLogStatus.ISSUED.value, code
            given[each.id] = code_id
    for each in logs:
        if each.status == RewardLogStatus.ISSUED:
            each.reward_expiry_at = rewards[each.reward_id].expiry_of(each.reward_issued_at, each.zone)
    return given


def _first_state(terms: RewardConfig) -> tuple[str, str]:
    if terms.code_source in (CodeSource.POOL, CodeSource.EXTERNAL):
        return RewardLogStatus.PENDING_CODE.value, ""
    return RewardLogStatus.ISSUED.value, terms.new_code()


def _waits_for_pool(each: Issued, rewards: Rewards) -> bool:
    waits = each.status == RewardLogStatus.PENDING_CODE
    return waits and rewards[each.reward_id].code_source == CodeSource.POOL


def _admit(issued: Sequence[Issued], rewards: Rewards) -> dict[UUID, UUID]:
    """Open those that the caps of their rewards have room for; the others stay `capped`."""
    admitted = limits.admit([each for each in issued if rewards[each.reward_id].capped])
    given = _open(admitted, rewards)
    REWARD_LOGS.update(
        ("id", "status", "coupon_code", "reward_expiry_at"),
        [(each.id, each.status, each.coupon_code, each.reward_expiry_at) for each in admitted],
    )
    return given


def _register_generated(issued: Iterable[Issued], rewards: Rewards, at: datetime) -> None:
    """Give the generated codes their rows; after a clash the log gets the code that was drawn again."""
    generated: dict[UUID | None, dict[UUID, Issued]] = {}
    for each in issued:
        source = rewards[each.reward_id].code_source
        if source == CodeSource.GENERATED and each.status == RewardLogStatus.ISSUED:
            generated.setdefault(each.reward_id, {})[each.id] = each
    for reward_id, logs in generated.items():
        drawn = {id_: each.coupon_code for id_, each in logs.items()}
        for id_, code in allocation.register(drawn, rewards[reward_id], at).items():
            if code != drawn[id_]:
                logs[id_].coupon_code = code
                RewardLog.objects.filter(id=id_).update(coupon_code=code)


def revoke_unsupported(
    member_id: UUID, challenge_id: UUID, period_key: str, value: int, target: int, at: datetime
) -> int:
    """Revoke what is not redeemed and what the value (in units) no longer supports; answers how many.

    For the reversal policy `revoke_unredeemed`, inside the reversal's transaction. A revoked reward is not
    paid again when the value recovers: its reward log stays. Locked before it is judged: a redemption under
    way either comes first, and is kept, or finds the reward revoked.
    """
    unredeemed = (
        RewardLog.objects.select_for_update(no_key=True, of=("self",))
        .filter(member=member_id, challenge=challenge_id, period_key=period_key)
        .filter(status__in=origins("revoke", Channel.POLICY))
        .order_by("id")
    )
    unsupported = Q(milestone__milestone_target_value__gt=amount(value))
    if value < target:
        unsupported |= Q(milestone=None)
    ids = {log.id for log in unredeemed}
    losing = set(RewardLog.objects.filter(unsupported, id__in=ids).values_list("id", flat=True))
    return RewardLog.objects.filter(id__in=losing).update(status=RewardLogStatus.REVOKED, updated_at=at)
