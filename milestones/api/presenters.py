"""A milestone as the API gives it (api.md, Fields)."""

from typing import Any

from core.api.reader import Reader
from milestones.models import Milestone
from rewards.api.presenters import serialize_milestone_summary, serialize_reward_summary


def serialize_milestone(milestone: Milestone, reader: Reader) -> dict[str, Any]:
    """The whole record; `reward` must have been selected with it."""
    named = serialize_milestone_summary(milestone, reader)
    shown: dict[str, Any] = {
        "id": milestone.id,
        "linkedSchemaSlug": "challenge",
        "linkedSchemaRecordId": milestone.challenge_id,
        "name": milestone.name,
        "description": milestone.description,
        "milestoneTargetValue": milestone.milestone_target_value,
        "status": milestone.status,
    }
    if reader.admin:
        shown["rewardId"] = milestone.reward_id
    return shown | {
        "reward": serialize_reward_summary(milestone.reward, reader) if milestone.reward_id else None,
        **{name: value for name, value in named.items() if name.startswith("eud")},
        "createdAt": milestone.created_at,
        "updatedAt": milestone.updated_at,
    }
