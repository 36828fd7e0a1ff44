"""Middleware by path: third-party ones adapted to the API's, and what pages accept: values and bodies."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore
from traceback import walk_tb
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest, ValidationError
from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.views import defaults

from core.api.language import ERROR_LANGUAGE

logger = logging.getLogger("core.pages")

STAFF_PATH = "/admin/"
API_PATHS = ("/schema/", "/schema", "/healthz", "/readyz", "/metrics", "/openapi.json")


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PATHS)


class PublicCorsMiddleware(CorsMiddleware):
    """django-cors-headers, except that answers for guests keep `Access-Control-Allow-Origin: *`."""

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Access-Control-Allow-Origin") == "*":
            return response
        return super().add_response_headers(request, response)


class StaffSessionMiddleware(SessionMiddleware):
    """Tells the sessions of staff (`access.domain.sessions`) who asks, and notes that one was used.

    A request that looks at no session costs nothing, and no answer of the API looks at one.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if not is_api(request):
            session: Any = request.session
            session.come_from(
                request.META.get("REMOTE_ADDR") or None, request.META.get("HTTP_USER_AGENT", "")
            )

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session: Any = request.session
        if session.accessed and not session.modified:
            with suppress(DatabaseError):
                session.note_use()
        return super().process_response(request, response)


class PageLocaleMiddleware(LocaleMiddleware):
    """Choose a page's language by Accept-Language, which no answer of the API depends on."""

    def process_request(self, request: HttpRequest) -> None:
        if is_api(request):
            # The thread still has the language of the admin page that it served before.
            translation.activate(ERROR_LANGUAGE)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if is_api(request) else super().process_response(request, response)


# What a look-up raises for a value that its column cannot hold: `not-an-id` (Django), NUL or a text that is
# too long (PostgreSQL), a number of more than 64 bits (SQLite).
UNREADABLE = (ValidationError, DataError, OverflowError)


class ReadablePagesMiddleware:
    """Answers 400 for a page that is asked for with what cannot be read.

    For staff's pages that is NUL in path, query or cookies, and bytes of a query that are not UTF-8; for any
    page, a value that it or its template looks up in a column that cannot hold it. The fields of a form check
    theirs before, and the API names the parameter that is wrong, so it does both itself. List it before the
    middleware that reads the session: a cookie may hold NUL as well, in quotes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(STAFF_PATH):
            # Django has escaped the bytes of the path that are not UTF-8 already.
            _check_text(request.path_info.encode(errors="replace"))
            _check_text(unquote_to_bytes(get_bytes_from_wsgi(request.META, "QUERY_STRING", "")))
            _check_text("".join(request.COOKIES.values()).encode(errors="replace"))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for an exception of a view or of its template; any other is a 500, and logged as one."""
        if is_api(request) or not _is_unreadable(error):
            return None
        # It may be a mistake of ours as well, so the log has all of it.
        logger.warning("a value that no column holds: %s", request.path, exc_info=error)
        return defaults.bad_request(request, error)


def _check_text(raw: bytes) -> None:
    """Raise `BadRequest` for NUL and for what is not UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("not UTF-8") from error
    if b"\0" in raw:
        raise BadRequest("NUL")


def _is_unreadable(error: BaseException) -> bool:
    if isinstance(error, UNREADABLE):
        return True
    # A field of Django's raises it for a text that is no number. Any other ValueError is a mistake of ours.
    frame = deque(walk_tb(error.__traceback__), maxlen=1)
    return isinstance(error, ValueError) and any(f.f_code.co_name == "get_prep_value" for f, _line in frame)


# Bytes of a form. A challenge with its milestones in six languages may have 8 MiB of texts
# (DATA_UPLOAD_MAX_MEMORY_SIZE), and a few icons.
STRANGERS_FORM = 64 * 1024
STAFF_FORM = 9 * 1024 * 1024
# Files that a process receives at once, each in a temporary file.
UPLOADS_AT_ONCE = 2

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Upload:
    largest: int
    permissions: tuple[str, ...]


def accepts_upload(largest: int, *permissions: str) -> Callable[[View], View]:
    """Decorate a page's view: staff with all these permissions may send it so many bytes."""

    def mark(view: View) -> View:
        view.upload = _Upload(largest, permissions)  # type: ignore[attr-defined]
        return view

    return mark


class BodyLimitMiddleware:
    """Refuse a body that is longer than its sender may send: 413, before anything of it is read.

    CSRF protection reads a form ahead of the view that asks who sent it, and Django writes its files to the
    disk. So this comes before it; the user is known by the session. Views of the API ask for the caller
    first and read their bodies by `core.api.http.bodies`. Django reads nothing of a body without a length.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.uploads = BoundedSemaphore(UPLOADS_AT_ONCE)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            if hasattr(request, "is_upload"):
                self.uploads.release()

    def process_view(self, request: HttpRequest, view: Any, *args: Any) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if is_api(request) or (length.isdecimal() and int(length) <= STRANGERS_FORM):
            return None
        if not length.isdecimal() or int(length) > _largest_form(request, view):
            return _refusal("413.html", 413)
        if int(length) > STAFF_FORM:
            if not self.uploads.acquire(blocking=False):
                return _refusal("uploads_busy.html", 503, {"Retry-After": "10"})
            request.is_upload = True  # type: ignore[attr-defined]
        return None


class SignedCookiesMiddleware:
    """Send the cookies that code without a response at hand has noted in `request.new_cookies`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for cookie in getattr(request, "new_cookies", ()):
            response.set_signed_cookie(
                **cookie, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
            )
        return response


def _largest_form(request: HttpRequest, view: Any) -> int:
    user: Any = getattr(request, "user", None)
    if user is None or not (user.is_active and user.is_staff):
        return STRANGERS_FORM
    upload: _Upload | None = getattr(view, "upload", None)
    return upload.largest if upload and user.has_perms(upload.permissions) else STAFF_FORM


def _refusal(template: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(render_to_string(template), status=status, headers=headers)
    response.headers["Cache-Control"] = "no-store"
    return response
