"""`/healthz`, `/readyz` and `/metrics` (docs/api.md, Health, metrics, documents)."""

import os
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from rest_framework.settings import api_settings

from core.api.callers import ADMINS, check_read
from core.api.http.answers import json_response, private
from core.api.http.error_pages import read_only, unknown_path
from core.api.http.exception_handler import error_response
from core.api.http.proxies import FORWARDED, FORWARDING

_migrated = False
# Prometheus collectors that read the database on each request; an app adds its own when it is ready.
collectors: list[Any] = []


@never_cache
@read_only
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; the database is not checked."""
    return json_response({"status": "ok"})


@never_cache
@read_only
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration, else 503 with the `reason`."""
    try:
        problem = _find_problem()
    except DatabaseError:
        problem = "database"
    if problem:
        return json_response({"status": "unavailable", "reason": problem}, 503, {"Retry-After": "1"})
    return json_response({"status": "ok"})


def _find_problem() -> str | None:
    """The reason why the server is not ready. Migrations are checked only until none is missing."""
    global _migrated
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return None if _migrated else "migrations"


def _check_may_read_metrics(request: HttpRequest) -> None:
    """Raise `Refused` for all but an API key with the scope read and a caller on this machine itself.

    A proxy on this machine calls from it as well: a forwarded request is as good as a stranger's.
    """
    if "HTTP_AUTHORIZATION" not in request.META and _is_local(request.META):
        return
    (authentication, *_none) = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    check_read(authentication().authenticate(request)[0], ADMINS)


def _is_local(environ: dict[str, Any]) -> bool:
    forwarded = environ.get(FORWARDED) or not FORWARDING.isdisjoint(environ)
    return not forwarded and ip_address(environ.get("REMOTE_ADDR") or "0.0.0.0").is_loopback  # noqa: S104


@never_cache
@read_only
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics in Prometheus' text format; 404 without the setting METRICS.

    For an API key with the scope read, and for a caller on this machine. With PROMETHEUS_MULTIPROC_DIR they
    are those of all workers.
    """
    if not settings.METRICS:
        return unknown_path(request)
    try:
        _check_may_read_metrics(request)
    except Exception as error:
        refusal = error_response(error, request)
        private(refusal)
        return refusal
    import prometheus_client
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    database_registry = prometheus_client.CollectorRegistry()
    for collector in collectors:
        database_registry.register(collector)
    text = prometheus_client.generate_latest(registry) + prometheus_client.generate_latest(database_registry)
    return HttpResponse(text, content_type=prometheus_client.CONTENT_TYPE_LATEST)
