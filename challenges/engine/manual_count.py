"""Staff count a stored log that did not count: a paused challenge, a late delivery, an honest mistake.

The original stays as it is. A log of its own, which names the original, acts once on the original's window,
open or closed, and pays what is due there (docs/rules.md, One activity log).
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
    """What became of one of the chosen logs: the log that now counts it and what that paid, or why not."""

    log_id: UUID
    log: LogRow | None = None
    issued: list[Issued] = field(default_factory=list)
    error: DomainError | None = None


def count_manually(log_ids: Iterable[UUID], reason: str, actor: Any, at: datetime) -> list[ManualCount]:
    """Count these stored logs, each in a transaction of its own, audited; an answer for each, in order.

    `actor` is the staff account, None for a command. Raises `DomainError` without a reason. Refused one by
    one (`error`): a log that counts, is a reversal, was reversed, or was counted anyway before.
    """
    why = audit_log.checked_reason(reason)
    return [_count_one(log_id, why, actor, at) for log_id in log_ids]


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
        # Reversals lock their original too: one of the two comes first and the other sees it.
        locked = ChallengeLog.objects.select_related("member").select_for_update(no_key=True, of=("self",))
        original = locked.get(id=log_id)
        _refuse_what_must_not(original)
        rules = _rules(challenge_id)
        log = _counting(original, rules, at)
        if not LOGS.insert(
            [LOG_VALUES(log)], "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",)
        ):
            raise _refusal("counted_already", "This log has been counted anyway already.")
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


def _rules(challenge_id: UUID) -> Rules:
    rules = rules_of([challenge_id]).get(challenge_id)
    if rules is None:
        raise _refusal("archived", "The challenge is archived: restore it first.")
    return rules


def _refuse_what_must_not(original: ChallengeLog) -> None:
    if original.reversal_of:
        raise _refusal("is_reversal", "A reversal can't be counted: it takes activity back.")
    if original.counted:
        raise _refusal("counted", "This log counts.")
    reversals = ChallengeLog.objects.filter(
        member=original.member_id,
        challenge=original.challenge_id,
        reversal_of=original.unique_identifier,
    ).exclude(reversal_of="")
    if reversals.exists():
        raise _refusal("reversed", "This log was taken back: there is nothing to count.")


def _refusal(code: str, message: str) -> DomainError:
    return DomainError(code, message, None, "conflict")


def _counting(original: ChallengeLog, rules: Rules, at: datetime) -> LogRow:
    """The log that counts: named after the original's id, so that two clicks make one."""
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
