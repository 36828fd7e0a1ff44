"""Deleting by the domain's own door: it decides what is deleted, what is archived, and what is refused."""

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


class Archived(admin.SimpleListFilter):
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
    """For a ModelAdmin, in front of it, of a model with `archived_at`."""

    def remove(self, obj: Any, at: datetime) -> None:
        """Delete or archive; raises `DomainError`."""
        raise NotImplementedError

    def restore(self, obj: Any, at: datetime) -> None:
        raise NotImplementedError

    def describe_removal(self, obj: Any) -> str:
        """What the confirmation says will become of it; the record is named beside it."""
        raise NotImplementedError

    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.restore_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        return [path("<path:object_id>/restore/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> tuple[Any, ...]:
        """Nothing that hangs on it stands in the way: what has a history is archived."""
        return [], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(obj, timezone.now())

    def get_actions(self: Any, request: HttpRequest) -> Any:
        actions = super().get_actions(request)  # type: ignore[misc]
        if "delete_selected" in actions:
            actions["delete_selected"] = (DomainRemoval.remove_chosen, "delete_selected", _("Delete"))
        return actions

    def remove_chosen(self: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Asks, then removes each that may go and says what became of it."""
        records = list(chosen)
        if "post" not in request.POST:
            return self._ask(request, records, request.get_full_path(), queryset=records)
        for each in records:
            pk, name = each.pk, str(each)
            try:
                self.log_deletions(request, [each])
                self.delete_model(request, each)
                self._tell(request, pk, name)
            except DomainError as error:
                messages.error(request, f"{name}: {error.message}")
        return None

    def render_delete_form(self: Any, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        record = context["object"]
        return self._ask(request, [record], self._form_of(record.pk), original=record)

    def response_delete(self: Any, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self._tell(request, obj_id, obj_display)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _ask(
        self: Any, request: HttpRequest, records: list[Any], way_back: str, **more: Any
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete"),
            "opts": self.opts,
            "removals": [{"name": str(each), "outcome": self.describe_removal(each)} for each in records],
            "way_back": way_back,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            **more,
        }
        return TemplateResponse(request, "admin/removal.html", context)

    def _tell(self: Any, request: HttpRequest, pk: Any, name: str) -> None:
        archived = self.model._default_manager.filter(pk=pk).exists()
        told = _("“%(name)s” is archived; it can be restored.") if archived else _("“%(name)s” is deleted.")
        messages.success(request, told % {"name": name})

    def delete_view(self: Any, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[misc]
        except DomainError as error:
            messages.error(request, error.message)
            return self._to_the_form(unquote(object_id))

    def restore_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = get_object_or_404(self.get_queryset(request), pk=unquote(object_id))
        if not self.has_change_permission(request, None):
            raise PermissionDenied
        try:
            self.restore(obj, timezone.now())
            messages.success(request, _("“%(name)s” is restored.") % {"name": obj})
        except DomainError as error:
            messages.error(request, error.message)
        return self._to_the_form(object_id)

    def _to_the_form(self, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(self._form_of(object_id))

    def _form_of(self: Any, pk: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
