"""From support's answers to the domain: each function has one act, and says who did it and why."""

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
from members.domain import erasing
from members.models import Member
from rewards.domain import lifecycle
from rewards.models import RewardLog

Answers = dict[str, Any]


def redeem(log: RewardLog, said: Answers, actor: Any, at: datetime) -> None:
    lifecycle.redeem(log.id, lifecycle.support_actor(actor, said["reason"]), at=at)


def unredeem(log: RewardLog, said: Answers, actor: Any, at: datetime) -> None:
    lifecycle.unredeem(log.id, lifecycle.support_actor(actor, said["reason"]), at=at)


def revoke(log: RewardLog, said: Answers, actor: Any, at: datetime) -> None:
    lifecycle.revoke(log.id, lifecycle.support_actor(actor, said["reason"]), at=at)


def reissue(log: RewardLog, said: Answers, actor: Any, at: datetime) -> None:
    by = lifecycle.support_actor(actor, said["reason"])
    lifecycle.reissue(log.id, by, at=at, code=said["coupon_code"], instead_of=said["instead_of"])


def fill(log: RewardLog, said: Answers, actor: Any, at: datetime) -> None:
    by = lifecycle.support_actor(actor, said["reason"])
    lifecycle.fill_code(log.id, said["coupon_code"], by, at=at)


def extend(log: RewardLog, said: Answers, actor: Any, at: datetime) -> None:
    by = lifecycle.support_actor(actor, said["reason"])
    lifecycle.set_expiry(log.id, said["reward_expiry_at"], by, at=at)


def reverse(log: ChallengeLog, said: Answers, actor: Any, at: datetime) -> None:
    """A reversal is a log of its own, with an identifier of its own."""
    value = said["activity_value"]
    _record(
        Entry(
            challenge_id=log.challenge_id,
            external_id=log.member.external_id,
            activity_at=at,
            activity_id=log.activity_id,
            unique_identifier=f"reversal-{uuid4()}",
            activity_value=None if value is None else units(value),
            reversal_of=log.unique_identifier,
        ),
        at,
        said["reason"],
        actor,
        "reverse",
    )


def add_log(member: Member, said: Answers, actor: Any, at: datetime) -> None:
    value = said["activity_value"]
    _record(
        Entry(
            challenge_id=said["challenge"].id,
            external_id=member.external_id,
            activity_at=said["activity_at"],
            activity_id=said["activity_id"],
            unique_identifier=said["unique_identifier"],
            activity_value=None if value is None else units(value),
        ),
        at,
        said["reason"],
        actor,
        "add_log",
    )


def _record(entry: Entry, at: datetime, reason: str, actor: Any, action: str) -> None:
    """Through the one door of all logs, and audited, or neither."""
    with transaction.atomic():
        (outcome,) = intake.record([entry], at=at)
        if outcome.errors:
            raise DomainErrors(outcome.errors)
        if outcome.status == "replayed":
            message = "This identifier is stored already, with the same content: nothing was added."
            raise DomainError("stored_already", message, "unique_identifier", "conflict")
        log = ChallengeLog.objects.select_related("member").get(id=outcome.log.id)  # type: ignore[union-attr]
        audit_log.note(actor, action, at=at, member=log.member, target=log, reason=reason)


def pause(member: Member, said: Answers, actor: Any, at: datetime) -> None:
    """To and fro."""
    paused = member.status == MemberStatus.PAUSED
    member.status = MemberStatus.LIVE if paused else MemberStatus.PAUSED
    member.updated_at = at
    with transaction.atomic():
        member.save(update_fields=["status", "updated_at"])
        action = "resume_member" if paused else "pause_member"
        audit_log.note(actor, action, at=at, member=member, target=member, reason=said["reason"])


def erase(member: Member, said: Answers, actor: Any, at: datetime) -> None:
    erasing.erase(member, at=at, actor=actor, reason=said["reason"])


def count_anyway(logs: list[ChallengeLog], said: Answers, actor: Any, at: datetime) -> None:
    """Each by itself; raises `DomainErrors` with those that were refused, after the others are counted."""
    outcomes = manual_count.count_manually([log.id for log in logs], said["reason"], actor, at)
    names = {log.id: log.unique_identifier for log in logs}
    refused = [
        DomainError(each.error.code, f"{names[each.log_id]}: {each.error.message}", None, each.error.status)
        for each in outcomes
        if each.error is not None
    ]
    if refused:
        raise DomainErrors(refused)
