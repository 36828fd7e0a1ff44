"""The running state of one member in one challenge and window."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.amounts import AmountField, amount_range_check
from core.ids import uuid7


class ChallengeProgress(models.Model):
    """The progress of one member in one window; written by `challenges.engine` and `maintenance.repair` only.

    Its target and the time when its window closes (`window_ends_at`) are caches of `Rules.of_window`, so that
    lists can filter by them; a completed row keeps a target that was raised later (docs/rules.md, Progress).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey("members.Member", models.PROTECT, related_name="progress", db_index=False)
    challenge = models.ForeignKey(
        "challenges.Challenge", models.PROTECT, related_name="progress", db_index=False
    )
    period_key = models.CharField(_("window"), max_length=10)
    window_starts_at = models.DateTimeField(_("window starts at"))
    window_ends_at = models.DateTimeField(_("window closes at"))
    current_progress_value = AmountField(_("value"))
    completion_target_value = AmountField(_("target"))
    challenge_started_at = models.DateTimeField(_("started at"))
    challenge_completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"))
    # Whether the reversal policy revoked a reward of it, which is given back when the value supports it.
    has_revoked_rewards = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("challenge progress")
        verbose_name_plural = _("challenge progress")
        ordering = ["-updated_at", "-id"]
        indexes = [
            # sortBy=currentProgressValue within one challenge; the rows past a threshold that an edit pays.
            models.Index(
                fields=["challenge", "period_key", "current_progress_value", "id"],
                name="progress_of_challenge",
            ),
            models.Index(fields=["challenge", "current_progress_value", "id"], name="progress_by_value"),
            # The default order, newest first.
            models.Index(fields=["updated_at", "id"], name="progress_newest"),
            # ?periodKey=, newest first.
            models.Index(fields=["period_key", "updated_at", "id"], name="progress_of_window"),
            # ?challengeProgressStatus=in_progress: open windows, however few of all they are.
            models.Index(
                fields=["window_ends_at"],
                name="progress_unfinished",
                condition=Q(challenge_completed_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "challenge", "period_key"], name="progress_one_per_window"
            ),
            amount_range_check("current_progress_value", "progress_value_range", minimum=0),
            amount_range_check("completion_target_value", "progress_target_positive", minimum="0.0001"),
        ]

    def __str__(self) -> str:
        return f"{self.current_progress_value} / {self.completion_target_value} ({self.period_key})"
