from io import BytesIO

import pytest
from django.test import RequestFactory

from core.api.errors import Refused
from core.api.http.bodies import MOST_DISCARDED, BodyStream, closing_unread_bodies, read_body


def request_with(body, content_type="application/json", **meta):
    return RequestFactory().generic("POST", "/", body, content_type, **meta)


def refusal(request, limit=100):
    with pytest.raises(Refused) as refused:
        read_body(request, limit)
    return refused.value.answer.status, refused.value.answer.faults[0].code


def chunked(stream):
    request = RequestFactory().generic(
        "POST", "/", b"x", "application/json", HTTP_TRANSFER_ENCODING="chunked"
    )
    request.environ["wsgi.input"] = stream
    del request.META["CONTENT_LENGTH"]
    return request


class Endless:
    """A client that never stops sending."""

    def __init__(self):
        self.given = 0

    def read(self, size):
        self.given += size
        return b"1" * size


class Dribble(BytesIO):
    """Gives three bytes at a time, whatever is asked."""

    def read(self, size=-1):
        return super().read(min(3, size))


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'Application/JSON; charset="UTF-8"'],
)
def test_body_of_json_is_read(content_type):
    assert read_body(request_with(b'{"a": "\xc3\xa9"}', content_type), 100) == b'{"a": "\xc3\xa9"}'


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/vnd.api+json",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
    ],
)
def test_another_type_is_415(content_type):
    assert refusal(request_with(b"{}", content_type)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate, gzip", "x-unknown"])
def test_a_compressed_body_is_415_and_never_unpacked(coding):
    assert refusal(request_with(b"\x1f\x8b", HTTP_CONTENT_ENCODING=coding)) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        "{}".encode("utf-16-le"),
        "{}".encode("utf-32"),
        b"\0",
    ],
)
def test_a_body_that_is_not_plain_utf8_is_refused(body):
    assert refusal(request_with(body)) == (400, "not_utf8")


def test_an_empty_body_is_refused():
    assert refusal(request_with(b"")) == (400, "empty_body")


def test_a_body_at_the_limit_passes_and_one_byte_more_is_413():
    assert read_body(request_with(b"1" * 100), 100) == b"1" * 100
    assert refusal(request_with(b"1" * 101)) == (413, "too_large")


def test_a_declared_length_is_refused_before_anything_is_read():
    request = request_with(b"{}", CONTENT_LENGTH="99999999999")
    request.environ["wsgi.input"] = endless = Endless()

    assert refusal(request) == (413, "too_large")
    assert endless.given == 0


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "٣", "9" * 30])
def test_a_length_that_is_no_number_is_refused(length):
    status, _code = refusal(request_with(b"{}", CONTENT_LENGTH=length))

    assert status == 400


def test_a_chunked_body_is_read_to_its_end():
    assert read_body(chunked(Dribble(b'{"a": 1234567890}')), 100) == b'{"a": 1234567890}'


def test_an_endless_chunked_body_ends_at_the_limit():
    endless = Endless()

    assert refusal(chunked(endless), 1_000_000) == (413, "too_large")
    assert endless.given == 1_000_001


def test_an_empty_chunked_body_is_empty():
    assert refusal(chunked(BytesIO())) == (400, "empty_body")


def test_a_broken_connection_is_refused():
    class Broken:
        def read(self, *args):
            raise OSError("client went away")

    request = request_with(b"{}")
    request.environ["wsgi.input"] = request._stream = Broken()

    assert refusal(request) == (400, "incomplete_body")


def test_the_default_limit_is_the_settings(settings):
    settings.MAX_BODY_BYTES = 3

    with pytest.raises(Refused):
        read_body(request_with(b"1234"))


