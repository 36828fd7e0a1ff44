"""The reward that a body names."""

from uuid import UUID

from core.errors import DomainError
from rewards.models import Reward


def reward_named(reward_id: UUID | None, field: str) -> Reward | None:
    """Raises `DomainError` for one that is unknown or archived."""
    if reward_id is None:
        return None
    reward = Reward.objects.unarchived().filter(id=reward_id).first()
    if reward is None:
        raise DomainError("unknown_reward", "No such reward; take an id from its list, or null.", field)
    return reward
