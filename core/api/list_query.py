"""What one request asks of a resource, read once: filters, order, page, fields, language, and as whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from core.api.errors import Refused, refuse
from core.api.filters import Filter, parse_all
from core.api.pagination import PAGING, Cursors, Order, Paging, Sort, bad_cursor, read_paging
from core.api.query_string import nearest


@dataclass(frozen=True, slots=True)
class ListQuery:
    """`sent` is the question as text, without its page: what a cursor carries."""

    sent: dict[str, str]
    filters: dict[str, Filter]
    values: dict[str, Any]
    order: Order
    paging: Paging
    fields: tuple[str, ...] | None
    cursors: Cursors | None = field(repr=False)

    @property
    def language(self) -> str | None:
        return self.sent.get("languageCode")

    @property
    def as_member(self) -> str | None:
        return self.sent.get("asMember")

    def narrowed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        for name, value in self.values.items():
            rows = self.filters[name].apply(rows, value)
        return rows

    def cursor_after(self, row: Any) -> str:
        """What continues this list behind `row`."""
        assert self.cursors is not None  # noqa: S101 - only lists page
        return self.cursors.write(self.sent, self.paging, self.order.key_of(row))


def read_list_query(view: Any, parameters: dict[str, str]) -> ListQuery:
    """Raises `Refused` 400 naming what cannot be read; a cursor brings its own question."""
    if view.action != "list":
        return _question(view, parameters, Paging(), None)
    cursors = Cursors(view.slug, view.request.user.visibility)
    if "cursor" not in parameters:
        sent = {name: text for name, text in parameters.items() if name not in PAGING}
        return _question(view, sent, read_paging(parameters), cursors)
    sent, paging = cursors.read(parameters)
    if not sent.keys() <= view.known_parameters():
        raise bad_cursor()
    try:
        question = _question(view, sent, paging, cursors)
        question.order.after(view.get_queryset().model.objects.none(), paging.key or ())
    except (Refused, ValidationError, ValueError) as error:  # we wrote it, for a list that has changed since
        raise bad_cursor() from error
    return question


def _question(view: Any, sent: dict[str, str], paging: Paging, cursors: Cursors | None) -> ListQuery:
    filters = {each.name: each for each in view.own_filters()}
    return ListQuery(
        sent=sent,
        filters=filters,
        values=parse_all(filters, sent),
        order=Order(_order(view.sorts, sent.get("sortBy", view.default_order), sent)),
        paging=paging,
        fields=_fields(view, sent.get("fields")),
        cursors=cursors,
    )


def _order(sorts: tuple[Sort, ...], text: str, sent: Mapping[str, str]) -> list[tuple[str, bool]]:
    by_name = {sort.name: sort for sort in sorts}
    sort = by_name.get(text.removeprefix("-"))
    if sort is None:
        allowed = ", ".join(by_name)
        raise refuse("invalid", f"Send one of {allowed}, with - before it for descending.", "sortBy")
    if sort.within and sort.within not in sent:
        raise refuse("invalid", f"Sort by {sort.name} within one {sort.within}; send it too.", "sortBy")
    return sort.columns(descending=text.startswith("-"))


def _fields(view: Any, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(dict.fromkeys(text.split(",")))
    known = view.field_names()
    for name in names:
        if name not in known:
            raise refuse("unknown_field", f"There is no field {name[:64]!r}.{nearest(name, known)}", "fields")
    return names
