"""Summarize a member's progress in one window: its status, what is left, and what is next. Pure.

API, admin and preview share it (docs/rules.md, Progress).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from challenges.models.rows import ProgressRow
from challenges.models.window_rules import Rules, WindowRules
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
    judged: WindowRules,
    milestones: Iterable[Milestone],
    achieved: Collection[UUID],
    at: datetime,
) -> ProgressSummary:
    """Summarize a progress row, or the state of a member without one, in the window of `judged`.

    `milestones`: those that the reader may see. `achieved`: those that count as reached for good, also when a
    reversal took the value below them.
    """
    value = row.value if row else 0
    target = row.target if row else judged.target
    status = ProgressStatus.NOT_STARTED
    if row is not None:
        status = progress_status(row.completed_at, row.window_ends_at, at)
    visible = {milestone.id: milestone for milestone in milestones}
    ahead = (
        (rule.target, visible[rule.milestone_id])
        for rule in judged.version.thresholds
        if rule.target > value and rule.milestone_id in visible and rule.milestone_id not in achieved
    )
    goal, next_milestone = next(ahead, (target, None))
    return ProgressSummary(status, percentage(value, target), max(0, goal - value), next_milestone)


def as_judged(row: ProgressRow, rules: Rules, judged: WindowRules) -> ProgressRow:
    """Return the row with the target and the end of its window, where an edit has not reached it yet.

    A completed row keeps a target that was raised since; one that 0.1 judged keeps both.
    """
    if rules.is_historical(judged.closes_at):
        return row
    target = row.target
    if row.completed_at is None or judged.target < target:
        target = judged.target
    if (target, judged.closes_at) == (row.target, row.window_ends_at):
        return row
    return replace(row, target=target, window_ends_at=judged.closes_at)


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
