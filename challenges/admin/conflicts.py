"""Merging two concurrent edits of one challenge in the form, so that nothing that was typed is lost.

The form carries the values that it was loaded with. A field that only the other person changed takes the
stored value; a field that both changed keeps the typed value, and the difference is shown.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from milestones.models import Milestone


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else changed. `typed` is set when it was changed in this form, too."""

    label: str
    before: str
    stored: str
    typed: str = ""


def loaded_values(version: int, form: Any, formsets: list[Any]) -> str:
    """Serialize the version and the values that the form shows when it is opened, for `merged`."""
    values = {
        f"{record_form.instance.pk}.{bound.name}": value
        for record_form, bound, value in _field_values(form, formsets)
    }
    return json.dumps({"version": version, "values": values})


def loaded_version(text: str) -> int | None:
    """Read the version out of `loaded_values`; None for any other text, which skips the check."""
    try:
        return int(json.loads(text)["version"])
    except (ValueError, TypeError, KeyError):
        return None


def merged(
    data: QueryDict, stored_form: Any, stored_formsets: list[Any]
) -> tuple[QueryDict, list[Difference]]:
    """Merge the sent form with what is stored; return the merged data and the differences.

    `stored_form` and `stored_formsets` are unbound forms of the records as they are stored now.
    """
    loaded = json.loads(str(data["loaded"]))["values"]
    prefixes = _sent_prefixes(data, stored_formsets)
    merged_data, differences = data.copy(), []
    for record_form, bound, stored in _field_values(stored_form, stored_formsets):
        before = loaded.get(f"{record_form.instance.pk}.{bound.name}", "")
        prefix = "" if record_form is stored_form else prefixes.get(str(record_form.instance.pk))
        if prefix is None or stored == before:
            continue
        name = f"{prefix}-{bound.name}" if prefix else bound.name
        sent = _input_value(bound.field, bound.field.widget.value_from_datadict(data, {}, name))
        changed_here = sent not in (before, stored)
        if not changed_here:
            merged_data[name] = stored
        differences.append(
            Difference(
                label_of(bound),
                before=_readable(bound.field, before),
                stored=_readable(bound.field, stored),
                typed=_readable(bound.field, sent) if changed_here else "",
            )
        )
    return merged_data, [*differences, *_added_and_removed(prefixes, stored_formsets)]


def _sent_prefixes(data: QueryDict, formsets: list[Any]) -> dict[str, str]:
    """Map the id of each milestone that was sent to the prefix of its form."""
    return {
        data.get(f"{formset.prefix}-{i}-id", ""): f"{formset.prefix}-{i}"
        for formset in formsets
        for i in range(int(data.get(f"{formset.prefix}-INITIAL_FORMS") or 0))
    }


def _added_and_removed(prefixes: dict[str, str], formsets: list[Any]) -> Iterator[Difference]:
    stored = {str(form.instance.pk): form.instance for formset in formsets for form in formset.initial_forms}
    for id_, milestone in stored.items():
        if id_ not in prefixes:
            yield Difference(_("Milestone"), "–", f"{milestone.milestone_target_value:f} · {milestone}")
    for milestone in Milestone.objects.filter(id__in=prefixes.keys() - stored.keys() - {""}):
        yield Difference(_("Milestone"), f"{milestone.milestone_target_value:f} · {milestone}", _("archived"))


def _field_values(form: Any, formsets: list[Any]) -> Iterator[tuple[Any, forms.BoundField, str]]:
    """Yield each field of the challenge's and the milestones' forms, with its form and initial value."""
    milestone_forms = [initial_form for formset in formsets for initial_form in formset.initial_forms]
    for record_form in [form, *milestone_forms]:
        for name in record_form.fields:
            if name not in ("icon", "id", "challenge", "DELETE"):
                bound = record_form[name]
                yield record_form, bound, _input_value(bound.field, bound.initial)


def _input_value(field: forms.Field, value: Any) -> str:
    """Format a value as the field's input holds it."""
    value = field.prepare_value(value)
    text = field.widget.format_value(value) if value not in (None, "", False) else ""
    if isinstance(text, list | tuple):
        text = text[0] if text else ""
    return str(text or "").replace("\r\n", "\n").strip()


def _readable(field: forms.Field, value: str) -> str:
    """Format an input's value for a person: the name of a reward, the label of a choice."""
    if isinstance(field, forms.ModelChoiceField) and value:
        record = field.queryset.filter(pk=value).first() if field.queryset is not None else None
        return str(record or value)
    if isinstance(field, forms.ChoiceField):
        labels: Any = field.choices
        return str(dict(labels).get(value, value))
    return value or "–"


def label_of(bound: forms.BoundField) -> str:
    """Name a field for a person: with its milestone and its language."""
    language = bound.field.widget.attrs.get("data-language")
    label = str(bound.label or bound.name)
    label = f"{label[:1].upper()}{label[1:]}" + (f" ({language})" if language else "")
    record = bound.form.instance  # type: ignore[attr-defined]
    return f"{record.name or _('Milestone')}: {label}" if isinstance(record, Milestone) else label
