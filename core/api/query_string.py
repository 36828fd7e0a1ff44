"""The query string, strictly: each parameter known, once, UTF-8 and short; all that is wrong is named."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
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
    """Parameter to value. Raises `Refused` 400 naming all that are unknown, repeated or malformed."""
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in _pairs(request):
        fault = _fault(name, value, known, found)
        if fault:
            faults.append(fault)
        found[name] = value
    if faults:
        raise Refused(400, *faults)
    return found


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    raw = get_bytes_from_wsgi(request.META, "QUERY_STRING", "")
    if not raw:
        return []
    try:
        # Some clients send other letters unescaped; they must still be UTF-8.
        text = quote_from_bytes(raw, safe=_ASCII)
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError as error:
        raise refuse("not_utf8", "The query string is not UTF-8.") from error
    except ValueError as error:
        raise refuse("too_many_parameters", f"Send at most {MOST_PARAMETERS} parameters.") from error


def _fault(name: str, value: str, known: Collection[str], found: Mapping[str, str]) -> Fault | None:
    shown = printable(name)
    if name not in known:
        return Fault("unknown_parameter", f"There is no such parameter.{nearest(name, known)}", shown)
    if name in found:
        return Fault("repeated_parameter", "Send this parameter once.", shown)
    if len(value) > (LONGEST_CURSOR if name == "cursor" else LONGEST_VALUE):
        return Fault("too_long", f"Send at most {LONGEST_VALUE} characters.", shown)
    return next(text_faults(value, shown), None)


def nearest(name: str, known: Collection[str]) -> str:
    """` Did you mean X?`, or nothing when nothing is near. The name itself may be anything."""
    close = get_close_matches(name[:64], known, n=1)
    return f" Did you mean {close[0]}?" if close else ""
