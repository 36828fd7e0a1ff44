"""Example bodies in `/docs`: a monthly challenge, its milestone, an order and its refund."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

ID = "0199c9a8-7c60-7000-8000-000000000000"
ORDER: dict[str, Any] = {
    "ownedById": "alice",
    "activityAt": "2026-11-22T10:00:00Z",
    "activityId": "order",
    "uniqueIdentifier": "order-1001",
    "activityValue": 150,
}
CHALLENGE: dict[str, Any] = {
    "name": "Monthly Big Spender",
    "description": "Spend 500 in a month.",
    "status": "live",
    "completionTargetValue": 500,
    "aggregationMethod": "sum",
    "aggregationPeriod": "monthly",
    "timeZone": "Europe/Berlin",
    "activityIds": ["order"],
    "eudTitle": "Big spender",
    "eudMilestoneNextToBeAchievedMessage": "Only {{nextRemainingValue}} to go this {{periodText}}!",
}
MILESTONE: dict[str, Any] = {
    "linkedSchemaRecordId": ID,
    "name": "A good start",
    "description": "Spend 200.",
    "status": "live",
    "milestoneTargetValue": 200,
}
LOG = {"challengeId": ID, **ORDER}
REFUND = {
    "challengeId": ID,
    "ownedById": "alice",
    "activityAt": "2026-11-23T09:30:00+01:00",
    "activityId": "refund",
    "uniqueIdentifier": "refund-77",
    "reversalOf": "order-1001",
    "activityValue": 40,
}


def examples_of(**bodies: dict[str, Any]) -> list[OpenApiExample]:
    """OpenAPI examples of request bodies; the keyword is the title, with underscores for spaces."""
    return [
        OpenApiExample(name.replace("_", " ").capitalize(), value=body, request_only=True)
        for name, body in bodies.items()
    ]
