"""Count stored logs that did not count, by staff: after a pause, a late delivery or a mistake.

The original log stays as it is. A new log, which names the original, acts once on the original's window, open
or closed, with what its reversals left, and pays what is due there (docs/rules.md, One activity log).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from access.domain import audit_log
from challenges.caches.config import rules_of
from challenges.engine import locks
from challenges.engine.eligibility import counted_value
from challenges.engine.intake import send_saved
from challenges.engine.progress import SumLimitReached
from challenges.engine.reversals import acting_log, find_reversals, left_of
from challenges.models import ChallengeLog
from challenges.models.rows import LOG_IDENTITY, LogRow, insert_logs, row_of_log
from challenges.models.window_rules import Rules
from core.errors import DomainError
from core.ids import uuid7_batch
from rewards.models.rows import Issued

# Reason codes of logs that are never counted, each with what to do instead.
NEVER_COUNTED = {
    "value_missing": "The activity came without a value: send it with one, under a new identifier.",
    "before_live": "Its window had closed before the challenge went live: it does not exist there.",
}


@dataclass(slots=True)
class ManualCount:
    """The result for one stored log: the new log that counts it and what that issued, or the refusal."""

    log_id: UUID
    log: LogRow | None = None
    issued: list[Issued] = field(default_factory=list)
    error: DomainError | None = None


@dataclass(slots=True)
class ManualCounts:
    """The result for a set of stored logs, by their ids: the new logs, the refusals, and what was issued."""

    originals: list[ChallengeLog] = field(default_factory=list)
    logs: dict[UUID, LogRow] = field(default_factory=dict)
    errors: dict[UUID, DomainError] = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)


def count_manually(log_ids: Iterable[UUID], reason: str, actor: Any, at: datetime) -> list[ManualCount]:
    """Count these stored logs, each in a transaction of its own, and note each in the audit log.

    Returns a result for each id, in order. `actor` is the staff account, None for a command. Raises
    `DomainError` without a reason. A log that counts, is a reversal, was taken back whole, or was counted
    anyway before is refused by its own `error`.
    """
    reason = audit_log.checked_reason(reason)
    return [_count_one(log_id, reason, actor, at) for log_id in log_ids]


def _count_one(log_id: UUID, reason: str, actor: Any, at: datetime) -> ManualCount:
    try:
        return locks.retry(lambda: _attempt(log_id, reason, actor, at))
    except DomainError as error:
        return ManualCount(log_id, error=error)


def _attempt(log_id: UUID, reason: str, actor: Any, at: datetime) -> ManualCount:
    challenge_id = ChallengeLog.objects.filter(id=log_id).values_list("challenge", flat=True).first()
    if challenge_id is None:
        raise DomainError("unknown_log", "There is no such log.", None, "not_found")
    with transaction.atomic():
        counts = count_logs(challenge_id, [log_id], at)
        if log_id in counts.errors:
            raise counts.errors[log_id]
        (original,) = counts.originals
        log = counts.logs[log_id]
        audit_log.note(
            actor,
            "count_anyway",
            at=at,
            member=original.member,
            target=original,
            reason=reason,
            detail={"challengeLogId": str(log.id), "reasonCode": original.reason_code},
        )
    return ManualCount(log_id, log, counts.issued)


def count_logs(challenge_id: UUID, log_ids: Collection[UUID], at: datetime) -> ManualCounts:
    """Count these stored logs of one challenge, by one INSERT and one signal, in the order of their activity.

    Call it inside a transaction. A refused log does not affect the others.
    """
    locks.lock_shared([challenge_id])
    counts = ManualCounts(originals=_lock_originals(log_ids))
    # In later statements than the locks: they see what another transaction counted or took back.
    try:
        rules = countable_rules(challenge_id)
    except DomainError as error:
        counts.errors = dict.fromkeys((original.id for original in counts.originals), error)
        return counts
    if logs := _build_countable(counts, rules, at):
        _store_within_limits(counts, logs, rules)
    return counts


def countable_rules(challenge_id: UUID) -> Rules:
    """Return the rules of a challenge whose logs may be counted. Raises `DomainError` `archived`."""
    rules = rules_of([challenge_id]).get(challenge_id)
    if rules is None or rules.archived:
        raise _conflict("archived", "The challenge is archived: restore it first.")
    return rules


def _lock_originals(log_ids: Collection[UUID]) -> list[ChallengeLog]:
    """Lock these logs in key order, as reversals do that name them; return them in the order of activity."""
    locked = ChallengeLog.objects.select_related("member").select_for_update(no_key=True, of=("self",))
    originals = locked.filter(id__in=log_ids).order_by("member_id", "challenge_id", "unique_identifier")
    return sorted(originals, key=lambda original: (original.activity_at, original.id.int))


def _build_countable(counts: ManualCounts, rules: Rules, at: datetime) -> dict[UUID, LogRow]:
    """Build the logs that count these originals, by the original's id; note why the others are refused."""
    logs: dict[UUID, LogRow] = {}
    reversals = find_reversals({LOG_IDENTITY(original) for original in counts.originals})
    ids = uuid7_batch(at, len(counts.originals))
    for id_, original in zip(ids, counts.originals, strict=True):
        try:
            _check_countable(original)
            named_by = reversals.get(LOG_IDENTITY(original), ())
            logs[original.id] = _build_counting_log(id_, original, named_by, rules, at)
        except DomainError as error:
            counts.errors[original.id] = error
    return logs


