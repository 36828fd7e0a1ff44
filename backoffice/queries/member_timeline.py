"""A member's progress and timeline for one page, in a number of queries that their amount does not change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from access.domain import audit_log
from challenges.caches.challenge import read_milestones
from challenges.caches.config import rules_of
from challenges.engine.manual_count import NEVER_COUNTED
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
    `reversed_value` is how much of it was taken back; `acts_since`: it did not count, and a later log of the
    engine's acts for it. `actions` names what support may do with the record.
    """

    at: datetime
    kind: str
    record: Any = field(repr=False)
    reversed_value: Decimal = Decimal(0)
    acts_since: bool = False
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
    """Return the events of a member's logs, with their reversals and what acts for them; two queries."""
    names = {name for log in logs for name in _shared_names(log)}
    named = ChallengeLog.objects.filter(member=member_id)
    reversals: dict[tuple[UUID, str], list[ChallengeLog]] = {}
    for reversal in named.filter(reversal_of__in=names).exclude(reversal_of=""):
        reversals.setdefault((reversal.challenge_id, reversal.reversal_of), []).append(reversal)
    acted_for = set(
        named.filter(counts_anyway__in=names)
        .exclude(counts_anyway="")
        .values_list("challenge", "counts_anyway")
    )
    return [
        _log_event(
            log,
            [
                reversal
                for name in _shared_names(log)
                for reversal in reversals.get((log.challenge_id, name), ())
            ],
            acts_since=(log.challenge_id, log.unique_identifier) in acted_for,
        )
        for log in logs
    ]


def _shared_names(log: ChallengeLog) -> set[str]:
    """Return the identifiers by which reversals take back what this log added."""
    counted_anyway = set() if log.reversal_of else {log.counts_anyway} - {""}
    return {log.unique_identifier, *counted_anyway}


def _log_event(log: ChallengeLog, reversals: Sequence[ChallengeLog], *, acts_since: bool) -> Event:
    reversed_value = -sum((reversal.counted_value for reversal in reversals), Decimal(0))
    # A free order has no value of which something could be left.
    may_reverse = log.counted and (not reversals or reversed_value < log.counted_value)
    may_count = (
        not (log.counted or acts_since or log.reason_code in NEVER_COUNTED)
        # What parts leave of it counts; the engine decides whether anything is left.
        and all(reversal.activity_value is not None for reversal in reversals)
    )
    offers = {"reverse": may_reverse, "count_anyway": may_count} if not log.reversal_of else {}
    return Event(
        log.activity_at,
        "reversal" if log.reversal_of else "log",
        log,
        reversed_value=reversed_value,
        acts_since=acts_since,
        actions=frozenset(name for name, offered in offers.items() if offered),
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
    if log.revoked_from:
        # What the reversal policy revoked may come back until a person revokes it.
        actions.add("revoke")
    if log.reward_expiry_at is None:
        actions.discard("extend")
    return frozenset(actions)


def _staff_events(member: Member) -> list[Event]:
    actions = audit_log.actions_about(member.id)[:EVENTS_SHOWN]
    return [Event(action.created_at, "staff", action) for action in actions]
