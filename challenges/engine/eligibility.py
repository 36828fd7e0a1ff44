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
    # Whether it came for every challenge that names it.
    by_activity: bool = False

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
    check_not_ahead(activity_at, at)
    if activity_at < at - OLD_AT_MOST:
        raise DomainError(
            "activity_too_old", "activityAt is more than 60 days ago; it can't be sent.", "activity_at"
        )


def check_not_ahead(activity_at: datetime, at: datetime) -> None:
    """Raise `DomainError` for a time more than 5 minutes ahead."""
    if activity_at > at + AHEAD_AT_MOST:
        raise DomainError(
            "activity_in_future", "activityAt lies more than 5 minutes ahead; check the clock.", "activity_at"
        )


def check_challenge(rules: Rules | None) -> Rules:
    """Return the rules; raise `DomainError` for a challenge that is unknown, archived or a draft."""
    return check_live(None if rules is None or rules.archived else rules)


def check_live(rules: Rules | None) -> Rules:
    """Return the rules, of an archived challenge too; raise `DomainError` for an unknown one or a draft."""
    if rules is None:
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
    window_rules, number = rules.of_window(window), rules.number_at(at)
    value, reason = 0, ReasonCode.VALUE_MISSING.value
    if not (entry.by_activity and lacks_value(entry.activity_value, window_rules)):
        value = counted_value(entry.activity_value, window_rules)
        reason = uncounted_reason(entry.activity_at, rules, window_rules, member_paused, at)
    return Verdict(window.period_key, reason, 0 if reason else value, number, window_rules)


def counted_value(activity_value: int | None, window_rules: WindowRules) -> int:
    """Return what an activity adds, in units: its value, or one with the method `count`.

    Raises `DomainError` for a negative value and, with the method `sum`, for one that is missing.
    """
    check_not_negative(activity_value, "The value can't be negative; take an activity back with a reversal.")
    if window_rules.version.rules.counting:
        return SCALE
    if activity_value is None:
        raise DomainError("required", "A sum challenge needs the activity's value.", "activity_value")
    return activity_value


def lacks_value(activity_value: int | None, window_rules: WindowRules) -> bool:
    """Whether the method of the window needs a value that the activity does not have."""
    return activity_value is None and not window_rules.version.rules.counting


def check_not_negative(activity_value: int | None, remedy: str) -> None:
    """Raise `DomainError` for a negative value."""
    if activity_value is not None and activity_value < 0:
        raise DomainError("negative_value", remedy, "activity_value")


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
