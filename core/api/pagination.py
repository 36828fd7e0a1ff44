"""Pages of a list, by offset or by cursor (docs/api.md, Conventions).

A cursor holds the query parameters of its list and the key of the last row. It is signed for the resource and
the caller's visibility, so that a cursor of another list or caller, or a changed one, is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from core.api.errors import Refused, refuse

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 1_000
LARGEST_OFFSET = 10_000
COUNTED_UP_TO = 10_000
PAGING = ("limit", "offset", "cursor", "fetchTotalCount")


@dataclass(frozen=True, slots=True)
class Sort:
    """One allowed order. `column` is never null and is indexed together with the id, which breaks ties.

    Ties follow the direction of the column; with `then="-id"` the newest always comes first. `within` names a
    filter that must be sent, because the index begins with its column.
    """

    name: str
    column: str
    then: str = ""
    within: str = ""

    def columns(self, descending: bool) -> list[tuple[str, bool]]:
        """The pairs of column and `descending` to sort by; the last column is the id."""
        if self.column == "id":
            return [("id", descending)]
        return [(self.column, descending), ("id", self.then.startswith("-") if self.then else descending)]


# Ids are UUIDv7: they sort by creation.
CREATED_AT = Sort("createdAt", "id")


@dataclass(frozen=True, slots=True)
class Order:
    columns: list[tuple[str, bool]]

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.order_by(*(f"-{column}" if descending else column for column, descending in self.columns))

    def after(self, rows: QuerySet[Any], key: Sequence[str]) -> QuerySet[Any]:
        """The rows behind `key`, as one range of the index. Raises `ValueError` for a malformed key."""
        names = [column for column, _descending in self.columns]
        values = [_value(rows, name, text) for name, text in zip(names, key, strict=True)]
        directions = {descending for _column, descending in self.columns}
        if len(directions) == 1:
            behind = TupleLessThan if directions.pop() else TupleGreaterThan
            return rows.filter(behind(Tuple(*map(F, names)), tuple(values)))
        return rows.filter(self._after_mixed(names, values))

    def _after_mixed(self, names: list[str], values: list[Any]) -> Q:
        """The rows behind `values` when one column ascends and the other descends.

        The first condition follows from the second and is there for the index alone.
        """
        first, second = (("lt" if descending else "gt") for _column, descending in self.columns)
        in_range = Q(**{f"{names[0]}__{first}e": values[0]})
        tie = Q(**{names[0]: values[0], f"{names[1]}__{second}": values[1]})
        return in_range & (Q(**{f"{names[0]}__{first}": values[0]}) | tie)

    def key_of(self, row: Any) -> list[str]:
        """The values of the sorted columns as text; `row` is a model instance or a dictionary."""
        read = row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
        return [_text(read(column)) for column, _descending in self.columns]


@dataclass(frozen=True, slots=True)
class Paging:
    """The requested page. `key` is that of the row before it, None for a page by offset."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    key: tuple[str, ...] | None = None
    count: bool = False

    def cut(self, rows: QuerySet[Any], order: Order) -> list[Any]:
        """The rows of the page, and one more when another page follows, which saves a COUNT."""
        rows = order.sorted(rows)
        if self.key is None:
            return list(rows[self.offset : self.offset + self.limit + 1])
        return list(order.after(rows, self.key)[: self.limit + 1])


def read_paging(parameters: Mapping[str, str]) -> Paging:
    """Raises `Refused` 400 for a limit or offset out of bounds."""
    return Paging(
        limit=_number(parameters, "limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT),
        offset=_number(parameters, "offset", 0, 0, LARGEST_OFFSET),
        count=_flag(parameters, "fetchTotalCount"),
    )


def count_up_to(rows: QuerySet[Any]) -> dict[str, Any]:
    """`totalCount` and `totalCountCapped`; the count stops at 10,000."""
    count = rows.order_by()[: COUNTED_UP_TO + 1].count()
    return {"totalCount": min(count, COUNTED_UP_TO), "totalCountCapped": count > COUNTED_UP_TO}


class Cursors:
    """Writes and reads the cursors of one resource for callers of one visibility (`core.api.callers`)."""

    def __init__(self, slug: str, visibility: str) -> None:
        self.signer = Signer(salt=f"cursor:{slug}:{visibility}")

    def write(self, parameters: Mapping[str, str], paging: Paging, key: Sequence[str], rows: int) -> str:
        """The cursor behind a page of so many rows, whose last one has that key."""
        content = {
            "q": dict(parameters),
            "k": list(key),
            "l": paging.limit,
            "o": paging.offset + rows,
        }
        return self.signer.sign_object(content, compress=True)

    def read(self, parameters: Mapping[str, str]) -> tuple[dict[str, str], Paging]:
        """The query parameters and the page of a cursor.

        Raises `Refused` 400 for a cursor that this object has not written, or other parameters beside it.
        """
        for name in parameters.keys() - {"cursor", "limit"}:
            raise refuse("invalid", "Beside a cursor send only limit; it holds the rest.", name)
        try:
            content = self.signer.unsign_object(parameters["cursor"])
        except (BadSignature, ValueError) as error:
            raise bad_cursor() from error
        limit = _number(parameters, "limit", content["l"], 1, LARGEST_LIMIT)
        return content["q"], Paging(limit=limit, offset=content["o"], key=tuple(content["k"]))


def bad_cursor() -> Refused:
    return refuse("invalid_cursor", "This cursor is not one of this list; start again without it.", "cursor")


def _number(parameters: Mapping[str, str], name: str, default: int, smallest: int, largest: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 30):
        raise refuse("invalid", f"Send a whole number from {smallest} to {largest}.", name)
    if name == "offset" and int(text) > largest:
        raise refuse("invalid", f"Beyond {largest} go on with cursor=<paging.nextCursor>.", name)
    if not smallest <= int(text) <= largest:
        raise refuse("invalid", f"Send a whole number from {smallest} to {largest}.", name)
    return int(text)


def _flag(parameters: Mapping[str, str], name: str) -> bool:
    text = parameters.get(name, "false")
    if text not in ("true", "false"):
        raise refuse("invalid", "Send true or false.", name)
    return text == "true"


def _value(rows: QuerySet[Any], column: str, text: str) -> Any:
    return rows.model._meta.get_field(column).to_python(text)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
