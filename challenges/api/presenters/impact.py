"""Serialize what a change would do (docs/api.md, Dry run)."""

from typing import Any

from challenges.engine.impact import Impact


def serialize_impact(impact: Impact) -> dict[str, Any]:
    """Serialize an impact; `logs` only where logs would count. Rewards have no face value yet."""
    figures = {
        "members": impact.members,
        "completedMembers": impact.completed_members,
        "paidMembers": impact.paid_members,
        "coupons": impact.coupons,
        "revoked": impact.revoked,
        "capped": impact.capped,
        "faceValue": None,
    }
    return figures if impact.logs is None else {"logs": impact.logs, **figures}
