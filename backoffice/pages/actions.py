"""The pages of support's actions: each explains its action, asks for a reason and carries it out."""

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
from backoffice.pages.page import render_page
from challenges.api import member_export
from challenges.models import ChallengeLog
from core.admin.form_errors import add_error, errors_in
from core.errors import DomainError
from members.models import Member
from rewards.domain.revocation import BY_POLICY_UNTIL_NOW
from rewards.models import RewardLog

ADD_LOG_PERMISSION = "challenges.add_challengelog"
CHANGE_REWARD_LOG_PERMISSION = "rewards.change_rewardlog"
CHANGE_MEMBER_PERMISSION = "members.change_member"


@dataclass(frozen=True, slots=True)
class Action:
    """An action on one record of `model`.

    `handler(record, answers, actor, at)` calls the domain and raises `DomainError` when it is refused.
    `dangerous` colours the button that confirms it.
    """

    title: Any
    explanation: Any
    model: type[models.Model]
    permission: str
    handler: Callable[[Any, dict[str, Any], Any, datetime], None]
    success_message: Any
    form: type[action_forms.ReasonForm] = action_forms.ReasonForm
    dangerous: bool = False
    # In place of the explanation, for a reward log that the reversal policy revoked.
    explanation_after_policy: Any = None

    def explain(self, subject: Any) -> Any:
        """Return what the action does to this record."""
        after_policy = self.explanation_after_policy and getattr(subject, "revoked_from", "")
        return self.explanation_after_policy if after_policy else self.explanation


ACTIONS: dict[str, Action] = {
    "redeem": Action(
        title=_("Mark as redeemed"),
        explanation=_("The code was used. A code that is over cannot be redeemed."),
        model=RewardLog,
        permission=CHANGE_REWARD_LOG_PERMISSION,
        handler=action_handlers.redeem,
        success_message=_("The code is marked as redeemed."),
    ),
    "unredeem": Action(
        title=_("Not redeemed after all"),
        explanation=_("The order was cancelled: the code is good again, while it lasts."),
        model=RewardLog,
        permission=CHANGE_REWARD_LOG_PERMISSION,
        handler=action_handlers.unredeem,
        success_message=_("The code is good again."),
    ),
    "revoke": Action(
        title=_("Revoke the reward"),
        explanation=_("The member loses it. Its code never returns to a pool."),
        model=RewardLog,
        permission=CHANGE_REWARD_LOG_PERMISSION,
        handler=action_handlers.revoke,
        success_message=_("The reward is revoked."),
        dangerous=True,
        explanation_after_policy=BY_POLICY_UNTIL_NOW,
    ),
    "reissue": Action(
        title=_("Re-issue the code"),
        explanation=_("Another code in place of this one, valid from now. The old one never comes back."),
        model=RewardLog,
        permission=CHANGE_REWARD_LOG_PERMISSION,
        handler=action_handlers.reissue,
        success_message=_("A new code is issued."),
        form=action_forms.ReissueForm,
    ),
    "fill": Action(
        title=_("Give a code"),
        explanation=_("The reward waits for a code; its validity begins when you give it one."),
        model=RewardLog,
        permission=CHANGE_REWARD_LOG_PERMISSION,
        handler=action_handlers.fill,
        success_message=_("The code is given."),
        form=action_forms.FillForm,
    ),
    "extend": Action(
        title=_("Extend the expiry"),
        explanation=_("The code stays good until a later time."),
        model=RewardLog,
        permission=CHANGE_REWARD_LOG_PERMISSION,
        handler=action_handlers.extend,
        success_message=_("The code is valid longer."),
        form=action_forms.ExpiryForm,
    ),
    "reverse": Action(
        title=_("Take back a log"),
        explanation=_(
            "The value leaves the window in which the log counted. What was completed stays completed; "
            "rewards follow the challenge's reversal policy."
        ),
        model=ChallengeLog,
        permission=ADD_LOG_PERMISSION,
        handler=action_handlers.reverse,
        success_message=_("The log is taken back."),
        form=action_forms.ReverseForm,
        dangerous=True,
    ),
    "add_log": Action(
        title=_("Add a log"),
        explanation=_("As if the shop had sent it: it is judged, counted and paid by the challenge's rules."),
        model=Member,
        permission=ADD_LOG_PERMISSION,
        handler=action_handlers.add_log,
        success_message=_("The log is stored."),
        form=action_forms.LogForm,
    ),
    "pause": Action(
        title=_("Pause or resume the member"),
        explanation=_("A paused member's activity is stored and not counted. Rewards stay."),
        model=Member,
        permission=CHANGE_MEMBER_PERMISSION,
        handler=action_handlers.pause,
        success_message=_("The member's status is changed."),
        form=action_forms.PauseForm,
    ),
    "erase": Action(
        title=_("Erase the member"),
        explanation=_(
            "Identifier and profile are replaced by random ones; logs and totals stay. This cannot be undone."
        ),
        model=Member,
        permission=CHANGE_MEMBER_PERMISSION,
        handler=action_handlers.erase,
        success_message=_("The member is erased."),
        form=action_forms.EraseForm,
        dangerous=True,
    ),
}


