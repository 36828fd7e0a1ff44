"""Admission of requests to a WSGI application (core/admission.py), before anything else is done for them.

A request for which there is no place is answered 503 with Retry-After. `/healthz` needs no place: it is
answered whatever the others wait for.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from threading import get_ident
from typing import Any

from django.template.loader import render_to_string

from core.admission import Admission, Overloaded
from core.api.errors import Answer, Fault
from core.api.http.middleware import API_PATHS
from core.api.http.proxies import Application
from core.api.http.renderers import CONTENT_TYPE, encode

READS = frozenset(("GET", "HEAD", "OPTIONS"))
ALWAYS_ADMITTED = "/healthz"
BUSY = Answer(503, [Fault("unavailable", "The service is busy or restarting; try again.")])


def admit(application: Application, admission: Admission, many_subjects: Collection[str] = ()) -> Application:
    """Wrap a WSGI application: a request is worked on as `admission` allows.

    The subject of a change is its path, but for the paths of `many_subjects`.
    """

    def admitted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == ALWAYS_ADMITTED:
            return _whole(application(environ, start_response))
        writes = environ["REQUEST_METHOD"] not in READS
        try:
            admission.enter(writes=writes, subject="" if path in many_subjects else path)
        except Overloaded:
            return _refuse(path, start_response)
        streamed = False
        try:
            response = application(environ, start_response)
            streamed = bool(getattr(response, "streaming", False))
            if streamed:
                return _Stream(response, admission, writes)
            return _whole(response)
        finally:
            if not streamed:
                admission.leave(writes=writes)

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

    def __init__(self, response: Any, admission: Admission, writes: bool) -> None:
        self.response, self.admission, self.writes = response, admission, writes
        self.thread = get_ident()
        self.is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response)

    def close(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        try:
            self.response.close()
        finally:
            self.admission.leave(writes=self.writes, thread=self.thread)

    # A place would be lost for good with a server that forgets to close.
    __del__ = close


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
    return render_to_string("503.html").encode()
