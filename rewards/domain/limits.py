"""Enforce the limits of a reward: how many there may be in total, and for one member.

A limit counts the reward's logs in all challenges and windows, without `capped` and `revoked` (docs/rules.md,
Caps). They are counted while the reward's row is locked, so that two transactions never both see the last
place free. Rewards without a limit are never locked.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from uuid import UUID

from django.db.models import Count

from rewards.models import Reward, RewardLog
from rewards.models.rows import Issued

MEMBERS_AT_ONCE = 1000


def group_by_reward(logs: Iterable[Issued]) -> dict[UUID, list[Issued]]:
    """Group reward logs by reward id, in the order of the ids; logs without a reward are left out."""
    groups: dict[UUID, list[Issued]] = {}
    for log in logs:
        if log.reward_id is not None:
            groups.setdefault(log.reward_id, []).append(log)
    return {reward_id: groups[reward_id] for reward_id in sorted(groups)}


def admit(stored: Sequence[Issued]) -> list[Issued]:
    """Return those of these logs, just stored as `capped`, that are within the limits of their rewards.

    First come, first served. Locks the rewards' rows until the transaction ends.
    """
    groups = group_by_reward(stored)
    if not groups:
        return []
    return [log for reward in _lock_rewards(groups) for log in _admit_to(reward, groups[reward.id])]


def count_admitted(reward: Reward, total: int, logs_by_member: Iterable[tuple[UUID, int]]) -> int:
    """Count how many of `total` reward logs would be within the limits of this reward, none being stored.

    `logs_by_member`: how many for each member, each member once; read in pieces, and only where the reward
    has a limit for each member. Locks nothing: for what is told beforehand.
    """
    admitted = total
    if reward.max_per_member is not None:
        admitted = _count_within_member_limit(reward, reward.max_per_member, logs_by_member)
    places_left = _places_left(reward)
    return admitted if places_left is None else min(admitted, places_left)


def _count_within_member_limit(reward: Reward, limit: int, logs_by_member: Iterable[tuple[UUID, int]]) -> int:
    admitted, pairs = 0, iter(logs_by_member)
    while counts := dict(islice(pairs, MEMBERS_AT_ONCE)):
        stored = _count_by_member(reward, set(counts))
        admitted += sum(max(0, min(count, limit - stored.get(id_, 0))) for id_, count in counts.items())
    return admitted


def _lock_rewards(reward_ids: Iterable[UUID]) -> list[Reward]:
    """Lock rewards in the order of their ids.

    Count in later statements than this one: each sees what was committed when it began.
    """
    rewards = Reward.objects.select_for_update(no_key=True, of=("self",))
    return list(rewards.filter(id__in=list(reward_ids)).order_by("id"))


def _admit_to(reward: Reward, logs: Sequence[Issued]) -> Iterable[Issued]:
    places_left = _places_left(reward)
    counts = _count_by_member(reward, {log.member_id for log in logs})
    for log in logs:
        if places_left == 0:
            return
        if reward.max_per_member is not None and counts.get(log.member_id, 0) >= reward.max_per_member:
            continue
        counts[log.member_id] = counts.get(log.member_id, 0) + 1
        places_left = None if places_left is None else places_left - 1
        yield log


def _places_left(reward: Reward) -> int | None:
    """Return what is left of `max_total`, 0 too if it was lowered below the count; None without a limit."""
    if reward.max_total is None:
        return None
    counted = RewardLog.objects.filter(reward=reward).counting_towards_limits().order_by()
    return reward.max_total - counted[: reward.max_total].count()


def _count_by_member(reward: Reward, member_ids: set[UUID]) -> dict[UUID, int]:
    if reward.max_per_member is None:
        return {}
    counted = RewardLog.objects.filter(reward=reward, member__in=member_ids).counting_towards_limits()
    return dict(counted.order_by().values_list("member").annotate(Count("id")))
