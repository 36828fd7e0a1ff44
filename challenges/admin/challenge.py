"""The challenge's ModelAdmin. Its form edits the challenge and its milestones in one save."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from challenges.admin import confirmation, conflicts, next_window
from challenges.admin.changelist import ChallengeChangeList, ChallengeColumns
from challenges.admin.duplicate import FormDefaults, defaults_from
from challenges.admin.edit_flow import OwnTransaction, SaveThroughService
from challenges.admin.forms import LABELS, MESSAGES, ChallengeForm, zone_names
from challenges.admin.import_export import ImportExport
from challenges.admin.removal import ChallengeRemoval
from challenges.admin.revert import RevertToVersion
from challenges.admin.rule_versions import RuleVersionPages
from challenges.models import Challenge
from core.admin import registry
from core.admin.base_classes import StaffModelAdmin
from core.admin.history import HistoryAdmin
from core.admin.icon_field import icon_image
from core.admin.languages import localized, offered_languages
from core.admin.removal import ArchivedFilter
from core.admin.theme import ChoicesDropdownFilter, display
from core.choices import RecordStatus
from milestones.admin.milestone import MOST_IN_A_FORM, MilestoneInline


@registry.register(Challenge)
class ChallengeAdmin(
    RuleVersionPages,
    ChallengeColumns,
    ImportExport,
    SaveThroughService,
    ChallengeRemoval,
    RevertToVersion,
    StaffModelAdmin,
    HistoryAdmin,
    TranslationAdmin,
    OwnTransaction,
):
    form = ChallengeForm
    compressed_fields = False
    change_form_template = "admin/challenges/challenge/change_form.html"
    list_display = ("name", "shown_status", "goal", "window_ends", "participants", "completed")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("aggregation_period", ChoicesDropdownFilter),
        ("aggregation_method", ChoicesDropdownFilter),
        ArchivedFilter,
    )
    search_fields = ("name", "description")
    ordering = ("display_order", "-id")
    autocomplete_fields = ("completion_reward",)
    actions = ("export_chosen",)
    actions_list = ("import_challenges",)
    readonly_fields = ("activities",)
    inlines = (MilestoneInline,)

    class Media:
        js = ("backoffice/challenge-form.js",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChallengeChangeList]:
        return ChallengeChangeList

    def has_change_permission(self, request: HttpRequest, obj: Challenge | None = None) -> bool:
        """Deny changes to an archived challenge, which has to be restored first."""
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    @display(description=_("icon"))
    def icon(self, challenge: Challenge) -> str:
        """Show the icon to staff who may only view."""
        return icon_image(challenge.eud_icon, "challenges/default-challenge-icon.svg")

    @display(description=_("activities"))
    def activities(self, challenge: Challenge) -> str:
        """Show the activity ids, as the form writes them, to staff who may only view."""
        return ", ".join(challenge.activity_ids) or "–"

    # The form

    def get_fieldsets(self, request: HttpRequest, obj: Challenge | None = None) -> list[Any]:
        may_edit = obj is None or self.has_change_permission(request, obj)
        fieldsets: list[Any] = [
            (_("Basics"), {"fields": ("name", "description", ("icon", "display_order"))}),
            (
                _("What counts"),
                {
                    "fields": (
                        ("aggregation_method", "aggregation_period"),
                        ("completion_target_value", "completion_reward"),
                        "activity_ids" if may_edit else "activities",
                    )
                },
            ),
            (
                _("Schedule"),
                {"fields": ("time_zone", ("starts_at", "ends_at"), ("late_grace_hours", "reversal_policy"))},
            ),
        ]
        return fieldsets + [
            (name, {"classes": [f"desk-language-{code}"], "fields": _text_fields(code)})
            for code, name in offered_languages()
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        form, formsets = context["adminform"].form, context["inline_admin_formsets"]
        context |= {
            "zone_names": zone_names(),
            "languages": offered_languages(),
            "status_badge": _stored_status(obj),
            "milestone_errors": sum(
                len(milestone_form.errors) for inline in formsets for milestone_form in inline.formset.forms
            ),
            "text_errors": sum(1 for name in form.errors if name.startswith("eud_")),
            "loaded": _loaded(request, obj, form, formsets),
            **next_window.offer(obj, timezone.now()),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    # Initial values of the add form

    def starting_point(self, request: HttpRequest) -> FormDefaults | None:
        """Return the initial values of the add form: `?copy=ID` copies the challenge with that id."""
        source = self.get_object(request, request.GET.get("copy", "")) if "copy" in request.GET else None
        return defaults_from(source) if source else None

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        if request.method == "GET":
            start = self.starting_point(request)
            request.start = start  # type: ignore[attr-defined]
            if start and len(start.milestones) > MOST_IN_A_FORM:
                counts = {"most": MOST_IN_A_FORM, "all": len(start.milestones)}
                text = _("The first %(most)d of %(all)d milestones are copied. Export and import copies all.")
                self.message_user(request, text % counts, messages.WARNING)
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        start = getattr(request, "start", None)
        return start.fields if start else super().get_changeform_initial_data(request)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        start = getattr(request, "start", None)
        initial = {"initial": start.milestones} if start else {}
        return super().get_formset_kwargs(request, obj, inline, prefix) | initial

    # After saving

    def response_add(self, request: HttpRequest, obj: Challenge, post_url_continue: str | None = None) -> Any:
        return self._back_to_form(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Challenge) -> Any:
        return self._back_to_form(request, obj) or super().response_change(request, obj)

    def _back_to_form(self, request: HttpRequest, obj: Challenge) -> HttpResponse | None:
        """Redirect to the form, also after "Save", so that the editor sees what was saved."""
        if "_popup" in request.POST or "_saveclose" in request.POST:
            return None
        self.message_user(request, _saved_message(request, obj))
        form = reverse("admin:challenges_challenge_change", args=[obj.pk])
        part = {"milestones": request.GET["milestones"]} if "milestones" in request.GET else {}
        return HttpResponseRedirect(f"{form}?{urlencode(part)}" if part else form)


def _text_fields(code: str) -> tuple[Any, ...]:
    return (
        *localized(("eud_title", "eud_description"), code),
        *localized(MESSAGES, code),
        tuple(localized(LABELS[:2], code)),
        tuple(localized(LABELS[2:4], code)),
        *localized(LABELS[4:], code),
    )


def _saved_message(request: HttpRequest, obj: Challenge) -> str:
    if next_window.is_asked(request):
        return next_window.saved_message(obj)
    status = RecordStatus(obj.status).label
    return str(_("“%(name)s” is saved. Status: %(status)s.") % {"name": obj, "status": status})


def _stored_status(obj: Challenge | None) -> str:
    """Read the status from the database: a refused form has set another one on `obj`."""
    return (confirmation.status_of(obj) if obj else "") or RecordStatus.DRAFT.value


def _loaded(request: HttpRequest, obj: Any, form: Any, formsets: Any) -> str:
    """Return the values that the form was opened with; a POST carries them along until it is saved."""
    if request.method == "POST":
        return str(request.POST.get("loaded", ""))
    if obj is None:
        return ""
    return conflicts.loaded_values(obj.version, form, [inline.formset for inline in formsets])
