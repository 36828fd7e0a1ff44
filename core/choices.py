"""Statuses and enumerations that several apps share: values for the wire, labels for the admin."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RecordStatus(TextChoices):
    """Of a challenge and of a milestone."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")


class AggregationMethod(TextChoices):
    SUM = "sum", _("Sum of the activity values")
    COUNT = "count", _("Number of activities")


class AggregationPeriod(TextChoices):
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly (Monday to Sunday)")
    MONTHLY = "monthly", _("Monthly")


class MemberStatus(TextChoices):
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")


class ProgressStatus(TextChoices):
    """Never stored, but derived from the progress row and the time (docs/rules.md, Progress)."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")


class RewardLogStatus(TextChoices):
    """`expired` is never stored, but derived from the expiry (docs/rules.md, Statuses of a reward log)."""

    PENDING_CODE = "pending_code", _("Waiting for a code")
    ISSUED = "issued", _("Issued")
    REDEEMED = "redeemed", _("Redeemed")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")
    CAPPED = "capped", _("Not paid: a cap was reached")


class BatchLogStatus(TextChoices):
    """What became of one log of a batch; never stored."""

    CREATED = "created"
    REPLAYED = "replayed"
    REJECTED = "rejected"


class CountRunStatus(TextChoices):
    """Whether a run of counting anyway is over; never stored."""

    RUNNING = "running"
    DONE = "done"


class ReversalPolicy(TextChoices):
    """The effect of a reversal on rewards that the remaining value no longer reaches."""

    KEEP = "keep", _("Keep every reward")
    REVOKE_UNREDEEMED = "revoke_unredeemed", _("Revoke rewards not yet redeemed")


class CodeSource(TextChoices):
    GENERATED = "generated", _("Generated, unique")
    SHARED = "shared", _("One code for everybody")
    POOL = "pool", _("Uploaded codes, each given once")
    EXTERNAL = "external", _("Filled in by your backend")
    NONE = "none", _("No code")


class ReasonCode(TextChoices):
    """Why a stored challenge log does not count."""

    CHALLENGE_PAUSED = "challenge_paused", _("The challenge was paused")
    MEMBER_PAUSED = "member_paused", _("The member was paused")
    BEFORE_START = "before_start", _("Before the challenge's start")
    AFTER_END = "after_end", _("After the challenge's end")
    BEFORE_LIVE = "before_live", _("Its window had closed before the challenge went live")
    WINDOW_CLOSED = "window_closed", _("The window had closed")
    VALUE_MISSING = "value_missing", _("The activity came without a value")
    ORIGINAL_NOT_COUNTED = "original_not_counted", _("The reversed activity did not count")
    ORIGINAL_UNKNOWN = "original_unknown", _("It came before the reversed activity")
    NOTHING_LEFT = "nothing_left", _("Nothing was left to take back")
