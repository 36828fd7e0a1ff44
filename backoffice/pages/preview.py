"""The preview beside a challenge's form: what the API would answer for the unsaved form. Stores nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.queries.example_states import State, example_state
from challenges.admin.conflicts import label_of
from challenges.admin.form_changes import identify
from challenges.api.presenters.challenge import serialize_challenge
from challenges.caches.config import snapshot
from challenges.models import Challenge
from challenges.queries.member_state import MemberState, member_states
from core.api.language import Language
from core.api.reader import Reader
from core.choices import AggregationPeriod, RecordStatus
from core.errors import DomainError
from members.models import Member
from milestones.models import Milestone


@require_POST
def show(request: HttpRequest, challenge_id: UUID | None = None) -> HttpResponse:
    """Answer with JSON for the form's script.

    `data`: the challenge as an end user's GET answers it; `language`: of its texts; `note`: a sentence for
    the marketer; `wrong`: whether that names a mistake; `places`: each milestone's index in the form, by id.
    """
    if not request.user.has_perm("challenges.view_challenge"):
        raise PermissionDenied
    at = timezone.now()
    challenge, milestones, (form_note, has_mistake) = records_from_form(request, challenge_id)
    language = request.POST.get("preview_language", "en")
    language = language if language in settings.LANGUAGES_OFFERED else "en"
    member_state, member_note = _member_state(request, challenge, milestones, at)
    reader = Reader(
        admin=False,
        guest=member_state is None,
        language=Language(language),
        origin=request.build_absolute_uri("/").rstrip("/"),
        at=at,
    )
    rules = snapshot(challenge, (), milestones)
    data = serialize_challenge(challenge, rules, milestones, reader, member_state)
    answer = {
        "data": data | {"status": RecordStatus.LIVE.value},
        "language": language,
        "note": form_note or member_note,
        "wrong": has_mistake,
        "places": {
            str(milestone.id): milestone.form_index
            for milestone in milestones
            if hasattr(milestone, "form_index")
        },
    }
    body = msgspec.json.Encoder(decimal_format="number").encode(answer)
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


def records_from_form(
    request: HttpRequest, challenge_id: UUID | None
) -> tuple[Challenge, list[Milestone], tuple[str, bool]]:
    """Return the unsaved challenge and milestones of the sent form, and what `_form_note` says of it.

    A field with a mistake has its stored value. Staff who may not edit send no form: the stored records.
    """
    model_admin: Any = admin.site.get_model_admin(Challenge)
    stored = None if challenge_id is None else model_admin.get_object(request, str(challenge_id))
    if challenge_id is not None and stored is None:
        raise Http404
    if stored is not None and not model_admin.has_change_permission(request, stored):
        return stored, list(stored.milestones.unarchived().select_related("reward")), ("", False)
    form = model_admin.get_form(request, stored, change=stored is not None)(request.POST, instance=stored)
    form.is_valid()
    challenge = form.instance
    formsets, _inlines = model_admin._create_formsets(request, challenge, change=stored is not None)
    milestones = []
    for formset in formsets:
        formset.is_valid()
        for index, milestone_form in enumerate(formset.forms):
            if not _is_left_out(milestone_form):
                milestone_form.instance.form_index = index
                milestones.append(milestone_form.instance)
        # Those that stand in another part of the form.
        if stored is not None and len(formset.parts) > 1:
            others = stored.milestones.unarchived().exclude(pk__in=formset.shown_ids)
            milestones += others.select_related("reward")
    milestone_forms = [milestone_form for formset in formsets for milestone_form in formset.forms]
    note = _form_note(
        [form, *(milestone_form for milestone_form in milestone_forms if milestone_form.errors)]
    )
    return _with_placeholders(challenge), _in_order(milestones, challenge), note


def _form_note(forms: list[Any]) -> tuple[str, bool]:
    """Name the fields with a mistake, else the empty ones, in a sentence; and say if there is a mistake."""
    fields = [
        (label_of(form[name]), all(error.code == "required" for error in errors.as_data()))
        for form in forms
        for name, errors in form.errors.items()
        if name in form.fields
    ]
    if wrong := [label for label, is_empty in fields if not is_empty]:
        return _("Not right yet: %(fields)s.") % {"fields": ", ".join(wrong)}, True
    if fields:
        labels = [label for label, _is_empty in fields]
        return _("Still empty: %(fields)s.") % {"fields": ", ".join(labels)}, False
    return "", any(form.errors for form in forms)


def _is_left_out(form: Any) -> bool:
    """Say whether a milestone is not shown: its form is removed, untouched or without a target."""
    cleaned = getattr(form, "cleaned_data", {})
    untouched = form.instance._state.adding and not form.has_changed()
    return bool(cleaned.get("DELETE")) or untouched or form.instance.milestone_target_value is None


def _with_placeholders(challenge: Challenge) -> Challenge:
    """Fill what a half-filled form leaves open, so that the challenge can be presented as a stored one."""
    now = timezone.now()
    identify(challenge, now)
    challenge.created_at = challenge.created_at or now
    challenge.updated_at = challenge.updated_at or now
    challenge.completion_target_value = challenge.completion_target_value or 1
    challenge.aggregation_period = challenge.aggregation_period or AggregationPeriod.DAILY.value
    challenge.name = challenge.name or _("Your challenge")
    try:
        challenge.window_at(now)
    except DomainError:
        challenge.time_zone = settings.TIME_ZONE
    return challenge


def _in_order(milestones: list[Milestone], challenge: Challenge) -> list[Milestone]:
    """Return the milestones by ascending target, with what only saving would set."""
    now = timezone.now()
    for milestone in milestones:
        milestone.challenge = challenge
        milestone.created_at = milestone.created_at or now
        milestone.updated_at = milestone.updated_at or now
    return sorted(milestones, key=lambda milestone: (milestone.milestone_target_value, milestone.id))


def _member_state(
    request: HttpRequest, challenge: Challenge, milestones: list[Milestone], at: datetime
) -> tuple[MemberState | None, str]:
    """Return the state to show, None for a guest, and a note: a real member's, else the chosen example's."""
    external_id = request.POST.get("preview_member", "")
    if external_id:
        if not request.user.has_perm("members.view_member"):
            raise PermissionDenied
        if not Member.objects.known_as(external_id).exists():
            note = _("Nobody is known by that identifier: shown as a new member.")
            return MemberState(external_id), note
        note = _("As %(name)s sees it now.") % {"name": external_id}
        return member_states(external_id, [challenge], at)[challenge.id], note
    name = request.POST.get("preview_state", "")
    state = State(name) if name in set(State) else State.NOT_STARTED
    return example_state(state, challenge, milestones, at), _("An example, from the form as it is now.")
