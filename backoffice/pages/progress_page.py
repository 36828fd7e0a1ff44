"""The page that explains a progress value: its logs, the thresholds they reached, and the next one."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.pages.page import render_page, require_permissions
from challenges.caches.config import rules_of
from challenges.models import ChallengeLog, ChallengeProgress
from challenges.models.rows import row_of_progress
from challenges.models.window_rules import MilestoneRule
from challenges.queries.progress_summary import as_judged, progress_status
from core.amounts import amount, units
from core.choices import RecordStatus
from core.messages import remaining_text
from milestones.models import Milestone
from rewards.models import RewardLog

LOGS_SHOWN = 500


@dataclass(frozen=True, slots=True)
class LogRow:
    """A log and the value that the window had once it was stored."""

    log: ChallengeLog
    value: Decimal


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A milestone or the completion; `reward_log` is None while it is not paid.

    `can_pay` is false for a milestone that the rule version of the window does not pay.
    """

    name: str
    target: Decimal
    reached: bool
    reward_log: RewardLog | None
    can_pay: bool = True


@require_permissions(
    "members.view_member", "challenges.view_challengelog", "challenges.view_challengeprogress"
)
def show(request: HttpRequest, progress_id: UUID) -> HttpResponse:
    progress = get_object_or_404(
        ChallengeProgress.objects.select_related("member", "challenge"), id=progress_id
    )
    logs = ChallengeLog.objects.filter(
        member=progress.member_id, challenge=progress.challenge_id, period_key=progress.period_key
    )
    rules = rules_of([progress.challenge_id])[progress.challenge_id]
    judged = rules.of_key(progress.period_key)
    row = as_judged(row_of_progress(progress), rules, judged)
    stored_logs = list(logs.order_by("id")[: LOGS_SHOWN + 1])
    thresholds = threshold_rows(progress, judged.version.thresholds, amount(row.target))
    at = timezone.now()
    return render_page(
        request,
        "backoffice/progress.html",
        _("Why %(value)s?") % {"value": f"{progress.current_progress_value:f}"},
        progress=progress,
        status=progress_status(row.completed_at, row.window_ends_at, at),
        log_rows=log_rows(stored_logs[:LOGS_SHOWN]),
        truncated=len(stored_logs) > LOGS_SHOWN,
        thresholds=thresholds,
        next_threshold=next_threshold_text(progress, thresholds),
        at=at,
        zone=str(timezone.get_current_timezone()),
    )


def log_rows(logs: list[ChallengeLog]) -> list[LogRow]:
    """Return a row for each log; `logs` are in the order in which they were stored."""
    sums = accumulate(log.counted_value for log in logs)
    return [LogRow(log, value) for log, value in zip(logs, sums, strict=True)]


def threshold_rows(
    progress: ChallengeProgress, paying: Iterable[MilestoneRule], target: Decimal
) -> list[ThresholdRow]:
    """Return the milestones by ascending target, then the completion at `target`.

    Those that are live, those that pay in this window (`paying`), and those that were paid in it, whatever
    became of them since.
    """
    value = progress.current_progress_value
    reward_logs = {
        log.threshold_id: log
        for log in RewardLog.objects.filter(
            member=progress.member_id, challenge=progress.challenge_id, period_key=progress.period_key
        ).select_related("reward", "milestone")
    }
    rules_by_id = {rule.milestone_id: rule for rule in paying}
    stored = Milestone.objects.filter(challenge=progress.challenge_id)
    milestones = {milestone.id: milestone for milestone in stored}
    milestones |= {log.milestone.id: log.milestone for log in reward_logs.values() if log.milestone}
    rows = [
        _milestone_row(milestone, rules_by_id.get(milestone.id), value, reward_logs.get(milestone.id))
        for milestone in milestones.values()
        if milestone.id in rules_by_id
        or milestone.id in reward_logs
        or (milestone.status == RecordStatus.LIVE and milestone.archived_at is None)
    ]
    rows.sort(key=lambda row: row.target)
    completion_log = reward_logs.get(progress.challenge_id)
    return [*rows, ThresholdRow(_("Completion"), target, value >= target, completion_log)]


def _milestone_row(
    milestone: Milestone, rule: MilestoneRule | None, value: Decimal, reward_log: RewardLog | None
) -> ThresholdRow:
    target = amount(rule.target) if rule else milestone.milestone_target_value
    return ThresholdRow(str(milestone), target, target <= value, reward_log, rule is not None)


def next_threshold_text(progress: ChallengeProgress, thresholds: list[ThresholdRow]) -> str:
    """Say how much is left to the next threshold that can pay; "" when there is none."""
    upcoming = (row for row in thresholds if not row.reached and row.reward_log is None and row.can_pay)
    threshold = next(upcoming, None)
    if threshold is None:
        return ""
    remaining = units(threshold.target) - units(progress.current_progress_value)
    return _("%(rest)s more to “%(name)s” at %(target)s.") % {
        "rest": remaining_text(remaining, progress.challenge.aggregation_method),
        "name": threshold.name,
        "target": f"{threshold.target:f}",
    }
