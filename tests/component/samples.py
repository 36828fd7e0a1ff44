"""Challenges as `docs/api` says that they go out to an end user or a guest; a builder for each record.

Whatever a test does not name has a believable value; `now` is the moment that all the times hang on.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ENGLISH_LABELS = {
    "eudInProgressLabel": "In Progress",
    "eudCompletedLabel": "Completed",
    "eudNotStartedLabel": "Not Started",
    "eudFailedLabel": "Failed",
    "eudViewDetailsButtonText": "View Details",
}
ENGLISH_MESSAGES = {
    "eudCompletedChallengeMessage": "Congratulations! You have completed this challenge! "
    "Shop more next month to start a new challenge!",
    "eudFailedChallengeMessage": "Your challenge has failed. "
    "Don't worry, shop more next month to start a new challenge!",
    "eudMilestoneNextToBeAchievedMessage": "Shop for $200.00 or more to complete the next milestone!",
}
STATUS_FIELDS = {
    "not_started": ("eudNotStartedLabel", "eudMilestoneNextToBeAchievedMessage"),
    "in_progress": ("eudInProgressLabel", "eudMilestoneNextToBeAchievedMessage"),
    "completed": ("eudCompletedLabel", "eudCompletedChallengeMessage"),
    "failed": ("eudFailedLabel", "eudFailedChallengeMessage"),
}
_numbers = count(1)


def new_id():
    return str(UUID(int=0x0193_5000_0000_7000_8000_0000_0000_0000 + next(_numbers)))


def at(moment):
    return moment.isoformat().replace("+00:00", "Z")


def reward(title="5% off your next order", instruction="Enter the code at the checkout."):
    return {"eudRewardTitle": title, "eudRewardInstructionMessage": instruction}


def milestone(value=200, title="Silver", **fields):
    record = {
        "id": new_id(),
        "linkedSchemaSlug": "challenge",
        "linkedSchemaRecordId": None,
        "name": f"{title} (internal)",
        "description": "internal",
        "milestoneTargetValue": value,
        "status": "live",
        "reward": reward(),
        "eudMilestoneTitle": title,
        "eudMilestoneDescription": "",
        "eudMilestoneIcon": "/pages/star.svg",
        "eudMilestoneRewardInstructionMessage": "",
    }
    return {**record, **fields}


def challenge(now=NOW, **fields):
    """As a guest reads it: without `progress` and `lastProgress`."""
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = (start + timedelta(days=32)).replace(day=1)
    record = {
        "id": new_id(),
        "name": "Monthly Big Spender",
        "description": "internal",
        "status": "live",
        "completionTargetValue": 500,
        "aggregationMethod": "sum",
        "aggregationPeriod": "monthly",
        "timeZone": "UTC",
        "startsAt": None,
        "endsAt": None,
        "activityIds": [],
        "displayOrder": 0,
        "completionReward": reward("Free shipping for 3 months", "Applied when you enter the code."),
        "milestones": [milestone()],
        "window": {"periodKey": f"{start:%Y-%m}", "startsAt": at(start), "endsAt": at(end)},
        "eudTitle": "Monthly Big Spender",
        "eudDescription": "Spend $500 in one month and shipping is on us for the next three.",
        "eudIcon": "/pages/cart.svg",
        **ENGLISH_LABELS,
        **ENGLISH_MESSAGES,
        "createdAt": at(start),
        "updatedAt": at(start),
    }
    return {**record, **fields}


def progress(of, status="in_progress", value=350, **fields):
    """The progress of `of` in its window of now, or in the one whose fields are given."""
    label, message = STATUS_FIELDS[status]
    reached = [m["id"] for m in of["milestones"] if m["milestoneTargetValue"] <= value]
    target = of["completionTargetValue"]
    record = {
        "id": new_id(),
        "challengeId": of["id"],
        "ownedById": "alice",
        "periodKey": of["window"]["periodKey"],
        "windowStartsAt": of["window"]["startsAt"],
        "windowEndsAt": of["window"]["endsAt"],
        "currentProgressValue": value,
        "completionTargetValue": target,
        "percentage": min(100, int(100 * value / target)),
        "challengeProgressStatus": status,
        "challengeStartedAt": of["window"]["startsAt"] if value else None,
        "challengeCompletedAt": None,
        "challengeFailedAt": None,
        "achievedMilestoneIds": reached,
        "nextMilestone": None,
        "nextRemainingValue": f"{max(0, target - value):.2f}",
        "eudStatusLabel": of[label],
        "eudMessage": of[message],
        "rewardLogs": [],
    }
    return {**record, **fields}


def reward_log(of, for_milestone=None, status="issued", now=NOW, **fields):
    source = for_milestone["reward"] if for_milestone else of["completionReward"]
    record = {
        "id": new_id(),
        "linkedSchemaSlug": "challenge",
        "linkedSchemaRecordId": of["id"],
        "ownedById": "alice",
        "milestoneId": for_milestone["id"] if for_milestone else None,
        "milestone": for_milestone,
        "reward": source,
        "periodKey": of["window"]["periodKey"],
        "status": status,
        "couponCode": None if status in ("pending_code", "capped") else "SPEND-7KQ4XW2M",
        "rewardIssuedAt": at(now - timedelta(days=2)),
        "rewardExpiryAt": at(now + timedelta(days=28)),
        "redeemedAt": at(now - timedelta(days=1)) if status == "redeemed" else None,
        "achievedTargetValue": (for_milestone or {}).get("milestoneTargetValue", 500),
    }
    return {**record, **fields}


def started(of, status="in_progress", value=350, last=None, rewards=(), **fields):
    """The challenge as its member reads it."""
    own = progress(of, status, value, rewardLogs=list(rewards), **fields)
    return {**of, "progress": own, "lastProgress": last}


def closed(of, status="failed", value=350, rewards=(), **fields):
    """A progress in the window before the one of now."""
    end = datetime.fromisoformat(of["window"]["startsAt"])
    start = (end - timedelta(days=1)).replace(day=1)
    window = {"periodKey": f"{start:%Y-%m}", "windowStartsAt": at(start), "windowEndsAt": at(end)}
    return progress(of, status, value, rewardLogs=list(rewards), **{**window, **fields})