def show(request: HttpRequest, name: str, subject_id: UUID) -> HttpResponseBase:
    """Show an action's form on GET; on POST carry it out, or show the form again with what was refused."""
    action = ACTIONS.get(name)
    if action is None:
        raise Http404
    if not request.user.has_perms(["members.view_member", action.permission]):
        raise PermissionDenied
    subject = get_object_or_404(action.model, pk=subject_id)
    member = subject if isinstance(subject, Member) else subject.member  # type: ignore[attr-defined]
    form = action.form(request.POST or None, subject=subject)
    if request.method == "POST" and form.is_valid() and carry_out(request, action.handler, subject, form):
        messages.success(request, str(action.success_message))
        return redirect("backoffice:member", member.pk)
    return render_page(
        request,
        "backoffice/action.html",
        action.title,
        explanation=action.explain(subject),
        dangerous=action.dangerous,
        subject=subject,
        member=member,
        form=form,
    )


def carry_out(request: HttpRequest, handler: Callable[..., None], subject: Any, form: Any) -> bool:
    """Call the handler with the valid form; a `DomainError` becomes errors of the form, and False."""
    try:
        handler(subject, form.cleaned_data, request.user, timezone.now())
    except DomainError as refusal:
        for error in errors_in(refusal):
            add_error(form, error, error.field)
        return False
    return True


def count_anyway(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """Count one or several uncounted logs of a member, named as `?log=ID&log=ID`; other ids are ignored."""
    if not request.user.has_perms(["members.view_member", ADD_LOG_PERMISSION]):
        raise PermissionDenied
    member = get_object_or_404(Member, id=member_id)
    log_ids = [_parse_uuid(text) for text in request.GET.getlist("log")]
    logs = list(
        ChallengeLog.objects.filter(member=member, id__in=[id_ for id_ in log_ids if id_], counted=False)
        .select_related("challenge", "member")
        .order_by("activity_at", "id")
    )
    if not logs:
        messages.warning(request, str(_("Choose one log or more that did not count.")))
        return redirect("backoffice:member", member.pk)
    form = action_forms.ReasonForm(request.POST or None, subject=logs)
    handler = action_handlers.count_anyway
    if request.method == "POST" and form.is_valid() and carry_out(request, handler, logs, form):
        messages.success(request, str(_("%(n)s counted anyway.") % {"n": len(logs)}))
        return redirect("backoffice:member", member.pk)
    return render_page(
        request, "backoffice/count_anyway.html", _("Count anyway"), logs=logs, member=member, form=form
    )


def export_member(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """Stream everything stored about a member as JSON, once a reason is given and noted as a staff action."""
    if not request.user.has_perms(["members.view_member", CHANGE_MEMBER_PERMISSION]):
        raise PermissionDenied
    member = get_object_or_404(Member, id=member_id)
    form = action_forms.ReasonForm(request.POST or None, subject=member)
    if request.method != "POST" or not form.is_valid():
        return render_page(
            request,
            "backoffice/action.html",
            _("Export the member"),
            explanation=_("Everything that is stored about them, as one JSON file."),
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


def _parse_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
