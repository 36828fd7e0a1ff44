"""What a member has and what happened to them, read for one page in a bounded number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.domain import audit_log
from challenges.caches.challenge import read_milestones
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.queries.progress_summary import percentage, progress_status
from core.amounts import units
from core.choices import ProgressStatus, RecordStatus, RewardLogStatus
from members.models import Member
from milestones.models import Milestone
from rewards.models import RewardLog

WINDOWS_SHOWN = 60
EVENTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MilestoneProgress:
    """A milestone on the way of one window. `paid`: its reward log, where there is one."""

    milestone: Milestone
    reached: bool
    paid: RewardLog | None


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """One challenge in one window, as the member stands there. `progress` is None before any activity."""

    challenge: Challenge
    period_key: str
    starts_at: datetime
    ends_at: datetime
    value: Decimal
    target: Decimal
    status: ProgressStatus
    rungs: Sequence[MilestoneProgress]
    progress: ChallengeProgress | None

    @property
    def percentage(self) -> int:
        return percentage(units(self.value), units(self.target))

    def is_open(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline. `kind`: log, reversal, reward or staff; `record` is what it tells of."""

    at: datetime
    kind: str
    record: Any = field(repr=False)
    taken_back: Decimal = Decimal(0)
    counted_anyway: bool = False
    can: frozenset[str] = frozenset()


def window_progress(member: Member, at: datetime) -> tuple[list[WindowProgress], list[WindowProgress]]:
    """Of the windows of now, every live challenge; and of earlier ones, newest first. Four queries."""
    rows = list(
        ChallengeProgress.objects.filter(member=member)
        .select_related("challenge")
        .order_by("-window_starts_at", "-id")[:WINDOWS_SHOWN]
    )
    live = {each.id: each for each in Challenge.objects.live().order_by("display_order", "-id")}
    known = live | {row.challenge_id: row.challenge for row in rows}
    milestones = read_milestones(known)
    paid = {
        (log.threshold_id, log.period_key): log
        for log in RewardLog.objects.filter(member=member, challenge__in=known).select_related("reward")
    }
    begun = [_begun(row, milestones.get(row.challenge_id, ()), paid, at) for row in rows]
    windows = {(each.challenge.id, each.period_key) for each in begun}
    waiting = [
        _not_begun(each, milestones.get(each.id, ()), at)
        for each in live.values()
        if (each.id, each.window_at(at).period_key) not in windows
    ]
    is_open = [each for each in begun if each.is_open(at)]
    return [*is_open, *waiting], [each for each in begun if not each.is_open(at)]


def _begun(
    row: ChallengeProgress,
    milestones: Iterable[Milestone],
    paid: dict[tuple[UUID, str], RewardLog],
    at: datetime,
) -> WindowProgress:
    rungs = [
        MilestoneProgress(
            each,
            each.milestone_target_value <= row.current_progress_value,
            paid.get((each.id, row.period_key)),
        )
        for each in milestones
        if each.status == RecordStatus.LIVE or (each.id, row.period_key) in paid
    ]
    return WindowProgress(
        row.challenge,
        row.period_key,
        row.window_starts_at,
        row.window_ends_at,
        row.current_progress_value,
        row.completion_target_value,
        progress_status(row.challenge_completed_at, row.window_ends_at, at),
        rungs,
        row,
    )


def _not_begun(challenge: Challenge, milestones: Iterable[Milestone], at: datetime) -> WindowProgress:
    window = challenge.window_at(at)
    rungs = [MilestoneProgress(each, False, None) for each in milestones if each.status == RecordStatus.LIVE]
    return WindowProgress(
        challenge,
        window.period_key,
        window.starts_at,
        challenge.closes_at(window),
        Decimal(0),
        challenge.completion_target_value,
        ProgressStatus.NOT_STARTED,
        rungs,
        None,
    )


def timeline(member: Member, at: datetime) -> list[Event]:
    """The newest logs, rewards and staff actions, newest first; a fixed number of queries."""
    events = [*_log_events(member), *_reward_events(member, at), *_staff_events(member)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS_SHOWN]


def _log_events(member: Member) -> list[Event]:
    logs = list(
        ChallengeLog.objects.filter(member=member)
        .select_related("challenge")
        .order_by("-activity_at", "-id")[:EVENTS_SHOWN]
    )
    return _log_events_of(member.id, logs)


def _log_events_of(member_id: UUID, logs: Sequence[ChallengeLog]) -> list[Event]:
    """Two queries, however many logs."""
    named = [log.unique_identifier for log in logs]
    taken: dict[tuple[UUID, str], Decimal] = {}
    reversals = ChallengeLog.objects.filter(member=member_id, reversal_of__in=named).exclude(reversal_of="")
    for challenge, original, value in reversals.values_list("challenge", "reversal_of", "counted_value"):
        taken[challenge, original] = taken.get((challenge, original), Decimal(0)) - value
    anyway = set(
        ChallengeLog.objects.filter(member=member_id, counts_anyway__in=named)
        .exclude(counts_anyway="")
        .values_list("challenge", "counts_anyway")
    )
    return [_log_event(log, taken, anyway) for log in logs]


def _log_event(
    log: ChallengeLog, taken: dict[tuple[UUID, str], Decimal], anyway: set[tuple[UUID, str]]
) -> Event:
    key = (log.challenge_id, log.unique_identifier)
    back, again = taken.get(key, Decimal(0)), key in anyway
    can = set()
    if not log.reversal_of and log.counted and back < log.counted_value:
        can.add("reverse")
    if not log.reversal_of and not log.counted and not again and key not in taken:
        can.add("count_anyway")
    return Event(
        log.activity_at,
        "reversal" if log.reversal_of else "log",
        log,
        taken_back=back,
        counted_anyway=again,
        can=frozenset(can),
    )


ACTIONS = {
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
    return [Event(log.reward_issued_at, "reward", log, can=actions_on_reward(log, at)) for log in logs]


def actions_on_log(log: ChallengeLog) -> frozenset[str]:
    """What support may do with one log, as its line of the timeline has it."""
    (event,) = _log_events_of(log.member_id, [log])
    return event.can


def actions_on_reward(log: RewardLog, at: datetime) -> frozenset[str]:
    """What support may do with it (rewards.domain.state_machine has the table and the last word)."""
    can = set(ACTIONS[log.status_at(at)])
    if log.reward_expiry_at is None:
        can.discard("extend")
    return frozenset(can)


def _staff_events(member: Member) -> list[Event]:
    return [
        Event(each.created_at, "staff", each) for each in audit_log.actions_about(member.id)[:EVENTS_SHOWN]
    ]


def why_not_counted(log: ChallengeLog) -> str:
    """In plain words, for a member on the telephone."""
    return {
        "challenge_paused": _("The challenge was paused when it arrived."),
        "member_paused": _("The member was paused when it arrived."),
        "before_start": _("It happened before the challenge's start."),
        "after_end": _("It happened after the challenge's end."),
        "window_closed": _("It arrived after its window %(key)s had closed and the late grace was over.")
        % {"key": log.period_key},
        "original_not_counted": _("It takes back a log that did not count."),
    }.get(log.reason_code, log.reason_code)
