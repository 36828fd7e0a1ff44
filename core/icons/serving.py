"""Handing out uploaded icons: only names that we gave, with headers under which nothing can run."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from core.icons import ICON_HEADERS

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}


@require_safe
def serve_icon(request: HttpRequest, name: str, extension: str) -> FileResponse:
    """`name` is 32 hexadecimal digits: no path of the caller's making reaches the storage."""
    try:
        file = default_storage.open(f"icons/{name}.{extension}")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(file, headers=dict(ICON_HEADERS), content_type=CONTENT_TYPES[extension])
