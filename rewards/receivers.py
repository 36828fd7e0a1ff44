"""Signal receivers of rewards."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from rewards.domain import reward_service
from rewards.models import Reward


@receiver(post_save, sender=Reward, dispatch_uid="rewards.reward_edited")
def apply_reward_edit(instance: Reward, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Apply an edit of a reward after its transaction; new rewards and fixtures have nothing to apply."""
    reward_id = instance.id  # read now: deleting the reward in the same transaction clears it
    if not raw and not created:
        # A lambda, not a partial: when it fails, Django logs its `__qualname__`, which a partial lacks.
        transaction.on_commit(lambda: reward_service.apply_edit(reward_id), robust=True)
