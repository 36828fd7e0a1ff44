"""Third-party middleware, adapted to the API's paths."""

from contextlib import suppress
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
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


class StaffSessionMiddleware(SessionMiddleware):
    """Tells the sessions of staff (`access.domain.sessions`) who asks, and notes that one was used.

    A request that looks at no session costs nothing, and no answer of the API looks at one.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if not is_api(request):
            session: Any = request.session
            session.come_from(
                request.META.get("REMOTE_ADDR") or None, request.META.get("HTTP_USER_AGENT", "")
            )

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session: Any = request.session
        if session.accessed and not session.modified:
            with suppress(DatabaseError):
                session.note_use()
        return super().process_response(request, response)


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
