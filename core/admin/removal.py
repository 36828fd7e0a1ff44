"""Deleting and restoring through a domain service, which deletes, archives or refuses.

The rules are in docs/rules.md, Editing a running challenge.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import DomainError


class ArchivedFilter(admin.SimpleListFilter):
    title = _("archive")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Archived"))]

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        yield first | {"display": _("In use")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(archived_at__isnull=self.value() != "yes")


class DomainRemoval:
    """Mixin, placed before ModelAdmin, for a model with `archived_at`."""

    def remove(self, obj: Any, at: datetime) -> None:
        """Delete or archive the record; raises `DomainError` when neither is allowed."""
        raise NotImplementedError

    def restore(self, obj: Any, at: datetime) -> None:
        """Restore an archived record; raises `DomainError`."""
        raise NotImplementedError

    def describe_removal(self, obj: Any) -> str:
        """Say for the confirmation what `remove` will do with the record, which is named beside it."""
        raise NotImplementedError

    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.restore_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        return [path("<path:object_id>/restore/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> tuple[Any, ...]:
        """Report no related objects: they never prevent the removal, as a record with history is archived."""
        return [], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(obj, timezone.now())

    def get_actions(self: Any, request: HttpRequest) -> Any:
        actions = super().get_actions(request)  # type: ignore[misc]
        if "delete_selected" in actions:
            actions["delete_selected"] = (DomainRemoval.remove_selected, "delete_selected", _("Delete"))
        return actions

    def remove_selected(self: Any, request: HttpRequest, selected: QuerySet[Any]) -> HttpResponse | None:
        """Ask for confirmation, then remove the records one by one and report the outcome of each."""
        records = list(selected)
        if "post" not in request.POST:
            return self._render_confirmation(request, records, request.get_full_path(), queryset=records)
        for record in records:
            pk, name = record.pk, str(record)
            try:
                self.log_deletions(request, [record])
                self.delete_model(request, record)
                self._report_removal(request, pk, name)
            except DomainError as error:
                messages.error(request, f"{name}: {error.message}")
        return None

    def render_delete_form(self: Any, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        record = context["object"]
        return self._render_confirmation(request, [record], self._change_url(record.pk), original=record)

    def response_delete(self: Any, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self._report_removal(request, obj_id, obj_display)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _render_confirmation(
        self: Any, request: HttpRequest, records: list[Any], cancel_url: str, **extra_context: Any
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete"),
            "opts": self.opts,
            "removals": [
                {"name": str(record), "outcome": self.describe_removal(record)} for record in records
            ],
            "cancel_url": cancel_url,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            **extra_context,
        }
        return TemplateResponse(request, "admin/removal.html", context)

    def _report_removal(self: Any, request: HttpRequest, pk: Any, name: str) -> None:
        archived = self.model._default_manager.filter(pk=pk).exists()
        text = _("“%(name)s” is archived; it can be restored.") if archived else _("“%(name)s” is deleted.")
        messages.success(request, text % {"name": name})

    def delete_view(self: Any, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[misc]
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(self._change_url(unquote(object_id)))

    def restore_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = get_object_or_404(self.get_queryset(request), pk=unquote(object_id))
        if not self.has_change_permission(request, None):
            raise PermissionDenied
        try:
            self.restore(obj, timezone.now())
            messages.success(request, _("“%(name)s” is restored.") % {"name": obj})
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(self._change_url(object_id))

    def _change_url(self: Any, pk: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
