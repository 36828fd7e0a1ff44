import pytest

from core.api.http.proxies import FORWARDED, behind_proxies


def seen_by_application(proxies, **headers):
    """What an application behind so many proxies finds in its environment."""
    seen = {}
    application = behind_proxies(lambda environ, start_response: seen.update(environ) or [], proxies)
    application({"REMOTE_ADDR": "127.0.0.1", **headers}, lambda *answer: None)
    return seen


def test_without_proxies_the_forwarding_headers_are_dropped():
    seen = seen_by_application(0, HTTP_X_FORWARDED_FOR="9.9.9.9", HTTP_X_FORWARDED_PROTO="https")

    assert seen == {"REMOTE_ADDR": "127.0.0.1", FORWARDED: True}


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize(
    "header",
    ["HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"],
)
def test_forwarded_request_is_known_as_one(proxies, header):
    assert seen_by_application(proxies, **{header: "127.0.0.1"})[FORWARDED]
    assert FORWARDED not in seen_by_application(proxies)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "9.9.9.9, 203.0.113.7", "203.0.113.7"),
        (2, "9.9.9.9, 203.0.113.7,10.0.0.1", "203.0.113.7"),
        (3, "203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_client_is_who_called_our_first_proxy(proxies, forwarded, client):
    seen = seen_by_application(proxies, HTTP_X_FORWARDED_FOR=forwarded)

    assert seen == {"REMOTE_ADDR": client, FORWARDED: True}


def test_proxy_without_the_header_leaves_the_address():
    assert seen_by_application(1) == {"REMOTE_ADDR": "127.0.0.1"}


def test_what_is_no_address_leaves_the_address():
    assert seen_by_application(1, HTTP_X_FORWARDED_FOR="unknown")["REMOTE_ADDR"] == "127.0.0.1"


def test_proxy_may_say_that_the_client_used_https():
    seen = seen_by_application(1, HTTP_X_FORWARDED_PROTO="https")

    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
