"""Middleware of libraries, adapted: which answers are the API's, and what differs for them."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from core.api.language import SPOKEN

API_PATHS = ("/schema/", "/schema", "/healthz", "/readyz", "/metrics", "/openapi.json")


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PATHS)


class PublicCorsMiddleware(CorsMiddleware):
    """django-cors-headers, but what every guest reads says `*` to every origin alike."""

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Access-Control-Allow-Origin") == "*":
            return response
        return super().add_response_headers(request, response)


class PageLocaleMiddleware(LocaleMiddleware):
    """Choose a page's language by Accept-Language; no answer of the API depends on it."""

    def process_request(self, request: HttpRequest) -> None:
        if is_api(request):
            # A worker's thread may still speak the language of the admin page that it served before.
            translation.activate(SPOKEN)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if is_api(request) else super().process_response(request, response)
