import pytest
from django.db import OperationalError

from tests.core.api.resources import EchoViewSet

ECHO = "/schema/echo/record"
JSON = "application/json"


@pytest.fixture
def ingest(client_with, db):
    return client_with("ingest")


def test_a_plain_action_answers_with_the_same_headers(ingest):
    response = ingest.post(ECHO, '{"a": 1.10}', content_type=JSON)

    assert (response.status_code, response.content) == (200, b'{"data":{"a":1.10}}')
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Vary"] == "Authorization, origin"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", JSON, 400, "empty_body"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"1" * 1_001, JSON, 413, "too_large"),
        (b"\xff", JSON, 400, "not_utf8"),
        (b"[" * 500, JSON, 400, "too_deep"),
        (b"nul", JSON, 400, "malformed_json"),
    ],
)
def test_a_plain_action_refuses_in_the_same_shape(ingest, body, content_type, status, code):
    response = ingest.generic("POST", ECHO, body, content_type)

    assert (response.status_code, response.json()["errors"][0]["code"]) == (status, code)


def test_a_plain_action_checks_its_query(ingest):
    response = ingest.post(f"{ECHO}?x=1", "{}", content_type=JSON)

    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "x")


def test_a_plain_action_is_limited(ingest, settings):
    settings.RATE_LIMIT = "1/hour"

    assert ingest.post(ECHO, "{}", content_type=JSON).status_code == 200
    assert ingest.post(ECHO, "{}", content_type=JSON).status_code == 429


def test_a_database_that_goes_away_is_503(ingest, monkeypatch):
    def fail(view, request):
        raise OperationalError("gone")

    monkeypatch.setattr(EchoViewSet, "echo", fail)

    response = ingest.post(ECHO, "{}", content_type=JSON)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_an_unforeseen_error_is_500_and_reaches_error_trackers(ingest, monkeypatch):
    def fail(view, request):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(EchoViewSet, "echo", fail)
    ingest.raise_request_exception = False

    response = ingest.post(ECHO, "{}", content_type=JSON)

    assert (response.status_code, b"secret" in response.content) == (500, False)
    ingest.raise_request_exception = True
    with pytest.raises(ZeroDivisionError):
        ingest.post(ECHO, "{}", content_type=JSON)


def test_other_methods_of_the_same_path_are_drfs(ingest):
    assert ingest.put(ECHO).status_code == 405
