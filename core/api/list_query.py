"""A request's query parameters, read once: filters, order, page, fields, language, and as which member."""

from collections.abc import Mapping, Sequence
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
    """The parsed query. `parameters` holds it as text, without the page: a cursor carries it on."""

    parameters: dict[str, str]
    filters: dict[str, Filter]
    values: dict[str, Any]
    order: Order
    paging: Paging
    fields: tuple[str, ...] | None
    cursors: Cursors | None = field(repr=False)

    @property
    def language(self) -> str | None:
        return self.parameters.get("languageCode")

    @property
    def as_member(self) -> str | None:
        return self.parameters.get("asMember")

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        for name, value in self.values.items():
            rows = self.filters[name].apply(rows, value)
        return rows

    def cursor_after(self, page: Sequence[Any]) -> str:
        """The cursor of the page that begins behind this one, which has rows."""
        assert self.cursors is not None  # noqa: S101 - only lists page
        return self.cursors.write(self.parameters, self.paging, self.order.key_of(page[-1]), len(page))


def read_list_query(view: Any, parameters: dict[str, str]) -> ListQuery:
    """Parse the query parameters of a `RecordViewSet`'s request; a cursor brings the query of its list.

    Raises `Refused` 400 with what cannot be read (docs/api.md, Conventions).
    """
    if view.action != "list":
        return _parse(view, parameters, Paging(), None)
    cursors = Cursors(view.slug, view.request.user.visibility)
    if "cursor" not in parameters:
        without_page = {name: text for name, text in parameters.items() if name not in PAGING}
        return _parse(view, without_page, read_paging(parameters), cursors)
    carried, paging = cursors.read(parameters)
    if not carried.keys() <= view.known_parameters():
        raise bad_cursor()
    try:
        query = _parse(view, carried, paging, cursors)
        query.order.after(view.get_queryset().model.objects.none(), paging.key or ())
    except (Refused, ValidationError, ValueError) as error:
        # The cursor is signed by us, so it was valid once: the list has changed since.
        raise bad_cursor() from error
    return query


def _parse(view: Any, parameters: dict[str, str], paging: Paging, cursors: Cursors | None) -> ListQuery:
    filters = {own_filter.name: own_filter for own_filter in view.own_filters()}
    return ListQuery(
        parameters=parameters,
        filters=filters,
        values=parse_all(filters, parameters, view.request.user),
        order=Order(_parse_order(view.sorts, parameters.get("sortBy", view.default_order), parameters)),
        paging=paging,
        fields=_parse_fields(view, parameters.get("fields")),
        cursors=cursors,
    )


def _parse_order(sorts: tuple[Sort, ...], text: str, parameters: Mapping[str, str]) -> list[tuple[str, bool]]:
    by_name = {sort.name: sort for sort in sorts}
    sort = by_name.get(text.removeprefix("-"))
    if sort is None:
        allowed = ", ".join(by_name)
        raise refuse("invalid", f"Send one of {allowed}, with - before it for descending.", "sortBy")
    if sort.within and sort.within not in parameters:
        raise refuse("invalid", f"Sort by {sort.name} within one {sort.within}; send it too.", "sortBy")
    return sort.columns(descending=text.startswith("-"))


def _parse_fields(view: Any, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(dict.fromkeys(text.split(",")))
    known = view.field_names()
    for name in names:
        if name not in known:
            raise refuse("unknown_field", f"There is no field {name[:64]!r}.{nearest(name, known)}", "fields")
    return names
