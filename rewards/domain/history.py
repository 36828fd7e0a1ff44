"""The staff's history, as this room writes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from access.domain import audit_log
from rewards.models import RewardLog


def note_change(
    log: RewardLog,
    actor: Any,
    action: str,
    reason: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    at: datetime,
) -> None:
    """What support did with a reward log, and why; `before` and `after` are the columns that it changed."""
    detail = {name: [_text(before[name]), _text(after[name])] for name in after}
    audit_log.note(actor, action, at=at, member=log.member, target=log, reason=reason, detail=detail)


def _text(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value and str(value)
