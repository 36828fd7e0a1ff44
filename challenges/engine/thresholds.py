"""Find what the new value of a window made due. Pure: no database, no clock."""

from dataclasses import dataclass, field

from challenges.models import ChallengeProgress
from challenges.models.rows import LogRow, ProgressRow
from challenges.models.window_rules import MilestoneRule, Rules, WindowRules
from rewards.models.rows import Due


@dataclass(slots=True)
class Crossed:
    """What logs made due in one window, lowest first, completion last; `completes`: they completed it.

    `completing_log`: the log with which the value reached the target; None: an edit had lowered that before.
    """

    dues: list[Due] = field(default_factory=list)
    completes: bool = False
    completing_log: LogRow | None = None


def crossed(
    row: ProgressRow, rules: Rules, window_rules: WindowRules, logs: list[LogRow], *, net: bool
) -> Crossed:
    """Find what these logs made due, one after the other; `row` holds the value after them.

    What was reached stays due, also where a reversal among them takes it back; with `net` it does not.
    """
    before = row.value - sum(log.counted_value for log in logs)
    result = Crossed()
    for milestone in window_rules.version.thresholds:
        if net and milestone.target > row.value:
            continue
        if log := _crossing(before, logs, milestone.target):
            result.dues.append(due(row, rules, window_rules, milestone, milestone.target, log))
    if row.completed_at is None and (row.value >= row.target or not net):
        result.completing_log = _crossing(before, logs, row.target)
        result.completes = result.completing_log is not None or row.value >= row.target
    if result.completes:
        result.dues.append(due(row, rules, window_rules, None, row.target, result.completing_log))
    return result


def due(
    row: ProgressRow | ChallengeProgress,
    rules: Rules,
    window_rules: WindowRules,
    milestone: MilestoneRule | None,
    target: int,
    log: LogRow | None,
) -> Due:
    """Describe a threshold that the row reached at `target`, in units.

    No `milestone`: the completion. No `log`: an edit made it due.
    """
    reward_id = milestone.reward_id if milestone else window_rules.version.rules.completion_reward_id
    return Due(
        row.member_id,
        row.challenge_id,
        milestone.milestone_id if milestone else None,
        row.period_key,
        reward_id,
        log.id if log else None,
        rules.zone,
        target,
    )


def _crossing(value: int, logs: list[LogRow], target: int) -> LogRow | None:
    """Return the first log that brought a window of this value to the target; None: none of these did."""
    for log in logs:
        if value < target <= value + log.counted_value:
            return log
        value += log.counted_value
    return None
