"""What a member could have in a challenge: progress and rewards made up for the preview, never stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge, ChallengeProgress
from challenges.models.rows import row_of_progress
from challenges.queries.member_state import MemberState
from core.choices import AggregationMethod, CodeSource, RecordStatus, RewardLogStatus
from core.periods import Window, window_before
from milestones.models import Milestone
from rewards.models import Reward, RewardLog

EXAMPLE_MEMBER = "example"
EXAMPLE_CODE = "EXAMPLE-7KQ2"


class State(StrEnum):
    GUEST = "guest"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    NEAR_MILESTONE = "near_milestone"
    COMPLETED = "completed"
    FAILED = "failed"


STATES = (
    (State.NOT_STARTED, _("Not started")),
    (State.IN_PROGRESS, _("In progress")),
    (State.NEAR_MILESTONE, _("Near a milestone")),
    (State.COMPLETED, _("Completed")),
    (State.FAILED, _("Failed")),
    (State.GUEST, _("Guest")),
)


def example_state(
    state: State, challenge: Challenge, milestones: Sequence[Milestone], at: datetime
) -> MemberState | None:
    """What an example member in that state has; None for a guest."""
    if state == State.GUEST:
        return None
    if state == State.NOT_STARTED:
        return MemberState(EXAMPLE_MEMBER)
    window = challenge.window_at(at)
    if state == State.FAILED:
        window = window_before(challenge.aggregation_period, window, challenge.time_zone)
    live = [each for each in milestones if each.status == RecordStatus.LIVE]
    row = _row(challenge, window, _value(state, challenge, live), at)
    logs = {window.period_key: _reward_logs(row, challenge, live, at)}
    if state == State.FAILED:
        return MemberState(EXAMPLE_MEMBER, None, row_of_progress(row), logs)
    return MemberState(EXAMPLE_MEMBER, row_of_progress(row), None, logs)


def _value(state: State, challenge: Challenge, live: Sequence[Milestone]) -> Decimal:
    """Past the first milestone when in progress, just below the next one when near it."""
    target = challenge.completion_target_value
    rungs = sorted(each.milestone_target_value for each in live if each.milestone_target_value < target)
    if state == State.COMPLETED:
        return target
    if state == State.NEAR_MILESTONE:
        return _whole((rungs[0] if rungs else target) * Decimal("0.9"), challenge)
    first = rungs[0] if rungs else Decimal(0)
    second = rungs[1] if len(rungs) > 1 else target
    return _whole((first + second) / 2, challenge)


def _whole(value: Decimal, challenge: Challenge) -> Decimal:
    step = Decimal(1) if challenge.aggregation_method == AggregationMethod.COUNT else Decimal("0.01")
    return max(step, value.quantize(step, ROUND_DOWN)).normalize()


def _row(challenge: Challenge, window: Window, value: Decimal, at: datetime) -> ChallengeProgress:
    target = challenge.completion_target_value
    return ChallengeProgress(
        challenge=challenge,
        period_key=window.period_key,
        window_starts_at=window.starts_at,
        window_ends_at=challenge.closes_at(window),
        current_progress_value=value,
        completion_target_value=target,
        challenge_started_at=window.starts_at,
        challenge_completed_at=at if value >= target else None,
        updated_at=at,
    )


def _reward_logs(
    row: ChallengeProgress, challenge: Challenge, live: Sequence[Milestone], at: datetime
) -> list[RewardLog]:
    reached = [each for each in live if each.milestone_target_value <= row.current_progress_value]
    logs = [_reward_log(row, challenge, each, each.reward, at) for each in reached]
    if row.challenge_completed_at is not None:
        logs.append(_reward_log(row, challenge, None, challenge.completion_reward, at))
    return logs


def _reward_log(
    row: ChallengeProgress,
    challenge: Challenge,
    milestone: Milestone | None,
    reward: Reward | None,
    at: datetime,
) -> RewardLog:
    return RewardLog(
        challenge=challenge,
        milestone=milestone,
        threshold_id=milestone.id if milestone else challenge.id,
        period_key=row.period_key,
        reward=reward,
        status=RewardLogStatus.ISSUED,
        coupon_code=_code(reward),
        reward_issued_at=at - timedelta(minutes=1),
        reward_expiry_at=at + timedelta(days=reward.valid_for_days)
        if reward and reward.valid_for_days
        else None,
        updated_at=at,
    )


def _code(reward: Reward | None) -> str:
    if reward is None:
        return EXAMPLE_CODE
    if reward.code_source == CodeSource.NONE:
        return ""
    return (
        reward.shared_code
        if reward.code_source == CodeSource.SHARED
        else f"{reward.code_prefix}{EXAMPLE_CODE}"
    )
