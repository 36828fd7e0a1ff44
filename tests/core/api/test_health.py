import pytest
from django.db import OperationalError, connection

from core.api import health


def test_healthz_looks_at_nothing(guest, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = guest.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response.headers["Cache-Control"]


def test_readyz_is_ready_when_all_is_migrated(guest, db):
    response = guest.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_asks_for_migrations_only_until_none_is_missing(guest, db, django_assert_num_queries):
    guest.get("/readyz")

    with django_assert_num_queries(1):
        guest.get("/readyz")


def test_readyz_names_missing_migrations(guest, db, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'access'")

    response = guest.get("/readyz")

    assert (response.status_code, response.json()["reason"]) == (503, "migrations")
    assert response.headers["Retry-After"] == "1"


def test_readyz_names_a_missing_database_and_tells_no_more(guest, db):
    def gone(execute, sql, params, many, context):
        raise OperationalError("could not connect to host secret.example")

    with connection.execute_wrapper(gone):
        response = guest.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "reason": "database"})


def test_metrics_are_off_unless_asked_for(guest, db, settings):
    assert guest.get("/metrics").status_code == 404

    settings.METRICS = True
    response = guest.get("/metrics")

    assert response.status_code == 200
    assert b"python_info" in response.content


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_only_reads(guest, db, path):
    assert guest.post(path).status_code == 405
