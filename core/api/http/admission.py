"""Admission of requests to a WSGI application (core/admission.py), before anything else is done for them.

A request for which there is no place is answered 503 with Retry-After. `/healthz` needs no place: it is
answered whatever the others wait for.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from core.admission import Admission, Overloaded, Place
from core.api.errors import Answer, Fault
from core.api.http.middleware import API_PATHS
from core.api.http.proxies import Application
from core.api.http.renderers import CONTENT_TYPE, encode
from core.api.language import ERROR_LANGUAGE

READS = frozenset(("GET", "HEAD", "OPTIONS"))
ALWAYS_ADMITTED = "/healthz"
RECORD_ID = re.compile("/[0-9a-f]{8}-[0-9a-f]{4}-")
BUSY = Answer(503, [Fault("unavailable", "The service is busy or restarting; try again.")])


def admit(application: Application, admission: Admission) -> Application:
    """Wrap a WSGI application: a request is worked on as `admission` allows.

    The subject of a change is its path, where that names a record.
    """

    def admitted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == ALWAYS_ADMITTED:
            return _whole(application(environ, start_response))
        writes = environ["REQUEST_METHOD"] not in READS
        try:
            place = admission.enter(writes=writes, subject=path if writes and RECORD_ID.search(path) else "")
        except Overloaded:
            return _refuse(path, start_response)
        streamed = False
        try:
            response = application(environ, start_response)
            streamed = bool(getattr(response, "streaming", False))
            return _Stream(response, place) if streamed else _whole(response)
        finally:
            if not streamed:
                place.leave()

    return admitted


def _whole(response: Iterable[bytes]) -> list[bytes]:
    """The body in one piece, of a response that is over with it."""
    try:
        return [b"".join(response)]
    finally:
        if close := getattr(response, "close", None):
            close()


class _Stream:
    """A streamed response, whose request is over when it is closed."""

    def __init__(self, response: Any, place: Place) -> None:
        self.response, self.place = response, place

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response)

    def close(self) -> None:
        try:
            self.response.close()
        finally:
            self.place.leave()

    def __del__(self) -> None:
        # A server that forgets to close must not lose a place for good.
        self.place.leave()


def _refuse(path: str, start_response: Callable[..., Any]) -> list[bytes]:
    is_api = path.startswith(API_PATHS)
    headers = [("Retry-After", "1"), ("Cache-Control", "no-store")]
    headers.append(("Content-Type", CONTENT_TYPE if is_api else "text/html; charset=utf-8"))
    if is_api:
        # It says nothing about anybody, and a storefront's script must see that it may try again.
        headers += [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "Retry-After")]
    start_response("503 Service Unavailable", headers)
    return [encode(BUSY.body) if is_api else _page()]


@lru_cache(maxsize=1)
def _page() -> bytes:
    # The thread still has the language of the page that it served before.
    with translation.override(ERROR_LANGUAGE):
        return render_to_string("503.html").encode()
