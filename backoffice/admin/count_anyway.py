"""The way from a filtered list of logs to counting anyway all that the filter finds."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from backoffice.pages.actions import ADD_LOG_PERMISSION
from challenges.models import Challenge
from core.admin.theme import action
from core.ids import uuid_in
from members.models import Member


class CountAllAnyway:
    """Mixin for the ModelAdmin of logs: a button that takes the list's filter along."""

    actions_list = ("count_all_anyway",)

    def changelist_view(self: Any, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)
        # The theme links to the action alone, without the filter that the list has now.
        for button in (getattr(response, "context_data", None) or {}).get("actions_list", ()):
            if request.GET:
                button["path"] = f"{button['path']}?{request.GET.urlencode()}"
        return response

    @action(
        description=_("Count anyway: all that this filter finds"),
        url_path="count-anyway",
        permissions=["count_all_anyway"],
        icon="playlist_add_check",
    )
    def count_all_anyway(self, request: HttpRequest) -> HttpResponse:
        """Open the page that asks, with the filter filled in; a challenge has to be chosen for it."""
        challenge_id = uuid_in(request.GET.get("challenge__id__exact", ""))
        if challenge_id is None or not Challenge.objects.filter(id=challenge_id).exists():
            messages.warning(request, str(_("Choose one challenge in the filter first.")))
            logs = reverse("admin:challenges_challengelog_changelist")
            return HttpResponseRedirect(f"{logs}?{request.GET.urlencode()}" if request.GET else logs)
        page = reverse("backoffice:count_anyway_all", args=[challenge_id])
        return HttpResponseRedirect(f"{page}?{urlencode(page_filter(request.GET), doseq=True)}")

    def has_count_all_anyway_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(ADD_LOG_PERMISSION))


def page_filter(query: QueryDict) -> dict[str, Any]:
    """Turn the parameters of the list of logs into those of the page."""
    values: dict[str, Any] = {
        "reason_code": [*query.getlist("reason_code__exact"), *query.getlist("reason_code__in")],
        "activity_after": _time_in(query, "activity_at_from"),
        "activity_before": _time_in(query, "activity_at_to"),
    }
    term = query.get("q", "").strip()
    if term and term.isprintable():
        is_member = Member.objects.filter(external_id=term).exists()
        values["member" if is_member else "unique_identifier"] = term
    return {name: value for name, value in values.items() if value}


def _time_in(query: QueryDict, name: str) -> str:
    """Return a time of the list's filter, which is on the server's clock, with its offset; "" for none."""
    try:
        moment: datetime | None = parse_datetime(f"{query.get(f'{name}_0', '')} {query.get(f'{name}_1', '')}")
        return timezone.make_aware(moment).isoformat() if moment else ""
    except (ValueError, OverflowError):
        return ""
