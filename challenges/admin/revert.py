"""One version out of a history: how it differs from now, and the way back to it, by the rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from challenges.admin import confirmation, form_changes
from core.admin.confirmation import ConfirmationRequired
from core.errors import DomainError

# Not part of an edit: keys, clocks, and the status, which is an action of its own. A replaced icon is gone.
UNTOUCHED = frozenset(
    {
        "id",
        "challenge_id",
        "status",
        "version",
        "settling_since",
        "live_since",
        "archived_at",
        "created_at",
        "updated_at",
        "eud_icon",
        "eud_milestone_icon",
    }
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    label: str
    then: Any
    now: Any


class RevertToVersion:
    """For the ModelAdmin of a challenge or milestone, in front of simple_history's."""

    def edit_back(self: Any, record: Any) -> form_changes.FormChanges:
        """The edit that stores the record as it was set here."""
        return form_changes.FormChanges(record)

    def may_revert(self: Any, request: HttpRequest, record: Any) -> bool:
        return bool(self.has_change_permission(request, record))

    def history_form_view(
        self: Any, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        stored = get_object_or_404(self.get_queryset(request), pk=object_id)
        record = get_object_or_404(stored.history.select_related("history_user"), history_id=version_id)
        if not self.has_view_or_change_permission(request, stored):
            raise PermissionDenied
        found = list(changes(record.instance, stored))
        may_revert = self.may_revert(request, stored)
        question = None
        if request.method == "POST":
            if not may_revert:
                raise PermissionDenied
            try:
                return self._revert(request, stored, record)
            except ConfirmationRequired as asked:
                question = asked
            except DomainError as error:
                messages.error(request, str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Version of %(time)s: %(name)s")
            % {"time": f"{timezone.localtime(record.history_date):%Y-%m-%d %H:%M}", "name": stored},
            "opts": self.opts,
            "original": stored,
            "record": record,
            "history_url": self._address("history", stored),
            "changes": found,
            "may_revert": may_revert and found,
            "question": question,
        }
        return TemplateResponse(request, "admin/challenges/challenge/version.html", context)

    def _revert(self: Any, request: HttpRequest, stored: Any, record: Any) -> HttpResponse:
        now = timezone.now()
        for name in edited_columns(type(stored)):
            setattr(stored, name, getattr(record, name))
        edit = self.edit_back(stored)
        confirmation.require_confirmation(edit, edit.challenge.status, now, request.POST.get("confirmed", ""))
        form_changes.save(edit, now, None)
        time = f"{timezone.localtime(record.history_date):%Y-%m-%d %H:%M}"
        self.log_change(request, stored, _("Reverted to the version of %(time)s.") % {"time": time})
        messages.success(request, _("“%(name)s” is as it was at %(time)s.") % {"name": stored, "time": time})
        return HttpResponseRedirect(self._address("change", stored))

    def _address(self: Any, page: str, stored: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=[stored.pk])


def edited_columns(model: type[Model]) -> list[str]:
    """What an edit may change, each language's text on its own."""
    names = [field.attname for field in model._meta.concrete_fields]
    return [name for name in names if name not in UNTOUCHED and f"{name}_en" not in names]


def changes(then: Any, now: Any) -> Iterator[FieldChange]:
    for name in edited_columns(type(now)):
        old, new = getattr(then, name), getattr(now, name)
        if (old or "") != (new or ""):
            field: Any = now._meta.get_field(name.removesuffix("_id") if name.endswith("reward_id") else name)
            yield FieldChange(str(capfirst(field.verbose_name)), _shown(old), _shown(new))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return f"{value:f}" if hasattr(value, "normalize") else str(value or "–")
