"""Challenges and progress as the API gives them (api.md, Fields); the admin's preview shows the same.

Plain dictionaries: a serializer's machinery would cost more than the queries.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import translation

from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.models.rows import LogRow
from challenges.queries.member_state import MemberState
from challenges.queries.progress_summary import ProgressSummary, summarize_progress
from core import messages
from core.amounts import amount, units
from core.api.language import Language
from core.api.names import camel
from core.api.reader import Reader
from core.choices import ProgressStatus, RecordStatus
from core.periods import Window
from core.texts import period_text
from milestones.api.presenters import serialize_milestone
from milestones.models import Milestone
from rewards.api.presenters import serialize_reward_log, serialize_reward_summary
from rewards.models import RewardLog

DEFAULT_CHALLENGE_ICON = "challenges/default-challenge-icon.svg"

LABELS = {
    ProgressStatus.NOT_STARTED: "eud_not_started_label",
    ProgressStatus.IN_PROGRESS: "eud_in_progress_label",
    ProgressStatus.COMPLETED: "eud_completed_label",
    ProgressStatus.FAILED: "eud_failed_label",
}
MESSAGES = {
    ProgressStatus.NOT_STARTED: "eud_milestone_next_to_be_achieved_message",
    ProgressStatus.IN_PROGRESS: "eud_milestone_next_to_be_achieved_message",
    ProgressStatus.COMPLETED: "eud_completed_challenge_message",
    ProgressStatus.FAILED: "eud_failed_challenge_message",
}
PLAIN_TEXTS = (
    "eud_title",
    "eud_description",
    "eud_in_progress_label",
    "eud_completed_label",
    "eud_not_started_label",
    "eud_failed_label",
    "eud_view_details_button_text",
)
NEXT_MESSAGE = "eud_milestone_next_to_be_achieved_message"
MESSAGE_TEXTS = ("eud_completed_challenge_message", "eud_failed_challenge_message", NEXT_MESSAGE)


def serialize_challenge(
    challenge: Challenge, milestones: Sequence[Milestone], reader: Reader, own: MemberState | None = None
) -> dict[str, Any]:
    """A challenge; `milestones` unarchived and ascending, `own` for an end user."""
    live = [each for each in milestones if each.status == RecordStatus.LIVE]
    window = challenge.window_at(reader.at)
    shown: dict[str, Any] = {
        "id": challenge.id,
        "name": challenge.name,
        "description": challenge.description,
        "status": challenge.status,
        "completionTargetValue": challenge.completion_target_value,
        "aggregationMethod": challenge.aggregation_method,
        "aggregationPeriod": challenge.aggregation_period,
        "timeZone": challenge.time_zone,
        "startsAt": challenge.starts_at,
        "endsAt": challenge.ends_at,
        "activityIds": challenge.activity_ids,
        "displayOrder": challenge.display_order,
    }
    if reader.admin:
        shown |= {
            "lateGraceHours": challenge.late_grace_hours,
            "reversalPolicy": challenge.reversal_policy,
            "completionRewardId": challenge.completion_reward_id,
        }
    shown["completionReward"] = (
        serialize_reward_summary(challenge.completion_reward, reader)
        if challenge.completion_reward_id
        else None
    )
    shown["milestones"] = [
        serialize_milestone(each, reader) for each in (milestones if reader.admin else live)
    ]
    shown |= _serialize_texts(challenge, live, reader, own, window)
    shown["window"] = {
        "periodKey": window.period_key,
        "startsAt": window.starts_at,
        "endsAt": challenge.closes_at(window),
    }
    if own is not None:
        shown |= _serialize_member_state(challenge, live, reader, own, window)
    return shown | {"createdAt": challenge.created_at, "updatedAt": challenge.updated_at}


def _serialize_texts(
    challenge: Challenge, live: Sequence[Milestone], reader: Reader, own: MemberState | None, window: Window
) -> dict[str, Any]:
    """Admins read texts effective and unrendered; end users and guests rendered, guests as for value 0."""
    shown: dict[str, Any] = {camel(name): reader.text(challenge, name) for name in PLAIN_TEXTS}
    shown["eudIcon"] = reader.icon(challenge.eud_icon, DEFAULT_CHALLENGE_ICON)
    if reader.admin:
        return shown | {camel(name): reader.text(challenge, name) for name in MESSAGE_TEXTS}
    row = own.progress if own else None
    achieved = _achieved(own.rewards_in(window.period_key)) if own else set()
    now = summarize_progress(row, units(challenge.completion_target_value), live, achieved, reader.at)
    return shown | {camel(name): _rendered(challenge, name, now, reader) for name in MESSAGE_TEXTS}


def _serialize_member_state(
    challenge: Challenge, live: Sequence[Milestone], reader: Reader, own: MemberState, window: Window
) -> dict[str, Any]:
    last = own.last_progress
    return {
        "progress": serialize_progress(
            own.progress, challenge, live, own.rewards_in(window.period_key), own.external_id, reader
        ),
        "lastProgress": last
        and serialize_progress(
            last, challenge, live, own.rewards_in(last.period_key), own.external_id, reader
        ),
    }


def serialize_progress(
    progress: ChallengeProgress | None,
    challenge: Challenge,
    live: Sequence[Milestone],
    reward_logs: Sequence[RewardLog],
    owned_by_id: str,
    reader: Reader,
) -> dict[str, Any]:
    """A progress record; without a row that of the window of now, `not_started`. `live`: live milestones."""
    if reader.language.every:
        reader = replace(reader, language=Language(reader.language.code))
    closes_at = _serialize_window(progress, challenge, reader)["windowEndsAt"]
    acting = [each for each in live if each.acts_on(closes_at)]
    achieved = _achieved(reward_logs)
    now = summarize_progress(progress, units(challenge.completion_target_value), acting, achieved, reader.at)
    return {
        "id": progress.id if progress else None,
        "challengeId": challenge.id,
        "ownedById": owned_by_id,
        **_serialize_window(progress, challenge, reader),
        "currentProgressValue": progress.current_progress_value if progress else 0,
        "completionTargetValue": (progress or challenge).completion_target_value,
        "percentage": now.percentage,
        "challengeProgressStatus": now.status,
        "challengeStartedAt": progress.challenge_started_at if progress else None,
        "challengeCompletedAt": progress.challenge_completed_at if progress else None,
        "challengeFailedAt": closes_at if now.status == ProgressStatus.FAILED else None,
        "achievedMilestoneIds": [log.milestone_id for log in reward_logs if log.milestone_id],
        "nextMilestone": now.next_milestone and serialize_milestone(now.next_milestone, reader),
        "nextRemainingValue": messages.remaining_text(now.remaining, challenge.aggregation_method),
        "eudStatusLabel": reader.text(challenge, LABELS[now.status]),
        "eudMessage": _rendered(challenge, MESSAGES[now.status], now, reader),
        "rewardLogs": [serialize_reward_log(log, owned_by_id, reader) for log in reward_logs],
        "updatedAt": progress.updated_at if progress else None,
    }


def _serialize_window(
    progress: ChallengeProgress | None, challenge: Challenge, reader: Reader
) -> dict[str, Any]:
    if progress is not None:
        key, starts_at, ends_at = progress.period_key, progress.window_starts_at, progress.window_ends_at
    else:
        window = challenge.window_at(reader.at)
        key, starts_at, ends_at = window.period_key, window.starts_at, challenge.closes_at(window)
    return {"periodKey": key, "windowStartsAt": starts_at, "windowEndsAt": ends_at}


def _achieved(reward_logs: Sequence[RewardLog]) -> set[UUID]:
    return {log.milestone_id for log in reward_logs if log.milestone_id}


def _rendered(challenge: Challenge, name: str, now: ProgressSummary, reader: Reader) -> str | None:
    """A message with its variables; towards the next milestone it is null when nothing is left to reach."""
    if name == NEXT_MESSAGE and now.remaining == 0:
        return None
    code = reader.language.code
    with translation.override(code):
        period = str(period_text(challenge.aggregation_period))
    remaining = messages.remaining_text(now.remaining, challenge.aggregation_method)
    return messages.render(
        reader.text(challenge, name), {"periodText": period, "nextRemainingValue": remaining}
    )


def serialize_log(log: ChallengeLog | LogRow, owned_by_id: str) -> dict[str, Any]:
    """A challenge log as it is stored; the engine's own rows hold their value in units."""
    value = log.activity_value
    return {
        "id": log.id,
        "challengeId": log.challenge_id,
        "ownedById": owned_by_id,
        "activityAt": log.activity_at,
        "activityId": log.activity_id,
        "uniqueIdentifier": log.unique_identifier,
        "activityValue": amount(value) if isinstance(value, int) else value,
        "reversalOf": log.reversal_of or None,
        "periodKey": log.period_key,
        "counted": log.counted,
        "reasonCode": log.reason_code or None,
        "createdAt": log.created_at,
    }
