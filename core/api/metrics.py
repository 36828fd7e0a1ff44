"""Count and time requests for Prometheus (docs/api.md, Health, metrics, documents).

One histogram, whose `_count` is the number of requests. Its label is the route and not the path, so that
callers cannot create series. Workers add up through the folder that `manage.py serve` makes for them.
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
    """Measures every request. List it first, so that it sees the answers of the other middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started_at = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else OTHER
        REQUESTS.labels(method, route_of(request), str(response.status_code)).observe(
            time.perf_counter() - started_at
        )
        return response


def route_of(request: HttpRequest) -> str:
    """The pattern of the route, such as /schema/challenge/record; `other` without a route (files, 404)."""
    match = request.resolver_match
    return f"/{match.route.rstrip('$')}" if match else OTHER
