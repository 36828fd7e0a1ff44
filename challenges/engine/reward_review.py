"""Review the rewards of windows after their value changed, and remember where the policy has revoked some.

The flag on the progress row lets a log of a window without revoked rewards pay no statement for it
(docs/rules.md, Reversals).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from challenges.models.rows import PROGRESS, ProgressRow, WindowKey
from challenges.models.window_rules import Rules, WindowRules
from core.amounts import amount
from rewards.domain import reversal_policy
from rewards.domain.reversal_policy import ReviewedWindow
from rewards.models import RewardLog
from rewards.models.rows import Issued


def reviewed_window(
    row: ProgressRow, rules: Rules, window_rules: WindowRules, *, revokes: bool, value: int | None = None
) -> ReviewedWindow:
    """Describe a window by its row after the change; one that 0.1 judged has the target of its row.

    `value`: what it supports, in units; None: its row's value.
    """
    target = row.target
    if not rules.is_historical(window_rules.closes_at):
        target = min(target, window_rules.target)
    targets = _milestone_targets(window_rules) | {row.challenge_id: target}
    value = row.value if value is None else value
    return ReviewedWindow(row.member_id, row.challenge_id, row.period_key, value, targets, revokes)


def _milestone_targets(window_rules: WindowRules) -> dict[UUID, int]:
    """Return the targets of all milestones of a window's version: what was paid may pay nobody else now."""
    return {milestone.milestone_id: milestone.target for milestone in window_rules.version.rules.milestones}


def review(rows: Mapping[WindowKey, ProgressRow], windows: Sequence[ReviewedWindow], at: datetime) -> None:
    """Revoke and give back rewards of these windows, whose rows are locked; set the flags of the rows."""
    if windows:
        has_revoked = reversal_policy.review(windows, at)
        _set_flags((rows[key] for key in has_revoked), has_revoked)


def review_issued(
    rows: Mapping[WindowKey, ProgressRow],
    windows: Iterable[ReviewedWindow],
    issued: Iterable[Issued],
    at: datetime,
) -> None:
    """Revoke what these windows do not support of what was just issued; set the flags of the rows."""
    revoked = reversal_policy.review_issued(windows, issued, at)
    _set_flags((rows[key] for key in revoked), dict.fromkeys(revoked, True))


def give_back(rows: Iterable[ProgressRow], rules: Rules, judged: WindowRules, at: datetime) -> None:
    """Give back what these locked rows of one window support again."""
    flagged = {row.window_key: row for row in rows if row.has_revoked_rewards}
    windows = [reviewed_window(row, rules, judged, revokes=False) for row in flagged.values()]
    review(flagged, windows, at)


def gives_back(rules: Rules, judged: WindowRules) -> Q:
    """Match the rows of a window that support again what the reversal policy revoked."""
    revoked = RewardLog.objects.exclude(revoked_from="").filter(
        member=OuterRef("member_id"), challenge=OuterRef("challenge_id"), period_key=OuterRef("period_key")
    )
    thresholds = _milestone_targets(judged) | {rules.challenge_id: judged.target}
    value = OuterRef("current_progress_value")
    supported = Q(Exists(revoked.filter(achieved_target_value__lte=value)))
    for threshold_id, target in thresholds.items():
        reached = Q(current_progress_value__gte=amount(target))
        supported |= reached & Q(Exists(revoked.filter(threshold_id=threshold_id)))
    return Q(has_revoked_rewards=True) & supported


def _set_flags(rows: Iterable[ProgressRow], has_revoked: Mapping[WindowKey, bool]) -> None:
    changed = [row for row in rows if row.has_revoked_rewards != has_revoked[row.window_key]]
    for row in changed:
        row.has_revoked_rewards = has_revoked[row.window_key]
    if changed:
        PROGRESS.update(("id", "has_revoked_rewards"), [(row.id, row.has_revoked_rewards) for row in changed])
