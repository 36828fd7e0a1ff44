"""Why a progress has its value: the logs behind it, what they crossed, and what is next."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.pages.page import may, page
from challenges.caches.challenge import read_milestones
from challenges.models import ChallengeLog, ChallengeProgress
from core.amounts import units
from core.choices import RecordStatus
from core.messages import percentage, remaining_text
from milestones.models import Milestone
from rewards.models import RewardLog

LOGS_SHOWN = 500


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log and the value that the window had once it was stored."""

    log: ChallengeLog
    value: Decimal


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    name: str
    target: Decimal
    reached: bool
    paid: RewardLog | None
    # It went live after the window had closed, so that it never pays there.
    acts: bool = True


@may("members.view_member", "challenges.view_challengelog", "challenges.view_challengeprogress")
def show(request: HttpRequest, progress_id: UUID) -> HttpResponse:
    progress = get_object_or_404(
        ChallengeProgress.objects.select_related("member", "challenge"), id=progress_id
    )
    logs = ChallengeLog.objects.filter(
        member=progress.member_id, challenge=progress.challenge_id, period_key=progress.period_key
    )
    stored = list(logs.order_by("id")[: LOGS_SHOWN + 1])
    steps = thresholds(progress)
    at = timezone.now()
    return page(
        request,
        "backoffice/progress.html",
        _("Why %(value)s?") % {"value": f"{progress.current_progress_value:f}"},
        progress=progress,
        status=progress.status_at(at),
        percentage=percentage(
            units(progress.current_progress_value), units(progress.completion_target_value)
        ),
        lines=lines(stored[:LOGS_SHOWN]),
        truncated=len(stored) > LOGS_SHOWN,
        thresholds=steps,
        upcoming=upcoming(progress, steps),
        at=at,
        zone=str(timezone.get_current_timezone()),
    )


def lines(logs: list[ChallengeLog]) -> list[LogLine]:
    """In the order in which they were stored."""
    sums = accumulate(log.counted_value for log in logs)
    return [LogLine(log, value) for log, value in zip(logs, sums, strict=True)]


def thresholds(progress: ChallengeProgress) -> list[ThresholdLine]:
    """The milestones of now, and the completion; what was paid stays, also where the rules changed."""
    value = progress.current_progress_value
    paid = {
        log.threshold_id: log
        for log in RewardLog.objects.filter(
            member=progress.member_id, challenge=progress.challenge_id, period_key=progress.period_key
        ).select_related("reward", "milestone")
    }
    milestones = {
        each.id: each for each in read_milestones([progress.challenge_id]).get(progress.challenge_id, ())
    }
    milestones |= {log.milestone.id: log.milestone for log in paid.values() if log.milestone}
    shown = [each for each in milestones.values() if each.status == RecordStatus.LIVE or each.id in paid]
    steps = [_threshold(each, progress, paid.get(each.id)) for each in shown]
    steps.sort(key=lambda step: step.target)
    target = progress.completion_target_value
    return [*steps, ThresholdLine(_("Completion"), target, value >= target, paid.get(progress.challenge_id))]


def _threshold(milestone: Milestone, progress: ChallengeProgress, paid: RewardLog | None) -> ThresholdLine:
    target = milestone.milestone_target_value
    reached = target <= progress.current_progress_value
    return ThresholdLine(str(milestone), target, reached, paid, milestone.acts_on(progress.window_ends_at))


def upcoming(progress: ChallengeProgress, steps: list[ThresholdLine]) -> str:
    """What is left to the next threshold, in words; empty when there is none."""
    ahead = next((step for step in steps if not step.reached and step.paid is None and step.acts), None)
    if ahead is None:
        return ""
    left = units(ahead.target) - units(progress.current_progress_value)
    rest = remaining_text(left, progress.challenge.aggregation_method)
    return _("%(rest)s more to “%(name)s” at %(target)s.") % {
        "rest": rest, "name": ahead.name, "target": f"{ahead.target:f}"
    }  # fmt: skip
