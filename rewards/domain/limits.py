"""How many of a reward there may be: in total, and for one member.

A cap counts the reward's logs in all its challenges and windows, without `capped` and `revoked`. They are
counted under the lock of the reward's row, so that two transactions never both see the last place. Rewards
without a cap are never locked.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Count

from rewards.models import Reward, RewardLog
from rewards.models.rows import Issued


def by_reward(logs: Iterable[Issued]) -> dict[UUID, list[Issued]]:
    """The logs of each reward, rewards by key."""
    grouped: dict[UUID, list[Issued]] = {}
    for each in logs:
        if each.reward_id is not None:
            grouped.setdefault(each.reward_id, []).append(each)
    return {reward_id: grouped[reward_id] for reward_id in sorted(grouped)}


def admit(stored: Sequence[Issued]) -> list[Issued]:
    """Those of these logs, just stored as `capped`, that their rewards have room for.

    First come, first served. Holds the rewards' rows until the transaction ends.
    """
    grouped = by_reward(stored)
    if not grouped:
        return []
    return [each for reward in _locked(grouped) for each in _within(reward, grouped[reward.id])]


def _locked(reward_ids: Iterable[UUID]) -> list[Reward]:
    """By key. Counted in later statements than this one: each sees what was committed when it began."""
    rewards = Reward.objects.select_for_update(no_key=True, of=("self",))
    return list(rewards.filter(id__in=list(reward_ids)).order_by("id"))


def _within(reward: Reward, logs: Sequence[Issued]) -> Iterable[Issued]:
    room = _room(reward)
    had = _had_by_member(reward, {each.member_id for each in logs})
    for each in logs:
        if room == 0:
            return
        if reward.max_per_member is not None and had.get(each.member_id, 0) >= reward.max_per_member:
            continue
        had[each.member_id] = had.get(each.member_id, 0) + 1
        room = None if room is None else room - 1
        yield each


def _room(reward: Reward) -> int | None:
    """How many are left of `max_total`; None: without limit. A cap that was lowered leaves 0."""
    if reward.max_total is None:
        return None
    counted = RewardLog.objects.filter(reward=reward).counting_towards_caps().order_by()
    return reward.max_total - counted[: reward.max_total].count()


def _had_by_member(reward: Reward, member_ids: set[UUID]) -> dict[UUID, int]:
    if reward.max_per_member is None:
        return {}
    counted = RewardLog.objects.filter(reward=reward, member__in=member_ids).counting_towards_caps()
    return dict(counted.order_by().values_list("member").annotate(Count("id")))
