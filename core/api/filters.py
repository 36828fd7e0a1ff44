"""Filters of a list, which a resource declares as data (docs/api.md, Conventions).

filters = (UuidFilter("challengeId", "challenge_id"), *time_filters("activity", "activity_at"), *CREATED)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.api.callers import GUEST, Caller, EndUserCaller
from core.api.errors import Fault, Refused
from core.api.values import parse_uuid, read_time
from core.errors import DomainError
from core.identifiers import check_identifier, check_member_identifier
from core.ids import uuid7_floor
from core.periods import EXAMPLES, is_possible_key


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One query parameter of a list. `parse` raises `ValueError` with the remedy."""

    name: str = field(kw_only=False)
    lookup: str = field(default="", kw_only=False)
    help: str = ""

    def parse(self, text: str) -> Any:
        return text

    def check(self, value: Any, caller: Caller) -> None:
        """Raise `DomainError` for a value that this caller may not filter by."""

    def apply(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return rows.filter(**{self.lookup: value})

    @property
    def schema(self) -> dict[str, Any]:
        """Its OpenAPI type."""
        return {"type": "string"}


class TextFilter(Filter):
    """Matches the whole text, case included."""

    def parse(self, text: str) -> str:
        if not text:
            raise ValueError("Send a value, or leave the parameter out.")
        return text


class MemberFilter(TextFilter):
    """Matches a member by the identifier. A badly formed one is refused, unless a member has it."""

    def check(self, value: Any, caller: Caller) -> None:
        if not isinstance(caller, EndUserCaller):
            check_member_identifier(value)
        elif value != caller.external_id:  # end users do not learn who else has one
            check_identifier(value)


@dataclass(frozen=True, kw_only=True)
class IdentifierFilter(TextFilter):
    """Matches a record by the shop's identifier. A badly formed one is refused, unless it is stored.

    `is_stored(value, caller)`: whether a record that this caller may see has it.
    """

    is_stored: Callable[[str, Caller], bool]

    def check(self, value: Any, caller: Caller) -> None:
        try:
            check_identifier(value)
        except DomainError:
            if not self.is_stored(value, caller):
                raise


class PeriodKeyFilter(Filter):
    """Matches a window's key. One that no window can have is refused: its list would always be empty."""

    def parse(self, text: str) -> str:
        if not is_possible_key(text):
            raise ValueError(
                f"Send the key of a window that the calendar has: {', '.join(EXAMPLES.values())}."
            )
        return text

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": list(EXAMPLES.values())}


class UuidFilter(Filter):
    def parse(self, text: str) -> UUID:
        return parse_uuid(text)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


@dataclass(frozen=True, kw_only=True)
class ChoiceFilter(Filter):
    choices: tuple[str, ...] = field(default=(), kw_only=False)

    def parse(self, text: str) -> str:
        return one_of(self.choices, text)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices)}


class BooleanFilter(Filter):
    def parse(self, text: str) -> bool:
        return one_of(("true", "false"), text) == "true"

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class TimeFilter(Filter):
    def parse(self, text: str) -> Any:
        return read_time(text)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


class _CreatedFilter(TimeFilter):
    """Filters by the time of creation through the primary key: ids are UUIDv7, so they sort by creation."""

    def apply(self, rows: QuerySet[Any], value: datetime) -> QuerySet[Any]:
        return rows.filter(**{self.lookup: uuid7_floor(value)})


@dataclass(frozen=True, kw_only=True)
class CustomFilter(Filter):
    """A filter by something that is no column.

    `read` parses the text (ValueError with the remedy), `narrow(rows, value)` filters.
    """

    narrow: Callable[[QuerySet[Any], Any], QuerySet[Any]]
    read: Callable[[str], Any] = str
    type: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})

    def parse(self, text: str) -> Any:
        return self.read(text)

    def apply(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return self.narrow(rows, value)

    @property
    def schema(self) -> dict[str, Any]:
        return dict(self.type)


def time_filters(name: str, column: str) -> tuple[Filter, Filter]:
    """`<name>After` (inclusive) and `<name>Before` (exclusive): adjacent ranges do not overlap."""
    return (
        TimeFilter(f"{name}After", f"{column}__gte", help="At this time or after it."),
        TimeFilter(f"{name}Before", f"{column}__lt", help="Before this time."),
    )


CREATED: tuple[Filter, Filter] = (
    _CreatedFilter("createdAfter", "id__gte", help="Created at this time or after it."),
    _CreatedFilter("createdBefore", "id__lt", help="Created before this time."),
)


def one_of(choices: tuple[str, ...], text: str) -> str:
    """Check that the text is one of the choices. Raises `ValueError` with the remedy."""
    if text not in choices:
        raise ValueError(f"Send one of {', '.join(choices)}.")
    return str(text)


def parse_all(
    filters: Mapping[str, Filter], parameters: Mapping[str, str], caller: Caller = GUEST
) -> dict[str, Any]:
    """The value of each filter among the parameters. Raises `Refused` 400 with every unreadable one."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in parameters.keys() & filters.keys():
        try:
            values[name] = filters[name].parse(parameters[name])
            filters[name].check(values[name], caller)
        except ValueError as error:
            faults.append(Fault("invalid", str(error), name))
        except DomainError as error:
            faults.append(Fault(error.code, error.message, name))
    if faults:
        raise Refused(400, *sorted(faults, key=lambda fault: str(fault.attr)))
    return values
