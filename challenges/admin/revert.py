"""The page of one version of a record: how it differs from the stored record, and reverting to it.

Reverting is an edit like any other (docs/rules.md, Editing a running challenge).
"""

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

# Keys and times, the status, which is an action of its own, and icons, whose old files are deleted.
NOT_REVERTED = frozenset(
    {
        "id",
        "challenge_id",
        "status",
        "version",
        "settling_since",
        "settling_moved_at",
        "historical_until",
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
    """Mixin for the ModelAdmin of a challenge or milestone, placed before SimpleHistoryAdmin."""

    def revert_changes(self: Any, record: Any) -> form_changes.FormChanges:
        """Build the changes that store `record`, whose columns are set back already."""
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
        field_changes = list(changes(record.instance, stored))
        may_revert = self.may_revert(request, stored)
        question = None
        if request.method == "POST":
            if not may_revert:
                raise PermissionDenied
            try:
                return self._revert(request, stored, record)
            except ConfirmationRequired as required:
                question = required
            except DomainError as error:
                messages.error(request, str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Version of %(time)s: %(name)s")
            % {"time": f"{timezone.localtime(record.history_date):%Y-%m-%d %H:%M}", "name": stored},
            "opts": self.opts,
            "original": stored,
            "record": record,
            "history_url": self._page_url("history", stored),
            "changes": field_changes,
            "may_revert": may_revert and field_changes,
            "question": question,
        }
        return TemplateResponse(request, "admin/challenges/challenge/version.html", context)

    def _revert(self: Any, request: HttpRequest, stored: Any, record: Any) -> HttpResponse:
        now = timezone.now()
        for name in revertible_columns(type(stored)):
            setattr(stored, name, getattr(record, name))
        edit = self.revert_changes(stored)
        confirmation.require_confirmation(edit, edit.challenge.status, now, request.POST.get("confirmed", ""))
        form_changes.save(edit, now, None)
        time = f"{timezone.localtime(record.history_date):%Y-%m-%d %H:%M}"
        self.log_change(request, stored, _("Reverted to the version of %(time)s.") % {"time": time})
        messages.success(request, _("“%(name)s” is as it was at %(time)s.") % {"name": stored, "time": time})
        return HttpResponseRedirect(self._page_url("change", stored))

    def _page_url(self: Any, page: str, stored: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=[stored.pk])


def revertible_columns(model: type[Model]) -> list[str]:
    """Return the columns that a revert sets back, those of translated texts once for each language."""
    names = [field.attname for field in model._meta.concrete_fields]
    return [name for name in names if name not in NOT_REVERTED and f"{name}_en" not in names]


def changes(then: Any, now: Any) -> Iterator[FieldChange]:
    """Yield each column in which two versions of a record differ; null and "" are equal."""
    for name in revertible_columns(type(now)):
        old, new = getattr(then, name), getattr(now, name)
        if (old or "") != (new or ""):
            field: Any = now._meta.get_field(name.removesuffix("_id") if name.endswith("reward_id") else name)
            yield FieldChange(str(capfirst(field.verbose_name)), _readable(old), _readable(new))


def _readable(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return f"{value:f}" if hasattr(value, "normalize") else str(value or "–")
