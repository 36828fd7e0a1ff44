"""Django's choice of a language by Accept-Language, for pages alone: no answer of the API depends on it."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from core.api.http.error_pages import is_api
from core.api.language import SPOKEN


class PageLocaleMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if is_api(request):
            # A worker's thread may still speak the language of the admin page that it served before.
            translation.activate(SPOKEN)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if is_api(request) else super().process_response(request, response)
