"""Taking kept activities into a challenge that went live: which ones, and how far it is."""

from django.db import models
from django.db.models import Q

from core.ids import uuid7


class KeptActivityRun(models.Model):
    """A run over the kept activities that a challenge takes by going live, in the order of activity.

    It takes those of `activity_ids` from `activity_from` on that were received by `received_until`. Those up
    to `last_activity_at` and `last_activity_id` are done. `taken` and `refused` count reversals, too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    challenge = models.ForeignKey("challenges.Challenge", models.CASCADE, related_name="+")
    activity_ids = models.JSONField(default=list)
    activity_from = models.DateTimeField()
    received_until = models.DateTimeField()
    taken = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    last_activity_at = models.DateTimeField(null=True)
    last_activity_id = models.UUIDField(null=True)
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "run over kept activities"
        verbose_name_plural = "runs over kept activities"
        ordering = ["-id"]
        indexes = [
            # What a server has to go on with.
            models.Index(
                fields=["moved_at"], name="kept_activity_run_unfinished", condition=Q(finished_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taken} taken"
