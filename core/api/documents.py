"""`/openapi.json` and `/docs` (docs/api.md, Health, metrics, documents)."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView

from core.api.http import answers
from core.api.http.error_pages import read_only
from core.api.http.renderers import CONTENT_TYPE, encode

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


INTRODUCTION = """\
**Who calls.** Your backend sends `Authorization: Api-Key <key>`; a key is made in the admin or by
`manage.py create_api_key NAME --scope ingest|read|admin`. A member's browser sends
`Authorization: Bearer <JWT>`, signed by your backend with `sub`, the member's identifier, and an `exp` at
most 24 hours away. Guests send nothing and read challenges and milestones. What a caller may not see is 404.

**What counts once.** Each activity carries a `uniqueIdentifier` of yours. Sent again it answers as before,
with `Idempotent-Replayed: true`; so after a timeout simply send it again. Other content under the same
identifier is 409. A log that is stored and does not count says so in `counted` and `reasonCode`.

**Answers.** One record is `{"data": {...}}`, a list `{"data": [...], "paging": {...}}`. Follow
`paging.nextCursor` with `cursor`; `fields=id,name` trims, `sortBy=-createdAt` orders, and any unknown
parameter or field is refused. Every refusal is `{"type", "errors": [{"code", "detail", "attr"}]}` and names
all bad fields at once; `code` is stable. After 429 and 503 wait as `Retry-After` says, then send the same.

**Values.** Amounts are exact: numbers, or plain decimals as text, with at most 4 decimals; zeros at
the end are none. Times are ISO 8601 with an offset, cut to microseconds. Texts are read in `languageCode`,
falling back to English, and written in it; `*` means all languages at once. `asMember=ID` shows an API key
exactly what that member reads.
"""


@lru_cache(maxsize=4)
def _document(urlconf: str) -> bytes:
    """The OpenAPI document as JSON, cached for the process: it depends on the code alone."""
    document = SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)
    document["info"]["description"] = INTRODUCTION
    return encode(document)


@read_only
def openapi(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(_document(str(settings.ROOT_URLCONF)), content_type=CONTENT_TYPE)
    answers.public(response)
    answers.tag(response)
    return answers.not_modified(request, response)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; the content policy allows nothing else."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []
    url = "/openapi.json"
    title = "Challenges"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Content-Security-Policy"] = DOCS_POLICY
        return response


docs = read_only(DocsView.as_view())
