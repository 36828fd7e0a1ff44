"""Serialize a milestone (docs/api.md, Fields)."""

from typing import Any

from core.api.reader import Reader
from milestones.models import Milestone
from rewards.api.presenters import DEFAULT_MILESTONE_ICON, MILESTONE_TEXTS, serialize_reward_summary


def serialize_milestone(milestone: Milestone, reader: Reader) -> dict[str, Any]:
    """Serialize the whole milestone; select `reward` with it, or it costs a query."""
    data: dict[str, Any] = {
        "id": milestone.id,
        "linkedSchemaSlug": "challenge",
        "linkedSchemaRecordId": milestone.challenge_id,
        "name": milestone.name,
        "description": milestone.description,
        "milestoneTargetValue": milestone.milestone_target_value,
        "status": milestone.status,
    }
    if reader.admin:
        data["rewardId"] = milestone.reward_id
    return data | {
        "reward": serialize_reward_summary(milestone.reward, reader) if milestone.reward_id else None,
        **reader.texts(milestone, MILESTONE_TEXTS),
        "eudMilestoneIcon": reader.icon(milestone.eud_milestone_icon, DEFAULT_MILESTONE_ICON),
        "createdAt": milestone.created_at,
        "updatedAt": milestone.updated_at,
    }
