"""The WSGI side of admission: what a refusal looks like, and when a request is over."""

import json

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import translation

from core.admission import Admission
from core.api.http.admission import _page, admit


@pytest.fixture
def places():
    return Admission(writing=1, reading=0, waiting=0, blocked=1)


def called(application, path="/schema/challenge/record", method="GET"):
    """Status, headers and the response, as a server sees them."""
    seen = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method}
    response = application(environ, lambda status, headers, *_: seen.append((status, dict(headers))))
    return (*seen[0], response)


def answering(response):
    def application(_environ, start_response):
        start_response("200 OK", [])
        return response

    return application


@pytest.fixture
def full(places):
    place = places.enter(writes=False)
    yield
    place.leave()


def test_an_answer_comes_whole_and_ends_its_request(places):
    response = HttpResponse("all of it")

    status, _headers, body = called(admit(answering(response), places))

    assert (status, body, response.closed, places._inside) == ("200 OK", [b"all of it"], True, 0)


def test_a_stream_ends_its_request_when_it_is_closed(places):
    stream = StreamingHttpResponse(iter([b"a", b"b"]))

    _status, _headers, response = called(admit(answering(stream), places))
    inside = places._inside
    body = list(response)
    response.close()
    response.close()

    assert (inside, body, stream.closed, places._inside) == (1, [b"a", b"b"], True, 0)


def test_a_stream_that_nobody_closes_keeps_no_place(places):
    _status, _headers, response = called(admit(answering(StreamingHttpResponse(iter([b"a"]))), places))

    del response

    assert places._inside == 0


def test_an_error_ends_its_request(places):
    def failing(environ, start_response):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        called(admit(failing, places))

    assert places._inside == 0


def test_a_refusal_has_the_shape_of_every_error(places, full):
    status, headers, body = called(admit(answering([b""]), places))

    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "1")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(b"".join(body))["errors"][0]["code"] == "unavailable"


def test_staff_get_a_page_whatever_the_thread_served_before(places, full):
    _page.cache_clear()
    with translation.override("ar"):
        status, headers, body = called(admit(answering([b""]), places), "/admin/")

    assert (status, headers["Content-Type"]) == ("503 Service Unavailable", "text/html; charset=utf-8")
    assert b'<html lang="en" dir="ltr">' in b"".join(body)
    assert b"reload this page" in b"".join(body)


def test_health_needs_no_place(places, full):
    status, _headers, body = called(admit(answering([b"alive"]), places), "/healthz")

    assert (status, body) == ("200 OK", [b"alive"])