def test_body_stream_ends_as_soon_as_it_is_too_long(rf):
    request = rf.generic("POST", "/", b"x" * 10, "text/csv")

    with pytest.raises(Refused) as declared:
        BodyStream(request, 9)
    del request.META["CONTENT_LENGTH"]
    request.META["HTTP_TRANSFER_ENCODING"] = "chunked"
    request.environ["wsgi.input"] = BytesIO(b"x" * 10)
    stream = BodyStream(request, 9)
    first = stream.read(5)
    with pytest.raises(Refused) as found:
        stream.read(5)

    assert first == b"xxxxx"
    assert [error.value.answer.status for error in (declared, found)] == [413, 413]


def test_body_stream_tells_of_a_sender_who_left(rf):
    class Gone:
        def read(self, *size):
            raise OSError("connection reset")

    request = rf.generic("POST", "/", b"A1\n", "text/csv")
    request._stream = Gone()

    with pytest.raises(Refused) as refusal:
        BodyStream(request, 100).read(10)

    assert [fault.code for fault in refusal.value.answer.faults] == ["incomplete_body"]


def test_body_that_ends_before_its_length_is_incomplete(rf):
    """A sender that leaves looks to the server like the end of the body: no error is raised for it."""
    cut = {"CONTENT_LENGTH": "9", "wsgi.input": BytesIO(b"A1\nB")}
    request = rf.generic("POST", "/", b"-", "text/csv", **cut)
    stream = BodyStream(request, 100)

    first = stream.read(100)
    with pytest.raises(Refused) as refused:
        stream.read(100)

    assert first == b"A1\nB"
    assert (refused.value.answer.status, refused.value.answer.faults[0].code) == (400, "incomplete_body")
    assert refusal(request_with(b"-", **cut)) == (400, "incomplete_body")


def test_body_stream_knows_whether_its_end_is_certain(rf):
    request = rf.generic("POST", "/", b"A1", "text/csv")
    declared = BodyStream(request, 100)
    del request.META["CONTENT_LENGTH"]
    request.META["HTTP_TRANSFER_ENCODING"] = "chunked"

    assert (declared.ends_for_certain, BodyStream(request, 100).ends_for_certain) == (True, False)


def closes(read, length="1000", *, buffered=False, **environ):
    """Whether the response to a body of 1000 bytes, of which so many were read, closes the connection."""
    sent, headers = BytesIO(b"x" * 1000), []
    environ = {"wsgi.input": sent, "CONTENT_LENGTH": length} | environ

    def application(environ, start_response):
        environ["wsgi.input"].read(read)
        start_response("401 Unauthorized", [("Content-Type", "text/plain")])
        return [b""]

    wrapped = closing_unread_bodies(application, buffered)
    wrapped(environ, lambda status, given, *error: headers.extend(given))
    return ("Connection", "close") in headers, sent.tell()


CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


def test_connection_of_a_body_that_was_read_stays_open():
    assert closes(1000) == (False, 1000)
    assert closes(1000, buffered=True) == (False, 1000)


def test_connection_of_a_body_that_was_left_unread_is_closed():
    assert closes(0) == (True, 0)
    assert closes(999) == (True, 999)


def test_the_end_of_a_chunked_body_is_known_by_reading_on():
    assert closes(1000, "", **CHUNKED) == (True, 1000)
    assert closes(1000, "", buffered=True, **CHUNKED) == (True, 1000)


def test_behind_a_buffering_proxy_the_rest_is_dropped_and_the_connection_stays():
    assert closes(10, buffered=True) == (False, 1000)


def test_of_a_body_that_the_proxy_does_not_buffer_nothing_is_awaited():
    assert closes(10, buffered=True, HTTP_CONNECTION="close") == (True, 10)


def test_a_rest_that_is_too_long_is_not_dropped_but_closed():
    assert closes(10, str(MOST_DISCARDED + 11), buffered=True) == (True, 10)


def test_a_request_without_a_body_has_nothing_unread():
    assert closes(0, "") == (False, 0)
    assert closes(0, "0") == (False, 0)
