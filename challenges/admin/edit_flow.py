"""How the challenge's form is saved: stale? asked? refused? Then one edit through the rules."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from challenges.admin import confirmation, conflicts, form_changes, next_window
from challenges.models import Challenge, RuleVersion
from core.admin.confirmation import ConfirmationRequired
from core.admin.form_errors import add_error, errors_in, split_nested
from core.errors import DomainError

ICON_COLUMNS = ("eud_icon", "eud_milestone_icon")


class OwnTransaction(ModelAdmin):
    """The rules open their own transactions: paying 100,000 members must not be one of the admin's."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view: Any = self._changeform_view  # type: ignore[attr-defined]
        return view(request, object_id, form_url, extra_context)


class SaveThroughService:
    """For the challenge's ModelAdmin, in front of it."""

    def save_model(self, request: HttpRequest, obj: Challenge, form: Any, change: bool) -> None:
        """Together with its milestones, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:
        now = timezone.now()
        seen = conflicts.loaded_version(request.POST.get("loaded", "")) if change else None
        self._refuse_stale(request, form.instance, seen)
        edit = form_changes.changes_of(form, formsets, now)
        try:
            if next_window.is_asked(request):
                next_window.begin(edit)
            was = confirmation.status_of(form.instance)
            confirmed = request.POST.get("confirmed", "")
            counts_paused = confirmation.require_confirmation(edit, was, now, confirmed)
            form_changes.save(edit, now, seen, request.user if counts_paused else None)
        except DomainError as error:
            if error.code == "stale":
                self._refuse_stale(request, form.instance, seen)
            request.refused_places = edit.places  # type: ignore[attr-defined]
            _name_form_fields(error)
            raise

    def _refuse_stale(self: Any, request: HttpRequest, challenge: Challenge, seen: int | None) -> None:
        """Raises the `Question` that shows what somebody else changed, in a form that has both edits."""
        stored = None if seen is None else self.get_object(request, str(challenge.pk))
        if stored is None or stored.version == seen:
            return
        fresh = self.get_form(request, stored, change=True)(instance=stored)
        formsets = self._fresh_formsets(request, stored)
        joined, differences = conflicts.merged(request.POST, fresh, formsets)
        joined["loaded"] = conflicts.loaded_values(stored.version, fresh, formsets)
        request.POST = joined  # type: ignore[assignment]
        raise ConfirmationRequired(
            "backoffice/questions/stale.html",
            "",
            differences=differences,
            who=_last_editor(stored),
            when=stored.updated_at,
        )

    def _fresh_formsets(self: Any, request: HttpRequest, obj: Challenge) -> list[Any]:
        """As a page that is opened now would show them."""
        fresh = [
            made(instance=obj, prefix=made.get_default_prefix(), queryset=inline.get_queryset(request))
            for made, inline in self.get_formsets_with_inlines(request, obj)
        ]
        for formset in fresh:
            formset.show_those_of(request.POST)
        return fresh

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)
        raised = getattr(request, "raised", None)
        if isinstance(raised, DomainError) and hasattr(request, "refused_places"):
            _refuse_milestones(formsets, raised, request.refused_places)
        return formsets, inlines


def _last_editor(challenge: Any) -> Any:
    """Name who edited last: an edit from the next window on leaves a version instead of a row of history."""
    last = challenge.history.select_related("history_user").first()
    pending = RuleVersion.objects.filter(challenge=challenge.pk, applied=False).first()
    if pending is not None and (last is None or pending.created_at > last.history_date):
        return pending.changed_by
    return last.history_by if last else None


def _name_form_fields(refusal: DomainError) -> None:
    """Name an icon as its field in the form: a column `eud_milestone_icon` has the field `icon`."""
    for error in errors_in(refusal):
        if error.field and error.field.rpartition(".")[2] in ICON_COLUMNS:
            error.field = f"{error.field.rpartition('.')[0]}.icon".lstrip(".")


def _refuse_milestones(formsets: list[Any], refusal: DomainError, places: list[str]) -> None:
    """`milestones.1.milestone_target_value` is a mistake in the second of the edited milestones' forms."""
    by_prefix: dict[str, Any] = {}
    for formset in formsets:
        formset.is_valid()
        by_prefix |= {form.prefix: form for form in formset.forms}
    for error in errors_in(refusal):
        if (nested := split_nested(error.field)) and nested[0] < len(places):
            place, field = nested
            add_error(by_prefix[places[place]], error, field)
