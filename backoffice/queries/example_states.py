"""Example states of a member, with progress and rewards, for a challenge's preview. Nothing is stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from challenges.caches.config import snapshot
from challenges.models import Challenge, ChallengeProgress
from challenges.models.rows import row_of_progress
from challenges.models.window_rules import WindowRules
from challenges.queries.member_state import MemberState
from core.choices import AggregationMethod, CodeSource, RecordStatus, RewardLogStatus
from core.periods import window_before
from milestones.models import Milestone
from rewards.models import Reward, RewardLog

EXAMPLE_MEMBER = "example"
EXAMPLE_CODE = "EXAMPLE-7KQ2"


class State(StrEnum):
    """The states that the preview offers; the values are sent by the form's script."""

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
    """Return what an example member in that state has; None for a guest.

    The progress is of the window that contains `at`; of the window before it for a failed member.
    """
    if state == State.GUEST:
        return None
    if state == State.NOT_STARTED:
        return MemberState(EXAMPLE_MEMBER)
    window = challenge.window_at(at)
    if state == State.FAILED:
        window = window_before(challenge.aggregation_period, window, challenge.time_zone)
    live = [milestone for milestone in milestones if milestone.status == RecordStatus.LIVE]
    judged = snapshot(challenge, (), milestones).of_window(window)
    progress = _progress(challenge, judged, _value(state, challenge, live), at)
    reward_logs = {window.period_key: _reward_logs(progress, challenge, live, at)}
    if state == State.FAILED:
        return MemberState(EXAMPLE_MEMBER, None, row_of_progress(progress), reward_logs)
    return MemberState(EXAMPLE_MEMBER, row_of_progress(progress), None, reward_logs)


def _value(state: State, challenge: Challenge, live: Sequence[Milestone]) -> Decimal:
    """Return the progress value of a state.

    In progress it lies between the first two thresholds; near a milestone at 90 % of the first.
    """
    target = challenge.completion_target_value
    targets = sorted(
        milestone.milestone_target_value for milestone in live if milestone.milestone_target_value < target
    )
    if state == State.COMPLETED:
        return target
    if state == State.NEAR_MILESTONE:
        return _rounded((targets[0] if targets else target) * Decimal("0.9"), challenge)
    first = targets[0] if targets else Decimal(0)
    second = targets[1] if len(targets) > 1 else target
    return _rounded((first + second) / 2, challenge)


def _rounded(value: Decimal, challenge: Challenge) -> Decimal:
    """Round down to a value that activities can have: whole where they are counted, else in cents."""
    step = Decimal(1) if challenge.aggregation_method == AggregationMethod.COUNT else Decimal("0.01")
    return max(step, value.quantize(step, ROUND_DOWN)).normalize()


def _progress(challenge: Challenge, judged: WindowRules, value: Decimal, at: datetime) -> ChallengeProgress:
    window = judged.window
    target = challenge.completion_target_value
    return ChallengeProgress(
        challenge=challenge,
        period_key=window.period_key,
        window_starts_at=window.starts_at,
        window_ends_at=judged.closes_at,
        current_progress_value=value,
        completion_target_value=target,
        challenge_started_at=window.starts_at,
        challenge_completed_at=at if value >= target else None,
        updated_at=at,
    )


def _reward_logs(
    progress: ChallengeProgress, challenge: Challenge, live: Sequence[Milestone], at: datetime
) -> list[RewardLog]:
    reward_logs = [
        _reward_log(progress, challenge, milestone, milestone.reward, at)
        for milestone in live
        if milestone.milestone_target_value <= progress.current_progress_value
    ]
    if progress.challenge_completed_at is not None:
        reward_logs.append(_reward_log(progress, challenge, None, challenge.completion_reward, at))
    return reward_logs


def _reward_log(
    progress: ChallengeProgress,
    challenge: Challenge,
    milestone: Milestone | None,
    reward: Reward | None,
    at: datetime,
) -> RewardLog:
    return RewardLog(
        challenge=challenge,
        milestone=milestone,
        threshold_id=milestone.id if milestone else challenge.id,
        period_key=progress.period_key,
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
