"""Counting anyway all that a filter finds: the filter, and how far it is."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.choices import CountRunStatus
from core.ids import uuid7


class ManualCountRun(models.Model):
    """A run over the uncounted logs of a challenge that its filter finds, in the order of their activity.

    `processed` are those up to `last_activity_at` and `last_log_id`: each was counted or refused. `refusals`
    has the first of the refused ones. Why it was begun and by whom is in the audit log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    challenge = models.ForeignKey("challenges.Challenge", models.PROTECT, related_name="+", db_index=False)
    # The filter; what is empty finds everything. The member's key and not the shop's identifier, which an
    # erasure replaces.
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    reason_codes = models.JSONField(_("reasons"), default=list, blank=True)
    period_key = models.CharField(_("window"), max_length=10, blank=True, default="")
    activity_after = models.DateTimeField(_("activity from"), null=True, blank=True)
    activity_before = models.DateTimeField(_("activity before"), null=True, blank=True)
    unique_identifier = models.CharField(_("unique identifier"), max_length=256, blank=True, default="")

    found = models.PositiveIntegerField(_("found"), default=0)
    processed = models.PositiveIntegerField(_("processed"), default=0)
    counted = models.PositiveIntegerField(_("counted"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    reward_logs = models.PositiveIntegerField(_("rewards"), default=0)
    refusals = models.JSONField(default=list, blank=True)
    last_activity_at = models.DateTimeField(null=True, blank=True)
    last_log_id = models.UUIDField(null=True, blank=True)
    staff_action = models.ForeignKey(
        "access.StaffAction", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(_("started at"))
    moved_at = models.DateTimeField(_("moved at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("run of counting anyway")
        verbose_name_plural = _("runs of counting anyway")
        ordering = ["-id"]
        indexes = [
            # The newest runs of a challenge.
            models.Index(fields=["challenge", "id"], name="manual_count_run_of_challenge"),
            # What a server has to go on with.
            models.Index(
                fields=["moved_at"], name="manual_count_run_unfinished", condition=Q(finished_at=None)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(processed=F("counted") + F("refused")), name="manual_count_run_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(last_activity_at=None, last_log_id=None, processed=0)
                | Q(last_activity_at__isnull=False, last_log_id__isnull=False, processed__gt=0),
                name="manual_count_run_knows_its_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.processed} of {self.found}"

    @property
    def status(self) -> CountRunStatus:
        return CountRunStatus.RUNNING if self.finished_at is None else CountRunStatus.DONE

    @property
    def percentage(self) -> int:
        """How much of it is done, rounded down: 100 only when it is finished."""
        if self.finished_at is not None:
            return 100
        return min(99, self.processed * 100 // self.found) if self.found else 0
