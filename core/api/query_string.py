"""Parse the query string strictly: known parameters, each once, UTF-8 and short.

docs/api.md, Conventions.
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from urllib.parse import parse_qsl, quote_from_bytes

from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.http import HttpRequest

from core.api.errors import Fault, Refused, refuse
from core.api.http.strict_json import printable, text_faults

LONGEST_VALUE = 512
LONGEST_CURSOR = 8 * 1024
MOST_PARAMETERS = 40
_ASCII = bytes(range(33, 127)).decode()


def read_parameters(request: HttpRequest, known: Collection[str]) -> dict[str, str]:
    """The values by parameter. Raises `Refused` 400 with every unknown, repeated or malformed one."""
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in _pairs(request):
        fault = _find_fault(name, value, known, values)
        if fault:
            faults.append(fault)
        values[name] = value
    if faults:
        raise Refused(400, *faults)
    return values


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    raw = get_bytes_from_wsgi(request.META, "QUERY_STRING", "")
    if not raw:
        return []
    try:
        # Some clients send non-ASCII characters unescaped; they must still be UTF-8.
        text = quote_from_bytes(raw, safe=_ASCII)
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError as error:
        raise refuse("not_utf8", "The query string is not UTF-8.") from error
    except ValueError as error:
        raise refuse("too_many_parameters", f"Send at most {MOST_PARAMETERS} parameters.") from error


def _find_fault(name: str, value: str, known: Collection[str], values: Mapping[str, str]) -> Fault | None:
    attr = printable(name)
    if name not in known:
        return Fault("unknown_parameter", f"There is no such parameter.{nearest(name, known)}", attr)
    if name in values:
        return Fault("repeated_parameter", "Send this parameter once.", attr)
    if len(value) > (LONGEST_CURSOR if name == "cursor" else LONGEST_VALUE):
        return Fault("too_long", f"Send at most {LONGEST_VALUE} characters.", attr)
    return next(text_faults(value, attr), None)


def nearest(name: str, known: Collection[str]) -> str:
    """A suggestion, ` Did you mean X?`, or an empty text when no known name is similar."""
    return _nearest(name[:64], tuple(known))


@lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


class Suggestions:
    """`nearest` for the first unknown names of one request: each takes up to a millisecond."""

    def __init__(self, most: int = MOST_PARAMETERS) -> None:
        self.left = most

    def nearest(self, name: str, known: Collection[str]) -> str:
        self.left -= 1
        return nearest(name, known) if self.left >= 0 else ""
