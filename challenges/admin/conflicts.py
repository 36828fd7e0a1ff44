"""Two people edit one challenge: what the other changed is shown, and nothing that was typed is lost.

The form carries what it was loaded with. A field that only the other one changed takes their value; a field
that both changed keeps what was typed here, and says so.
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
    """`ours` is set where both changed the field."""

    label: str
    before: str
    theirs: str
    ours: str = ""


def loaded_values(version: int, form: Any, formsets: list[Any]) -> str:
    """What the page shows when it is opened, for `merged`."""
    values = {f"{each.instance.pk}.{bound.name}": shown for each, bound, shown in _values(form, formsets)}
    return json.dumps({"version": version, "values": values})


def loaded_version(text: str) -> int | None:
    """None: not our own text, so the form is not checked against it."""
    try:
        return int(json.loads(text)["version"])
    except (ValueError, TypeError, KeyError):
        return None


def merged(data: QueryDict, fresh: Any, fresh_sets: list[Any]) -> tuple[QueryDict, list[Difference]]:
    """The sent form brought up to what is stored now, and what differs; `fresh` are unbound forms of now."""
    before = json.loads(str(data["loaded"]))["values"]
    places = _places(data, fresh_sets)
    joined, found = data.copy(), []
    for each, bound, theirs in _values(fresh, fresh_sets):
        key = f"{each.instance.pk}.{bound.name}"
        place = "" if each is fresh else places.get(str(each.instance.pk))
        if place is None or theirs == before.get(key, ""):
            continue
        name = f"{place}-{bound.name}" if place else bound.name
        mine = _shown(bound.field, bound.field.widget.value_from_datadict(data, {}, name))
        typed_here = mine not in (before.get(key, ""), theirs)
        if not typed_here:
            joined[name] = theirs
        ours = _readable(bound.field, mine) if typed_here else ""
        was = _readable(bound.field, before.get(key, ""))
        found.append(Difference(label_of(bound), was, _readable(bound.field, theirs), ours))
    return joined, [*found, *_come_and_gone(places, fresh_sets)]


def _places(data: QueryDict, formsets: list[Any]) -> dict[str, str]:
    """The prefix under which each stored milestone was sent."""
    return {
        data.get(f"{formset.prefix}-{i}-id", ""): f"{formset.prefix}-{i}"
        for formset in formsets
        for i in range(int(data.get(f"{formset.prefix}-INITIAL_FORMS") or 0))
    }


def _come_and_gone(places: dict[str, str], formsets: list[Any]) -> Iterator[Difference]:
    now = {str(form.instance.pk): form.instance for formset in formsets for form in formset.initial_forms}
    for id_, milestone in now.items():
        if id_ not in places:
            yield Difference(_("Milestone"), "–", f"{milestone.milestone_target_value:f} · {milestone}")
    for gone in Milestone.objects.filter(id__in=places.keys() - now.keys() - {""}):
        yield Difference(_("Milestone"), f"{gone.milestone_target_value:f} · {gone}", _("archived"))


def _values(form: Any, formsets: list[Any]) -> Iterator[tuple[Any, forms.BoundField, str]]:
    for each in [form, *(rung for formset in formsets for rung in formset.initial_forms)]:
        for name in each.fields:
            if name not in ("icon", "id", "challenge", "DELETE"):
                yield each, each[name], _shown(each[name].field, each[name].initial)


def _shown(field: forms.Field, value: Any) -> str:
    """As the input holds it."""
    value = field.prepare_value(value)
    shown = field.widget.format_value(value) if value not in (None, "", False) else ""
    if isinstance(shown, list | tuple):
        shown = shown[0] if shown else ""
    return str(shown or "").replace("\r\n", "\n").strip()


def _readable(field: forms.Field, value: str) -> str:
    """As a person reads it: the name of a reward, the label of a choice."""
    if isinstance(field, forms.ModelChoiceField) and value:
        chosen = field.queryset.filter(pk=value).first() if field.queryset is not None else None
        return str(chosen or value)
    if isinstance(field, forms.ChoiceField):
        labels: Any = field.choices
        return str(dict(labels).get(value, value))
    return value or "–"


def label_of(bound: forms.BoundField) -> str:
    """The field as a person would name it: whose it is, and in which language."""
    language = bound.field.widget.attrs.get("data-language")
    label = str(bound.label or bound.name)
    label = f"{label[:1].upper()}{label[1:]}" + (f" ({language})" if language else "")
    record = bound.form.instance  # type: ignore[attr-defined]
    return f"{record.name or _('Milestone')}: {label}" if isinstance(record, Milestone) else label
