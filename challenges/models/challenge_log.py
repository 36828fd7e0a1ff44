"""One activity of one member for one challenge."""

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.amounts import AmountField
from core.choices import ReasonCode
from core.ids import uuid7

# The reason code of a row that keeps an identifier for a log that has not come yet: it has no content.
PLACEHOLDER = "placeholder"


class ChallengeLogManager(models.Manager["ChallengeLog"]):
    def get_queryset(self) -> models.QuerySet["ChallengeLog"]:
        return super().get_queryset().exclude(reason_code=PLACEHOLDER)


class ChallengeLog(models.Model):
    """One activity with its verdict. Append-only: saving it again raises `TypeError`.

    `counted_value` is the change of its window's value: 0 or less for a reversal, 0 when it did not count.
    `counts_anyway` names the log for which the engine made this one: what did not count when it came, and
    acts later (docs/rules.md, What acts later). `period_key` is empty for a reversal whose original is
    unknown; then a placeholder keeps the original's identifier, which `objects` leaves out.
    Saving a new log decides whether it counts, and counts it, as if it had come by the API.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="challenge_logs", db_index=False
    )
    challenge = models.ForeignKey(
        "challenges.Challenge", models.PROTECT, related_name="challenge_logs", db_index=False
    )
    unique_identifier = models.CharField(
        _("unique identifier"), max_length=256, help_text=_("The shop's own key, such as an order number.")
    )
    activity_at = models.DateTimeField(_("activity at"))
    activity_id = models.CharField(
        _("activity"), max_length=256, help_text=_("What was done, such as purchase.")
    )
    activity_value = AmountField(_("value"), null=True, blank=True)
    reversal_of = models.CharField(
        _("reversal of"),
        max_length=256,
        blank=True,
        default="",
        help_text=_("The unique identifier of the log that this one takes back."),
    )
    counts_anyway = models.CharField(
        _("counts anyway"), max_length=256, blank=True, default="", editable=False
    )
    period_key = models.CharField(_("window"), max_length=10, editable=False)
    counted = models.BooleanField(_("counted"), editable=False)
    reason_code = models.CharField(
        _("reason"), max_length=20, choices=ReasonCode, blank=True, default="", editable=False
    )
    counted_value = AmountField(_("counted value"), editable=False)
    # The number of the rule version in force at the verdict; empty for logs of 0.1.
    rule_version = models.PositiveIntegerField(_("rule version"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    # The early reversals that act on a log which is being saved, each with what it takes back, in units.
    acting: Sequence[Any] = ()

    objects = ChallengeLogManager()
    with_placeholders: models.Manager["ChallengeLog"] = models.Manager()

    class Meta:
        verbose_name = _("challenge log")
        verbose_name_plural = _("challenge logs")
        ordering = ["-id"]
        indexes = [
            # A member's own list and support's timeline.
            models.Index(fields=["member", "activity_at", "id"], name="challenge_log_of_member"),
            # ?periodKey=, newest first.
            models.Index(fields=["period_key", "id"], name="challenge_log_of_window"),
            # ?counted=false: few, and what support looks for.
            models.Index(fields=["id"], name="challenge_log_not_counted", condition=Q(counted=False)),
            # What did not count in one challenge, in the order in which it is counted anyway.
            models.Index(
                fields=["challenge", "activity_at", "id"],
                name="challenge_log_to_count_anyway",
                condition=Q(counted=False),
            ),
            # One challenge's list, logs per day, rebuilding.
            models.Index(fields=["challenge", "activity_at", "id"], name="challenge_log_of_challenge"),
            # sortBy=activityAt over everything.
            models.Index(fields=["activity_at", "id"], name="challenge_log_by_activity"),
            # ?uniqueIdentifier= and support's search by order number.
            models.Index(fields=["unique_identifier"], name="challenge_log_by_identifier"),
            # Early reversals whose originals do not come.
            models.Index(
                fields=["created_at"],
                name="challenge_log_placeholders",
                condition=Q(reason_code=PLACEHOLDER),
            ),
            # What has been taken back of one log.
            models.Index(
                fields=["member", "challenge", "reversal_of"],
                name="challenge_log_reversals",
                condition=~Q(reversal_of=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "challenge", "unique_identifier"], name="challenge_log_counts_once"
            ),
            # A log is counted anyway at most once, also when two of the staff do so at the same time.
            models.UniqueConstraint(
                fields=["member", "challenge", "counts_anyway"],
                name="challenge_log_counted_anyway_once",
                condition=~Q(counts_anyway=""),
            ),
            models.CheckConstraint(condition=~Q(unique_identifier=""), name="challenge_log_has_identifier"),
            models.CheckConstraint(
                condition=Q(counted=True, reason_code="")
                | (Q(counted=False, counted_value=0) & ~Q(reason_code="")),
                name="challenge_log_counted_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(reversal_of="", counted_value__gte=0)
                | (~Q(reversal_of="") & Q(counted_value__lte=0)),
                name="challenge_log_only_reversals_take_back",
            ),
        ]

    def __str__(self) -> str:
        return self.unique_identifier

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new log with its verdict and count it, all or nothing (docs/rules.md, One activity log).

        Raises `DomainError` where the API would refuse it, `TypeError` for a log that is stored already.
        """
        if not self._state.adding:
            raise TypeError("A challenge log is append-only: take it back with a reversal.")
        # Django sends post_save after its own atomic block: without this one, a failing receiver would leave
        # the row stored.
        with transaction.atomic():
            super().save(*args, **kwargs)
