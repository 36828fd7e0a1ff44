"""Deleting by the domain's own door: it decides what is deleted, what is archived, and what is refused."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from challenges_project.errors import DomainError


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


class RemovesByDomain:
    """For a ModelAdmin, in front of it, of a model with `archived_at`."""

    def remove(self, obj: Any, at: datetime) -> None:
        """Delete or archive; raises `DomainError`."""
        raise NotImplementedError

    def restore(self, obj: Any, at: datetime) -> None:
        raise NotImplementedError

    def fate_of(self, obj: Any) -> str:
        """What the confirmation says will become of it."""
        raise NotImplementedError

    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.restore_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        return [path("<path:object_id>/restore/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> tuple[Any, ...]:
        """Nothing that hangs on it stands in the way: what has a history is archived."""
        said = [self.fate_of(each) for each in objs]
        return said, {str(self.opts.verbose_name_plural): len(said)}, set(), []  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(obj, timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        for each in queryset:
            try:
                self.delete_model(request, each)
            except DomainError as error:
                messages.error(request, f"{each}: {error.message}")

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

    def _to_the_form(self: Any, object_id: str) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[object_id]))
