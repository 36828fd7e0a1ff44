"""What has been paid, and to whom."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.choices import RewardLogStatus
from core.ids import uuid7

# What a cap of a reward does not count (docs/rules.md, Coupon codes).
UNCOUNTED = (RewardLogStatus.CAPPED, RewardLogStatus.REVOKED)


class RewardLogQuerySet(models.QuerySet["RewardLog"]):
    def waiting(self) -> "RewardLogQuerySet":
        """Those that have no code yet; by id the oldest comes first."""
        return self.filter(status=RewardLogStatus.PENDING_CODE)

    def counting_towards_caps(self) -> "RewardLogQuerySet":
        counted = set(RewardLogStatus) - {RewardLogStatus.EXPIRED, *UNCOUNTED}
        return self.filter(status__in=sorted(counted))

    def with_status(self, status: str, at: datetime) -> "RewardLogQuerySet":
        """Those that read `status` at this time: `expired` is an issued code whose time is over."""
        over = Q(reward_expiry_at__lte=at)
        match status:
            case RewardLogStatus.EXPIRED:
                return self.filter(over, status=RewardLogStatus.ISSUED)
            case RewardLogStatus.ISSUED:
                return self.filter(Q(reward_expiry_at=None) | ~over, status=RewardLogStatus.ISSUED)
        return self.filter(status=status)


class RewardLog(models.Model):
    """One reward given to one member for one milestone, or for the completion, of one window.

    Written by `rewards.domain` alone: `issuing`, `pending_codes` and `lifecycle`. `threshold_id` is the
    milestone's id, or the challenge's for a completion: one key for both makes one unique constraint, the one
    that pays exactly once. `reward_issued_at` is when the code that it carries was given; while it has none,
    when it was earned (docs/decisions).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey("members.Member", models.PROTECT, related_name="reward_logs", db_index=False)
    challenge = models.ForeignKey(
        "challenges.Challenge", models.PROTECT, related_name="reward_logs", db_index=False
    )
    milestone = models.ForeignKey(
        "milestones.Milestone", models.PROTECT, null=True, blank=True, related_name="reward_logs"
    )
    threshold_id = models.UUIDField(editable=False)
    period_key = models.CharField(_("window"), max_length=10)
    reward = models.ForeignKey(
        "rewards.Reward", models.PROTECT, null=True, blank=True, related_name="reward_logs", db_index=False
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

    objects = RewardLogQuerySet.as_manager()

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
            # The list of one challenge, newest first.
            models.Index(fields=["challenge", "reward_issued_at", "id"], name="reward_log_newest_of_chall"),
            # The list of one reward, what was asked for lately, and its caps, read from the index alone.
            models.Index(
                fields=["reward", "reward_issued_at", "id"],
                name="reward_log_newest_of_reward",
                include=["status"],
            ),
            # The waiting line of a pool, the oldest first, and whatever waits for the shop.
            models.Index(
                fields=["reward", "id"], name="reward_log_waiting", condition=Q(status="pending_code")
            ),
            # ?couponCode= and support's search.
            models.Index(fields=["coupon_code"], name="reward_log_by_code", condition=~Q(coupon_code="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "threshold_id", "period_key"], name="reward_log_paid_once"
            ),
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

    def status_at(self, at: datetime) -> RewardLogStatus:
        """Its status as everybody reads it: `expired` is derived from the time."""
        over = self.reward_expiry_at is not None and self.reward_expiry_at <= at
        if over and self.status == RewardLogStatus.ISSUED:
            return RewardLogStatus.EXPIRED
        return RewardLogStatus(self.status)
