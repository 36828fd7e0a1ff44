"""What a saved log sets off: sum the month's logs, keep the progress, pay what is reached."""

import secrets
from typing import Any

from django.db.models import Sum
from django.db.models.signals import post_save
from django.dispatch import receiver

from benchmarks.usual_way.models import ChallengeLog, ChallengeProgress, RewardLog


@receiver(post_save, sender=ChallengeLog)
def update_progress(instance: ChallengeLog, created: bool, **kwargs: Any) -> None:
    if not created:
        return
    month = instance.activity_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    own = {"challenge": instance.challenge, "owned_by_id": instance.owned_by_id}
    logs = ChallengeLog.objects.filter(**own, activity_at__gte=month)
    total = logs.aggregate(total=Sum("activity_value"))["total"]
    progress, _created = ChallengeProgress.objects.update_or_create(
        **own, period_key=f"{month:%Y-%m}", defaults={"current_progress_value": total}
    )
    pay(instance, progress)


def pay(log: ChallengeLog, progress: ChallengeProgress) -> None:
    total, challenge = progress.current_progress_value, log.challenge
    key = {"challenge": challenge, "owned_by_id": log.owned_by_id, "period_key": progress.period_key}
    for milestone in challenge.milestones.filter(milestone_target_value__lte=total):
        give(milestone=milestone, **key)
    if progress.challenge_completed_at is None and total >= challenge.completion_target_value:
        progress.challenge_completed_at = log.activity_at
        progress.save()
        give(milestone=None, **key)


def give(**key: Any) -> None:
    RewardLog.objects.get_or_create(**key, defaults={"coupon_code": secrets.token_hex(8)})
