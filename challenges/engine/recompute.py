"""Recompute a challenge from its logs, after an early edit of the rule that assigns logs to windows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from challenges.engine import progress
from challenges.engine.reversal_rules import Original
from challenges.engine.reversals import left_of
from challenges.models import ChallengeLog, ChallengeProgress
from challenges.models.rows import LOGS, Identity, LogRow, row_of_log
from challenges.models.window_rules import Rules, WindowRules
from core.amounts import SCALE
from core.choices import ReasonCode
from core.periods import window_containing
from core.sql.table import execute_many

ACT_LATER = (ReasonCode.ORIGINAL_NOT_COUNTED, ReasonCode.ORIGINAL_UNKNOWN)
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


def _reassign(logs: Sequence[LogRow], rules: Rules) -> None:
    """Set window and counted value of each log: the originals first, then the reversals."""
    reversals: dict[Identity, list[LogRow]] = {}
    for log in logs:
        if log.reversal_of:
            named = (log.member_id, log.challenge_id, log.reversal_of)
            reversals.setdefault(named, []).append(log)
    # What is left of a log and of the one that counts it anyway, by the identity of either.
    originals: dict[Identity, tuple[Original, WindowRules]] = {}
    for log in logs:
        if not log.reversal_of:
            _reassign_original(log, rules, originals, reversals)
    for identity, named_by in reversals.items():
        # An early one has no window: what acts for it has its original's. Of a reversal it never acts.
        for reversal in named_by if identity in originals else ():
            if reversal.period_key:
                _reassign_reversal(reversal, *originals[identity])


def _reassign_original(
    log: LogRow,
    rules: Rules,
    originals: dict[Identity, tuple[Original, WindowRules]],
    reversals: Mapping[Identity, Sequence[LogRow]],
) -> None:
    root = (log.member_id, log.challenge_id, log.counts_anyway or log.unique_identifier)
    judged = rules.of_window(window_containing(rules.period, log.activity_at, rules.zone))
    # Those that came before it was counted anyway did not count.
    earlier = [reversal for reversal in reversals.get(root, ()) if reversal.reason_code in ACT_LATER]
    _reassign_activity(log, judged, earlier if log.counts_anyway else ())
    if root not in originals:
        original = Original(
            log.period_key, counted=True, is_reversal=False, left=0, value_left=log.activity_value
        )
        originals[root] = original, judged
    originals[root][0].left += log.counted_value
    originals[log.identity] = originals[root]


def _reassign_activity(log: LogRow, judged: WindowRules, reversed_before: Iterable[LogRow]) -> None:
    """Set window and counted value of a log; under `sum` one that was stored without a value adds 0."""
    counting = judged.version.rules.counting
    log.judged, log.period_key, log.counted_value = judged, judged.window.period_key, 0
    if log.counted:
        added = SCALE if counting else max(0, log.activity_value or 0)
        log.counted_value = left_of(log, added, reversed_before, counting=counting) or 0


def _reassign_reversal(log: LogRow, original: Original, judged: WindowRules) -> None:
    """Give a reversal its original's window, and let it take back at most what is left there."""
    log.judged, log.period_key = judged, judged.window.period_key
    if log.counted:
        log.counted_value = -original.take(log.activity_value, counting=judged.version.rules.counting)
    elif original.value_left is not None:
        original.value_left = max(0, original.value_left - (log.activity_value or 0))
