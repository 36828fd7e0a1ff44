"""The view that serves uploaded icons, with headers under which nothing in them can run."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from core.icons import ICON_HEADERS

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}


@require_safe
def serve_icon(request: HttpRequest, name: str, extension: str) -> FileResponse:
    """Serve one stored icon, or 404.

    The URL pattern allows only 32 hexadecimal digits as `name`, so no path of the client reaches the storage.
    """
    try:
        file = default_storage.open(f"icons/{name}.{extension}")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(file, headers=dict(ICON_HEADERS), content_type=CONTENT_TYPES[extension])
