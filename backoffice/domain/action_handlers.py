"""The handlers of support's actions: each calls the domain with the form's values, the actor and the reason.

A handler takes the record, the cleaned data of its form, the staff user and the time of the action (an aware
datetime). It raises `DomainError` when the rules refuse.
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from access.domain import audit_log
from challenges.engine import intake, manual_count
from challenges.engine.eligibility import Entry
from challenges.models import ChallengeLog
from core.amounts import units
from core.choices import MemberStatus
from core.errors import DomainError, DomainErrors
from core.identifiers import check_identifier
from members.domain import erasing, member_service
from members.models import Member
from rewards.domain import lifecycle
from rewards.models import RewardLog

Answers = dict[str, Any]


def redeem(log: RewardLog, answers: Answers, actor: Any, at: datetime) -> None:
    lifecycle.redeem(log.id, lifecycle.support_actor(actor, answers["reason"]), at=at)


def unredeem(log: RewardLog, answers: Answers, actor: Any, at: datetime) -> None:
    lifecycle.unredeem(log.id, lifecycle.support_actor(actor, answers["reason"]), at=at)


def revoke(log: RewardLog, answers: Answers, actor: Any, at: datetime) -> None:
    lifecycle.revoke(log.id, lifecycle.support_actor(actor, answers["reason"]), at=at)


def reissue(log: RewardLog, answers: Answers, actor: Any, at: datetime) -> None:
    """Give another code, in place of the one that the form showed; an empty code takes the reward's next."""
    by = lifecycle.support_actor(actor, answers["reason"])
    lifecycle.reissue(log.id, by, at=at, code=answers["coupon_code"], instead_of=answers["instead_of"])


def fill(log: RewardLog, answers: Answers, actor: Any, at: datetime) -> None:
    """Give a code to a reward log that waits for one."""
    by = lifecycle.support_actor(actor, answers["reason"])
    lifecycle.fill_code(log.id, answers["coupon_code"], by, at=at)


def extend(log: RewardLog, answers: Answers, actor: Any, at: datetime) -> None:
    """Move the expiry of a reward log to a later instant."""
    by = lifecycle.support_actor(actor, answers["reason"])
    lifecycle.set_expiry(log.id, answers["reward_expiry_at"], by, at=at)


def reverse(log: ChallengeLog, answers: Answers, actor: Any, at: datetime) -> None:
    """Store a reversal of this log, under an identifier of its own (docs/rules.md, Reversals).

    Without a value it takes back all that is left.
    """
    value = answers["activity_value"]
    entry = Entry(
        challenge_id=log.challenge_id,
        external_id=log.member.external_id,
        activity_at=at,
        activity_id=log.activity_id,
        unique_identifier=f"reversal-{uuid4()}",
        activity_value=None if value is None else units(value),
        reversal_of=log.unique_identifier,
    )
    _record(entry, at, answers["reason"], actor, "reverse")


def add_log(member: Member, answers: Answers, actor: Any, at: datetime) -> None:
    """Store a log of this member as if the shop had sent it; raises `DomainError` if it is stored already."""
    check_identifier(answers["unique_identifier"], "unique_identifier")
    value = answers["activity_value"]
    entry = Entry(
        challenge_id=answers["challenge"].id,
        external_id=member.external_id,
        activity_at=answers["activity_at"],
        activity_id=answers["activity_id"],
        unique_identifier=answers["unique_identifier"],
        activity_value=None if value is None else units(value),
    )
    _record(entry, at, answers["reason"], actor, "add_log")


def _record(entry: Entry, at: datetime, reason: str, actor: Any, action: str) -> None:
    """Store one log by the intake that every log takes, and note the staff action, in one transaction."""
    with transaction.atomic():
        (outcome,) = intake.record([entry], at=at)
        if outcome.errors:
            raise DomainErrors(outcome.errors)
        if outcome.status == "replayed":
            message = "This identifier is stored already, with the same content: nothing was added."
            raise DomainError("stored_already", message, "unique_identifier", "conflict")
        log = ChallengeLog.objects.select_related("member").get(id=outcome.log.id)  # type: ignore[union-attr]
        audit_log.note(actor, action, at=at, member=log.member, target=log, reason=reason)


def pause(member: Member, answers: Answers, actor: Any, at: datetime) -> None:
    """Toggle the member between live and paused, from the status that the form showed."""
    seen = answers["instead_of"] or member.status
    paused = seen == MemberStatus.PAUSED
    status = MemberStatus.LIVE if paused else MemberStatus.PAUSED
    with transaction.atomic():
        member = member_service.set_status(member.id, status, at=at, instead_of=seen)
        action = "resume_member" if paused else "pause_member"
        audit_log.note(actor, action, at=at, member=member, target=member, reason=answers["reason"])


def erase(member: Member, answers: Answers, actor: Any, at: datetime) -> None:
    erasing.erase(member, at=at, actor=actor, reason=answers["reason"])


def count_anyway(logs: list[ChallengeLog], answers: Answers, actor: Any, at: datetime) -> None:
    """Count each of these logs in a transaction of its own (docs/rules.md, One activity log).

    Raises `DomainErrors` with the refused ones after all others are counted.
    """
    outcomes = manual_count.count_manually([log.id for log in logs], answers["reason"], actor, at)
    identifiers = {log.id: log.unique_identifier for log in logs}
    refusals = [
        DomainError(
            outcome.error.code,
            f"{identifiers[outcome.log_id]}: {outcome.error.message}",
            None,
            outcome.error.status,
        )
        for outcome in outcomes
        if outcome.error is not None
    ]
    if refusals:
        raise DomainErrors(refusals)
