"""Parse times, ids and identifiers of the wire strictly (docs/api.md, Conventions). Pure."""

import re
from datetime import UTC, datetime
from uuid import UUID

_SHAPE = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
EXAMPLE = "2026-11-22T10:00:00Z"
# A name of the shop's own: no control characters.
EXACT_TEXT = re.compile(r"[^\x00-\x1f\x7f]+")

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def read_time(text: str) -> datetime:
    """Parse an ISO 8601 time with an offset; the result is in UTC. Raises `ValueError` with the remedy.

    `fromisoformat` cuts the decimals of a second to microseconds: Go, Java and .NET write 7 to 9 of them.
    The years are bounded so that no calendar window in any time zone leaves the range of `datetime`.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError(_remedy(text))
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time.") from error
    if not EARLIEST <= moment < LATEST:
        raise ValueError("Send a time between the years 2000 and 2099.")
    return moment


def _remedy(text: str) -> str:
    clock = r"\d{4}-\d{2}-\d{2}T[\d:.]+"
    if re.fullmatch(rf"{clock} \d{{2}}:\d{{2}}", text, re.ASCII):
        return "A + in an address must be sent as %2B."
    if re.fullmatch(rf"{clock}[+-]\d{{2}}(\d{{2}})?", text, re.ASCII):
        return "Send the offset as hours and minutes with a colon, such as +02:00."
    return f"Send a time with its offset, such as {EXAMPLE}."


def parse_uuid(text: str) -> UUID:
    """Parse an id in its canonical form. Raises `ValueError` with the remedy.

    `UUID` also accepts braces, `urn:` and no hyphens.
    """
    if not _UUID.fullmatch(text):
        raise ValueError("Send an id, such as 0199c9a8-7c60-7000-8000-000000000000.")
    return UUID(text)
