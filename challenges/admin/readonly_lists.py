"""The ModelAdmins of challenge logs, progress and activities, which the engine writes.

Staff may add a log, which is then judged and counted like any other.
"""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from access.domain import audit_log
from challenges.admin.waiting_filter import WaitsForOriginal
from challenges.models import Activity, ChallengeLog, ChallengeProgress
from challenges.queries.progress_summary import percentage, progress_status
from core.admin import registry
from core.admin.base_classes import AddOnlyAdmin, ViewOnlyAdmin
from core.admin.fields import ReasonField
from core.admin.large_tables import ExactSearch
from core.admin.theme import (
    AutocompleteSelectFilter,
    Badge,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    display,
)
from core.amounts import units
from core.choices import ReasonCode
from core.errors import DomainError


class AddedLogForm(forms.ModelForm):
    reason = ReasonField(max_length=audit_log.LONGEST_REASON)

    def _update_errors(self, errors: ValidationError) -> None:
        """Tell of a stored log with the same key at its identifier: the member and challenge are chosen."""
        faults = errors.error_dict.pop(NON_FIELD_ERRORS, [])
        for fault in faults:
            place = "unique_identifier" if fault.code == "unique_together" else NON_FIELD_ERRORS
            errors.error_dict.setdefault(place, []).append(fault)
        super()._update_errors(errors)


STATUS_COLOURS = {"in_progress": "info", "completed": "success", "failed": "danger"}


@registry.register(ChallengeLog)
class ChallengeLogAdmin(ExactSearch, AddOnlyAdmin):
    """A log that staff add is judged as by the API; who added it and why is in the audit log."""

    form = AddedLogForm
    list_display = (
        "unique_identifier",
        "member",
        "challenge",
        "activity_at",
        "activity_id",
        "activity_value",
        "judgement",
        "period_key",
    )
    list_select_related = ("member", "challenge")
    list_filter = (
        ("challenge", AutocompleteSelectFilter),
        ("reason_code", ChoicesDropdownFilter),
        WaitsForOriginal,
        ("activity_at", RangeDateTimeFilter),
    )
    exact_search_fields = ("unique_identifier", "member__external_id")
    search_help_text = _("The whole identifier of the log (an order number) or of the member")
    autocomplete_fields = ("member", "challenge")
    add_fieldsets = (
        (_("Who and where"), {"fields": ("member", "challenge")}),
        (
            _("What happened"),
            {"fields": ("activity_at", "activity_id", "unique_identifier", "activity_value")},
        ),
        (_("Take back"), {"fields": ("reversal_of",)}),
        (_("Why"), {"fields": ("reason",)}),
    )
    fields = (
        ("member", "challenge"),
        ("activity_at", "activity_id"),
        ("unique_identifier", "activity_value"),
        ("judgement", "counted_value"),
        ("period_key", "created_at"),
        ("reversal_of", "counts_anyway"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: ChallengeLog | None = None) -> tuple[str, ...]:
        stored = ("judgement", "counted_value", "period_key", "created_at", "counts_anyway")
        return stored if obj else ()

    def save_model(self, request: HttpRequest, obj: ChallengeLog, form: Any, change: bool) -> None:
        try:
            super().save_model(request, obj, form, change)
        except IntegrityError as error:
            message = "A log with this identifier has just been stored."
            raise DomainError("stored_already", message, "unique_identifier", "conflict") from error
        name = "reverse" if obj.reversal_of else "add_log"
        reason = form.cleaned_data["reason"]
        audit_log.note(request.user, name, at=obj.created_at, member=obj.member, target=obj, reason=reason)

    @display(description=_("counted"), label={"counted": "success", "not": "warning"})
    def judgement(self, log: ChallengeLog) -> Badge:
        if log.counted:
            return Badge("counted", str(_("Counted")))
        return Badge("not", str(ReasonCode(log.reason_code).label))


@registry.register(ChallengeProgress)
class ChallengeProgressAdmin(ExactSearch, ViewOnlyAdmin):
    list_display = (
        "member",
        "challenge",
        "period_key",
        "bar",
        "shown_status",
        "window_ends_at",
        "updated_at",
    )
    list_select_related = ("member", "challenge")
    list_filter = (("challenge", AutocompleteSelectFilter), ("window_ends_at", RangeDateTimeFilter))
    exact_search_fields = ("member__external_id", "period_key")
    search_help_text = _("The whole member identifier, or a window such as 2026-11")

    @display(description=_("progress"))
    def bar(self, row: ChallengeProgress) -> str:
        percent = percentage(units(row.current_progress_value), units(row.completion_target_value))
        return format_html(
            '<span class="desk-bar"><progress max="100" value="{}"></progress> {} / {}</span>',
            percent,
            row.current_progress_value,
            row.completion_target_value,
        )

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, row: ChallengeProgress) -> Badge:
        status = progress_status(row.challenge_completed_at, row.window_ends_at, timezone.now())
        return Badge(status.value, str(status.label))


@registry.register(Activity)
class ActivityAdmin(ExactSearch, ViewOnlyAdmin):
    list_display = ("unique_identifier", "member", "activity_id", "activity_value", "activity_at")
    list_select_related = ("member",)
    exact_search_fields = ("unique_identifier", "member__external_id")
    search_help_text = _("The whole identifier of the activity or of the member")
