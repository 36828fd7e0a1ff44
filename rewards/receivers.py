"""Doorbells of this room."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from rewards.domain import reward_service
from rewards.models import Reward


@receiver(post_save, sender=Reward, dispatch_uid="rewards.reward_edited")
def settle_reward(instance: Reward, created: bool, raw: bool = False, **kwargs: Any) -> None:
    reward_id = instance.id  # a deletion in the same transaction would take it from the instance
    if not raw and not created:
        # A function of its own name: Django names it in the log when it fails, which a partial has not.
        transaction.on_commit(lambda: reward_service.apply_edit(reward_id), robust=True)
