"""Judge a log that is saved by the ORM, by the admin, a shell, a customer's code, and count it."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from challenges.caches.config import rules_of
from challenges.engine import locks
from challenges.engine.eligibility import Entry, Verdict, judge_activity
from challenges.engine.intake import send_saved
from challenges.engine.reversal_matching import Matching
from challenges.engine.reversals import (
    Originals,
    acting_log,
    lock_originals,
    make_placeholders,
    remove_placeholders,
)
from challenges.models import ChallengeLog
from challenges.models.rows import LOG_IDENTITY, Identity, LogRow, insert_logs, row_of_log
from core.amounts import amount, units
from core.choices import MemberStatus
from core.ids import uuid7_batch
from members.domain.directory import MemberRef


def judge_unsaved_log(log: ChallengeLog) -> None:
    """Fill in the fields of an unsaved log that the verdict decides, as for a log that comes by the API.

    Raises `DomainError` where the API would refuse it. Call it inside the transaction of the save
    (docs/rules.md, One activity log).
    """
    now = timezone.now()
    locks.lock_shared([log.challenge_id])
    log.created_at = now
    verdict, log.acting = _judge(log, now)
    log.period_key = verdict.period_key
    log.counted = verdict.counted
    log.reason_code = verdict.reason_code
    log.counted_value = amount(verdict.counted_value)
    log.rule_version = verdict.rule_version


def count_saved_log(log: ChallengeLog) -> None:
    """Count a log that was just saved, with the early reversals that act on it now."""
    row = row_of_log(log)
    ids = uuid7_batch(log.created_at, len(log.acting))
    number = row.rule_version or 0
    acting = [
        acting_log(id_, reversal, row.period_key, -taken, log.created_at, number)
        for id_, (reversal, taken) in zip(ids, log.acting, strict=True)
    ]
    insert_logs(acting)
    send_saved([row, *acting], rules_of([log.challenge_id]))


def _judge(log: ChallengeLog, now: datetime) -> tuple[Verdict, Sequence[tuple[LogRow, int]]]:
    """Return the verdict, and the early reversals that act with the log, each with what it takes back."""
    entry = _entry_of(log)
    member = MemberRef(log.member_id, paused=log.member.status == MemberStatus.PAUSED)
    rules = rules_of([log.challenge_id])
    matching = Matching([entry], [0], _claim(log, now), rules, {entry.external_id: member}, now)
    if entry.reversal_of:
        return matching.judge(0), ()
    verdict = judge_activity(entry, rules.get(log.challenge_id), member.paused, now)
    matching.add_activity(0, verdict)
    return verdict, matching.acting.get(0, ())


def _claim(log: ChallengeLog, now: datetime) -> Originals:
    """Keep the identity of a log and of its original against all others; free the first for the INSERT.

    One that is stored is left: then the INSERT fails, or the reversal has its original.
    """
    own: Identity = LOG_IDENTITY(log)
    named: Identity = (log.member_id, log.challenge_id, log.reversal_of)
    identities = {own, named} if log.reversal_of else {own}
    insert_logs(make_placeholders(identities, now))
    originals = lock_originals(identities)
    if own in originals.placeholders:
        remove_placeholders([originals.placeholders[own]])
    return originals


def _entry_of(log: ChallengeLog) -> Entry:
    return Entry(
        challenge_id=log.challenge_id,
        external_id=log.member.external_id,
        activity_at=log.activity_at,
        activity_id=log.activity_id,
        unique_identifier=log.unique_identifier,
        activity_value=None if log.activity_value is None else units(log.activity_value),
        reversal_of=log.reversal_of,
    )
