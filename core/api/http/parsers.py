"""DRF's request and parsers: strict JSON, and multipart for records with an icon.

docs/api.md, Conventions.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from core.api.errors import Fault, Refused, refuse
from core.api.http.bodies import check_content_type, check_not_empty, read_body, read_bytes
from core.api.http.strict_json import printable, strict_loads, text_faults

JSON = "application/json"
MULTIPART = "multipart/form-data"
MOST_PARTS = 100


class RecordRequest(Request):
    """DRF's request, which hands every body to a parser: also a chunked one. An empty one is refused."""

    def _load_stream(self) -> None:
        check_not_empty(self._request)
        self._stream = self._request


class StrictJSONParser(BaseParser):
    """Parse a JSON object. Views that take another shape call `read_body` and `strict_loads` themselves."""

    media_type = JSON

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        value = strict_loads(read_body(_django_request(stream)))
        if not isinstance(value, dict):
            raise refuse("not_an_object", 'Send a JSON object, such as {"name": "..."}.')
        return value


class StrictMultiPartParser(BaseParser):
    """Parse UTF-8 texts and files, each part once, into one dictionary; serializers check the names."""

    media_type = MULTIPART

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        request = _django_request(stream)
        check_content_type(request, MULTIPART)
        body = read_bytes(request, settings.MAX_BODY_BYTES)
        parts = _Parts()
        texts, files = _split(request.META["CONTENT_TYPE"], body)
        for name, values in texts.lists():
            parts.add(name, [_utf8(value) for value in values])
        for name, uploads in files.lists():
            parts.add(name, uploads)
        return parts.checked_values()


class _Parts:
    """Collects the parts of a form and their faults."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.faults: list[Fault] = []

    def add(self, raw_name: str, values: list[Any]) -> None:
        name = printable(_utf8(raw_name) or "")
        if len(values) > 1 or name in self.values:
            self.faults.append(Fault("repeated_part", "Send this part once.", name))
        for value in values:
            if value is None:
                self.faults.append(Fault("not_utf8", "Send this text as UTF-8.", name))
            elif isinstance(value, UploadedFile):
                value.name = _file_name(value.name or "")
            else:
                self.faults.extend(text_faults(value, name))
        self.values[name] = values[0]

    def checked_values(self) -> dict[str, Any]:
        if not self.values:
            raise _malformed()
        if len(self.values) > MOST_PARTS:
            raise refuse("too_many_parts", f"Send at most {MOST_PARTS} parts.")
        if self.faults:
            raise Refused(400, *self.faults)
        return self.values


def _split(content_type: str, body: bytes) -> tuple[Any, Any]:
    """The texts and files of a multipart body, by Django's parser. Latin-1 keeps every byte for `_utf8`."""
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    try:
        return MultiPartParser(meta, BytesIO(body), [MemoryFileUploadHandler()], "latin-1").parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError) as error:
        raise _malformed() from error


def _malformed() -> Refused:
    return refuse("malformed_multipart", "This is no multipart body with parts.")


def _file_name(name: str) -> str:
    """The file's name as UTF-8, or its ASCII part: Django drops unprintable bytes, which may break UTF-8."""
    decoded = _utf8(name) or name.encode("ascii", "ignore").decode()
    return decoded[-256:] if decoded.strip("./\\ ") else "file"


def _utf8(text: str) -> str | None:
    """Decode as UTF-8 a text that Django has read as Latin-1; None when it is not UTF-8."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeEncodeError:
        return text  # an RFC 2231 name, decoded already
    except UnicodeDecodeError:
        return None


def _django_request(stream: Any) -> HttpRequest:
    return getattr(stream, "_request", stream)
