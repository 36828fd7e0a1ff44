"""Count stored logs that did not count, by staff: after a pause, a late delivery or a mistake.

The original log stays as it is. A new log, which names the original, acts once on the original's window, open
or closed, and pays what is due there (docs/rules.md, One activity log).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from access.domain import audit_log
from challenges.caches.config import Rules, rules_of
from challenges.engine import locks
from challenges.engine.eligibility import counted_value
from challenges.engine.intake import send_saved
from challenges.models import ChallengeLog
from challenges.models.rows import LOG_VALUES, LOGS, LogRow
from core.amounts import units
from core.errors import DomainError
from core.ids import uuid7
from core.periods import window_of_key
from rewards.models.rows import Issued


@dataclass(slots=True)
class ManualCount:
    """The result for one stored log: the new log that counts it and what that issued, or the refusal."""

    log_id: UUID
    log: LogRow | None = None
    issued: list[Issued] = field(default_factory=list)
    error: DomainError | None = None


def count_manually(log_ids: Iterable[UUID], reason: str, actor: Any, at: datetime) -> list[ManualCount]:
    """Count these stored logs, each in a transaction of its own, and note each in the audit log.

    Returns a result for each id, in order. `actor` is the staff account, None for a command. Raises
    `DomainError` without a reason. A log that counts, is a reversal, was reversed, or was counted anyway
    before is refused by its own `error`.
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
        locks.lock_shared([challenge_id])
        # A reversal locks its original too: of the two, the second sees what the first stored.
        locked = ChallengeLog.objects.select_related("member").select_for_update(no_key=True, of=("self",))
        original = locked.get(id=log_id)
        _check_countable(original)
        rules = _get_rules(challenge_id)
        log = _build_counting_log(original, rules, at)
        if not LOGS.insert(
            [LOG_VALUES(log)], "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",)
        ):
            raise _conflict("counted_already", "This log has been counted anyway already.")
        applied = send_saved([log], {challenge_id: rules})
        audit_log.note(
            actor,
            "count_anyway",
            at=at,
            member=original.member,
            target=original,
            reason=reason,
            detail={"challengeLogId": str(log.id), "reasonCode": original.reason_code},
        )
    return ManualCount(log_id, log, applied.issued)


def _get_rules(challenge_id: UUID) -> Rules:
    rules = rules_of([challenge_id]).get(challenge_id)
    if rules is None:
        raise _conflict("archived", "The challenge is archived: restore it first.")
    return rules


def _check_countable(original: ChallengeLog) -> None:
    """Raise `DomainError` for a log that counts, is a reversal, or was reversed."""
    if original.reversal_of:
        raise _conflict("is_reversal", "A reversal can't be counted: it takes activity back.")
    if original.counted:
        raise _conflict("counted", "This log counts.")
    reversals = ChallengeLog.objects.filter(
        member=original.member_id,
        challenge=original.challenge_id,
        reversal_of=original.unique_identifier,
    ).exclude(reversal_of="")
    if reversals.exists():
        raise _conflict("reversed", "This log was taken back: there is nothing to count.")


def _conflict(code: str, message: str) -> DomainError:
    return DomainError(code, message, None, "conflict")


def _build_counting_log(original: ChallengeLog, rules: Rules, at: datetime) -> LogRow:
    """Build the log that counts the original, identified by the original's id: two clicks store one."""
    value = None if original.activity_value is None else units(original.activity_value)
    return LogRow(
        id=uuid7(at),
        member_id=original.member_id,
        challenge_id=original.challenge_id,
        unique_identifier=f"count-anyway-{original.id}",
        activity_at=original.activity_at,
        activity_id=original.activity_id,
        activity_value=value,
        reversal_of="",
        counts_anyway=original.unique_identifier,
        period_key=original.period_key,
        counted=True,
        reason_code="",
        counted_value=counted_value(value, rules),
        created_at=at,
        window=window_of_key(rules.period, original.period_key, rules.zone),
    )
