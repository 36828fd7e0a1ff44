"""What the shipped nginx site answers by itself: limits, sizes, and errors in the shape of the API's."""

import json
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from challenges.admin.import_export import MAX_BYTES
from core.api.callers import WWW_AUTHENTICATE
from tests.journeys.test_behind_nginx import NGINX, nginx_before
from tests.serving import Server, ask, free_port, manage, serving, shell

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed: apt-get install nginx-light"),
]
KEY = {"Authorization": "Api-Key of-some-shop"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of nginx before the real server, which has metrics."""
    environment = shell(tmp_path_factory.mktemp("data"), TRUSTED_PROXIES="1", METRICS="1")
    manage(environment, "migrate")
    key = manage(environment, "create_api_key", "shop", "--scope", "read").split()[-1]
    with (
        serving(environment) as server,
        nginx_before(server, tmp_path_factory.mktemp("x") / "nginx") as address,
    ):
        yield address, key


@contextmanager
def before_nobody(tmp_path):
    """The address of nginx whose server is away; it answers `/healthz` with 502."""
    with nginx_before(
        Server(f"http://127.0.0.1:{free_port()}", None), tmp_path / "nginx", up=(502,)
    ) as address:
        yield address


@contextmanager
def before_the_mute(tmp_path):
    """The address of nginx before a server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as mute:
        port = mute.getsockname()[1]
        server = Server(f"http://127.0.0.1:{port}", None)
        with nginx_before(server, tmp_path / "nginx", up=(504,), read_timeout="1s") as address:
            yield address


def as_api(answer):
    """The fault of an answer that nginx made, in the API's one shape."""
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    (fault,) = answer.json["errors"]
    assert fault.keys() == {"code", "detail", "attr"}
    kind = {400: "validation_error"}.get(
        answer.status, "client_error" if answer.status < 500 else "server_error"
    )
    assert answer.json["type"] == kind
    return answer.status, fault["code"], answer.headers["Retry-After"]


def is_page(answer):
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.body.startswith(b"<!doctype html>")
    return answer.status, answer.headers["Retry-After"]


def test_server_that_is_away(tmp_path):
    with before_nobody(tmp_path) as address:
        reading = ask(f"{address}/schema/challenge/record")
        writing = ask(f"{address}/schema/challenge_log/record", "POST", {}, **KEY)
        admin = ask(f"{address}/admin/")

    assert as_api(reading) == as_api(writing) == (502, "unavailable", "1")
    assert is_page(admin) == (502, "1")


def test_server_that_does_not_answer(tmp_path):
    with before_the_mute(tmp_path) as address:
        answers = ask(f"{address}/schema/challenge/record"), ask(f"{address}/admin/")

    assert as_api(answers[0]) == (504, "unavailable", "1")
    assert is_page(answers[1]) == (504, "1")


def test_body_that_is_too_large(site):
    address, _key = site
    large = b"x" * (9 * 1024 * 1024 + 1)

    assert as_api(ask(f"{address}/schema/challenge_log/record/batch", "POST", large)) == (
        413,
        "too_large",
        None,
    )
    assert is_page(ask(f"{address}/admin/members/member/", "POST", large)) == (413, None)
    assert is_page(ask(f"{address}/admin/login/", "POST", b"x" * 65_537)) == (413, None)


def test_challenges_of_the_servers_own_limit_pass(site):
    address, _key = site
    fields = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = ask(f"{address}/admin/challenges/challenge/import/", "POST", b"x" * MAX_BYTES, **fields)

    # The server's page for a stranger who sends so much, not nginx's.
    assert (answer.status, b"notice.css" in answer.body) == (413, True)


def raw(address, text):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), json.loads(body)


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /schema/challenge/record HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: twice\r\n\r\n",
        b"GET /schema/challenge/record HTTP/1.1\r\n\r\n",
        b"GET /schema/challenge/record HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        b"POST /schema/challenge/record HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"NONSENSE\r\n\r\n",
    ],
    ids=["two hosts", "no host", "long header", "negative length", "path", "long address", "no request"],
)
def test_malformed_request(site, request_line):
    head, body = raw(site[0], request_line)

    assert head.split()[1] in ("400", "414")
    assert "application/json" in head
    assert (body["type"] in ("validation_error", "client_error"), body["errors"][0]["code"]) == (
        True,
        "invalid",
    )


def test_servers_own_errors_pass_as_they_are(site):
    address, _key = site

    unknown, refused = ask(f"{address}/schema/nothing"), ask(f"{address}/schema/member/record")

    assert (unknown.status, unknown.json["errors"][0]["detail"]) == (404, "Not found.")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, WWW_AUTHENTICATE)


def test_logins_are_limited_and_nothing_else_is(site):
    address, _key = site
    attempts = [
        ask(f"{address}/admin/login/", "POST", b"", **from_network("2001:db8:1:2::", n)) for n in range(40)
    ]
    other = ask(f"{address}/admin/login/", "POST", b"", **from_network("2001:db8:1:3::", 1))
    fourth = ask(f"{address}/admin/login/", "POST", b"", **from_network("203.0.113.", 7))
    form = ask(f"{address}/admin/login/", **from_network("2001:db8:1:2::", 1))
    reads = [
        ask(f"{address}/schema/challenge/record", **from_network("2001:db8:1:2::", n)) for n in range(100)
    ]

    met = Counter(attempt.status for attempt in attempts)
    # 11 at once, and one more in each three seconds that this took.
    assert met.keys() == {403, 429}
    assert met[403] >= 11
    assert met[429] >= 15
    assert is_page(next(attempt for attempt in attempts if attempt.status == 429)) == (429, "3")
    assert (other.status, fourth.status, form.status) == (403, 403, 200)
    assert {read.status for read in reads} == {200}


def from_network(prefix, number):
    """The address that the test's nginx takes for the caller's."""
    return {"X_Test_Address": f"{prefix}{number}"}


@pytest.mark.parametrize(
    ("headers", "most", "waiting"), [({}, 100, 120), (KEY, None, 120)], ids=["stranger", "backend"]
)
def test_connections_at_a_time(tmp_path, headers, most, waiting):
    with before_the_mute(tmp_path) as address:
        barrier = threading.Barrier(waiting)

        def wait(_turn):
            barrier.wait(60)
            return ask(f"{address}/schema/challenge/record", seconds=60, **headers)

        with ThreadPoolExecutor(waiting) as crowd:
            answers = list(crowd.map(wait, range(waiting)))

    met = Counter(answer.status for answer in answers)
    assert met.keys() == ({504, 429} if most else {504})
    if most:
        assert as_api(next(a for a in answers if a.status == 429)) == (429, "throttled", "3")


def test_metrics_pass_with_a_key_alone(site):
    address, key = site

    without = ask(f"{address}/metrics")
    wrong = ask(f"{address}/metrics", Authorization="Api-Key wrong")
    right = ask(f"{address}/metrics", Authorization=f"Api-Key {key}")

    assert (without.status, wrong.status, right.status) == (404, 401, 200)
    assert b"http_request_seconds" in right.body


def test_caller_in_loopbacks_clothes_reads_no_metrics_behind_another_proxy(tmp_path):
    """A proxy of the operator's own that passes everything, TRUSTED_PROXIES forgotten."""
    environment = shell(tmp_path, METRICS="1")
    manage(environment, "migrate")
    with serving(environment) as server:
        forwarded = ask(f"{server.address}/metrics", X_Forwarded_For="127.0.0.1")
        itself = ask(f"{server.address}/metrics")

    assert (forwarded.status, itself.status) == (401, 200)
