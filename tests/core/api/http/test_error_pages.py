import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory

from core.api.http import error_pages


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "path", ["/schema/nothing", "/schema/", "/schema/person/record/a/b/c", "/schema/%0a", "/schema/\x00"]
)
def test_an_unknown_path_of_the_api_is_json_also_under_debug(guest, db, settings, path, debug):
    settings.DEBUG = debug

    response = guest.get(path)

    assert response.status_code == 404
    assert response.json() == {
        "type": "client_error",
        "errors": [{"code": "not_found", "detail": "Not found.", "attr": None}],
    }


@pytest.mark.parametrize("path", ["/schema", "/schema/", "/schema/nothing", "/schema/%0a", "/metrics"])
def test_the_project_itself_answers_unknown_paths_in_json(guest, db, settings, path):
    settings.ROOT_URLCONF, settings.DEBUG = "challenges_project.urls", True

    response = guest.post(path) if path != "/metrics" else guest.get(path)

    assert (response.status_code, response.json()["errors"][0]["code"]) == (404, "not_found")


def test_an_unknown_path_outside_is_a_page(guest, db):
    response = guest.get("/nothing")

    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_bad_host_is_told_in_json(guest):
    response = guest.get("/schema/person/record", headers={"Host": "evil.example"})

    assert (response.status_code, response.json()["type"]) == (400, "validation_error")


def test_forbidden_is_json():
    response = error_pages.forbidden(RequestFactory().get("/schema/x"), PermissionError())

    assert (response.status_code, response.headers["Content-Type"]) == (403, "application/json")


@pytest.mark.parametrize(
    ("path", "kind"), [("/admin/", "text/html; charset=utf-8"), ("/schema/x", "application/json")]
)
def test_a_database_that_fails_outside_of_a_view_is_503(path, kind):
    try:
        raise OperationalError("SELECT secret")
    except OperationalError:
        response = error_pages.server_error(RequestFactory().get(path))

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.headers["Content-Type"] == kind
    assert b"secret" not in response.content


def test_staff_are_told_what_to_do_while_the_database_is_away(admin_client, settings):
    def gone(execute, sql, params, many, context):
        raise OperationalError("could not connect to host secret.example")

    settings.ROOT_URLCONF = "challenges_project.urls"
    admin_client.raise_request_exception = False
    with connection.execute_wrapper(gone):
        response = admin_client.get("/admin/challenges/challenge/")

    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")
    assert "reload this page" in response.content.decode()


def test_any_other_error_outside_of_a_view_is_500():
    try:
        raise KeyError("secret")
    except KeyError:
        response = error_pages.server_error(RequestFactory().get("/schema/x"))

    assert (response.status_code, b"secret" in response.content) == (500, False)
