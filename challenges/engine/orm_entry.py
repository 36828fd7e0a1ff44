"""Set the verdict on a log that is about to be saved by the ORM: by the admin, a shell, a customer's code."""

from django.utils import timezone

from challenges.caches.config import rules_of
from challenges.engine import locks
from challenges.engine.eligibility import Entry, judge_activity, judge_reversal
from challenges.engine.reversals import originals_of
from challenges.models import ChallengeLog
from core.amounts import amount, units
from core.choices import MemberStatus
from members.domain.directory import MemberRef


def judge_unsaved_log(log: ChallengeLog) -> None:
    """Fill in the fields of an unsaved log that the verdict decides, as for a log that comes by the API.

    Raises `DomainError` where the API would refuse it. Call it inside the transaction of the save
    (docs/rules.md, One activity log).
    """
    now = timezone.now()
    locks.lock_shared([log.challenge_id])
    log.created_at = now
    entry = _entry_of(log)
    rules = rules_of([log.challenge_id]).get(log.challenge_id)
    if entry.reversal_of:
        members = {entry.external_id: MemberRef(log.member_id, paused=False)}
        verdict = judge_reversal(entry, originals_of([entry], [0], members).get(0), rules, now)
    else:
        verdict = judge_activity(entry, rules, log.member.status == MemberStatus.PAUSED, now)
    log.period_key = verdict.period_key
    log.counted = verdict.counted
    log.reason_code = verdict.reason_code
    log.counted_value = amount(verdict.counted_value)
    log.rule_version = verdict.rule_version


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
