"""Everything about one member on one page: where they stand, what happened, and what support may do."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.pages.page import may, page
from backoffice.queries import member_search, member_timeline
from members.models import Member


@may("members.view_member")
def search(request: HttpRequest) -> HttpResponse:
    """`?q=`: straight to the member where there is only one."""
    text = request.GET.get("q", "")
    found = member_search.find(text)
    if len(found) == 1:
        return redirect("backoffice:member", found[0].member.pk)
    return page(request, "backoffice/member_search.html", _("Find a member"), text=text, found=found)


@may("members.view_member", "challenges.view_challengelog", "challenges.view_challengeprogress")
def show(request: HttpRequest, member_id: UUID) -> HttpResponse:
    at = timezone.now()
    member = get_object_or_404(Member, id=member_id)
    current, earlier = member_timeline.window_progress(member, at)
    return page(
        request,
        "backoffice/member.html",
        _("Member %(name)s") % {"name": member},
        member=member,
        current=current,
        earlier=earlier,
        events=member_timeline.timeline(member, at),
        at=at,
        zone=str(timezone.get_current_timezone()),
        may_log=request.user.has_perm("challenges.add_challengelog"),
        may_act=request.user.has_perm("members.change_member"),
        may_reward=request.user.has_perm("rewards.change_rewardlog"),
    )
