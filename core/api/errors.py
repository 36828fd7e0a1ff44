"""Refusals as data: a status and every fault (docs/api.md, Errors). Pure.

`core.api.http.exception_handler` turns them into responses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# An answer names every fault, up to this many: a body can have 100,000 of them. The last one says so.
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of an answer. `attr` is the path of the field on the wire, None without a field."""

    code: str
    detail: str
    attr: str | None = None


def first_faults(faults: Sequence[Fault], most: int) -> Sequence[Fault]:
    """The faults; of more than `most` the first ones, and one that says that there are others."""
    if len(faults) <= most:
        return faults
    return [*faults[: most - 1], Fault("more_errors", "There are more errors; correct these first.")]


@dataclass(frozen=True, slots=True)
class Answer:
    """An error response before it is encoded."""

    status: int
    faults: list[Fault]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        kind = "validation_error" if self.status == 400 else "client_error"
        faults = first_faults(self.faults, MOST_FAULTS)
        errors = [{"code": f.code, "detail": f.detail, "attr": f.attr} for f in faults]
        return {"type": "server_error" if self.status >= 500 else kind, "errors": errors}


class Refused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A refused request: the status and every fault. Raised anywhere in the API."""

    def __init__(self, status: int, *faults: Fault, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, faults)
        self.answer = Answer(status, list(faults), dict(headers or {}))


def refuse(code: str, detail: str, attr: str | None = None, *, status: int = 400) -> Refused:
    """A `Refused` with a single fault, for the caller to raise."""
    return Refused(status, Fault(code, detail, attr))
