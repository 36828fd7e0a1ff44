"""Decide whether one activity is refused, stored or counted. Pure: no database, no clock.

The checks run in the order of the tables in docs/rules.md, One activity log and Reversals.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from challenges.models.window_rules import Rules, WindowRules
from core.amounts import SCALE
from core.choices import ReasonCode, RecordStatus
from core.errors import DomainError
from core.periods import window_containing

AHEAD_AT_MOST = timedelta(minutes=5)
OLD_AT_MOST = timedelta(days=60)


@dataclass(slots=True)
class Entry:
    """One well-formed activity as the customer reported it, without a verdict. `activity_value` in units."""

    challenge_id: UUID
    external_id: str
    activity_at: datetime
    activity_id: str
    unique_identifier: str
    activity_value: int | None = None
    reversal_of: str = ""
    profile: dict | None = None

    @property
    def content(self) -> tuple:
        """The fields that a replay must repeat, in the order of `replays.CONTENT_FIELDS`."""
        return self.activity_at, self.activity_id, self.activity_value, self.reversal_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """The window of a log that is to be stored, and by how much it changes the window's value, in units.

    `reason_code`: why it does not count; empty when it counts. `rule_version`: the number of the version in
    force. `judged`: None for a reversal, for which the key is enough, as the progress row that it changes
    exists.
    """

    period_key: str
    reason_code: str
    counted_value: int
    rule_version: int
    judged: WindowRules | None = None

    @property
    def counted(self) -> bool:
        return not self.reason_code


def check_times(activity_at: datetime, at: datetime) -> None:
    """Raise `DomainError` for a time more than 5 minutes ahead or more than 60 days back."""
    if activity_at > at + AHEAD_AT_MOST:
        raise DomainError(
            "activity_in_future", "activityAt lies more than 5 minutes ahead; check the clock.", "activity_at"
        )
    if activity_at < at - OLD_AT_MOST:
        raise DomainError(
            "activity_too_old", "activityAt is more than 60 days ago; it can't be sent.", "activity_at"
        )


def check_challenge(rules: Rules | None) -> Rules:
    """Return the rules; raise `DomainError` for a challenge that is unknown, archived or a draft."""
    if rules is None or rules.archived:
        raise DomainError("unknown_challenge", "No such challenge; take an id from its list.", "challenge")
    if rules.status == RecordStatus.DRAFT:
        raise DomainError(
            "challenge_not_live", "The challenge is a draft; set it live first.", "challenge", "conflict"
        )
    return rules


def judge_activity(entry: Entry, rules: Rules | None, member_paused: bool, at: datetime) -> Verdict:
    """Return the verdict on an activity that is no reversal. Raises `DomainError` for a refusal.

    `rules`: None for an unknown challenge. `at`: the moment of receipt.
    """
    check_times(entry.activity_at, at)
    rules = check_challenge(rules)
    window = window_containing(rules.period, entry.activity_at, rules.zone)
    window_rules = rules.of_window(window)
    value = counted_value(entry.activity_value, window_rules)
    reason = uncounted_reason(entry.activity_at, rules, window_rules, member_paused, at)
    return Verdict(window.period_key, reason, 0 if reason else value, rules.number_at(at), window_rules)


def counted_value(activity_value: int | None, window_rules: WindowRules) -> int:
    """Return what an activity adds, in units: its value, or one with the method `count`.

    Raises `DomainError` for a negative value and, with the method `sum`, for one that is missing.
    """
    if activity_value is not None and activity_value < 0:
        raise DomainError(
            "negative_value",
            "The value can't be negative; take an activity back with a reversal.",
            "activity_value",
        )
    if window_rules.version.rules.counting:
        return SCALE
    if activity_value is None:
        raise DomainError("required", "A sum challenge needs the activity's value.", "activity_value")
    return activity_value


def uncounted_reason(
    activity_at: datetime, rules: Rules, window_rules: WindowRules, member_paused: bool, at: datetime
) -> str:
    """Return why a log is stored and does not count, the first reason that applies; empty when it counts."""
    starts_at = window_rules.version.rules.starts_at
    if rules.status == RecordStatus.PAUSED:
        return ReasonCode.CHALLENGE_PAUSED.value
    if member_paused:
        return ReasonCode.MEMBER_PAUSED.value
    if starts_at is not None and activity_at < starts_at:
        return ReasonCode.BEFORE_START.value
    if window_rules.ends_at is not None and activity_at >= window_rules.ends_at:
        return ReasonCode.AFTER_END.value
    if not window_rules.exists:
        return ReasonCode.BEFORE_LIVE.value
    if at - window_rules.closes_at > rules.late_grace:
        return ReasonCode.WINDOW_CLOSED.value
    return ""


def judge_reversal(entry: Entry, original: "Original | None", rules: Rules | None, at: datetime) -> Verdict:
    """Return the verdict on a reversal, which acts on the original's window whenever it arrives.

    `original`: None when the member has no such log. Raises `DomainError` for a refusal, such as an unknown
    original, a reversal of a reversal, or more than is left (docs/rules.md, Reversals).
    """
    check_times(entry.activity_at, at)
    rules = check_challenge(rules)
    if entry.activity_value is not None and entry.activity_value < 0:
        raise DomainError(
            "negative_value", "Send the part that is taken back as a positive value.", "activity_value"
        )
    if original is None:
        raise DomainError(
            "unknown_original",
            "This member has no log with that identifier in this challenge.",
            "reversal_of",
        )
    if original.is_reversal:
        raise DomainError(
            "reversal_of_reversal", "A reversal can't be reversed; send the activity again.", "reversal_of"
        )
    number = rules.number_at(at)
    if not original.counted:
        return Verdict(original.period_key, ReasonCode.ORIGINAL_NOT_COUNTED.value, 0, number)
    if original.left == 0:
        raise DomainError("nothing_left", "This log has been taken back already.", "reversal_of")
    counting = rules.of_key(original.period_key).version.rules.counting
    if counting or entry.activity_value is None:
        return Verdict(original.period_key, "", -original.left, number)
    if entry.activity_value == 0 or entry.activity_value > original.left:
        raise DomainError(
            "more_than_left", "Take back more than 0 and at most what is left of the log.", "activity_value"
        )
    return Verdict(original.period_key, "", -entry.activity_value, number)


@dataclass(slots=True)
class Original:
    """A log that a reversal names. `left`: what it added less what was taken back already, in units."""

    period_key: str
    counted: bool
    is_reversal: bool
    left: int
