"""Pages of a list: by offset for people, by cursor for programs, at the same cost for every page.

A cursor holds the whole question (filters, order, the place to go on from) and is signed together with the
resource and with who may read what, so that another resource's, another caller's or a changed one is refused.
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
    """One allowed order. `column` is stored, never null and indexed together with the id, which breaks ties.

    Ties go in the same direction; `then="-id"` always puts the newest first. `within` names a filter without
    which the index would not help.
    """

    name: str
    column: str
    then: str = ""
    within: str = ""

    def columns(self, descending: bool) -> list[tuple[str, bool]]:
        """(column, descending) in order; the last one is the id."""
        if self.column == "id":
            return [("id", descending)]
        return [(self.column, descending), ("id", self.then.startswith("-") if self.then else descending)]


# Ids are time-ordered (UUIDv7): by id is by creation.
CREATED_AT = Sort("createdAt", "id")


@dataclass(frozen=True, slots=True)
class Order:
    columns: list[tuple[str, bool]]

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.order_by(*(f"-{column}" if descending else column for column, descending in self.columns))

    def after(self, rows: QuerySet[Any], key: Sequence[str]) -> QuerySet[Any]:
        """The rows behind `key`, by one range of the index. Raises `ValueError` for another shape of key."""
        names = [column for column, _descending in self.columns]
        values = [_value(rows, name, text) for name, text in zip(names, key, strict=True)]
        directions = {descending for _column, descending in self.columns}
        if len(directions) == 1:
            behind = TupleLessThan if directions.pop() else TupleGreaterThan
            return rows.filter(behind(Tuple(*map(F, names)), tuple(values)))
        return rows.filter(self._mixed(names, values))

    def _mixed(self, names: list[str], values: list[Any]) -> Q:
        """One column up, the other down: the first condition alone lets the index find the place."""
        first, second = (("lt" if descending else "gt") for _column, descending in self.columns)
        place = Q(**{f"{names[0]}__{first}e": values[0]})
        tie = Q(**{names[0]: values[0], f"{names[1]}__{second}": values[1]})
        return place & (Q(**{f"{names[0]}__{first}": values[0]}) | tie)

    def key_of(self, row: Any) -> list[str]:
        """Where `row` stands, as text; a row is a model's instance or a dictionary of its columns."""
        read = row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
        return [_text(read(column)) for column, _descending in self.columns]


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for. `key` is None for a page by offset."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    key: tuple[str, ...] | None = None
    count: bool = False

    def cut(self, rows: QuerySet[Any], order: Order) -> list[Any]:
        """The page's rows and one more, when there is one: no query asks how many there are."""
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
    """`totalCount`, counted no further than 10,000."""
    found = rows.order_by()[: COUNTED_UP_TO + 1].count()
    return {"totalCount": min(found, COUNTED_UP_TO), "totalCountCapped": found > COUNTED_UP_TO}


class Cursors:
    """Writes and reads the cursors of one resource for callers of one visibility."""

    def __init__(self, slug: str, visibility: str) -> None:
        self.signer = Signer(salt=f"cursor:{slug}:{visibility}")

    def write(self, question: Mapping[str, str], paging: Paging, key: Sequence[str]) -> str:
        content = {"q": dict(question), "k": list(key), "l": paging.limit, "o": paging.offset + paging.limit}
        return self.signer.sign_object(content, compress=True)

    def read(self, parameters: Mapping[str, str]) -> tuple[dict[str, str], Paging]:
        """The question and the page. Raises `Refused` 400 unless it is of this list and reader."""
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
