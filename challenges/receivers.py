"""Connect signals: count saved logs, invalidate caches after an edit, remove icons of deleted records."""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from challenges.caches import config
from challenges.engine import orm_entry, progress
from challenges.models import Challenge, ChallengeLog
from challenges.signals import challenge_logs_saved
from core.icons import storage
from core.identifiers import check_identifier
from milestones.models import Milestone
from rewards.models import Reward

challenge_logs_saved.connect(progress.on_logs_saved, dispatch_uid="challenges.engine.progress")


@receiver(pre_save, sender=ChallengeLog, dispatch_uid="challenges.judge_log")
def judge_log(instance: ChallengeLog, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        check_identifier(instance.unique_identifier, "unique_identifier")
        orm_entry.judge_unsaved_log(instance)


@receiver(post_save, sender=ChallengeLog, dispatch_uid="challenges.log_saved")
def send_log_saved(instance: ChallengeLog, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        orm_entry.count_saved_log(instance)


@receiver([post_save, post_delete], sender=Challenge, dispatch_uid="challenges.challenge_edited")
@receiver([post_save, post_delete], sender=Milestone, dispatch_uid="challenges.milestone_edited")
@receiver([post_save, post_delete], sender=Reward, dispatch_uid="challenges.reward_edited")
def invalidate_config(**kwargs: Any) -> None:
    config.invalidate()


@receiver(post_delete, sender=Challenge, dispatch_uid="challenges.challenge_deleted")
@receiver(post_delete, sender=Milestone, dispatch_uid="challenges.milestone_deleted")
def remove_icons(instance: Challenge | Milestone, **kwargs: Any) -> None:
    storage.remove_icons(instance)
