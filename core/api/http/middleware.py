"""Middleware by path: third-party ones adapted to the API's, and one that protects all others."""

import logging
from collections import deque
from collections.abc import Callable
from traceback import walk_tb
from urllib.parse import unquote_to_bytes

from corsheaders.middleware import CorsMiddleware
from django.core.exceptions import BadRequest, ValidationError
from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
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
