"""Third-party middleware, adapted to the API's paths."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from core.api.language import ERROR_LANGUAGE

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
