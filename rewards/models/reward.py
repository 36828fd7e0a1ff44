"""Rewards: what a milestone or a completion pays."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.choices import CodeSource
from core.dirty_tracking import DirtyFieldsModel
from core.ids import uuid7
from core.write_guard import GuardedModel, GuardedQuerySet


class RewardQuerySet(GuardedQuerySet["Reward"]):
    def unarchived(self) -> "RewardQuerySet":
        return self.filter(archived_at=None)

    def pools(self) -> "RewardQuerySet":
        return self.unarchived().filter(code_source=CodeSource.POOL)


class Reward(GuardedModel, DirtyFieldsModel):
    """Source, validity and limits of the coupon codes that a milestone or a completion pays.

    Edit it through `rewards.domain.reward_service`, which checks more than a form or a serializer can.
    """

    written_by = "rewards.domain.reward_service"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=256, help_text=_("For you and your colleagues."))
    description = models.CharField(_("description"), max_length=1024, blank=True, default="")
    code_source = models.CharField(
        _("code source"),
        max_length=9,
        choices=CodeSource,
        default=CodeSource.GENERATED,
        help_text=_(
            "Generated: a new random code each time; tell your shop of it. Shared: one code for everybody. "
            "Pool: codes you upload, each given once. External: your backend fills the code in. "
            "None: a badge or a thank-you without a code."
        ),
    )
    shared_code = models.CharField(_("shared code"), max_length=256, blank=True, default="")
    code_prefix = models.CharField(
        _("code prefix"),
        max_length=16,
        blank=True,
        default="",
        validators=[RegexValidator(r"^[A-Za-z0-9_-]*\Z", _("Letters, digits, - and _ only."))],
    )
    code_length = models.PositiveSmallIntegerField(
        _("random characters"),
        default=12,
        validators=[MinValueValidator(10), MaxValueValidator(32)],
        help_text=_("How many random characters follow the prefix, 10 to 32."),
    )
    valid_until = models.DateTimeField(
        _("valid until"), null=True, blank=True, help_text=_("No coupon of this reward works after this.")
    )
    valid_for_days = models.PositiveSmallIntegerField(
        _("valid for days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Days after issue, to the end of that day in the challenge's time zone."),
    )
    max_total = models.PositiveIntegerField(
        _("at most in total"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    max_per_member = models.PositiveIntegerField(
        _("at most per member"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    low_water_mark = models.PositiveIntegerField(
        _("low-water mark"),
        null=True,
        blank=True,
        help_text=_("Warn when fewer uploaded codes than this are left. Empty: when none is."),
    )
    # When the pool fell below its low-water mark, so that it is logged once (rewards.domain.pool_levels).
    low_since = models.DateTimeField(_("low since"), null=True, blank=True, editable=False)
    eud_reward_title = models.CharField(_("title"), max_length=48, blank=True, default="")
    eud_reward_instruction_message = models.CharField(
        _("instruction"), max_length=256, blank=True, default=""
    )
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    updated_at = models.DateTimeField(_("updated at"), editable=False)

    objects = RewardQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code_source__in=CodeSource.values), name="reward_code_source_known"
            ),
            models.CheckConstraint(
                condition=~Q(code_source=CodeSource.SHARED) | ~Q(shared_code=""),
                name="reward_shared_has_code",
                violation_error_message=_("A shared reward needs the code that everybody gets."),
            ),
            models.CheckConstraint(
                condition=Q(code_length__gte=10, code_length__lte=32), name="reward_code_length_range"
            ),
            models.CheckConstraint(
                condition=Q(valid_for_days=None) | Q(valid_for_days__gte=1), name="reward_valid_days_positive"
            ),
            models.CheckConstraint(
                condition=Q(max_total=None) | Q(max_total__gte=1), name="reward_max_total_positive"
            ),
            models.CheckConstraint(
                condition=Q(max_per_member=None) | Q(max_per_member__gte=1),
                name="reward_max_per_member_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name
