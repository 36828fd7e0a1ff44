"""For the one who watches the server: is the process alive, can it work, and (METRICS) how does it do."""

import os
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from core.api.http.answers import json_response
from core.api.http.error_pages import only_reads, unknown_path

_migrated = False
# What a room reads when it is asked: Prometheus collectors, added when the room's app is ready.
collectors: list[Any] = []


@never_cache
@only_reads
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at."""
    return json_response({"status": "ok"})


@never_cache
@only_reads
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration, else 503 with what is missing."""
    try:
        problem = _problem()
    except DatabaseError:
        problem = "database"
    if problem:
        return json_response({"status": "unavailable", "reason": problem}, 503, {"Retry-After": "1"})
    return json_response({"status": "ok"})


def _problem() -> str | None:
    """Migrations do not come undone, so they are looked for only until none is missing."""
    global _migrated
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return None if _migrated else "migrations"


@never_cache
@only_reads
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, of all workers with PROMETHEUS_MULTIPROC_DIR; 404 unless METRICS is on."""
    if not settings.METRICS:
        return unknown_path(request)
    import prometheus_client
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    read_now = prometheus_client.CollectorRegistry()
    for collector in collectors:
        read_now.register(collector)
    text = prometheus_client.generate_latest(registry) + prometheus_client.generate_latest(read_now)
    return HttpResponse(text, content_type=prometheus_client.CONTENT_TYPE_LATEST)
