from datetime import UTC, datetime

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from access.api.throttling import client_address, parse_rate

NOON = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.mark.parametrize(
    ("text", "rate"),
    [("", None), ("off", None), ("600/minute", (600, 60)), ("5/second", (5, 1)), ("1/hour", (1, 3600))],
)
def test_parse_rate(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["600", "600/day", "0/minute", "-1/minute", "x/minute", "1.5/minute", "/minute", "٣/minute"]
)
def test_a_rate_that_is_none_stops_the_start(text):
    with pytest.raises(ImproperlyConfigured, match="RATE_LIMIT"):
        parse_rate(text)


def test_no_limit_by_default(ask, db):
    assert {ask(path="/schema/board/record").status_code for _ in range(50)} == {200}


def test_the_request_after_the_last_allowed_one_is_429_until_the_window_ends(ask, db, settings, clock):
    settings.RATE_LIMIT = "3/minute"
    path = "/schema/board/record"

    assert [ask(path=path).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert ask(path=path).headers["Retry-After"] == "40"
    clock.shift(40)
    assert ask(path=path).status_code == 200


def test_callers_are_counted_apart(ask, make_key, sign, settings):
    settings.RATE_LIMIT = "1/minute"
    (_, first), (_, second) = make_key(), make_key()

    callers = [f"Api-Key {first}", f"Api-Key {second}", f"Bearer {sign()}", f"Bearer {sign(sub='bob')}"]
    assert [ask(caller).status_code for caller in callers] == [200] * 4
    assert [ask(caller).status_code for caller in callers] == [429] * 4


def test_guests_are_counted_by_address(ask, db, settings):
    settings.RATE_LIMIT = "1/minute"
    path = "/schema/board/record"

    assert [ask(path=path, address=a).status_code for a in ("203.0.113.7", "203.0.113.8", "203.0.113.7")] == [
        200,
        200,
        429,
    ]


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_client_address(remote, name):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == name


def test_a_header_claims_nothing():
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="198.51.100.1")

    assert client_address(request) == "203.0.113.7"
