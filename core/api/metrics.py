"""How many requests there were and how long they took, for Prometheus (METRICS).

One histogram: its `_count` are the requests. By route, never by path, so that no caller makes up new series.
Several workers add up in the folder that `manage.py serve` makes for them.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Histogram

METHODS = frozenset(("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"))
OTHER = "other"

REQUESTS = Histogram(
    "http_request_seconds",
    "Requests, and seconds until the answer began",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class MeteringMiddleware:
    """The first of all, so that it sees what every other one answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else OTHER
        REQUESTS.labels(method, route_of(request), str(response.status_code)).observe(
            time.perf_counter() - began
        )
        return response


def route_of(request: HttpRequest) -> str:
    """The route's own text, such as /schema/challenge/record; `other` for what is none (files, 404)."""
    match = request.resolver_match
    return f"/{match.route.rstrip('$')}" if match else OTHER
