"""The staff's history, as this room writes it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rewards.models import RewardLog

logger = logging.getLogger(__name__)


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
    detail = {name: [str(before[name]), str(after[name])] for name in after}
    logger.info("reward log %s: %s by %s (%s)", log.id, action, actor, reason, extra={"changes": detail})
