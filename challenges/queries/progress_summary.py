"""Summarize a member's progress in one window: its status, what is left, and what is next. Pure.

API, admin and preview share it (docs/rules.md, Progress).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from challenges.models import Challenge
from challenges.models.rows import ProgressRow
from core.amounts import units
from core.choices import ProgressStatus
from milestones.models import Milestone


@dataclass(frozen=True, slots=True)
class ProgressSummary:
    """`remaining`: to `next_milestone`, else to the completion, in units. `percentage`: of the target."""

    status: ProgressStatus
    percentage: int
    remaining: int
    next_milestone: Milestone | None


def summarize_progress(
    row: ProgressRow | None,
    challenge: Challenge,
    milestones: Sequence[Milestone],
    achieved: Collection[UUID],
    at: datetime,
) -> ProgressSummary:
    """Summarize a progress row, or the state of a member without one. `milestones`: live ones, ascending.

    A milestone that was paid counts as reached for good, also when a reversal took the value below it.
    """
    value = row.value if row else 0
    target = row.target if row else units(challenge.completion_target_value)
    status = progress_status(row.completed_at, row.window_ends_at, at) if row else ProgressStatus.NOT_STARTED
    targets = map(units, [milestone.milestone_target_value for milestone in milestones])
    ahead = [
        (goal, milestone)
        for goal, milestone in zip(targets, milestones, strict=True)
        if goal > value and milestone.id not in achieved
    ]
    goal, next_milestone = ahead[0] if ahead else (target, None)
    return ProgressSummary(status, percentage(value, target), max(0, goal - value), next_milestone)


def progress_status(completed_at: datetime | None, window_ends_at: datetime, at: datetime) -> ProgressStatus:
    """Return the status of a stored row at a moment: a fact of the row and the clock, never stored."""
    if completed_at is not None:
        return ProgressStatus.COMPLETED
    return ProgressStatus.FAILED if window_ends_at <= at else ProgressStatus.IN_PROGRESS


def percentage(value: int, target: int) -> int:
    """Return how much of the target (both in units) is reached, rounded down: 100 only when it is reached."""
    if target <= 0:
        return 100
    return max(0, min(100, value * 100 // target))


def acting_milestones(milestones: Iterable[Milestone], closes_at: datetime) -> list[Milestone]:
    """Return those that were live before a window closed: they pay in it (docs/rules.md, Milestones)."""
    return [
        milestone
        for milestone in milestones
        if milestone.live_since is not None and milestone.live_since < closes_at
    ]
