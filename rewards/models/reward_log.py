"""Rewards given to members."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.amounts import AmountField
from core.choices import RewardLogStatus
from core.ids import uuid7
from core.sql.covering_index import CoveringIndex


class RewardLogQuerySet(models.QuerySet["RewardLog"]):
    def waiting(self) -> "RewardLogQuerySet":
        """Filter the logs that have no code yet."""
        return self.filter(status=RewardLogStatus.PENDING_CODE)

    def counting_towards_limits(self) -> "RewardLogQuerySet":
        """Filter the logs that take a place under the limits: all but `capped` and what people revoked."""
        uncounted = {RewardLogStatus.EXPIRED, RewardLogStatus.CAPPED, RewardLogStatus.REVOKED}
        counted = sorted(set(RewardLogStatus) - uncounted)
        return self.filter(Q(status__in=counted) | Q(status=RewardLogStatus.REVOKED, revoked_from__gt=""))

    def with_status(self, status: str, at: datetime) -> "RewardLogQuerySet":
        """Filter by the status at this time: `expired` is `issued` past its expiry."""
        expired = Q(reward_expiry_at__lte=at)
        match status:
            case RewardLogStatus.EXPIRED:
                return self.filter(expired, status=RewardLogStatus.ISSUED)
            case RewardLogStatus.ISSUED:
                return self.filter(Q(reward_expiry_at=None) | ~expired, status=RewardLogStatus.ISSUED)
        return self.filter(status=status)


class RewardLog(models.Model):
    """A reward given to a member for a milestone, or for the completion, in one window.

    Written only by `issuing`, `pending_codes` and `lifecycle` in `rewards.domain`. `threshold_id` is the
    milestone's id, or the challenge's for a completion, so that one unique constraint covers both and each
    threshold pays once. `reward_issued_at` is when its present code was given; without a code, when the
    reward was earned (docs/rules.md, Validity).
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
    # The target at which it was paid, which an edit may move afterwards; empty while 0.1's are filled in.
    achieved_target_value = AmountField(_("achieved at"), null=True, blank=True, editable=False)
    # What it was before the reversal policy revoked it; empty when it is not revoked, or by a person.
    revoked_from = models.CharField(
        _("revoked from"), max_length=12, blank=True, default="", db_default="", editable=False
    )
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
            # Counts by challenge: dashboard, statistics, whether its rules are locked.
            models.Index(fields=["challenge", "period_key", "status"], name="reward_log_of_challenge"),
            # The list of one challenge, newest first.
            models.Index(fields=["challenge", "reward_issued_at", "id"], name="reward_log_newest_of_chall"),
            # The list of one reward; its recent logs and its limits, which are counted in the index alone.
            CoveringIndex(
                fields=["reward", "reward_issued_at", "id"],
                name="reward_log_of_reward_newest",
                covering=("status", "revoked_from"),
            ),
            # The logs that wait for a code of a pool or an external reward, oldest first.
            models.Index(
                fields=["reward", "id"], name="reward_log_waiting", condition=Q(status="pending_code")
            ),
            # The API's filter `couponCode` and support's search.
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
                condition=Q(revoked_from="")
                | Q(status="revoked", revoked_from__in=["issued", "pending_code"]),
                name="reward_log_revoked_from_something",
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
        """Return the status at this time: `expired` is derived, never stored."""
        expired = self.reward_expiry_at is not None and self.reward_expiry_at <= at
        if expired and self.status == RewardLogStatus.ISSUED:
            return RewardLogStatus.EXPIRED
        return RewardLogStatus(self.status)
