"""Saving the challenge's form so that its rules begin with the next window (docs/rules.md, Rule versions)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import gettext as _

from challenges.admin.form_changes import FormChanges
from challenges.admin.version_words import Words, isolated, pending_described
from challenges.editing import service
from challenges.editing.version_plan import next_window_starts_at
from challenges.models import Challenge
from core.choices import RecordStatus

BUTTON = "_next_window"
# The panel tells them all.
TOLD = 3


def is_asked(request: HttpRequest) -> bool:
    """Whether the form was sent to begin with the next window."""
    return BUTTON in request.POST


def begin(edit: FormChanges) -> None:
    """Set what the editor did not touch to what the pending version has; what was touched stays.

    The form shows what is in force, so that only touched fields may change the pending version.
    """
    edit.from_next_window = True
    records: list[Any] = [edit.challenge, *edit.milestones]
    for record in records:
        stored = None if record._state.adding else type(record)._default_manager.filter(pk=record.pk).first()
        if stored is not None:
            service.for_next_window(stored)
            record.merge_from(stored)


def offer(challenge: Challenge | None, at: datetime) -> dict[str, Any]:
    """Return what the form's template says of the next window: when it begins, and what begins with it."""
    if challenge is None or challenge._state.adding:
        return {}
    # Typed values, and those of a refused form, stand on `challenge`: windows go by what is stored.
    stored = Challenge.objects.filter(pk=challenge.pk).first()
    if stored is None or stored.archived_at is not None or stored.status == RecordStatus.DRAFT:
        return {}
    pending = pending_described(stored)
    return {
        "next_window": moment_text(stored, next_window_starts_at(stored, at)),
        "pending": pending,
        "pending_begins": moment_text(stored, pending.version.in_force_from) if pending else "",
    }


def moment_text(challenge: Challenge, at: datetime) -> str:
    """Format a moment on the challenge's clock, with its zone."""
    return isolated(f"{Words(ZoneInfo(challenge.time_zone)).moment(at)} ({challenge.time_zone})")


def saved_message(challenge: Challenge) -> str:
    """Say what begins with the next window, after it was saved."""
    pending = pending_described(challenge)
    if pending is None:
        return _("“%(name)s” stays as it is: nothing begins with the next window.") % {"name": challenge}
    return _("“%(name)s” is saved. From %(moment)s: %(changes)s") % {
        "name": challenge,
        "moment": moment_text(challenge, pending.version.in_force_from),
        "changes": "; ".join([*map(str, pending.changes[:TOLD]), *["…"][: len(pending.changes) > TOLD]]),
    }
