"""`/openapi.json` and `/docs`."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView

from challenges_project.api import answers
from challenges_project.api.handlers import only_reads
from challenges_project.api.renderers import CONTENT_TYPE, encode

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@lru_cache(maxsize=4)
def _document(urlconf: str) -> bytes:
    """Made once in a process: it depends on nothing but the code."""
    return encode(SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True))


@only_reads
def openapi(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(_document(str(settings.ROOT_URLCONF)), content_type=CONTENT_TYPE)
    answers.public(response)
    answers.tag(response)
    return answers.unless_known(request, response)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, under a policy that lets nothing else in."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []
    url = "/openapi.json"
    title = "Challenges"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Content-Security-Policy"] = DOCS_POLICY
        return response
