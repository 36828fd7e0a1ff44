"""What a milestone or a completion pays, and what has been paid."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from challenges_project.choices import CodeSource, RewardLogStatus
from challenges_project.ids import uuid7


class RewardQuerySet(models.QuerySet):
    def unarchived(self) -> "RewardQuerySet":
        return self.filter(archived_at=None)


class Reward(models.Model):
    """The catalogue entry: where coupon codes come from and how long they live."""

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
        help_text=_("Warn when fewer uploaded codes than this are left."),
    )
    eud_reward_title = models.CharField(_("title"), max_length=48, blank=True, default="")
    eud_reward_instruction_message = models.CharField(_("instruction"), max_length=256, blank=True, default="")
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
                violation_error_message=_("sharedCode: a shared reward needs the code that everybody gets."),
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


class RewardLog(models.Model):
    """One reward given to one member for one milestone, or for the completion, of one window.

    Written by `rewards.issuing` alone. `threshold_id` is the milestone's id, or the challenge's for a
    completion: one key for both makes one unique constraint, the one that pays exactly once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey("members.Member", models.PROTECT, related_name="reward_logs", db_index=False)
    challenge = models.ForeignKey("challenges.Challenge", models.PROTECT, related_name="reward_logs", db_index=False)
    milestone = models.ForeignKey(
        "milestones.Milestone", models.PROTECT, null=True, blank=True, related_name="reward_logs"
    )
    threshold_id = models.UUIDField(editable=False)
    period_key = models.CharField(_("window"), max_length=10)
    reward = models.ForeignKey(
        Reward, models.PROTECT, null=True, blank=True, related_name="reward_logs", db_index=False
    )
    status = models.CharField(_("status"), max_length=12, choices=RewardLogStatus)
    coupon_code = models.CharField(_("coupon code"), max_length=256, blank=True, default="")
    challenge_log = models.ForeignKey(
        "challenges.ChallengeLog",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reward_logs",
        help_text=_("The log that caused it; empty when an edit of the challenge did."),
    )
    reward_issued_at = models.DateTimeField(_("issued at"))
    reward_expiry_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    redeemed_at = models.DateTimeField(_("redeemed at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("reward log")
        verbose_name_plural = _("reward logs")
        ordering = ["-reward_issued_at", "-id"]
        indexes = [
            # The default order of the list.
            models.Index(fields=["reward_issued_at", "id"], name="reward_log_newest"),
            # A member's rewards, newest first.
            models.Index(fields=["member", "reward_issued_at", "id"], name="reward_log_of_member"),
            # The ledger of one challenge: dashboard, impact, rule_locked.
            models.Index(fields=["challenge", "period_key", "status"], name="reward_log_of_challenge"),
            # Caps, and the waiting line of a pool: oldest first.
            models.Index(fields=["reward", "status", "id"], name="reward_log_of_reward"),
            # ?couponCode= and support's search.
            models.Index(fields=["coupon_code"], name="reward_log_by_code", condition=~Q(coupon_code="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "threshold_id", "period_key"], name="reward_log_paid_once"),
            models.CheckConstraint(
                condition=Q(milestone=None, threshold_id=F("challenge_id"))
                | Q(milestone__isnull=False, threshold_id=F("milestone_id")),
                name="reward_log_threshold_is_milestone_or_challenge",
            ),
            # `expired` is derived, never stored.
            models.CheckConstraint(
                condition=Q(status__in=["pending_code", "issued", "redeemed", "revoked", "capped"]),
                name="reward_log_status_stored",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["pending_code", "capped"]) | Q(coupon_code=""),
                name="reward_log_no_code_before_issue",
            ),
            models.CheckConstraint(
                condition=Q(status="redeemed", redeemed_at__isnull=False)
                | (~Q(status="redeemed") & Q(redeemed_at=None)),
                name="reward_log_redeemed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_code or self.get_status_display()} ({self.period_key})"


class CouponCode(models.Model):
    """The one home of every unique code, uploaded, generated or filled in: a code is on one reward log at most.

    A code that is free has no `reward_log`; one that was given never becomes free again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reward = models.ForeignKey(
        Reward, models.PROTECT, null=True, blank=True, related_name="coupon_codes", db_index=False
    )
    code = models.CharField(
        _("coupon code"), max_length=256, unique=True, error_messages={"unique": _("This code exists already.")}
    )
    reward_log = models.ForeignKey(
        RewardLog, models.PROTECT, null=True, blank=True, related_name="coupon_codes"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("coupon code")
        verbose_name_plural = _("coupon codes")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["reward", "id"], name="coupon_code_of_reward"),
            # The claim: the oldest free code of a pool.
            models.Index(
                fields=["reward", "id"], name="coupon_code_free", condition=Q(reward_log=None)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="coupon_code_not_empty"),
        ]

    def __str__(self) -> str:
        return self.code
