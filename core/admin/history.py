"""Who changed what in a record, version by version, in the product's words."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import ModelChange
from simple_history.template_utils import HistoricalRecordContextHelper


class Changes(HistoricalRecordContextHelper):
    def context_for_delta_changes(self, delta: Any) -> list[dict[str, Any]]:
        """Without the columns that only repeat the default language's, and null is as empty as no text."""
        names = {field.name for field in self.model._meta.concrete_fields}
        told = [each for each in delta.changes if f"{each.field}_en" not in names]
        return [self._shown(each) for each in told if (each.old or "") != (each.new or "")]

    def _shown(self, change: ModelChange) -> dict[str, Any]:
        shown = self.format_delta_change(change)
        old = "–" if change.old in (None, "") else shown.old
        new = "–" if change.new in (None, "") else shown.new
        return {"field": shown.field, "old": old, "new": new}


class HistoryAdmin(SimpleHistoryAdmin):
    object_history_template = "admin/record_history.html"
    object_history_form_template = "admin/record_version.html"

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The library shows a version to whoever may look, and stores what they send: that is an edit."""
        if request.method == "POST":
            record = self.get_object(request, object_id)
            if record is None or not self.has_change_permission(request, record):
                raise PermissionDenied
        response: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return response

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """The library speaks of the history's own model, which has no pages to lead to."""
        page: HttpResponse = super().render_history_view(
            request, template, {**context, "opts": self.opts}, **kwargs
        )
        return page

    def history_view_title(self, request: HttpRequest, obj: Any) -> str:
        return _("History of %(name)s") % {"name": obj}

    def get_historical_record_context_helper(self, request: HttpRequest, record: Any) -> Changes:
        return Changes(self.model, record)
