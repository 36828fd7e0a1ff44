"""What the new value of a window made due. Pure: the rows and logs in hand, no database, no clock."""

from datetime import datetime
from uuid import UUID

from challenges.caches.config import Rules
from challenges.models import ChallengeProgress
from challenges.models.rows import LogRow, ProgressRow
from rewards.models.rows import Due


def crossed(row: ProgressRow, logs: list[LogRow], *, anew: bool = False) -> list[Due]:
    """What these logs made due, lowest first, completion last; completes the row that reached its target.

    `anew`: the window had closed and was opened again. Then everything up to its value is due, by the first
    of the logs: milestones may have come meanwhile. Asking for what was paid is harmless (`issuing.issue`).
    """
    rules = logs[0].rules_or_fail
    before = 0 if anew else row.value - sum(log.counted_value for log in logs)
    opener = logs[0] if anew else None
    dues = [
        due(row, rules, each.milestone_id, each.reward_id, _crossing(row.value, logs, each.target) or opener)
        for each in rules.thresholds
        if before < each.target <= row.value and each.live_since < row.window_ends_at
    ]
    if row.completed_at is None and row.value >= row.target:
        log = _crossing(row.value, logs, row.target) or opener
        # Staff may count activity from after the challenge's end: completion stays inside the window.
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
    """A threshold that this row reached: a milestone's, or with None the completion's. No log: by an edit."""
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
    """Which log reached the target, found backwards from the value they led to; None: one before them."""
    for log in reversed(logs):
        value -= log.counted_value
        if value < target <= value + log.counted_value:
            return log
    return None
