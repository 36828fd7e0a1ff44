"""The browsers that somebody is logged in with: staff see and end their own, superusers everybody's."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.domain import audit_log, sessions
from access.models.staff_session import StaffSession
from backoffice.pages.page import render_page
from core.ids import uuid_in

MOST_SHOWN = 100
# The first that a browser's own description has in it; most name others beside themselves.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, user_id: int | None = None) -> HttpResponseBase:
    """List the sessions of a staff account, one's own without `user_id`; POST ends one, or all others."""
    user: Any = _whose(request, user_id)
    if request.method == "POST":
        return _end(request, user)
    is_own = user.pk == request.user.pk
    open_sessions = list(sessions.of_user(user.pk)[:MOST_SHOWN])
    for session in open_sessions:
        setattr(session, "browser", name_of_browser(session.user_agent))  # noqa: B010 - for the template
        setattr(session, "is_this", session.session_key == request.session.session_key)  # noqa: B010
    title = _("Your sessions") if is_own else _("Sessions of %(name)s") % {"name": user.get_username()}
    return render_page(
        request, "backoffice/sessions.html", title, sessions=open_sessions, is_own=is_own, subject=user
    )


def name_of_browser(user_agent: str) -> str:
    """Such as "Firefox · Windows"; empty for one that is not known."""
    known = (
        next((name for mark, name in names.items() if re.search(rf"{mark}\b", user_agent)), "")
        for names in (BROWSERS, SYSTEMS)
    )
    return " · ".join(filter(None, known))


def _whose(request: HttpRequest, user_id: int | None) -> Any:
    if user_id is None or user_id == request.user.pk:
        return request.user
    if not request.user.is_superuser:
        raise PermissionDenied
    return get_object_or_404(get_user_model(), pk=user_id)


def _end(request: HttpRequest, user: Any) -> HttpResponse:
    """End the session that the form names, or all but this one, and say how many."""
    this, named = request.session.session_key, uuid_in(request.POST.get("session", ""))
    with transaction.atomic():
        if named:
            ended = (
                StaffSession.objects.filter(user_id=user.pk, handle=named)
                .exclude(session_key=this)
                .delete()[0]
            )
        elif request.POST.get("session") == "others":
            ended = sessions.end_all(user.pk, but=this)
        else:
            ended = 0
        if ended and user.pk != request.user.pk:
            audit_log.note(
                request.user, "end_sessions", at=timezone.now(), target=user, detail={"sessions": ended}
            )
    messages.success(request, ngettext("%(n)d session ended.", "%(n)d sessions ended.", ended) % {"n": ended})
    if user.pk == request.user.pk:
        return HttpResponseRedirect(reverse("backoffice:sessions"))
    return HttpResponseRedirect(reverse("backoffice:sessions_of", args=[user.pk]))
