"""Milestones in the admin: a list to find them; they are edited in their challenge, which judges them together."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from challenges_project.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, ViewOnlyAdmin, display
from challenges_project.choices import RecordStatus
from milestones.models import Milestone

STATUS_COLOURS = {"draft": "info", "live": "success", "paused": "warning"}


@admin.register(Milestone)
class MilestoneAdmin(ViewOnlyAdmin, TranslationAdmin):
    list_display = ("name", "challenge", "milestone_target_value", "shown_status", "reward")
    list_select_related = ("challenge", "reward")
    list_filter = (("challenge", AutocompleteSelectFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("name", "challenge__name")
    ordering = ("-id",)

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, milestone: Milestone) -> tuple[str, str]:
        return milestone.status, RecordStatus(milestone.status).label
