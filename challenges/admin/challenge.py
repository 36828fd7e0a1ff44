"""The challenge's form and list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from simple_history.admin import SimpleHistoryAdmin

from challenges.models import Challenge
from challenges_project.admin import (
    ChoicesDropdownFilter,
    StackedInline,
    StaffModelAdmin,
    display,
    language_tabs,
)
from challenges_project.choices import RecordStatus
from milestones.models import Milestone

STATUS_COLOURS = {"draft": "info", "live": "success", "paused": "warning"}
TEXTS = (
    "eud_title",
    "eud_description",
    "eud_not_started_label",
    "eud_in_progress_label",
    "eud_completed_label",
    "eud_failed_label",
    "eud_view_details_button_text",
    "eud_milestone_next_to_be_achieved_message",
    "eud_completed_challenge_message",
    "eud_failed_challenge_message",
)


class MilestoneInline(TranslationStackedInline, StackedInline):
    model = Milestone
    extra = 0
    tab = True
    autocomplete_fields = ("reward",)


@admin.register(Challenge)
class ChallengeAdmin(StaffModelAdmin, SimpleHistoryAdmin, TranslationAdmin):
    list_display = ("name", "shown_status", "aggregation_period", "completion_target_value", "ends_at")
    list_filter = (("status", ChoicesDropdownFilter), ("aggregation_period", ChoicesDropdownFilter))
    search_fields = ("name", "description")
    ordering = ("display_order", "-id")
    autocomplete_fields = ("completion_reward",)
    inlines = (MilestoneInline,)
    fieldsets = (
        (_("Basics"), {"fields": ("name", "description", "status", "eud_icon", "display_order")}),
        (
            _("What counts"),
            {
                "fields": (
                    ("aggregation_method", "aggregation_period"),
                    ("completion_target_value", "completion_reward"),
                    "activity_ids",
                )
            },
        ),
        (
            _("Schedule"),
            {"fields": ("time_zone", ("starts_at", "ends_at"), ("late_grace_hours", "reversal_policy"))},
        ),
        *language_tabs(TEXTS),
    )

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, challenge: Challenge) -> tuple[str, str]:
        return challenge.status, RecordStatus(challenge.status).label

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        now = timezone.now()
        for milestone in formset.save(commit=False):
            milestone.created_at = milestone.created_at or now
            milestone.updated_at = now
            if milestone.status == RecordStatus.LIVE:
                milestone.live_since = milestone.live_since or now
        formset.save()
