"""Recompute a challenge from its logs, after an early edit of the rule that assigns logs to windows."""

from collections.abc import Iterable
from datetime import datetime

from challenges.engine import progress
from challenges.models import ChallengeLog, ChallengeProgress
from challenges.models.rows import LOGS, Identity, LogRow, row_of_log
from challenges.models.window_rules import Rules, WindowRules
from core.amounts import SCALE
from core.periods import window_containing
from core.sql.table import execute_many

REASSIGN = f"UPDATE {LOGS.name} SET period_key = %s, counted_value = %s, rule_version = %s WHERE id = %s"


def recompute_challenge(rules: Rules, at: datetime) -> None:
    """Assign every log to its window under these rules, recompute progress, and issue what is due.

    The verdict at receipt stays: a log that did not count then does not count now. Call it with the
    challenge locked, and only while it has no reward logs. Raises `SumLimitReached` (docs/rules.md, Editing a
    running challenge).
    """
    stored = ChallengeLog.objects.filter(challenge=rules.challenge_id).order_by("id")
    logs = [row_of_log(log) for log in stored]
    _reassign(logs, rules)
    number = rules.number_at(at)
    execute_many(REASSIGN, [(log.period_key, log.counted_value, number, log.id) for log in logs])
    ChallengeProgress.objects.filter(challenge=rules.challenge_id).delete()
    progress.apply(logs, {rules.challenge_id: rules}, at, whole=True)


def _reassign(logs: Iterable[LogRow], rules: Rules) -> None:
    """Set window and counted value of each log: the originals first, then the reversals."""
    left: dict[Identity, int] = {}
    originals: dict[Identity, LogRow] = {}
    for log in sorted(logs, key=lambda log: bool(log.reversal_of)):
        if log.reversal_of:
            original = originals[log.member_id, log.challenge_id, log.reversal_of]
            _reassign_reversal(log, original, left)
            continue
        judged = rules.of_window(window_containing(rules.period, log.activity_at, rules.zone))
        log.judged, log.period_key = judged, judged.window.period_key
        log.counted_value = _added_value(log, judged) if log.counted else 0
        originals[log.identity] = log
        # A log that was counted anyway and the log that counts it share what is left.
        shared_identity = (log.member_id, log.challenge_id, log.counts_anyway or log.unique_identifier)
        if log.counted:
            left[shared_identity] = log.counted_value


def _added_value(log: LogRow, judged: WindowRules) -> int:
    """Return what a counted log adds, in units; under `sum`, 0 for one that was stored without a value."""
    return SCALE if judged.version.rules.counting else max(0, log.activity_value or 0)


def _reassign_reversal(log: LogRow, original: LogRow, left: dict[Identity, int]) -> None:
    """Give a reversal its original's window, and let it take back at most what is left there."""
    log.judged, log.period_key = original.judged, original.period_key
    if not log.counted:
        return
    identity = (log.member_id, log.challenge_id, original.counts_anyway or original.unique_identifier)
    counting = original.judged is not None and original.judged.version.rules.counting
    value = None if counting else log.activity_value
    taken = min(left[identity], value) if value else left[identity]
    log.counted_value = -taken
    left[identity] -= taken
