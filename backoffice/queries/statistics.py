"""Statistics of one challenge and window, each in a number of queries that its size does not change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Value
from django.utils.translation import gettext as _

from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from core.choices import CodeSource, RewardLogStatus
from core.periods import Window, window_before, window_containing
from milestones.models import Milestone
from rewards.domain.pool_levels import Outlook, outlooks
from rewards.models import Reward, RewardLog

WINDOWS_SHOWN = 8
DAYS_SHOWN = 14


@dataclass(frozen=True, slots=True)
class WindowResult:
    """How many members took part in a window and how many completed it; `rate` in percent."""

    window: Window
    participants: int = 0
    completed: int = 0

    @property
    def rate(self) -> float:
        return 100 * self.completed / self.participants if self.participants else 0.0


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """The members at or past a value; `share` of all participants, in percent."""

    name: str
    value: Decimal
    members: int
    share: float


@dataclass(frozen=True, slots=True)
class DayLogs:
    """The logs of one day in the challenge's time zone."""

    day: date
    counted: int
    not_counted: int


@dataclass(frozen=True, slots=True)
class RewardStatistics:
    """One reward's logs in the window, by status.

    `codes_left` and `runs_out_at` are those of its whole pool, over all challenges; None without a pool.
    """

    name: str
    issued: int
    redeemed: int
    pending: int
    revoked_or_capped: int
    codes_left: int | None
    runs_out_at: datetime | None


def recent_windows(challenge: Challenge, newest: Window, number: int = WINDOWS_SHOWN) -> list[Window]:
    """Return this many consecutive windows, the newest last."""
    windows = [newest]
    for _turn in range(number - 1):
        windows.append(window_before(challenge.aggregation_period, windows[-1], challenge.time_zone))
    return windows[::-1]


def window_results(challenge: Challenge, windows: Sequence[Window]) -> list[WindowResult]:
    """Return the result of each window, in their order; one query."""
    rows = ChallengeProgress.objects.filter(
        challenge=challenge.id, period_key__in=[window.period_key for window in windows]
    )
    counts = {
        key: (participants, completed)
        for key, participants, completed in rows.order_by()
        .values_list("period_key")
        .annotate(Count("id"), Count("challenge_completed_at"))
    }
    return [WindowResult(window, *counts.get(window.period_key, (0, 0))) for window in windows]


def funnel(challenge: Challenge, milestones: Sequence[Milestone], window: Window) -> list[FunnelStep]:
    """Return the steps from taking part, through these milestones, to completion; one query."""
    rows = ChallengeProgress.objects.filter(challenge=challenge.id, period_key=window.period_key)
    reached = {
        f"m{index}": Count("id", filter=Q(current_progress_value__gte=milestone.milestone_target_value))
        for index, milestone in enumerate(milestones)
    }
    counts: dict[str, int] = rows.aggregate(
        participants=Count("id"), completed=Count("challenge_completed_at"), **reached
    )
    participants = counts["participants"]
    steps = [(_("Took part"), Decimal(0), participants)]
    steps += [
        (milestone.name, milestone.milestone_target_value, counts[f"m{index}"])
        for index, milestone in enumerate(milestones)
    ]
    steps.append((_("Completed"), challenge.completion_target_value, counts["completed"]))
    return [
        FunnelStep(name, value, members, 100 * members / participants if participants else 0.0)
        for name, value, members in steps
    ]


def logs_per_day(challenge: Challenge, window: Window, at: datetime) -> list[DayLogs]:
    """Return the days of the window until `at`, of a daily window the 14 days up to it; one query.

    Each day is counted as a range of `activity_at` in the challenge's time zone, which the index answers:
    grouping by a computed date would read every row.
    """
    zone = ZoneInfo(challenge.time_zone)
    days = _days(challenge, window, zone, at)
    first, *rest = [
        ChallengeLog.objects.filter(
            challenge=challenge.id, activity_at__gte=day.starts_at, activity_at__lt=day.ends_at
        )
        .order_by()
        .values("counted")
        .annotate(index=Value(index), number=Count("id"))
        .values_list("index", "counted", "number")
        for index, day in enumerate(days)
    ]
    counts = {(index, counted): number for index, counted, number in first.union(*rest, all=True)}
    return [
        DayLogs(
            date.fromisoformat(day.period_key), counts.get((index, True), 0), counts.get((index, False), 0)
        )
        for index, day in enumerate(days)
    ]


def _days(challenge: Challenge, window: Window, zone: ZoneInfo, at: datetime) -> list[Window]:
    last = window_containing("daily", min(at, window.ends_at - timedelta(microseconds=1)), zone)
    days = [last]
    daily = challenge.aggregation_period == "daily"
    while len(days) < DAYS_SHOWN if daily else days[-1].starts_at > window.starts_at:
        days.append(window_before("daily", days[-1], zone))
    return days[::-1]


def reward_statistics(
    rewards: Sequence[Reward | None], challenge: Challenge, window: Window, at: datetime
) -> list[RewardStatistics]:
    """Return the statistics of each reward, in their order; four queries.

    None stands for generated codes that belong to no reward.
    """
    logs = RewardLog.objects.filter(challenge=challenge.id, period_key=window.period_key).order_by()
    counts: dict[UUID | None, dict[str, int]] = {}
    for reward_id, status, number in logs.values_list("reward", "status").annotate(Count("id")):
        counts.setdefault(reward_id, {})[status] = number
    pools = [reward for reward in rewards if reward and reward.code_source == CodeSource.POOL]
    forecasts = outlooks(pools, at)
    return [
        _reward_statistics(
            reward,
            counts.get(reward.id if reward else None, {}),
            forecasts.get(reward.id) if reward else None,
        )
        for reward in rewards
    ]


def _reward_statistics(
    reward: Reward | None, counts: dict[str, int], forecast: Outlook | None
) -> RewardStatistics:
    return RewardStatistics(
        name=str(reward) if reward else _("Generated, without a reward"),
        issued=counts.get(RewardLogStatus.ISSUED, 0) + counts.get(RewardLogStatus.REDEEMED, 0),
        redeemed=counts.get(RewardLogStatus.REDEEMED, 0),
        pending=counts.get(RewardLogStatus.PENDING_CODE, 0),
        revoked_or_capped=counts.get(RewardLogStatus.REVOKED, 0) + counts.get(RewardLogStatus.CAPPED, 0),
        codes_left=forecast.codes_left if forecast else None,
        runs_out_at=forecast.runs_out_at if forecast else None,
    )


def rewards_of(challenge: Challenge, milestones: Sequence[Milestone]) -> list[Any]:
    """Return each reward that the challenge and these milestones pay once; None, for no reward, is last."""
    rewards = {milestone.reward_id: milestone.reward for milestone in milestones}
    rewards[challenge.completion_reward_id] = challenge.completion_reward
    has_none = None in rewards.values()
    return [reward for reward in rewards.values() if reward] + ([None] if has_none else [])
