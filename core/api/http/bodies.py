"""Read a request body as bytes: bounded, of the right type, uncompressed, UTF-8, not nested too deep.

DRF's parsers and the direct actions share it (docs/api.md, Conventions). `closing_unread_bodies` settles what
nobody read.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, UnreadablePostError

from core.api.errors import Refused, refuse

MAX_DEPTH = 32
# Values of a JSON body. A batch of 5,000 logs with every field has 75,000.
MOST_VALUES = 250_000
MOST_DISCARDED = 16 * 1024 * 1024

_CHUNK = 64 * 1024
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b"[]{},")
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1, ord(","): 0}
_PIECE = 512 * 1024


def read_body(request: HttpRequest, limit: int | None = None, most_values: int = MOST_VALUES) -> bytes:
    """A JSON body of at most `limit` bytes (default: MAX_BODY_BYTES).

    Raises `Refused`: 415 another type or compressed, 413 too long, 400 empty, not UTF-8, nested too deep or
    with too many values.
    Duplicate keys, NUL and lone surrogates are left to the decoder: see `strict_json`.
    """
    check_not_empty(request)
    check_content_type(request, "application/json")
    body = read_bytes(request, limit or settings.MAX_BODY_BYTES)
    check_utf8(body)
    check_structure(body, most_values)
    return body


def check_not_empty(request: HttpRequest) -> None:
    """Raise `Refused` 400 for an empty body. Call it first: a request without a body seldom has a type."""
    if not _declared_length(request) and not _is_chunked(request):
        raise _empty()


def check_content_type(request: HttpRequest, expected: str) -> None:
    if request.content_type != expected:
        actual = request.content_type or "nothing"
        detail = f"Send Content-Type: {expected}, not {actual[:64]}."
        raise refuse("unsupported_media_type", detail, status=415)
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    if charset.strip("\"'").lower() not in ("utf-8", "utf8"):
        raise refuse("unsupported_media_type", "Send the body as UTF-8.", status=415)
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise refuse("unsupported_media_type", "Send the body uncompressed.", status=415)


def read_bytes(request: HttpRequest, limit: int) -> bytes:
    """Read at most `limit` bytes, whatever the headers say: a chunked body may be endless."""
    length = _declared_length(request)
    if length is not None and length > limit:
        raise too_large(limit)
    try:
        body = _stream(request, length).read(limit + 1)
    except (UnreadablePostError, OSError) as error:
        raise _incomplete() from error
    if len(body) > limit:
        raise too_large(limit)
    if len(body) < (length or 0):
        raise _incomplete()
    if not body:
        raise _empty()
    return body


class BodyStream:
    """A body of at most `limit` bytes that is read in chunks and never held in memory as a whole.

    Raises `Refused` 413 as soon as the body exceeds the limit, 400 when the sender breaks off. A break is
    recognized by the declared length alone; a chunked body has none.
    """

    def __init__(self, request: HttpRequest, limit: int) -> None:
        self.length = _declared_length(request)
        if self.length is not None and self.length > limit:
            raise too_large(limit)
        self.stream, self.limit, self.bytes_read = _stream(request, self.length), limit, 0

    @property
    def ends_for_certain(self) -> bool:
        """Whether the end of the stream proves that the body is complete: only with a declared length."""
        return self.length is not None

    def read(self, size: int, /) -> bytes:
        try:
            chunk: bytes = self.stream.read(size)
        except (UnreadablePostError, OSError) as error:
            raise _incomplete() from error
        self.bytes_read += len(chunk)
        if self.bytes_read > self.limit:
            raise too_large(self.limit)
        if size and not chunk and self.bytes_read < (self.length or 0):
            raise _incomplete()
        return chunk


def check_utf8(body: bytes) -> None:
    if body.isascii() and b"\0" not in body:
        return
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise refuse("not_utf8", f"The body is not UTF-8 at byte {error.start}.") from error
    if text.startswith("\ufeff") or "\0" in text:
        raise refuse("not_utf8", "Send UTF-8 without a byte order mark.")


def check_structure(body: bytes, most_values: int = MOST_VALUES) -> None:
    """Refuse deep nesting and very many values before a parser sees them.

    Three bytes of JSON can take a hundred in memory, and more than that in the time of a decoder.
    Built-ins alone: 2 ms for a megabyte.
    """
    opening = body.count(b"[") + body.count(b"{")
    if opening <= MAX_DEPTH and opening + body.count(b",") <= most_values:
        return
    structure = _outside_strings(body).translate(None, _NOT_STRUCTURE)
    if structure.count(b"[") + structure.count(b"{") + structure.count(b",") > most_values:
        raise refuse("too_many_values", f"Send at most {most_values} values at once.")
    if max(accumulate(map(_STEP.__getitem__, structure)), default=0) > MAX_DEPTH:
        raise too_deep()


def _outside_strings(body: bytes) -> bytes:
    """What of a JSON text is outside its strings. Piece by piece: it may have millions of them."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside, inside = [], 0
    for start in range(0, len(unescaped), _PIECE):
        parts = unescaped[start : start + _PIECE].split(b'"')
        outside.append(b"".join(parts[inside::2]))
        inside = (inside + len(parts) - 1) % 2
    return b"".join(outside)


