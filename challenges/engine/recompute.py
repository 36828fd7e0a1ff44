"""Recompute a challenge from its logs, after an early edit of the rule that assigns logs to windows."""

from collections.abc import Iterable
from datetime import datetime

from challenges.caches.config import Rules
from challenges.engine import progress
from challenges.models import ChallengeLog, ChallengeProgress
from challenges.models.rows import LOGS, Identity, LogRow, row_of_log
from core.amounts import SCALE
from core.periods import window_containing
from core.sql.table import execute_many

REASSIGN = f"UPDATE {LOGS.name} SET period_key = %s, counted_value = %s WHERE id = %s"


def recompute_challenge(rules: Rules, at: datetime) -> None:
    """Assign every log to its window under these rules, recompute progress, and issue what is due.

    What was judged at receipt stays: a log that did not count then does not count now. Call it with the
    challenge locked, while nothing of it was paid. Raises `SumLimitReached`.
    """
    stored = ChallengeLog.objects.filter(challenge=rules.challenge_id).order_by("id")
    logs = [row_of_log(log) for log in stored]
    _reassign(logs, rules)
    execute_many(REASSIGN, [(log.period_key, log.counted_value, log.id) for log in logs])
    ChallengeProgress.objects.filter(challenge=rules.challenge_id).delete()
    progress.apply(logs, {rules.challenge_id: rules}, at)


def _reassign(logs: Iterable[LogRow], rules: Rules) -> None:
    left: dict[Identity, int] = {}
    originals: dict[Identity, LogRow] = {}
    for log in sorted(logs, key=lambda log: bool(log.reversal_of)):
        if log.reversal_of:
            original = originals[log.member_id, log.challenge_id, log.reversal_of]
            _reassign_reversal(log, original, left, rules)
            continue
        log.window = window_containing(rules.period, log.activity_at, rules.zone)
        log.period_key = log.window.period_key
        log.counted_value = _value(log, rules) if log.counted else 0
        originals[log.identity] = log
        acts_for = (log.member_id, log.challenge_id, log.counts_anyway or log.unique_identifier)
        if log.counted:
            left[acts_for] = log.counted_value


def _value(log: LogRow, rules: Rules) -> int:
    """A log that was counted without a value has nothing to add to a sum."""
    return SCALE if rules.counting else max(0, log.activity_value or 0)


def _reassign_reversal(log: LogRow, original: LogRow, left: dict[Identity, int], rules: Rules) -> None:
    log.window, log.period_key = original.window, original.period_key
    if not log.counted:
        return
    name = (log.member_id, log.challenge_id, original.counts_anyway or original.unique_identifier)
    rest = left[name]
    value = None if rules.counting else log.activity_value
    part = min(rest, value) if value else rest
    log.counted_value = -part
    left[name] = rest - part
