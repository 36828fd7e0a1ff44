"""Headers of every answer of the API, for DRF views and plain ones (docs/api.md, Conventions)."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from core.api.http.renderers import CONTENT_TYPE, encode

EXPOSED = ("ETag", "Content-Language", "Idempotent-Replayed", "Retry-After")
PRIVATE = "private, no-store"
PUBLIC = "public, no-cache"
# An answer is data: a browser that shows it as a page must load and run nothing.
CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"


def json_response(content: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A JSON response of a view that is not DRF's. `content` is the whole body, envelope included."""
    return HttpResponse(encode(content), status=status, headers=headers, content_type=CONTENT_TYPE)


def private(response: HttpResponseBase) -> None:
    """Mark a response as private: no cache may store it, unless the view has set another `Cache-Control`."""
    response.headers.setdefault("Cache-Control", PRIVATE)
    _as_data(response)


def public(response: HttpResponseBase) -> None:
    """Mark a response as public: any cache may store and must revalidate it, any origin may read it."""
    response.headers["Cache-Control"] = PUBLIC
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
    _as_data(response)


def _as_data(response: HttpResponseBase) -> None:
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    patch_vary_headers(response, ("Authorization",))


def tag(response: HttpResponse) -> None:
    """Set an ETag from the content, unless the view has set one."""
    response.headers.setdefault("ETag", f'"{sha256(response.content).hexdigest()[:32]}"')


def not_modified(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, or 304 without a body when `If-None-Match` names its ETag (strong or weak)."""
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
