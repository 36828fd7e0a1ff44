"""Milestones in the admin: a list to find them; they are edited in their challenge, all together."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from core.admin.base_classes import AMOUNTS, ViewOnlyAdmin
from core.admin.history import HistoryAdmin
from core.admin.icon_field import icon_image
from core.admin.languages import localized, offered_languages
from core.admin.theme import AutocompleteSelectFilter, ChoicesDropdownFilter, StackedInline, display
from core.choices import RecordStatus
from milestones.admin.forms import TEXTS, MilestoneForm
from milestones.models import Milestone

STATUS_COLOURS = {"draft": "info", "live": "success", "paused": "warning"}


@admin.register(Milestone)
class MilestoneAdmin(ViewOnlyAdmin, HistoryAdmin, TranslationAdmin):
    list_display = ("name", "challenge", "milestone_target_value", "shown_status", "reward")
    list_select_related = ("challenge", "reward")
    list_filter = (("challenge", AutocompleteSelectFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("name", "challenge__name")
    ordering = ("-id",)

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, milestone: Milestone) -> tuple[str, str]:
        return milestone.status, str(RecordStatus(milestone.status).label)


class MilestoneInline(TranslationStackedInline, StackedInline):
    """The ladder of a challenge's form; removed rungs with a history are archived by the rules."""

    model = Milestone
    form = MilestoneForm
    formfield_overrides = {**StackedInline.formfield_overrides, **AMOUNTS}
    template = "admin/milestones/milestone_formset.html"
    extra = 0
    autocomplete_fields = ("reward",)
    ordering = ("milestone_target_value", "id")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            (
                None,
                {"fields": (("milestone_target_value", "reward", "status"), ("name", "icon"), "description")},
            ),
            *(
                (name, {"classes": [f"desk-language-{code}"], "fields": localized(TEXTS, code)})
                for code, name in offered_languages()
            ),
        ]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The admin would refuse to remove a milestone that has paid; the rules archive it."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.form = type(formset.form.__name__, (formset.form,), {"hand_clean_DELETE": lambda form: None})
        return formset

    @display(description=_("icon"))
    def icon(self, milestone: Milestone) -> str:
        """For whoever may only look."""
        return icon_image(milestone.eud_milestone_icon, "challenges/default-milestone-icon.svg")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """As many new rungs as the challenge that this one starts from has."""
        start = getattr(request, "start", None)
        return len(start.milestones) if start else 0

    def get_queryset(self, request: HttpRequest) -> Any:
        milestones: Any = super().get_queryset(request)
        return milestones.unarchived()
