"""django-cors-headers, with one exception: what every guest reads says `*` to every origin alike."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PublicCorsMiddleware(CorsMiddleware):
    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Access-Control-Allow-Origin") == "*":
            return response
        return super().add_response_headers(request, response)
