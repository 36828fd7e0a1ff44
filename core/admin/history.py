"""The history pages of a record: who changed what, version by version, under the fields' own labels."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import ModelChange
from simple_history.template_utils import HistoricalRecordContextHelper


class ChangesContextHelper(HistoricalRecordContextHelper):
    def context_for_delta_changes(self, delta: Any) -> list[dict[str, Any]]:
        """List the changes, treating null and the empty text as equal.

        A translated field without a language repeats the column of the default language and is left out.
        """
        names = {field.name for field in self.model._meta.concrete_fields}
        changes = [change for change in delta.changes if f"{change.field}_en" not in names]
        return [self._change_row(change) for change in changes if (change.old or "") != (change.new or "")]

    def _change_row(self, change: ModelChange) -> dict[str, Any]:
        formatted = self.format_delta_change(change)
        old = "–" if change.old in (None, "") else formatted.old
        new = "–" if change.new in (None, "") else formatted.new
        return {"field": formatted.field, "old": old, "new": new}


class HistoryAdmin(SimpleHistoryAdmin):
    object_history_template = "admin/record_history.html"
    object_history_form_template = "admin/record_version.html"

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Require the change permission for POST: simple_history would save it for anyone who may view."""
        if request.method == "POST":
            record = self.get_object(request, object_id)
            if record is None or not self.has_change_permission(request, record):
                raise PermissionDenied
        response: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return response

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """Pass the record's `opts`: simple_history passes those of the history model, which has no pages."""
        page: HttpResponse = super().render_history_view(
            request, template, {**context, "opts": self.opts}, **kwargs
        )
        return page

    def history_view_title(self, request: HttpRequest, obj: Any) -> str:
        return _("History of %(name)s") % {"name": obj}

    def get_historical_record_context_helper(self, request: HttpRequest, record: Any) -> ChangesContextHelper:
        return ChangesContextHelper(self.model, record)
