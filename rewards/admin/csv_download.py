"""A list of the admin as CSV: the rows that its filters and its search leave."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from core.errors import DomainError

PARAMETER = "_export"


class DownloadsCsv:
    """For a ModelAdmin. `export(rows, actor, at=, asked=)` streams, refuses and notes it in the history."""

    export: Callable[..., Iterator[bytes]]
    export_permission = ""
    list_before_template = "admin/rewards/download.html"

    def changelist_view(self: Any, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        if request.GET.get(PARAMETER) == "csv":
            return self._download(request)
        may = request.user.has_perm(self.export_permission)
        query = request.GET.copy()
        query[PARAMETER] = "csv"
        link = {"download_link": f"?{query.urlencode()}"} if may else {}
        return super().changelist_view(request, {**(extra_context or {}), **link})

    def _download(self: Any, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = request.GET.copy()
        del chosen[PARAMETER]
        request.GET = chosen  # type: ignore[assignment]
        rows = self.get_changelist_instance(request).get_queryset(request)
        try:
            pieces = self.export(rows, request.user, at=timezone.now(), asked=chosen.urlencode())
        except DomainError as error:
            raise PermissionDenied(error.message) from error
        name = f"{self.opts.model_name}-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            pieces,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )
