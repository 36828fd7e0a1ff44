"""Refuse what no page can read with 400: bytes that are no text, and values that no column can hold.

A filter, a search, an id in a path or a chosen row reaches the database from many places of Django's admin,
the theme and our own pages; some of them check it, some do not. So it is checked once, around all of them
(docs/trust.md, Never a 500).
"""

import logging
from collections import deque
from collections.abc import Callable
from traceback import walk_tb
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest, ValidationError
from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core.api.http.error_pages import bad_request
from core.api.http.middleware import is_api

logger = logging.getLogger("core.admin")

# What a look-up raises for a value that its column cannot hold: `not-an-id` (Django), NUL or a text that is
# too long (PostgreSQL), a number of more than 64 bits (SQLite).
UNREADABLE = (ValidationError, DataError, OverflowError)


class ReadableRequestMiddleware:
    """Answers 400 for a page that is asked for with what cannot be read.

    That is NUL in path, query or cookies, bytes of a query that are not UTF-8, and whatever value a view or
    its template looks up in a column that cannot hold it; the fields of a form check theirs before. The API
    names the parameter that is wrong, so it does both itself. List it before the middleware that reads the
    session: a cookie may hold NUL as well, in quotes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
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
        return bad_request(request, error)


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
