"""handler400, 403, 404 and 500 of the root urls: JSON below the API's paths, Django's pages elsewhere."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from core.api.errors import Answer, Fault
from core.api.http.answers import json_response, private
from core.api.http.exception_handler import WENT_WRONG, answer_to
from core.api.http.middleware import is_api


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.bad_request(request, exception)
    return _json_answer(Answer(400, [Fault("invalid", "The request is malformed.")]))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.permission_denied(request, exception)
    return _json_answer(Answer(403, [Fault("forbidden", "This is not allowed.")]))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.page_not_found(request, exception)
    return _json_answer(Answer(404, [Fault("not_found", "Not found.")]))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is unavailable outside of a view, such as in a middleware."""
    error = sys.exc_info()[1]
    answer = answer_to(error) if error else None
    if is_api(request):
        return _json_answer(answer or Answer(500, [Fault("error", WENT_WRONG)]))
    if answer is None or answer.status != 503:
        return defaults.server_error(request)
    return _unavailable_page(answer)


@csrf_exempt
def unknown_path(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """404 of the last route below /schema/: JSON also under DEBUG, where Django shows a page of its own."""
    return _json_answer(Answer(404, [Fault("not_found", "Not found.")]))


def read_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Decorate a view that allows GET and HEAD; other methods are 405 in the shape of every error."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request)
        answer = _json_answer(Answer(405, [Fault("method_not_allowed", "Only GET is allowed.")]))
        answer.headers["Allow"] = "GET, HEAD"
        return answer

    return checked


def _unavailable_page(answer: Answer) -> HttpResponse:
    """The 503 page, rendered without the request: its session and user would need the database."""
    response = HttpResponse(render_to_string("503.html"), status=503, headers=answer.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _json_answer(answer: Answer) -> HttpResponse:
    response = json_response(answer.body, answer.status, answer.headers)
    private(response)
    return response
