"""The milestone's ModelAdmin, a list to find them, and the inline that edits them in the challenge's form."""

from typing import Any

from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from core.admin import registry
from core.admin.base_classes import AMOUNT_OVERRIDES, ViewOnlyAdmin
from core.admin.history import HistoryAdmin
from core.admin.icon_field import icon_image
from core.admin.languages import localized, offered_languages
from core.admin.theme import AutocompleteSelectFilter, ChoicesDropdownFilter, StackedInline, display
from core.choices import RecordStatus
from milestones.admin.forms import TEXTS, MilestoneForm
from milestones.models import Milestone

STATUS_COLOURS = {"draft": "info", "live": "success", "paused": "warning"}


@registry.register(Milestone)
class MilestoneAdmin(ViewOnlyAdmin, HistoryAdmin, TranslationAdmin):
    list_display = ("name", "challenge", "milestone_target_value", "shown_status", "reward")
    list_select_related = ("challenge", "reward")
    list_filter = (("challenge", AutocompleteSelectFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("name", "challenge__name")
    ordering = ("-id",)

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, milestone: Milestone) -> tuple[str, str]:
        return milestone.status, str(RecordStatus(milestone.status).label)


# About what the fields of a form hold (DATA_UPLOAD_MAX_NUMBER_FIELDS). Each takes hundredths of a second, and
# a form may claim to have a thousand.
MOST_IN_A_FORM = 150


class SentForms(BaseInlineFormSet):
    """Makes as many forms as were sent, however many the management form claims: 1,000 take half a minute."""

    def total_form_count(self) -> int:
        total = super().total_form_count()
        if not self.is_bound:
            return total
        sent = {name.removeprefix(f"{self.prefix}-").partition("-")[0] for name in self.data}
        numbers = (int(number) for number in sent if number.isdecimal() and len(number) < 5)
        return min(total, 1 + max(numbers, default=-1))


class MilestoneInline(TranslationStackedInline, StackedInline):
    """The milestones in the challenge's form. A removed milestone with history is archived by the service."""

    model = Milestone
    form = MilestoneForm
    formfield_overrides = {**StackedInline.formfield_overrides, **AMOUNT_OVERRIDES}
    template = "admin/milestones/milestone_formset.html"
    extra = 0
    max_num = MOST_IN_A_FORM
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
        """Disable Django's check for protected objects: a milestone that has paid is archived instead."""
        kwargs.setdefault("formset", SentForms)
        formset = super().get_formset(request, obj, absolute_max=MOST_IN_A_FORM, **kwargs)
        formset.form = type(formset.form.__name__, (formset.form,), {"hand_clean_DELETE": lambda form: None})
        return formset

    @display(description=_("icon"))
    def icon(self, milestone: Milestone) -> str:
        """Show the icon to staff who may only view."""
        return icon_image(milestone.eud_milestone_icon, "challenges/default-milestone-icon.svg")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Add an empty form for each milestone of the challenge that this one is copied from."""
        start = getattr(request, "start", None)
        return len(start.milestones) if start else 0

    def get_queryset(self, request: HttpRequest) -> Any:
        milestones: Any = super().get_queryset(request)
        return milestones.unarchived()
