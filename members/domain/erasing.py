"""Erase a member: the row stays for the totals, without personal data (docs/rules.md, Members)."""

import secrets
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from access.domain import audit_log
from core.write_guard import writing
from members.domain.directory import PROFILE_FIELDS
from members.models import Member


def erase(member: Member, *, at: datetime, actor: Any = None, reason: str = "") -> Member:
    """Replace the identifier by a random one and empty the profile; logs and rewards stay.

    `at` is in UTC; `actor` the staff account, None for an API key or a command. Erasing again changes
    nothing.
    Activity that arrives at the same time is stored either before, with this row, or after, with a new
    member: the change of the unique identifier waits for it.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=False, of=("self",)).get(id=member.id)
        if member.erased_at is not None:
            return member
        member.external_id = f"erased-{secrets.token_hex(16)}"
        for field in PROFILE_FIELDS:
            setattr(member, field, "")
        member.erased_at = member.updated_at = at
        with writing(Member):
            member.save()
        audit_log.anonymize(member.id, member.external_id)
        _anonymize_admin_log(member)
        audit_log.note(actor, "erase_member", at=at, member=member, target=member, reason=reason)
    return member


def _anonymize_admin_log(member: Member) -> None:
    """Replace the name in Django's LogEntry, which keeps the one that a record had when it was edited."""
    content_type = ContentType.objects.get_for_model(Member)
    LogEntry.objects.filter(content_type=content_type, object_id=str(member.id)).update(
        object_repr=member.external_id
    )
