"""Changelists over millions of rows: pages and searches that an index answers."""

from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

LISTED_AT_MOST = 1000


class CappedPaginator(Paginator):
    """Counts to 1,000 and lists no row beyond; a filter or the search leads to the others."""

    object_list: Any
    template_name = "backoffice/pagination.html"
    listed_at_most = LISTED_AT_MOST

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:LISTED_AT_MOST].count()


class ExactSearch:
    """ModelAdmin mixin that searches by whole identifiers, never by a scan with LIKE.

    `exact_search_fields` are lookups that an index answers.
    """

    exact_search_fields: tuple[str, ...] = ()
    search_fields = ("id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term or "\0" in term:
            return (queryset.none() if term else queryset), False
        return queryset.filter(self.exactly(term)), False

    def exactly(self, term: str) -> Q:
        """Build the condition for a whole search term."""
        return reduce(or_, (Q(**{field: term}) for field in self.exact_search_fields))
