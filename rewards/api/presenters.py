"""Serialize rewards, coupon codes and reward logs (docs/api.md, Fields)."""

from typing import Any

from core.api.reader import Reader
from core.choices import CodeSource
from rewards.domain.pool_import import Report
from rewards.models import CouponCode, Reward, RewardLog

DEFAULT_MILESTONE_ICON = "challenges/default-milestone-icon.svg"
# Names in the API, by which the model's fields are read.
MILESTONE_TEXTS = {
    "eudMilestoneTitle": "eud_milestone_title",
    "eudMilestoneDescription": "eud_milestone_description",
    "eudMilestoneRewardInstructionMessage": "eud_milestone_reward_instruction_message",
}


def serialize_reward_summary(reward: Reward | None, reader: Reader) -> dict[str, Any] | None:
    """Serialize the public part of a reward: its title and instruction."""
    if reward is None:
        return None
    return {
        "eudRewardTitle": reader.text(reward, "eud_reward_title"),
        "eudRewardInstructionMessage": reader.text(reward, "eud_reward_instruction_message"),
    }


def serialize_reward(reward: Reward, codes_left: int, reader: Reader) -> dict[str, Any]:
    """Serialize the whole reward; `codes_left` is shown for a pool only."""
    return {
        "id": reward.id,
        "name": reward.name,
        "description": reward.description,
        "codeSource": reward.code_source,
        "sharedCode": reward.shared_code,
        "codePrefix": reward.code_prefix,
        "codeLength": reward.code_length,
        "validUntil": reward.valid_until,
        "validForDays": reward.valid_for_days,
        "maxTotal": reward.max_total,
        "maxPerMember": reward.max_per_member,
        "lowWaterMark": reward.low_water_mark,
        "codesLeft": codes_left if reward.code_source == CodeSource.POOL else None,
        "eudRewardTitle": reader.text(reward, "eud_reward_title"),
        "eudRewardInstructionMessage": reader.text(reward, "eud_reward_instruction_message"),
        "createdAt": reward.created_at,
        "updatedAt": reward.updated_at,
    }


def serialize_coupon_code(code: CouponCode) -> dict[str, Any]:
    return {
        "id": code.id,
        "rewardId": code.reward_id,
        "couponCode": code.code,
        "rewardLogId": code.reward_log_id,
        "createdAt": code.created_at,
    }


def serialize_import_report(report: Report) -> dict[str, Any]:
    """Serialize the report of an import."""
    return {
        "new": report.new,
        "duplicate": report.duplicate,
        "existing": report.existing,
        "invalid": report.invalid,
        "filled": report.filled,
        "lines": [
            {"line": line.number, "couponCode": line.code, "reason": line.reason} for line in report.lines
        ],
    }


def serialize_reward_log(log: RewardLog, owned_by_id: str, reader: Reader) -> dict[str, Any]:
    """Serialize a reward log; select `reward` and `milestone` with it, or each costs a query.

    `owned_by_id`: the member's external identifier.
    """
    data: dict[str, Any] = {
        "id": log.id,
        "linkedSchemaSlug": "challenge",
        "linkedSchemaRecordId": log.challenge_id,
        "ownedById": owned_by_id,
        "milestoneId": log.milestone_id,
        "milestone": reader.once(serialize_milestone_summary, log.milestone) if log.milestone_id else None,
    }
    if reader.admin:
        data["rewardId"] = log.reward_id
    return data | {
        "reward": reader.once(serialize_reward_summary, log.reward) if log.reward_id else None,
        "periodKey": log.period_key,
        "status": log.status_at(reader.at).value,
        "couponCode": log.coupon_code or None,
        "rewardIssuedAt": log.reward_issued_at,
        "rewardExpiryAt": log.reward_expiry_at,
        "redeemedAt": log.redeemed_at,
        "achievedTargetValue": log.achieved_target_value,
    }


def serialize_milestone_summary(milestone: Any, reader: Reader) -> dict[str, Any]:
    """Serialize the part of a milestone that is shown with its reward log."""
    return {
        "id": milestone.id,
        "name": milestone.name,
        "milestoneTargetValue": milestone.milestone_target_value,
        **reader.texts(milestone, MILESTONE_TEXTS),
        "eudMilestoneIcon": reader.icon(milestone.eud_milestone_icon, DEFAULT_MILESTONE_ICON),
    }