def _empty() -> Refused:
    return refuse("empty_body", "The body is empty.")


def _incomplete() -> Refused:
    return refuse("incomplete_body", "The body ended early: send it again.")


def too_large(limit: int) -> Refused:
    return refuse("too_large", f"The body may have at most {limit} bytes.", status=413)


def too_deep() -> Refused:
    return refuse("too_deep", f"Nest at most {MAX_DEPTH} levels.")


def _declared_length(request: HttpRequest) -> int | None:
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise refuse("invalid_length", "Content-Length is not a number.")
    return int(text)


def _stream(request: HttpRequest, length: int | None) -> Any:
    """The stream of the body. Django reads nothing without a Content-Length, the server's own stream does."""
    if hasattr(request, "_body"):
        return BytesIO(request.body)
    if length is None and _is_chunked(request) and isinstance(request, WSGIRequest):
        return _FullReads(request.environ["wsgi.input"])
    return request


def _is_chunked(request: HttpRequest) -> bool:
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


class _FullReads:
    """A stream whose `read` returns fewer bytes only at the end; a raw stream may do so at any time."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        chunks, missing = [], size
        while missing and (chunk := self.stream.read(min(missing, _CHUNK))):
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def closing_unread_bodies(application: Application, buffered: bool) -> Application:
    """Wrap a WSGI application: a response that leaves its request's body unread closes the connection.

    The rest of such a body is in the way of the next request. The server closes the connection for it, and a
    proxy that was not told hands the next request, perhaps of somebody else, to a dying connection.

    `buffered`: a proxy sends only whole bodies. While it still sends one, a closed connection makes it answer
    502 instead of the refusal, so a rest of up to MOST_DISCARDED is read and dropped, which takes no waiting.
    """

    def with_counted_body(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return application(environ, start_response)
        body = _CountedBody(environ["wsgi.input"], int(length) if length.isdecimal() else None)
        environ["wsgi.input"] = body
        # nginx does not buffer the large uploads, and says so by a connection for each.
        waits = buffered and environ.get("HTTP_CONNECTION", "").lower() != "close"

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            if waits:
                body.discard()
            if not body.ended:
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *error)

        return application(environ, start)

    return with_counted_body


class _CountedBody:
    """The server's stream of a body; `ended` once all of it was read. `length`: None for a chunked one."""

    def __init__(self, stream: Any, length: int | None) -> None:
        self.stream, self.length, self.bytes_read, self.ended = stream, length, 0, False

    def read(self, size: int = -1, /) -> bytes:
        return self._counted(self.stream.read(size), size)

    def readline(self, size: int = -1, /) -> bytes:
        return self._counted(self.stream.readline(size), size)

    def _counted(self, chunk: bytes, size: int) -> bytes:
        self.bytes_read += len(chunk)
        if self.bytes_read == self.length or (not chunk and size):
            self.ended = True
        return chunk

    def discard(self) -> None:
        """Read and drop the rest of a body that is not too long."""
        if self.length is None or self.length - self.bytes_read > MOST_DISCARDED:
            return
        with suppress(OSError):
            while not self.ended:
                self.read(_CHUNK)
