"""Collecting the changes of the challenge's form and saving them through `challenges.editing.service`."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from challenges.editing import resuming, service
from challenges.models import Challenge
from core.icons import CleanIcon
from core.icons.storage import icons_replaced
from core.ids import uuid7
from milestones.models import Milestone


@dataclass(slots=True)
class FormChanges:
    """The edited records as they are to be stored.

    `places` are the form prefixes of `milestones`, in their order; `icons` pairs a record with its new icons
    by column (None: back to the default). With `from_next_window` the edit is kept as the pending rule
    version (`challenges.admin.next_window`).
    """

    challenge: Challenge
    milestones: list[Milestone] = field(default_factory=list)
    removed: list[Milestone] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    icons: list[tuple[Any, dict[str, CleanIcon | None]]] = field(default_factory=list)
    from_next_window: bool = False


def changes_of(form: Any, formsets: list[Any], at: datetime) -> FormChanges:
    """Collect the changes of valid forms; nothing is stored."""
    edit = FormChanges(form.instance)
    identify(form.instance, at)
    _stamp(form.instance, at)
    _add_icon(edit, form, "eud_icon")
    for formset in formsets:
        formset.save(commit=False)
        edit.removed += formset.deleted_objects
        for milestone_form in formset.forms:
            if not milestone_form.has_changed() or milestone_form in formset.deleted_forms:
                continue
            milestone_form.instance.challenge = form.instance
            _stamp(milestone_form.instance, at)
            edit.milestones.append(milestone_form.instance)
            edit.places.append(milestone_form.prefix)
            _add_icon(edit, milestone_form, "eud_milestone_icon")
    return edit


def identify(challenge: Challenge, at: datetime) -> None:
    """Give a new challenge an id, by which the service locks: inline formsets remove that of a new parent."""
    challenge.id = challenge.id or uuid7(at)


def _stamp(record: Any, at: datetime) -> None:
    record.created_at = record.created_at or at
    record.updated_at = at


def _add_icon(edit: FormChanges, form: Any, column: str) -> None:
    icon = form.cleaned_data.get("icon")
    if icon is not None:
        edit.icons.append((form.instance, {column: icon or None}))


def save(
    edit: FormChanges, at: datetime, expected_version: int | None, paused_counted_by: Any = None
) -> None:
    """Save the challenge, its milestones and their icons.

    `paused_counted_by`: the staff account that resumes the challenge and counts what came during the pause.

    Raises `DomainError` when the edit is refused (docs/rules.md, Editing a running challenge), also `stale`
    when another version than `expected_version` (None: any) is stored. Then nothing is saved, no icon either.
    """
    with ExitStack() as stack:
        for record, icons in edit.icons:
            stack.enter_context(icons_replaced(record, icons))
        if paused_counted_by is not None:
            stack.enter_context(transaction.atomic())
        service.save(
            edit.challenge,
            edit.milestones,
            removed=edit.removed,
            at=at,
            expected_version=expected_version,
            from_next_window=edit.from_next_window,
        )
        if paused_counted_by is not None:
            resuming.count_paused(edit.challenge.id, paused_counted_by, at)
