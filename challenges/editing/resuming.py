"""Count what came during a pause when a challenge is resumed (docs/rules.md, Editing a running challenge).

Resuming counts nothing by itself: an editor is told how many logs came in the open window, and chooses. They
are counted as counting anyway all that a filter finds does it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from challenges.caches.config import rules_of
from challenges.engine import manual_count_impact, manual_count_runs
from challenges.engine.impact import Impact
from challenges.models import ManualCountRun
from challenges.queries.uncounted_logs import LogFilter
from core.choices import ReasonCode
from core.periods import window_containing

REASON = "Resumed with countPaused"


def impact_of(challenge_id: UUID, at: datetime) -> Impact:
    """Return what counting the logs of the pause would do; exact up to 10,000 of them. Stores nothing."""
    return manual_count_impact.impact_of(challenge_id, _paused_logs(challenge_id, at), at)


def count_paused(challenge_id: UUID, actor: Any, at: datetime) -> ManualCountRun:
    """Count the logs of the pause, and note it in the audit log as done by `actor`; the rest follows.

    Call it in the transaction that resumes the challenge. `actor` is the staff account, None for an API key
    or a command.
    """
    return manual_count_runs.start(challenge_id, _paused_logs(challenge_id, at), REASON, actor, at)


def _paused_logs(challenge_id: UUID, at: datetime) -> LogFilter:
    """Find what did not count because of a pause in the window of `at`, by either entrance."""
    rules = rules_of([challenge_id])[challenge_id]
    window = window_containing(rules.period, at, rules.zone)
    return LogFilter((ReasonCode.CHALLENGE_PAUSED.value,), window.period_key)
