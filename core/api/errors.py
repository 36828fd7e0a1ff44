"""What the API refuses with: a status and everything that is wrong, as data. Pure.

`core.api.http.exception_handler` makes responses of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Everything that is wrong is named at once, within reason: a body can be wrong in 100,000 places.
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `attr` is a path in the caller's own words, None when no field is to blame."""

    code: str
    detail: str
    attr: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A refusal ready to be sent."""

    status: int
    faults: list[Fault]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        kind = "validation_error" if self.status == 400 else "client_error"
        errors = [{"code": f.code, "detail": f.detail, "attr": f.attr} for f in self.faults[:MOST_FAULTS]]
        return {"type": "server_error" if self.status >= 500 else kind, "errors": errors}


class Refused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """What the floor raises: a status and everything that is wrong at once."""

    def __init__(self, status: int, *faults: Fault, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, faults)
        self.answer = Answer(status, list(faults), dict(headers or {}))


def refuse(code: str, detail: str, attr: str | None = None, *, status: int = 400) -> Refused:
    return Refused(status, Fault(code, detail, attr))
