"""Where a member stands in a window: pure arithmetic over units, shared by API, admin and preview."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from challenges.models import ChallengeProgress
from core import messages
from core.amounts import units
from core.choices import ProgressStatus
from milestones.models import Milestone


@dataclass(frozen=True, slots=True)
class ProgressSummary:
    """`value`, `target`, `remaining` in units; without `next_milestone` the completion is next, or none."""

    status: ProgressStatus
    value: int
    target: int
    remaining: int
    next_milestone: Milestone | None

    @property
    def percentage(self) -> int:
        return messages.percentage(self.value, self.target)


def summarize_progress(
    progress: ChallengeProgress | None,
    target: int,
    milestones: Sequence[Milestone],
    achieved: Collection[UUID],
    at: datetime,
) -> ProgressSummary:
    """Of a progress row, or of a member without one. `milestones`: the live ones, ascending.

    A milestone that was paid counts as reached for good, also when a reversal took the value below it.
    """
    value = 0 if progress is None else units(progress.current_progress_value)
    target = target if progress is None else units(progress.completion_target_value)
    status = ProgressStatus.NOT_STARTED if progress is None else progress.status_at(at)
    ahead = (m for m in milestones if m.id not in achieved and units(m.milestone_target_value) > value)
    upcoming = next(ahead, None)
    goal = target if upcoming is None else units(upcoming.milestone_target_value)
    return ProgressSummary(status, value, target, max(0, goal - value), upcoming)
