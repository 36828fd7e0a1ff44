"""Doorbells of this room."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from rewards import catalogue
from rewards.models import Reward


@receiver(post_save, sender=Reward, dispatch_uid="rewards.reward_edited")
def settle_reward(instance: Reward, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if not raw and not created:
        transaction.on_commit(partial(catalogue.settle, instance.id), robust=True)
