"""Serialize a challenge (docs/api.md, Fields); the admin's preview shows the same."""

from collections.abc import Sequence
from typing import Any

from challenges.api.presenters.progress import (
    NEXT_MESSAGE,
    achieved_milestones,
    message_values,
    render_message,
    serialize_progress,
)
from challenges.models import Challenge
from challenges.models.window_rules import Rules, WindowRules
from challenges.queries.member_state import MemberState
from challenges.queries.progress_summary import summarize_progress
from core.api.names import camel
from core.api.reader import Reader
from core.choices import RecordStatus
from milestones.api.presenters import serialize_milestone
from milestones.models import Milestone
from rewards.api.presenters import serialize_reward_summary

DEFAULT_CHALLENGE_ICON = "challenges/default-challenge-icon.svg"

# Wire names to fields.
PLAIN_TEXTS = {
    camel(field): field
    for field in (
        "eud_title",
        "eud_description",
        "eud_in_progress_label",
        "eud_completed_label",
        "eud_not_started_label",
        "eud_failed_label",
        "eud_view_details_button_text",
    )
}
MESSAGE_TEXTS = {
    camel(field): field
    for field in ("eud_completed_challenge_message", "eud_failed_challenge_message", NEXT_MESSAGE)
}


def serialize_challenge(
    challenge: Challenge,
    rules: Rules,
    milestones: Sequence[Milestone],
    reader: Reader,
    own: MemberState | None = None,
) -> dict[str, Any]:
    """Serialize a challenge; `milestones` unarchived and ascending, `own` for an end user."""
    live = [milestone for milestone in milestones if milestone.status == RecordStatus.LIVE]
    judged = rules.of_window(challenge.window_at(reader.at))
    data: dict[str, Any] = {
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
        data |= {
            "lateGraceHours": challenge.late_grace_hours,
            "reversalPolicy": challenge.reversal_policy,
            "completionRewardId": challenge.completion_reward_id,
        }
    data["completionReward"] = (
        serialize_reward_summary(challenge.completion_reward, reader)
        if challenge.completion_reward_id
        else None
    )
    data["milestones"] = [
        serialize_milestone(milestone, reader) for milestone in (milestones if reader.admin else live)
    ]
    data |= _serialize_texts(challenge, live, reader, own, judged)
    data["window"] = {
        "periodKey": judged.window.period_key,
        "startsAt": judged.window.starts_at,
        "endsAt": judged.closes_at,
    }
    if own is not None:
        data |= _serialize_member_state(challenge, rules, live, reader, own, judged)
    return data | {"createdAt": challenge.created_at, "updatedAt": challenge.updated_at}


def _serialize_texts(
    challenge: Challenge,
    live: Sequence[Milestone],
    reader: Reader,
    own: MemberState | None,
    judged: WindowRules,
) -> dict[str, Any]:
    """Serialize texts: for admins with their variables, for others rendered, for guests as with value 0."""
    data: dict[str, Any] = reader.texts(challenge, PLAIN_TEXTS)
    data["eudIcon"] = reader.icon(challenge.eud_icon, DEFAULT_CHALLENGE_ICON)
    texts = reader.texts(challenge, MESSAGE_TEXTS)
    if reader.admin:
        return data | texts
    row = own.progress if own else None
    achieved = achieved_milestones(own.rewards_in(judged.window.period_key)) if own else set()
    summary = summarize_progress(row, judged, live, achieved, reader.at)
    values = message_values(challenge, summary, reader)
    return data | {
        name: render_message(field, texts[name], summary, values) for name, field in MESSAGE_TEXTS.items()
    }


def _serialize_member_state(
    challenge: Challenge,
    rules: Rules,
    live: Sequence[Milestone],
    reader: Reader,
    own: MemberState,
    judged: WindowRules,
) -> dict[str, Any]:
    last = own.last_progress
    if last and last.period_key == judged.window.period_key and judged.closes_at > reader.at:
        last = None  # open again: an edit has not reached the row yet
    rewards = own.rewards_in(judged.window.period_key)
    last_rewards = own.rewards_in(last.period_key if last else "")
    name = own.external_id
    name = own.external_id
    return {
        "progress": serialize_progress(
            own.progress, challenge, rules, live, rewards, own.external_id, reader
        ),
        "lastProgress": last and serialize_progress(last, challenge, rules, live, last_rewards, name, reader),
    }
