"""The rules of a challenge and the texts that its members see."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.amounts import AmountField, amount_range_check
from core.choices import AggregationMethod, AggregationPeriod, RecordStatus, ReversalPolicy
from core.dirty_tracking import DirtyFieldsModel
from core.ids import uuid7
from core.periods import Window, checked_zone, window_containing
from core.write_guard import GuardedModel, GuardedQuerySet

DEFAULT_LATE_GRACE_HOURS = 72


def default_time_zone() -> str:
    """Return the setting `TIME_ZONE`, which a new challenge copies (docs/rules.md, Periods and windows)."""
    return settings.TIME_ZONE


class ChallengeQuerySet(GuardedQuerySet):
    def unarchived(self) -> "ChallengeQuerySet":
        return self.filter(archived_at=None)

    def live(self) -> "ChallengeQuerySet":
        return self.unarchived().filter(status=RecordStatus.LIVE)


class Challenge(GuardedModel, DirtyFieldsModel):
    """Rules that recur in calendar windows of `time_zone`, and the end-user display (EUD) texts.

    Edit it through `challenges.editing.service` only, which pays what an edit makes due.
    """

    written_by = "challenges.editing.service"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=256, help_text=_("For you and your colleagues."))
    description = models.CharField(
        _("description"), max_length=1024, help_text=_("What this challenge is for.")
    )
    status = models.CharField(_("status"), max_length=6, choices=RecordStatus, default=RecordStatus.DRAFT)
    completion_target_value = AmountField(
        _("completion target"), help_text=_("The total a member must reach within one window.")
    )
    aggregation_method = models.CharField(
        _("aggregation method"),
        max_length=5,
        choices=AggregationMethod,
        default=AggregationMethod.SUM,
        help_text=_("Sum adds the value of each activity; count counts the activities."),
    )
    aggregation_period = models.CharField(
        _("aggregation period"),
        max_length=7,
        choices=AggregationPeriod,
        default=AggregationPeriod.DAILY,
        help_text=_("Progress starts again with each day, ISO week (Monday) or month."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default=default_time_zone,
        help_text=_("The zone whose midnight begins a window, such as Europe/Berlin."),
    )
    starts_at = models.DateTimeField(
        _("starts at"),
        null=True,
        blank=True,
        help_text=_("Activity before this does not count. Empty: no limit."),
    )
    ends_at = models.DateTimeField(
        _("ends at"),
        null=True,
        blank=True,
        help_text=_("Activity from then on does not count. Empty: no limit."),
    )
    activity_ids = models.JSONField(
        _("activities"),
        default=list,
        blank=True,
        help_text=_("Which activities sent for all challenges count here, such as purchase."),
    )
    display_order = models.IntegerField(_("display order"), default=0, help_text=_("Lowest first."))
    late_grace_hours = models.PositiveSmallIntegerField(
        _("late grace in hours"),
        default=DEFAULT_LATE_GRACE_HOURS,
        validators=[MaxValueValidator(1440)],
        help_text=_("How long after a window closed its activity may still arrive."),
    )
    reversal_policy = models.CharField(
        _("reversal policy"),
        max_length=17,
        choices=ReversalPolicy,
        default=ReversalPolicy.KEEP,
        help_text=_("What happens to rewards when activity is taken back."),
    )
    completion_reward = models.ForeignKey(
        "rewards.Reward",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="completed_challenges",
        verbose_name=_("completion reward"),
        help_text=_("Empty: a generated code."),
    )

    eud_title = models.CharField(_("title"), max_length=48, blank=True, default="")
    eud_description = models.CharField(_("description shown"), max_length=1024, blank=True, default="")
    eud_icon = models.FileField(_("icon"), blank=True, default="", upload_to="icons", max_length=128)
    eud_in_progress_label = models.CharField(
        _("label while in progress"), max_length=32, blank=True, default=""
    )
    eud_completed_label = models.CharField(_("label when completed"), max_length=32, blank=True, default="")
    eud_not_started_label = models.CharField(
        _("label before any activity"), max_length=32, blank=True, default=""
    )
    eud_failed_label = models.CharField(_("label when failed"), max_length=32, blank=True, default="")
    eud_view_details_button_text = models.CharField(
        _("details button"), max_length=32, blank=True, default=""
    )
    eud_completed_challenge_message = models.CharField(
        _("message when completed"), max_length=256, blank=True, default=""
    )
    eud_failed_challenge_message = models.CharField(
        _("message when failed"), max_length=256, blank=True, default=""
    )
    eud_milestone_next_to_be_achieved_message = models.CharField(
        _("message towards the next milestone"), max_length=256, blank=True, default=""
    )

    version = models.PositiveIntegerField(default=1, editable=False)
    # The time of an edit whose backfill is pending; empty once everybody is paid (engine/backfill.py).
    settling_since = models.DateTimeField(null=True, blank=True, editable=False)
    # When that backfill last stored something; says nothing once it is over.
    settling_moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Windows that closed until then were judged by 0.1: their rows' own targets hold (docs/rules.md, Windows
    # of 0.1). Empty for a challenge that was made later.
    historical_until = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    updated_at = models.DateTimeField(_("updated at"), editable=False)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        ordering = ["display_order", "-id"]
        indexes = [
            # The default order of lists.
            models.Index(fields=["display_order", "-id"], name="challenge_display_order"),
        ]
        constraints = [
            amount_range_check("completion_target_value", "challenge_target_positive", minimum="0.0001"),
            models.CheckConstraint(
                condition=Q(status__in=RecordStatus.values), name="challenge_status_known"
            ),
            models.CheckConstraint(
                condition=Q(aggregation_method__in=AggregationMethod.values), name="challenge_method_known"
            ),
            models.CheckConstraint(
                condition=Q(aggregation_period__in=AggregationPeriod.values), name="challenge_period_known"
            ),
            models.CheckConstraint(
                condition=Q(reversal_policy__in=ReversalPolicy.values), name="challenge_reversal_policy_known"
            ),
            models.CheckConstraint(
                condition=Q(late_grace_hours__lte=1440), name="challenge_late_grace_at_most_60_days"
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(starts_at__lt=F("ends_at")),
                name="challenge_starts_before_it_ends",
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check the dates as the constraint does, with an error for a field that forms show."""
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            message = _("The end must be after the start.")
            raise ValidationError({"ends_at": ValidationError(message, "ends_before_start")})

    @property
    def pending_backfill(self) -> bool:
        """Whether the last edit has not yet paid everybody whom it pays."""
        return self.settling_since is not None

    def window_at(self, moment: datetime) -> Window:
        """Return the calendar window that contains `moment`; once the challenge has ended, its last one.

        `Rules.of_window` tells when it closes (docs/rules.md, Periods and windows).
        """
        if self.ends_at is not None:
            moment = min(moment, self.ends_at - datetime.resolution)
        return window_containing(self.aggregation_period, moment, checked_zone(self.time_zone))
