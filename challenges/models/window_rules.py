"""Say when a window closes, and by which rule version it is judged (docs/rules.md, Rule versions).

Pure: no database, no clock. All that counts, pays, recounts, repairs or checks asks `window_rules`, so that a
window is judged alike on time, late, by an edit and for members with and without a row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.choices import RecordStatus
from core.periods import Window, window_of_key


@dataclass(frozen=True, slots=True)
class MilestoneRule:
    """What a version says of one milestone; `target` in units (0.0001)."""

    milestone_id: UUID
    status: str
    target: int
    reward_id: UUID | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All that windows are judged by: what an edit may change and a version holds.

    `target` in units; `milestones`: all that are not archived, lowest target first.
    """

    counting: bool
    target: int
    starts_at: datetime | None
    ends_at: datetime | None
    completion_reward_id: UUID | None
    milestones: tuple[MilestoneRule, ...]

    @property
    def thresholds(self) -> tuple[MilestoneRule, ...]:
        """The milestones that pay, lowest first."""
        return tuple(milestone for milestone in self.milestones if milestone.status == RecordStatus.LIVE)

    @property
    def reward_ids(self) -> set[UUID]:
        ids = {self.completion_reward_id, *(milestone.reward_id for milestone in self.milestones)}
        return {id_ for id_ in ids if id_ is not None}


@dataclass(frozen=True, slots=True)
class Version:
    """One rule version of a challenge, in force from a moment on; `thresholds`: what pays, lowest first."""

    number: int
    in_force_from: datetime
    rules: RuleSet
    thresholds: tuple[MilestoneRule, ...]

    @classmethod
    def of(cls, number: int, in_force_from: datetime, rules: RuleSet) -> "Version":
        return cls(number, in_force_from, rules, rules.thresholds)


@dataclass(frozen=True, slots=True)
class WindowRules:
    """What one window is judged by.

    `closes_at`: from then on it is history. `ends_at`: activity from then on lies after the challenge's end;
    None: no end. `exists`: false where it had closed before the challenge went live.
    """

    window: Window
    version: Version
    closes_at: datetime
    ends_at: datetime | None
    exists: bool

    @property
    def target(self) -> int:
        """The completion target, in units."""
        return self.version.rules.target

    @property
    def lowest_target(self) -> int:
        """The lowest target at which something is due, in units."""
        thresholds = self.version.thresholds
        return min(thresholds[0].target, self.target) if thresholds else self.target


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one challenge at one config version; `versions` by number, at least one.

    `historical_until`: windows that closed by then keep what 0.1 made of them.
    """

    challenge_id: UUID
    status: str
    archived: bool
    period: str
    zone: ZoneInfo
    late_grace: timedelta
    reversal_policy: str
    activity_ids: frozenset[str]
    backfill_since: datetime | None
    historical_until: datetime | None
    versions: tuple[Version, ...]
    # A pending version that has come into force and is not shown by the records yet: when it did.
    unapplied_from: datetime | None = None

    def of_window(self, window: Window) -> WindowRules:
        """Return what a window is judged by."""
        return window_rules(self.versions, window)

    def of_key(self, period_key: str) -> WindowRules:
        """Return what the window of a period key is judged by. Raises `DomainError` for an invalid key."""
        return self.of_window(window_of_key(self.period, period_key, self.zone))

    def is_historical(self, closes_at: datetime) -> bool:
        """Whether a window that closed then was judged by 0.1."""
        return self.historical_until is not None and closes_at <= self.historical_until

    def number_at(self, at: datetime) -> int:
        """Return the number of the version in force at `at`, the moment of receipt.

        It is the newest, whatever the clock says, unless that one begins with the next window.
        """
        pending = self.unapplied_from is not None and self.unapplied_from > at
        return self.versions[-2 if pending else -1].number


def window_rules(versions: Sequence[Version], window: Window) -> WindowRules:
    """Return the rules of a window; `versions` of one challenge by number, at least one.

    It closes at its calendar end or, if earlier, at the `ends_at` of the newest version in force before that,
    but never before the edit that set this end. It is judged by the newest version from strictly before it
    closed. The newest is the one with the highest number, whatever the clock said. A window that begins at or
    after the challenge's end holds only what staff count: it closes with the calendar.
    """
    deciding = _newest_before(versions, window.ends_at)
    closes_at = window.ends_at
    if deciding.rules.ends_at is not None and deciding.rules.ends_at < window.ends_at:
        early = max(deciding.rules.ends_at, _end_set_at(versions, deciding))
        if window.starts_at < early < window.ends_at:
            closes_at = early
    version = deciding if closes_at == window.ends_at else _newest_before(versions, closes_at)
    exists = versions[0].in_force_from < closes_at
    return WindowRules(window, version, closes_at, deciding.rules.ends_at, exists)


def _newest_before(versions: Sequence[Version], moment: datetime) -> Version:
    return next((version for version in reversed(versions) if version.in_force_from < moment), versions[0])


def _end_set_at(versions: Sequence[Version], deciding: Version) -> datetime:
    """Return the moment of the edit that gave the challenge the end which this version has."""
    set_at = deciding.in_force_from
    for version in reversed(versions):
        if version.number > deciding.number:
            continue
        if version.rules.ends_at != deciding.rules.ends_at:
            break
        set_at = version.in_force_from
    return set_at


def lowest_first(milestones: Iterable[MilestoneRule]) -> tuple[MilestoneRule, ...]:
    """Order milestones as versions hold them."""
    return tuple(sorted(milestones, key=lambda milestone: (milestone.target, milestone.milestone_id)))
