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


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"])
def test_forwarded_request_reads_no_metrics(guest, db, settings, header):
    settings.METRICS = True

    response = guest.get("/metrics", headers={header: "127.0.0.1"})

    assert (response.status_code, response.json()["errors"][0]["code"]) == (401, "not_authenticated")
    assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.1", "::ffff:203.0.113.7", ""])
def test_other_machine_reads_no_metrics(guest, db, settings, address):
    settings.METRICS = True

    assert guest.get("/metrics", REMOTE_ADDR=address).status_code == 401


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_reads_metrics(guest, db, settings, address):
    settings.METRICS = True

    assert guest.get("/metrics", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize(("scope", "status"), [("read", 200), ("admin", 200), ("ingest", 403)])
def test_key_with_the_scope_reads_metrics_from_anywhere(make_api, settings, scope, status):
    settings.METRICS = True

    response = make_api(scope).get("/metrics", REMOTE_ADDR="203.0.113.7", headers={"Via": "1.1 proxy"})

    assert response.status_code == status


def test_wrong_key_reads_no_metrics_on_this_machine_either(guest, db, settings):
    settings.METRICS = True

    assert guest.get("/metrics", headers={"Authorization": "Api-Key wrong"}).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_only_reads(guest, db, path):
    assert guest.post(path).status_code == 405
