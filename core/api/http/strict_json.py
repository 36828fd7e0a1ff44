"""Strict JSON: exact numbers, no NaN or Infinity, no duplicate keys, bounded depth.

Python's and DRF's parsers accept NaN, 1e400, repeated keys and lone surrogates. Here each is refused with the
path of its field, all at once (docs/api.md, Conventions).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from core.api.errors import MOST_FAULTS, Fault, Refused, refuse
from core.api.http.bodies import MOST_VALUES, check_structure, too_deep

MAX_DIGITS = 40  # amounts have 18, no field has more
MAX_EXPONENT = 40

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Refused:
    """Placeholder of a refused value, until `_faults_in` knows its path."""

    code: str
    detail: str


def strict_loads(body: bytes, most_values: int = MOST_VALUES) -> Any:
    """Decode a UTF-8 JSON text. Raises `Refused` 400 with the path of every fault."""
    check_structure(body, most_values)
    decoder = _Decoder()
    try:
        value = decoder.decode(body.decode())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise refuse("malformed_json", f"This is not JSON: {_place(error)}.") from error
    except RecursionError as error:  # `check_structure` should have refused it
        raise too_deep() from error
    if decoder.refused or b"\\u" in body:
        faults = list(islice(_faults_in(value), MOST_FAULTS + 1))
        if faults:
            raise Refused(400, *faults)
    return value


class _Decoder(json.JSONDecoder):
    """Replaces refused values by placeholders instead of stopping at the first."""

    def __init__(self) -> None:
        self.refused = False
        super().__init__(
            object_pairs_hook=self._object,
            parse_float=self._decimal,
            parse_int=self._integer,
            parse_constant=self._constant,
        )

    def _refuse(self, code: str, detail: str) -> _Refused:
        self.refused = True
        return _Refused(code, detail)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            seen: set[str] = set()
            for key, _value in pairs:
                if key in seen:
                    fields[key] = self._refuse("duplicate_key", "This key is sent twice.")
                seen.add(key)
        return fields

    def _decimal(self, text: str) -> Any:
        number = Decimal(text) if len(text) <= MAX_DIGITS else None
        if number is None or abs(number.adjusted()) > MAX_EXPONENT:
            return self._refuse("invalid_number", "This number has too many digits.")
        return number

    def _integer(self, text: str) -> Any:
        if len(text) > MAX_DIGITS:
            return self._refuse("invalid_number", "This number has too many digits.")
        return int(text)

    def _constant(self, text: str) -> _Refused:
        return self._refuse("invalid_number", f"{text} is not a JSON number.")


def _faults_in(value: Any) -> Iterator[Fault]:
    """The faults inside a value, in order, without recursion."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, _Refused):
            yield Fault(node.code, node.detail, path or None)
        elif isinstance(node, str):
            yield from text_faults(node, path or None)
        elif isinstance(node, dict):
            for key in node:
                yield from text_faults(key, path or None)
            stack.extend((_join(path, printable(key)), node[key]) for key in reversed(node))
        elif isinstance(node, list):
            stack.extend((_join(path, str(i)), node[i]) for i in reversed(range(len(node))))


def text_faults(text: str, attr: str | None) -> Iterator[Fault]:
    """The faults that any text may have: NUL and halves of surrogate pairs."""
    if "\0" in text:
        yield Fault("nul_character", "A text cannot contain NUL.", attr)
    if not text.isascii() and _SURROGATE.search(text):
        yield Fault("lone_surrogate", "A text cannot contain half of a surrogate pair.", attr)


def printable(key: str) -> str:
    """A key of the caller, shortened and cleaned for an answer."""
    return key[:64].encode(errors="replace").decode().replace("\0", "?")


def _join(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return "not UTF-8"
