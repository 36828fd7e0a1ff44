"""What a challenge's window looks like in numbers; a bounded number of queries, whatever its size."""

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
    """One window: who took part, who completed."""

    window: Window
    participants: int = 0
    completed: int = 0

    @property
    def rate(self) -> float:
        return 100 * self.completed / self.participants if self.participants else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel; `share` of all participants, in percent."""

    name: str
    value: Decimal
    members: int
    share: float


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    counted: int
    not_counted: int

    @property
    def logs(self) -> int:
        return self.counted + self.not_counted


@dataclass(frozen=True, slots=True)
class RewardStatistics:
    """One reward of the challenge in the window. `left`, `runs_out_at`: of a pool, over all challenges."""

    name: str
    issued: int
    redeemed: int
    pending: int
    lost: int
    left: int | None
    runs_out_at: datetime | None


def recent_windows(challenge: Challenge, newest: Window, number: int = WINDOWS_SHOWN) -> list[Window]:
    """The newest last."""
    windows = [newest]
    for _turn in range(number - 1):
        windows.append(window_before(challenge.aggregation_period, windows[-1], challenge.time_zone))
    return windows[::-1]


def results(challenge: Challenge, windows: Sequence[Window]) -> list[WindowResult]:
    """One query."""
    rows = ChallengeProgress.objects.filter(
        challenge=challenge.id, period_key__in=[each.period_key for each in windows]
    )
    counted = {
        key: (joined, completed)
        for key, joined, completed in rows.order_by()
        .values_list("period_key")
        .annotate(Count("id"), Count("challenge_completed_at"))
    }
    return [WindowResult(each, *counted.get(each.period_key, (0, 0))) for each in windows]


def funnel(challenge: Challenge, milestones: Sequence[Milestone], window: Window) -> list[Step]:
    """From taking part, through every live milestone, to completion; one query."""
    rows = ChallengeProgress.objects.filter(challenge=challenge.id, period_key=window.period_key)
    reached = {
        f"m{place}": Count("id", filter=Q(current_progress_value__gte=each.milestone_target_value))
        for place, each in enumerate(milestones)
    }
    found: dict[str, int] = rows.aggregate(
        participants=Count("id"), completed=Count("challenge_completed_at"), **reached
    )
    all_of_them = found["participants"]
    steps = [(_("Took part"), Decimal(0), all_of_them)]
    steps += [
        (each.name, each.milestone_target_value, found[f"m{place}"]) for place, each in enumerate(milestones)
    ]
    steps.append((_("Completed"), challenge.completion_target_value, found["completed"]))
    return [
        Step(name, value, members, 100 * members / all_of_them if all_of_them else 0.0)
        for name, value, members in steps
    ]


def logs_per_day(challenge: Challenge, window: Window, at: datetime) -> list[Day]:
    """The days of the window until now, or the 14 days up to a day's window; one query.

    Each day is a range of the index, in the challenge's time zone: no date is computed for a million rows.
    """
    zone = ZoneInfo(challenge.time_zone)
    days = _days(challenge, window, zone, at)
    counts = [
        ChallengeLog.objects.filter(
            challenge=challenge.id, activity_at__gte=each.starts_at, activity_at__lt=each.ends_at
        )
        .order_by()
        .values("counted")
        .annotate(place=Value(place), n=Count("id"))
        .values_list("place", "counted", "n")
        for place, each in enumerate(days)
    ]
    first, *rest = counts
    found = {(place, counted): n for place, counted, n in first.union(*rest, all=True)}
    return [
        Day(date.fromisoformat(each.period_key), found.get((place, True), 0), found.get((place, False), 0))
        for place, each in enumerate(days)
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
    """One line for each reward that the challenge pays, None for codes without one; four queries."""
    logs = RewardLog.objects.filter(challenge=challenge.id, period_key=window.period_key).order_by()
    by_status: dict[UUID | None, dict[str, int]] = {}
    for reward_id, status, n in logs.values_list("reward", "status").annotate(Count("id")):
        by_status.setdefault(reward_id, {})[status] = n
    pools = outlooks([each for each in rewards if each and each.code_source == CodeSource.POOL], at)
    ids = [each.id if each else None for each in rewards]
    return [
        _reward_statistics(each, by_status.get(id_, {}), pools.get(id_) if id_ else None)
        for each, id_ in zip(rewards, ids, strict=True)
    ]


def _reward_statistics(
    reward: Reward | None, found: dict[str, int], pool: Outlook | None
) -> RewardStatistics:
    return RewardStatistics(
        name=str(reward) if reward else _("Generated, without a reward"),
        issued=found.get(RewardLogStatus.ISSUED, 0) + found.get(RewardLogStatus.REDEEMED, 0),
        redeemed=found.get(RewardLogStatus.REDEEMED, 0),
        pending=found.get(RewardLogStatus.PENDING_CODE, 0),
        lost=found.get(RewardLogStatus.REVOKED, 0) + found.get(RewardLogStatus.CAPPED, 0),
        left=pool.codes_left if pool else None,
        runs_out_at=pool.runs_out_at if pool else None,
    )


def rewards_of(challenge: Challenge, milestones: Sequence[Milestone]) -> list[Any]:
    """Each reward once, None last."""
    found = {each.reward_id: each.reward for each in milestones}
    found[challenge.completion_reward_id] = challenge.completion_reward
    return [each for each in found.values() if each] + ([None] if None in found.values() else [])
