"""Turn exceptions into error responses of one shape (docs/api.md, Errors).

An exception that is not known here is logged and answered as a bare 500, without a trace, SQL or settings.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.core import exceptions as django_errors
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf_errors
from rest_framework.response import Response

from core.api.errors import Answer, Fault, Refused
from core.api.http.renderers import encode
from core.api.names import camel, wire_path
from core.errors import DomainError, DomainErrors

logger = logging.getLogger("core.api")

STATUS_OF = {
    "invalid": 400,
    "conflict": 409,
    "not_found": 404,
    "forbidden": 403,
    "busy": 503,
    "too_large": 413,
}
WENT_WRONG = "Something went wrong on our side; it has been logged."
RETRY_AFTER_SECONDS = 1
# The database is away, restarting, read-only or busy: not the fault of the caller, who may try again.
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)


def answer_to(error: BaseException) -> Answer | None:
    """The answer to an exception; None for an unforeseen one, which is a 500."""
    if isinstance(error, Refused):
        return error.answer
    if isinstance(error, DomainError):
        return _answer_to_domain(error)
    if isinstance(error, drf_errors.APIException):
        return _answer_to_drf(error)
    if isinstance(error, django_errors.ValidationError):
        return Answer(400, list(_faults_of_model(error)))
    return _answer_to_django(error)


def error_response(error: Exception, request: HttpRequest | None = None) -> HttpResponse:
    """The error response of a view that is not DRF's. An unforeseen error is logged, signalled and 500."""
    answer = answer_to(error) or _unforeseen(error, request)
    return HttpResponse(
        encode(answer.body), status=answer.status, headers=answer.headers, content_type="application/json"
    )


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER."""
    request = context["request"]
    answer = answer_to(error) or _unforeseen(error, getattr(request, "_request", request))
    return Response(answer.body, status=answer.status, headers=answer.headers)


def _unforeseen(error: Exception, request: HttpRequest | None) -> Answer:
    logger.error("unforeseen error", exc_info=error)
    # Error trackers and the test client listen to this signal, as for any exception that leaves a view.
    got_request_exception.send(sender=None, request=request)
    return Answer(500, [Fault("error", WENT_WRONG)])


def _answer_to_domain(error: DomainError) -> Answer:
    errors = error.errors if isinstance(error, DomainErrors) else [error]
    faults = [Fault(e.code, str(e.message), wire_path(e.field) if e.field else None) for e in errors]
    status = STATUS_OF[error.status]
    return Answer(status, faults, _retry_after(RETRY_AFTER_SECONDS) if status == 503 else {})


def _answer_to_drf(error: drf_errors.APIException) -> Answer:
    if isinstance(error, drf_errors.ValidationError):
        return Answer(400, list(_faults_in(error.detail)))
    headers = {}
    if isinstance(error, drf_errors.Throttled) and error.wait:
        headers = _retry_after(error.wait)
    elif challenge := getattr(error, "auth_header", None):
        headers = {"WWW-Authenticate": challenge}
    return Answer(error.status_code, list(_faults_in(error.detail)), headers)


def _answer_to_django(error: BaseException) -> Answer | None:
    if isinstance(error, Http404):
        return Answer(404, [Fault("not_found", "Not found.")])
    if isinstance(error, UNAVAILABLE):
        logger.warning("database unavailable", exc_info=error)
        busy = Fault("unavailable", "The service is busy or restarting; try again.")
        return Answer(503, [busy], _retry_after(RETRY_AFTER_SECONDS))
    if isinstance(error, IntegrityError):
        logger.error("a constraint answered instead of the code before it", exc_info=error)
        return Answer(409, [Fault("conflict", "This contradicts what is stored; read it and try again.")])
    if isinstance(error, DataError):
        return Answer(400, [Fault("invalid", "A value is outside of what can be stored.")])
    if isinstance(error, django_errors.SuspiciousOperation):
        return Answer(400, [Fault("invalid", "The request is malformed.")])
    if isinstance(error, django_errors.PermissionDenied):
        return Answer(403, [Fault("forbidden", "This is not allowed.")])
    return None


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def _faults_in(detail: Any, path: tuple[str, ...] = ()) -> Iterator[Fault]:
    """The faults of DRF's nested error details, each with its dotted path."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            inner_path = path if key == "non_field_errors" else (*path, camel(str(key)))
            yield from _faults_in(inner, inner_path)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _faults_in(inner, (*path, str(index)) if nested else path)
    else:
        yield Fault(getattr(detail, "code", None) or "invalid", str(detail), ".".join(path) or None)


def _faults_of_model(error: django_errors.ValidationError) -> Iterator[Fault]:
    """The faults of a model's validation."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {"__all__": error.error_list}
    for name, errors in by_field.items():
        attr = None if name == "__all__" else wire_path(name)
        for field_error in errors:
            yield Fault(field_error.code or "invalid", field_error.messages[0], attr)
