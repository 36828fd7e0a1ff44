"""The search for a member, and the page with a member's progress, timeline and available actions."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.pages.page import render_page, require_permissions
from backoffice.queries import member_search, member_timeline
from members.models import Member


@require_permissions("members.view_member")
def search(request: HttpRequest) -> HttpResponse:
    """List the members that match `?q=`; a single match is opened at once."""
    text = request.GET.get("q", "")
    matches = member_search.find_members(text)
    if len(matches) == 1:
        return redirect("backoffice:member", matches[0].member.pk)
    return render_page(
        request, "backoffice/member_search.html", _("Find a member"), text=text, matches=matches
    )


@require_permissions(
    "members.view_member", "challenges.view_challengelog", "challenges.view_challengeprogress"
)
def show(request: HttpRequest, member_id: UUID) -> HttpResponse:
    at = timezone.now()
    member = get_object_or_404(Member, id=member_id)
    current_windows, earlier_windows = member_timeline.window_progress(member, at)
    return render_page(
        request,
        "backoffice/member.html",
        _("Member %(name)s") % {"name": member},
        member=member,
        current_windows=current_windows,
        earlier_windows=earlier_windows,
        events=member_timeline.timeline(member, at),
        at=at,
        zone=str(timezone.get_current_timezone()),
        may_add_log=request.user.has_perm("challenges.add_challengelog"),
        may_change_member=request.user.has_perm("members.change_member"),
        may_change_reward_log=request.user.has_perm("rewards.change_rewardlog"),
    )
