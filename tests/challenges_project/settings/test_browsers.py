"""What a browser is told, behind a proxy that speaks HTTPS, and without one."""

import pytest

from tests.serving import ask, manage, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite_only]
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    environment = shell(tmp_path_factory.mktemp("data"), TRUSTED_PROXIES="1")
    manage(environment, "migrate")
    with serving(environment) as server:
        yield server.address


def test_page_says_what_is_safe(address):
    headers = ask(f"{address}/admin/login/", **HTTPS).headers

    policy = {part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split("; ")}
    assert policy["form-action"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Frame-Options"] == "DENY"
    assert {"Secure", "SameSite=Lax"} <= set(headers["Set-Cookie"].split("; "))


def test_plain_http_is_redirected_for_pages_alone(address):
    # The redirect leads to a port where nobody speaks HTTPS.
    with pytest.raises(OSError, match=r"SSL|refused"):
        ask(f"{address}/admin/login/", X_Forwarded_Proto="http")

    paths = ("/healthz", "/readyz", "/openapi.json", "/schema/challenge/record")
    assert {ask(address + path).status for path in paths} == {200}


def test_plain_http_promises_nothing(address):
    assert "Strict-Transport-Security" not in ask(f"{address}/healthz").headers
    assert ask(f"{address}/healthz", **HTTPS).headers["Strict-Transport-Security"]
