"""Coupon codes: unique ones, free and given, and the codes that rewards share."""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class CouponCodeQuerySet(models.QuerySet["CouponCode"]):
    def unique(self) -> "CouponCodeQuerySet":
        """Leave out the codes that rewards share."""
        return self.filter(shared=False)

    def free_in(self, reward_id: UUID) -> "CouponCodeQuerySet":
        """Filter the codes of a pool that nobody has, oldest first."""
        return self.filter(reward=reward_id, reward_log=None).order_by("created_at", "id")


class CouponCode(models.Model):
    """A unique code, uploaded, generated or filled in; it is on one reward log at most. Or a shared one.

    A free code has no `reward_log`; a code that was given never becomes free again. A reward log whose code
    was replaced has several rows here; its present code is `RewardLog.coupon_code`. A code that a reward
    shares, or ever shared, has one row with `shared`, so that the unique key of `code` keeps it from becoming
    somebody's own (docs/rules.md, Sources).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reward = models.ForeignKey(
        "rewards.Reward", models.PROTECT, null=True, blank=True, related_name="coupon_codes", db_index=False
    )
    code = models.CharField(
        _("coupon code"),
        max_length=256,
        unique=True,
        error_messages={"unique": _("This code exists already.")},
    )
    reward_log = models.ForeignKey(
        "rewards.RewardLog", models.PROTECT, null=True, blank=True, related_name="coupon_codes"
    )
    # The default is the database's: set-wise SQL stores unique codes without naming this column.
    shared = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(_("created at"))

    objects = CouponCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon code")
        verbose_name_plural = _("coupon codes")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["reward", "id"], name="coupon_code_of_reward"),
            # Reserving the oldest free codes of a pool. With an index by id alone, PostgreSQL would walk the
            # primary key, past every code that was ever given.
            models.Index(
                fields=["reward", "created_at", "id"], name="coupon_code_free", condition=Q(reward_log=None)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="coupon_code_not_empty"),
            models.CheckConstraint(
                condition=Q(shared=False) | Q(reward=None, reward_log=None),
                name="coupon_code_shared_is_nobodys",
            ),
        ]

    def __str__(self) -> str:
        return self.code
