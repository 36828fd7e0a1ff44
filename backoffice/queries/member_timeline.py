"""A member's progress and timeline for one page, in a number of queries that their amount does not change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.domain import audit_log
from challenges.caches.challenge import read_milestones
from challenges.caches.config import rules_of
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.models.rows import row_of_progress
from challenges.models.window_rules import Rules
from challenges.queries.progress_summary import as_judged, percentage, progress_status
from core.amounts import amount, units
from core.choices import ProgressStatus, RecordStatus, RewardLogStatus
from members.models import Member
from milestones.models import Milestone
from rewards.models import RewardLog

WINDOWS_SHOWN = 60
EVENTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MilestoneProgress:
    """A milestone in one window; `reward_log` is None while it is not paid there."""

    milestone: Milestone
    reached: bool
    reward_log: RewardLog | None


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """A member's state in one challenge and window; `progress` is None before any activity there."""

    challenge: Challenge
    period_key: str
    starts_at: datetime
    ends_at: datetime
    value: Decimal
    target: Decimal
    status: ProgressStatus
    milestones: Sequence[MilestoneProgress]
    progress: ChallengeProgress | None

    @property
    def percentage(self) -> int:
        return percentage(units(self.value), units(self.target))

    def is_open(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline.

    `kind`: "log", "reversal", "reward" or "staff"; `record`: the log, reward log or staff action. Of a log,
    `reversed_value` is how much of it was taken back. `actions` names what support may do with the record.
    """

    at: datetime
    kind: str
    record: Any = field(repr=False)
    reversed_value: Decimal = Decimal(0)
    counted_anyway: bool = False
    actions: frozenset[str] = frozenset()


def window_progress(member: Member, at: datetime) -> tuple[list[WindowProgress], list[WindowProgress]]:
    """Return the windows that are open at `at`, and the latest closed ones, newest first; four queries.

    Every live challenge is among the first, with its current window, whether or not the member took part.
    """
    rows = list(
        ChallengeProgress.objects.filter(member=member)
        .select_related("challenge")
        .order_by("-window_starts_at", "-id")[:WINDOWS_SHOWN]
    )
    live = {
        challenge.id: challenge for challenge in Challenge.objects.live().order_by("display_order", "-id")
    }
    challenges = live | {row.challenge_id: row.challenge for row in rows}
    milestones = read_milestones(challenges)
    rules = rules_of(challenges)
    reward_logs = {
        (log.threshold_id, log.period_key): log
        for log in RewardLog.objects.filter(member=member, challenge__in=challenges).select_related("reward")
    }
    started = [
        _started(row, rules[row.challenge_id], milestones.get(row.challenge_id, ()), reward_logs, at)
        for row in rows
    ]
    keys = {(window.challenge.id, window.period_key) for window in started}
    not_started = [
        _not_started(challenge, rules[challenge.id], milestones.get(challenge.id, ()), at)
        for challenge in live.values()
        if (challenge.id, challenge.window_at(at).period_key) not in keys
    ]
    still_open = [window for window in started if window.is_open(at)]
    return [*still_open, *not_started], [window for window in started if not window.is_open(at)]


def _started(
    stored: ChallengeProgress,
    rules: Rules,
    milestones: Iterable[Milestone],
    reward_logs: dict[tuple[UUID, str], RewardLog],
    at: datetime,
) -> WindowProgress:
    """Return a window with progress, with the milestones that pay in it and those that were paid."""
    judged = rules.of_key(stored.period_key)
    row = as_judged(row_of_progress(stored), rules, judged)
    targets = {rule.milestone_id: rule.target for rule in judged.version.thresholds}
    shown = [
        MilestoneProgress(
            milestone,
            targets.get(milestone.id, units(milestone.milestone_target_value)) <= row.value,
            reward_logs.get((milestone.id, row.period_key)),
        )
        for milestone in milestones
        if milestone.id in targets or (milestone.id, row.period_key) in reward_logs
    ]
    return WindowProgress(
        stored.challenge,
        row.period_key,
        row.window_starts_at,
        row.window_ends_at,
        stored.current_progress_value,
        amount(row.target),
        progress_status(row.completed_at, row.window_ends_at, at),
        shown,
        stored,
    )


def _not_started(
    challenge: Challenge, rules: Rules, milestones: Iterable[Milestone], at: datetime
) -> WindowProgress:
    judged = rules.of_window(challenge.window_at(at))
    window = judged.window
    return WindowProgress(
        challenge,
        window.period_key,
        window.starts_at,
        judged.closes_at,
        Decimal(0),
        amount(judged.target),
        ProgressStatus.NOT_STARTED,
        [
            MilestoneProgress(milestone, False, None)
            for milestone in milestones
            if milestone.status == RecordStatus.LIVE
        ],
        None,
    )


def timeline(member: Member, at: datetime) -> list[Event]:
    """Return the latest logs, rewards and staff actions, newest first; a fixed number of queries."""
    events = [*_log_events(member), *_reward_events(member, at), *_staff_events(member)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS_SHOWN]


def _log_events(member: Member) -> list[Event]:
    logs = list(
        ChallengeLog.objects.filter(member=member)
        .select_related("challenge")
        .order_by("-activity_at", "-id")[:EVENTS_SHOWN]
    )
    return _events_of_logs(member.id, logs)


def _events_of_logs(member_id: UUID, logs: Sequence[ChallengeLog]) -> list[Event]:
    """Return the events of a member's logs, with their reversals and manual counts; two queries."""
    identifiers = [log.unique_identifier for log in logs]
    reversed_values: dict[tuple[UUID, str], Decimal] = {}
    reversals = ChallengeLog.objects.filter(member=member_id, reversal_of__in=identifiers).exclude(
        reversal_of=""
    )
    for challenge, original, value in reversals.values_list("challenge", "reversal_of", "counted_value"):
        key = (challenge, original)
        reversed_values[key] = reversed_values.get(key, Decimal(0)) - value
    manually_counted = set(
        ChallengeLog.objects.filter(member=member_id, counts_anyway__in=identifiers)
        .exclude(counts_anyway="")
        .values_list("challenge", "counts_anyway")
    )
    return [_log_event(log, reversed_values, manually_counted) for log in logs]


def _log_event(
    log: ChallengeLog,
    reversed_values: dict[tuple[UUID, str], Decimal],
    manually_counted: set[tuple[UUID, str]],
) -> Event:
    key = (log.challenge_id, log.unique_identifier)
    reversed_value, counted_anyway = reversed_values.get(key, Decimal(0)), key in manually_counted
    actions = set()
    if not log.reversal_of and log.counted and reversed_value < log.counted_value:
        actions.add("reverse")
    if not log.reversal_of and not log.counted and not counted_anyway and key not in reversed_values:
        actions.add("count_anyway")
    return Event(
        log.activity_at,
        "reversal" if log.reversal_of else "log",
        log,
        reversed_value=reversed_value,
        counted_anyway=counted_anyway,
        actions=frozenset(actions),
    )


# What rewards/domain/state_machine.py lets support do; the domain decides again when an action is sent.
ACTIONS_BY_STATUS = {
    RewardLogStatus.PENDING_CODE: {"fill", "extend", "revoke"},
    RewardLogStatus.ISSUED: {"redeem", "reissue", "extend", "revoke"},
    RewardLogStatus.EXPIRED: {"reissue", "extend", "revoke"},
    RewardLogStatus.REDEEMED: {"unredeem"},
    RewardLogStatus.REVOKED: {"reissue"},
    RewardLogStatus.CAPPED: {"reissue"},
}


def _reward_events(member: Member, at: datetime) -> list[Event]:
    logs = (
        RewardLog.objects.filter(member=member)
        .select_related("challenge", "milestone", "reward")
        .order_by("-reward_issued_at", "-id")[:EVENTS_SHOWN]
    )
    return [Event(log.reward_issued_at, "reward", log, actions=actions_on_reward(log, at)) for log in logs]


def actions_on_log(log: ChallengeLog) -> frozenset[str]:
    """Return the names of what support may do with a log: "reverse", "count_anyway"; two queries."""
    (event,) = _events_of_logs(log.member_id, [log])
    return event.actions


def actions_on_reward(log: RewardLog, at: datetime) -> frozenset[str]:
    """Return the names of what support may do with a reward log (docs/rules.md, Coupon codes)."""
    actions = set(ACTIONS_BY_STATUS[log.status_at(at)])
    if log.reward_expiry_at is None:
        actions.discard("extend")
    return frozenset(actions)


def _staff_events(member: Member) -> list[Event]:
    actions = audit_log.actions_about(member.id)[:EVENTS_SHOWN]
    return [Event(action.created_at, "staff", action) for action in actions]


def why_not_counted(log: ChallengeLog) -> str:
    """Explain a log's reason code in words that support can read to a member."""
    return {
        "challenge_paused": _("The challenge was paused when it arrived."),
        "member_paused": _("The member was paused when it arrived."),
        "before_start": _("It happened before the challenge's start."),
        "before_live": _("Its window had closed before the challenge went live."),
        "after_end": _("It happened after the challenge's end."),
        "window_closed": _("It arrived after its window %(key)s had closed and the late grace was over.")
        % {"key": log.period_key},
        "original_not_counted": _("It takes back a log that did not count."),
    }.get(log.reason_code, log.reason_code)
