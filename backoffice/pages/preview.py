"""The unsaved form of a challenge as the API would give it, for the component beside it. Writes nothing."""

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
from challenges.models import Challenge
from challenges.queries.member_state import MemberState, member_states
from core.api.language import Language
from core.api.reader import Reader
from core.choices import AggregationPeriod, RecordStatus
from core.errors import DomainError
from members.models import Member
from milestones.models import Milestone


@require_POST
def draw(request: HttpRequest, challenge_id: UUID | None = None) -> HttpResponse:
    """JSON: `data` as the end user's GET answers it, its `language`, and a `note` for the marketer."""
    if not request.user.has_perm("challenges.view_challenge"):
        raise PermissionDenied
    at = timezone.now()
    challenge, milestones, (missing, wrong) = unsaved(request, challenge_id)
    language = request.POST.get("preview_language", "en")
    language = language if language in settings.LANGUAGES_OFFERED else "en"
    own, note = _seen_by(request, challenge, milestones, at)
    reader = Reader(
        admin=False,
        guest=own is None,
        language=Language(language),
        origin=request.build_absolute_uri("/").rstrip("/"),
        at=at,
    )
    shown = serialize_challenge(challenge, milestones, reader, own) | {"status": RecordStatus.LIVE.value}
    answer = {
        "data": shown,
        "language": language,
        "note": missing or note,
        "wrong": wrong,
        "places": {str(each.id): each.place for each in milestones if hasattr(each, "place")},
    }
    body = msgspec.json.Encoder(decimal_format="number").encode(answer)
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


def unsaved(
    request: HttpRequest, challenge_id: UUID | None
) -> tuple[Challenge, list[Milestone], tuple[str, bool]]:
    """The records as the form would make them; what is mistaken keeps its stored value, and is said."""
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
        kept = [each for each in formset.forms if not _is_left_out(each)]
        for each in kept:
            each.instance.place = formset.forms.index(each)
        milestones += [each.instance for each in kept]
    faulty = [form, *(each for formset in formsets for each in formset.forms if each.errors)]
    return _completed(challenge), _ascending(milestones, challenge), _missing(faulty)


def _missing(faulty: list[Any]) -> tuple[str, bool]:
    """What is mistaken, else what is still empty, by name; and whether anything is mistaken."""
    named = [
        (label_of(form[name]), all(each.code == "required" for each in errors.as_data()))
        for form in faulty
        for name, errors in form.errors.items()
        if name in form.fields
    ]
    if wrong := [label for label, empty in named if not empty]:
        return _("Not right yet: %(fields)s.") % {"fields": ", ".join(wrong)}, True
    if named:
        return _("Still empty: %(fields)s.") % {"fields": ", ".join(label for label, _empty in named)}, False
    return "", any(form.errors for form in faulty)


def _is_left_out(form: Any) -> bool:
    cleaned = getattr(form, "cleaned_data", {})
    empty = form.instance._state.adding and not form.has_changed()
    return bool(cleaned.get("DELETE")) or empty or form.instance.milestone_target_value is None


def _completed(challenge: Challenge) -> Challenge:
    """What a half-filled form leaves open, as a stored challenge would have it."""
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


def _ascending(milestones: list[Milestone], challenge: Challenge) -> list[Milestone]:
    now = timezone.now()
    for each in milestones:
        each.challenge = challenge
        each.live_since = each.live_since or challenge.created_at
        each.created_at = each.created_at or now
        each.updated_at = each.updated_at or now
    return sorted(milestones, key=lambda each: (each.milestone_target_value, each.id))


def _seen_by(
    request: HttpRequest, challenge: Challenge, milestones: list[Milestone], at: datetime
) -> tuple[MemberState | None, str]:
    """A real member where one is named, else the example in the state that was chosen."""
    named = request.POST.get("preview_member", "")
    if named:
        if not request.user.has_perm("members.view_member"):
            raise PermissionDenied
        if not Member.objects.known_as(named).exists():
            return MemberState(named), _("Nobody is known by that identifier: shown as a new member.")
        return member_states(named, [challenge], at)[challenge.id], _("As %(name)s sees it now.") % {
            "name": named
        }
    chosen = request.POST.get("preview_state", "")
    state = State(chosen) if chosen in set(State) else State.NOT_STARTED
    return example_state(state, challenge, milestones, at), _("An example, from the form as it is now.")
