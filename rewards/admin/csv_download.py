"""Downloading a changelist as CSV, as its filters and its search leave it."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from core.errors import DomainError

PARAMETER = "_export"


class DownloadsCsv:
    """ModelAdmin mixin that adds a download link for staff with `export_permission`.

    `export(rows, actor, at=, filters=)` checks the permission, writes to the audit log and streams the file;
    `filters` is the query string of the list.
    """

    export: Callable[..., Iterator[bytes]]
    export_permission = ""
    list_before_template = "admin/rewards/download.html"

    def changelist_view(self: Any, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        if request.GET.get(PARAMETER) == "csv":
            return self._download(request)
        may_export = request.user.has_perm(self.export_permission)
        query = request.GET.copy()
        query[PARAMETER] = "csv"
        link = {"download_link": f"?{query.urlencode()}"} if may_export else {}
        return super().changelist_view(request, {**(extra_context or {}), **link})

    def _download(self: Any, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        filters = request.GET.copy()
        del filters[PARAMETER]
        request.GET = filters.copy()  # type: ignore[assignment]
        rows = self.get_changelist_instance(request).get_queryset(request)
        try:
            # What was searched for may name a member, and the audit log outlives them.
            if SEARCH_VAR in filters:
                filters[SEARCH_VAR] = "*"
            chunks = self.export(rows, request.user, at=timezone.now(), filters=filters.urlencode())
        except DomainError as error:
            raise PermissionDenied(error.message) from error
        name = f"{self.opts.model_name}-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            chunks,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )
