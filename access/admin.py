"""The ModelAdmins of API keys, which only superusers reach, and of the audit log of staff actions."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models.api_key import ApiKey
from access.models.staff_action import StaffAction
from core.admin import registry
from core.admin.base_classes import StaffModelAdmin, ViewOnlyAdmin
from core.admin.large_tables import ExactSearch
from core.admin.theme import DropdownFilter, RangeDateTimeFilter, display


class ApiKeyForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Require a scope, and attach the error to a field that the user has to change."""
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in ("may_ingest", "may_read", "may_admin")):
            self.add_error("may_ingest", _("Choose at least one thing that the key may do."))
        return cleaned


@registry.register(ApiKey)
class ApiKeyAdmin(StaffModelAdmin):
    form = ApiKeyForm
    list_display = ("name", "prefix", "shown_scopes", "paused", "expires_at", "last_used_at")
    list_filter = ("paused",)
    search_fields = ("name", "prefix")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "prefix", "paused", "expires_at"),
                "description": _("A key is shown once, right after it is made."),
            },
        ),
        (_("What it may do"), {"fields": ("may_ingest", "may_read", "may_admin")}),
        (_("Times"), {"fields": ("created_at", "last_used_at")}),
    )
    readonly_fields = ("prefix", "created_at", "last_used_at")

    @display(description=_("may do"))
    def shown_scopes(self, record: ApiKey) -> str:
        return ", ".join(sorted(record.scopes))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            obj.shown_once = obj.renew(timezone.now())
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the new key on this page alone: a message would store it in a cookie or the database."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("API key"),
            "record": obj,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/access/apikey/shown_once.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response


class ApiKeyFilter(DropdownFilter):
    """What one key did. The name of a deleted key is found by the search: `API key web shop`."""

    title = _("API key")
    parameter_name = "api_key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(key.pk), str(key)) for key in ApiKey.objects.order_by("name", "id")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(api_key_id=self.value()) if self.value() else queryset


@registry.register(StaffAction)
class StaffActionAdmin(ExactSearch, ViewOnlyAdmin):
    """The audit log: what staff did by hand, and why, and what API keys and commands did."""

    list_display = ("created_at", "actor_name", "action", "member_external_id", "reason")
    list_filter = (("created_at", RangeDateTimeFilter), ApiKeyFilter)
    exact_search_fields = ("member_external_id", "actor_name", "action", "target_id")
    search_help_text = _("A whole identifier of a member, user name, action or record")
