"""What support may do, one page each: what will happen, why it is done, and done once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.domain import audit_log
from backoffice.domain import action_handlers
from backoffice.pages import action_forms
from backoffice.pages.page import page
from challenges.api import member_export
from challenges.models import ChallengeLog
from core.admin.form_errors import add_error, errors_in
from core.errors import DomainError
from members.models import Member
from rewards.models import RewardLog

MAY_LOG, MAY_REWARD, MAY_ACT = (
    "challenges.add_challengelog",
    "rewards.change_rewardlog",
    "members.change_member",
)


@dataclass(frozen=True, slots=True)
class Action:
    """`run(subject, answers, actor, at)` calls the domain; `told` says what became of it."""

    title: Any
    explanation: Any
    model: type[models.Model]
    permission: str
    run: Callable[[Any, dict[str, Any], Any, datetime], None]
    told: Any
    form: type[action_forms.ReasonForm] = action_forms.ReasonForm
    dangerous: bool = False


ACTIONS: dict[str, Action] = {
    "redeem": Action(
        _("Mark as redeemed"),
        _("The code was used. A code that is over cannot be redeemed."),
        RewardLog, MAY_REWARD, action_handlers.redeem, _("The code is marked as redeemed."),
    ),
    "unredeem": Action(
        _("Not redeemed after all"),
        _("The order was cancelled: the code is good again, while it lasts."),
        RewardLog, MAY_REWARD, action_handlers.unredeem, _("The code is good again."),
    ),
    "revoke": Action(
        _("Revoke the reward"),
        _("The member loses it. Its code never returns to a pool."),
        RewardLog, MAY_REWARD, action_handlers.revoke, _("The reward is revoked."), dangerous=True,
    ),
    "reissue": Action(
        _("Re-issue the code"),
        _("Another code in place of this one, valid from now. The old one never comes back."),
        RewardLog, MAY_REWARD, action_handlers.reissue, _("A new code is issued."), action_forms.ReissueForm,
    ),
    "fill": Action(
        _("Give a code"),
        _("The reward waits for a code; its validity begins when you give it one."),
        RewardLog, MAY_REWARD, action_handlers.fill, _("The code is given."), action_forms.FillForm,
    ),
    "extend": Action(
        _("Extend the expiry"),
        _("The code stays good until a later time."),
        RewardLog, MAY_REWARD, action_handlers.extend, _("The code is valid longer."),
        action_forms.ExpiryForm,
    ),
    "reverse": Action(
        _("Take back a log"),
        _("The value leaves the window in which the log counted. What was completed stays completed; "
          "rewards follow the challenge's reversal policy."),
        ChallengeLog, MAY_LOG, action_handlers.reverse, _("The log is taken back."),
        action_forms.ReverseForm, True,
    ),
    "add_log": Action(
        _("Add a log"),
        _("As if the shop had sent it: it is judged, counted and paid by the challenge's rules."),
        Member, MAY_LOG, action_handlers.add_log, _("The log is stored."), action_forms.LogForm,
    ),
    "pause": Action(
        _("Pause or resume the member"),
        _("A paused member's activity is stored and not counted. Rewards stay."),
        Member, MAY_ACT, action_handlers.pause, _("The member's status is changed."),
    ),
    "erase": Action(
        _("Erase the member"),
        _("Identifier and profile are replaced by random ones; logs and totals stay. This cannot be undone."),
        Member, MAY_ACT, action_handlers.erase, _("The member is erased."), action_forms.EraseForm, True,
    ),
}  # fmt: skip


def show(request: HttpRequest, name: str, subject_id: UUID) -> HttpResponseBase:
    """GET asks, POST does it; what the domain refuses stands in the form."""
    act = ACTIONS.get(name)
    if act is None:
        raise Http404
    if not request.user.has_perms(["members.view_member", act.permission]):
        raise PermissionDenied
    subject = get_object_or_404(act.model, pk=subject_id)
    member = subject if isinstance(subject, Member) else subject.member  # type: ignore[attr-defined]
    form = act.form(request.POST or None, subject=subject)
    if request.method == "POST" and form.is_valid() and done(request, act.run, subject, form):
        messages.success(request, str(act.told))
        return redirect("backoffice:member", member.pk)
    return page(
        request,
        "backoffice/action.html",
        act.title,
        act=act,
        name=name,
        subject=subject,
        member=member,
        form=form,
    )


def done(request: HttpRequest, run: Callable[..., None], subject: Any, form: Any) -> bool:
    try:
        run(subject, form.cleaned_data, request.user, timezone.now())
    except DomainError as error:
        for each in errors_in(error):
            add_error(form, each, each.field)
        return False
    return True


def count_anyway(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """One log or a selection of one member's: `?log=ID&log=ID`."""
    if not request.user.has_perms(["members.view_member", MAY_LOG]):
        raise PermissionDenied
    member = get_object_or_404(Member, id=member_id)
    chosen = [_uuid(text) for text in request.GET.getlist("log")]
    logs = list(
        ChallengeLog.objects.filter(member=member, id__in=[id_ for id_ in chosen if id_], counted=False)
        .select_related("challenge", "member")
        .order_by("activity_at", "id")
    )
    if not logs:
        messages.warning(request, str(_("Choose one log or more that did not count.")))
        return redirect("backoffice:member", member.pk)
    form = action_forms.ReasonForm(request.POST or None, subject=logs)
    run = action_handlers.count_anyway
    if request.method == "POST" and form.is_valid() and done(request, run, logs, form):
        messages.success(request, str(_("%(n)s counted anyway.") % {"n": len(logs)}))
        return redirect("backoffice:member", member.pk)
    return page(
        request,
        "backoffice/count_anyway.html",
        _("Count anyway"),
        logs=logs,
        member=member,
        form=form,
        dangerous=False,
    )


def export_member(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """Everything about a member as JSON, streamed; who asked for it and why is kept."""
    if not request.user.has_perms(["members.view_member", MAY_ACT]):
        raise PermissionDenied
    member = get_object_or_404(Member, id=member_id)
    form = action_forms.ReasonForm(request.POST or None, subject=member)
    if request.method != "POST" or not form.is_valid():
        title, told = _("Export the member"), _("Everything that is stored about them, as one JSON file.")
        return page(
            request,
            "backoffice/action.html",
            title,
            act={"explanation": told},
            subject=member,
            member=member,
            form=form,
        )
    at = timezone.now()
    reason = form.cleaned_data["reason"]
    audit_log.note(request.user, "export_member", at=at, member=member, target=member, reason=reason)
    return StreamingHttpResponse(
        member_export.export_member(member, at),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="member-{member.id}.json"',
            "Cache-Control": "no-store",
        },
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
