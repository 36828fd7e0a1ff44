"""The filter of challenge logs that finds refunds whose order has not come."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from challenges.queries.waiting_reversals import waiting_reversals
from core.admin.theme import DropdownFilter


class WaitsForOriginal(DropdownFilter):
    """Reversals that came before their originals and still wait; after a day one is probably mistyped."""

    title = _("wait for its original")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", _("However long")), ("overdue", _("For more than a day"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None | "":
                return queryset
            case "any":
                return waiting_reversals(queryset)
            case "overdue":
                return waiting_reversals(queryset, timezone.now())
        return queryset.none()