def _check_countable(original: ChallengeLog) -> None:
    """Raise `DomainError` for a log that counts, is a reversal, or never counts."""
    if original.reversal_of:
        raise _conflict("is_reversal", "A reversal can't be counted: it takes activity back.")
    if original.counted:
        raise _conflict("counted", "This log counts.")
    if original.reason_code in NEVER_COUNTED:
        raise _conflict(original.reason_code, NEVER_COUNTED[original.reason_code])


def _conflict(code: str, message: str) -> DomainError:
    return DomainError(code, message, None, "conflict")


def _build_counting_log(
    id_: UUID, original: ChallengeLog, reversals: Iterable[LogRow], rules: Rules, at: datetime
) -> LogRow:
    """Build the log that counts what its reversals left of the original: two clicks store one.

    Raises `DomainError` for a window that had closed before the challenge went live, and if nothing is left.
    """
    window_rules = rules.of_key(original.period_key)
    if not window_rules.exists:
        raise _conflict("before_live", NEVER_COUNTED["before_live"])
    named = row_of_log(original)
    added = counted_value(named.activity_value, window_rules)
    left = left_of(named, added, reversals, counting=window_rules.version.rules.counting)
    if left is None:
        raise _conflict("reversed", "This log was taken back: there is nothing to count.")
    log = acting_log(id_, named, original.period_key, left, at, rules.number_at(at))
    log.judged = window_rules
    return log


def _store_within_limits(counts: ManualCounts, logs: dict[UUID, LogRow], rules: Rules) -> None:
    """Store all logs but those that would pass the limit of a sum.

    Where several logs together pass it, only storing them one by one shows which of them is too much.
    """
    try:
        with transaction.atomic():
            stored, issued = _store(logs, rules)
    except SumLimitReached as limit:
        if len(logs) == 1:
            counts.errors |= dict.fromkeys(logs, limit)
            return
        beyond = {key: log for key, log in logs.items() if log.window_key in limit.windows}
        if rest := {key: log for key, log in logs.items() if key not in beyond}:
            _store_within_limits(counts, rest, rules)
        for key, log in beyond.items():
            _store_within_limits(counts, {key: log}, rules)
        return
    counts.logs |= stored
    counts.issued += issued
    for key in logs.keys() - stored.keys():
        counts.errors[key] = _conflict("counted_already", "This log has been counted anyway already.")


def _store(logs: dict[UUID, LogRow], rules: Rules) -> tuple[dict[UUID, LogRow], list[Issued]]:
    """Insert in key order and count those that are new; one that is stored counts the same original."""
    new = insert_logs(logs.values())
    stored = {key: log for key, log in logs.items() if log.id in new}
    applied = send_saved(list(stored.values()), {rules.challenge_id: rules})
    return stored, applied.issued
