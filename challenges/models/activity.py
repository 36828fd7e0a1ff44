"""Store activities that were sent for every challenge that names them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.amounts import AmountField
from core.ids import uuid7


class ActivityManager(models.Manager["Activity"]):
    def get_queryset(self) -> models.QuerySet["Activity"]:
        return super().get_queryset().exclude(activity_id="")


class Activity(models.Model):
    """An activity and the challenges that took it: a replay returns these, also after new ones went live.

    A placeholder keeps the identifier of one that has not come yet and that a reversal names: it has no
    content, and an empty `activity_id`; `objects` leaves it out.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey("members.Member", models.PROTECT, related_name="activities", db_index=False)
    unique_identifier = models.CharField(_("unique identifier"), max_length=256)
    activity_at = models.DateTimeField(_("activity at"))
    activity_id = models.CharField(_("activity"), max_length=256)
    activity_value = AmountField(_("value"), null=True, blank=True)
    reversal_of = models.CharField(_("reversal of"), max_length=256, blank=True, default="")
    challenge_ids = models.JSONField(default=list)
    created_at = models.DateTimeField(_("created at"))

    objects = ActivityManager()
    with_placeholders: models.Manager["Activity"] = models.Manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-id"]
        indexes = [
            # The reversals of an activity that comes after them.
            models.Index(
                fields=["member", "reversal_of"],
                name="activity_reversals",
                condition=~Q(reversal_of=""),
            ),
            # What a challenge takes that goes live (`challenges.engine.kept_activities`); reversals come with
            # the activities that they name.
            models.Index(
                fields=["activity_id", "activity_at", "id"],
                name="activity_to_take",
                condition=Q(reversal_of=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "unique_identifier"], name="activity_counts_once"),
        ]

    def __str__(self) -> str:
        return self.unique_identifier
