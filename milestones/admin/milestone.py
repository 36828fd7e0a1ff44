"""The milestone's ModelAdmin, a list to find them, and the inline that edits them in the challenge's form."""

from collections.abc import Mapping
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from core.admin import registry
from core.admin.base_classes import AMOUNT_OVERRIDES, ViewOnlyAdmin
from core.admin.history import HistoryAdmin
from core.admin.icon_field import icon_image
from core.admin.languages import localized, offered_languages
from core.admin.theme import AutocompleteSelectFilter, ChoicesDropdownFilter, StackedInline, display
from core.choices import RecordStatus
from core.ids import uuid_in
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


# Each milestone's form takes 0.035 s of a processor. A challenge that has many shows them in parts, which
# leave room for some new ones.
MOST_IN_A_FORM, PART = 40, 30


class MilestoneForms(BaseInlineFormSet):
    """The forms of a part of a challenge's milestones: that of `part`, or those which were sent.

    Never more forms than were sent, however many the management form claims: 1,000 take half a minute.
    """

    part = 1
    shown_ids: frozenset[UUID] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.show_those_of(self.data)

    def show_those_of(self, data: Mapping[str, str]) -> None:
        """Show the milestones that a form was sent with, wherever they stand now."""
        names = (f"{self.prefix}-{number}-id" for number in range(MOST_IN_A_FORM))
        self.shown_ids = frozenset(filter(None, (uuid_in(data.get(name, "")) for name in names)))

    @cached_property
    def count(self) -> int:
        """How many milestones the challenge has, in all parts."""
        return int(super().get_queryset().count())

    @property
    def parts(self) -> range:
        return range(1, max(1, ceil(self.count / PART)) + 1)

    @property
    def shown_part(self) -> int:
        return min(self.part, len(self.parts))

    @property
    def first(self) -> int:
        """The place of the first shown milestone, from 1 on; `last` is that of the last."""
        return (self.shown_part - 1) * PART + 1

    @property
    def last(self) -> int:
        return min(self.shown_part * PART, self.count)

    def get_queryset(self) -> Any:
        if not hasattr(self, "_shown"):
            rows = super().get_queryset()
            if self.count > PART and self.shown_ids is not None:
                rows = rows.filter(pk__in=self.shown_ids)
            elif self.count > PART:
                rows = rows[self.first - 1 : self.last]
            self._shown = rows
        return self._shown

    def total_form_count(self) -> int:
        total = super().total_form_count()
        if not self.is_bound:
            return total
        sent = {name.removeprefix(f"{self.prefix}-").partition("-")[0] for name in self.data}
        numbers = (int(number) for number in sent if number.isdecimal() and len(number) < 5)
        return min(total, 1 + max(numbers, default=-1))


def part_of(milestone: Milestone) -> int:
    """The part of its challenge's form in which a milestone stands."""
    target = milestone.milestone_target_value
    others = Milestone.objects.unarchived().filter(challenge=milestone.challenge_id)
    before = Q(milestone_target_value__lt=target) | Q(milestone_target_value=target, id__lt=milestone.id)
    return int(others.filter(before).count()) // PART + 1


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
        kwargs.setdefault("formset", MilestoneForms)
        formset: Any = super().get_formset(request, obj, absolute_max=MOST_IN_A_FORM, **kwargs)
        part = request.GET.get("milestones", "")
        formset.part = int(part) if part.isascii() and part.isdecimal() and len(part) < 5 and int(part) else 1
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
