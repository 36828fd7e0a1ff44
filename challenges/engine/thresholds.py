"""Find what the new value of a window made due. Pure: no database, no clock."""

from datetime import datetime
from uuid import UUID

from challenges.caches.config import Rules
from challenges.models import ChallengeProgress
from challenges.models.rows import LogRow, ProgressRow
from rewards.models.rows import Due


def crossed(row: ProgressRow, rules: Rules, logs: list[LogRow], *, reopened: bool = False) -> list[Due]:
    """List what these logs made due, lowest first, completion last; complete a row that reached its target.

    `row` holds the value after the logs. `reopened`: the window had closed and was opened again. Then
    everything up to its value is due, caused by the first of the logs, as milestones may have been added
    meanwhile. What was paid is not paid again (`rewards.domain.issuing.issue`).
    """
    before = 0 if reopened else row.value - sum(log.counted_value for log in logs)
    first = logs[0] if reopened else None
    dues = [
        due(
            row,
            rules,
            threshold.milestone_id,
            threshold.reward_id,
            _crossing(row.value, logs, threshold.target) or first,
        )
        for threshold in rules.thresholds
        if before < threshold.target <= row.value and threshold.live_since < row.window_ends_at
    ]
    if row.completed_at is None and row.value >= row.target:
        log = _crossing(row.value, logs, row.target) or first
        # Staff may count activity from after the challenge's end; a completion lies inside its window.
        row.completed_at = min(
            log.activity_at if log else row.updated_at, row.window_ends_at - datetime.resolution
        )
        dues.append(due(row, rules, None, rules.completion_reward_id, log))
    return dues


def due(
    row: ProgressRow | ChallengeProgress,
    rules: Rules,
    milestone_id: UUID | None,
    reward_id: UUID | None,
    log: LogRow | None,
) -> Due:
    """Describe a threshold that the row reached. No `milestone_id`: the completion. No `log`: by an edit."""
    return Due(
        row.member_id,
        row.challenge_id,
        milestone_id,
        row.period_key,
        reward_id,
        log.id if log else None,
        rules.zone,
    )


def _crossing(value: int, logs: list[LogRow], target: int) -> LogRow | None:
    """Return the log that reached the target, going back from `value`; None: one before these logs."""
    for log in reversed(logs):
        value -= log.counted_value
        if value < target <= value + log.counted_value:
            return log
    return None
