"""From the valid form and its milestones to one edit, saved through `challenges.editing.service`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from challenges.editing import service
from challenges.models import Challenge
from core.icons import CleanIcon
from core.icons.storage import icons_replaced
from core.ids import uuid7
from milestones.models import Milestone


@dataclass(slots=True)
class FormChanges:
    """What the form says is to be. `places`: the form of each milestone, in their order; icons by record."""

    challenge: Challenge
    milestones: list[Milestone] = field(default_factory=list)
    removed: list[Milestone] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    icons: list[tuple[Any, dict[str, CleanIcon | None]]] = field(default_factory=list)


def changes_of(form: Any, formsets: list[Any], at: datetime) -> FormChanges:
    """Call it on valid forms; nothing is written."""
    edit = FormChanges(form.instance)
    identify(form.instance, at)
    _stamp(form.instance, at)
    _add_icon(edit, form, "eud_icon")
    for formset in formsets:
        formset.save(commit=False)
        edit.removed += formset.deleted_objects
        changed = [form for form in formset.forms if form.has_changed() and form not in formset.deleted_forms]
        for each in changed:
            each.instance.challenge = form.instance
            _stamp(each.instance, at)
            edit.milestones.append(each.instance)
            edit.places.append(each.prefix)
            _add_icon(edit, each, "eud_milestone_icon")
    return edit


def identify(challenge: Challenge, at: datetime) -> None:
    """An inline formset takes a new parent's key away; the rules and the locks go by it."""
    challenge.id = challenge.id or uuid7(at)


def _stamp(record: Any, at: datetime) -> None:
    record.created_at = record.created_at or at
    record.updated_at = at


def _add_icon(edit: FormChanges, form: Any, column: str) -> None:
    icon = form.cleaned_data.get("icon")
    if icon is not None:
        edit.icons.append((form.instance, {column: icon or None}))


def save(edit: FormChanges, at: datetime, expected_version: int | None) -> None:
    """Raises `DomainError` where the rules refuse; then nothing is stored, no icon either."""
    with icons_stored(edit):
        service.save(
            edit.challenge, edit.milestones, removed=edit.removed, at=at, expected_version=expected_version
        )


@contextmanager
def icons_stored(edit: FormChanges) -> Iterator[None]:
    with ExitStack() as stack:
        for record, icons in edit.icons:
            stack.enter_context(icons_replaced(record, icons))
        yield
