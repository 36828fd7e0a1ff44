"""What every answer of the API carries in its headers, whichever kind of view gave it."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from core.api.http.renderers import CONTENT_TYPE, encode

EXPOSED = ("ETag", "Content-Language", "Idempotent-Replayed", "Retry-After")
PRIVATE = "private, no-store"
PUBLIC = "public, no-cache"
# An answer is data: a browser that is led to show it as a page loads and runs nothing.
CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"


def json_response(content: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """For views that are not DRF's. `content` is the whole body, envelope included."""
    return HttpResponse(encode(content), status=status, headers=headers, content_type=CONTENT_TYPE)


def private(response: HttpResponseBase) -> None:
    """Nobody else may keep it."""
    response.headers.setdefault("Cache-Control", PRIVATE)
    _as_data(response)


def public(response: HttpResponseBase) -> None:
    """What any guest reads: kept by anyone who asks again before using it, readable from any origin."""
    response.headers["Cache-Control"] = PUBLIC
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
    _as_data(response)


def _as_data(response: HttpResponseBase) -> None:
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    patch_vary_headers(response, ("Authorization",))


def tag(response: HttpResponse) -> None:
    """An ETag by content, unless the view knew a cheaper one."""
    response.headers.setdefault("ETag", f'"{sha256(response.content).hexdigest()[:32]}"')


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """304 without a body when the client has this very answer (its ETag is set, strong or weak)."""
    etag = response.headers.get("ETag")
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response) or response
    if answer is not response and answer.status_code == 304:
        for name in (
            "Access-Control-Allow-Origin",
            "Access-Control-Expose-Headers",
            "Content-Language",
            "Content-Security-Policy",
            "Vary",
        ):
            if name in response.headers:
                answer.headers[name] = response.headers[name]
    return answer
