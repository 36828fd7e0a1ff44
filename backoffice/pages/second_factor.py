"""The second step of the login, and the pages on which staff set up, replace and remove their factors.

Needs the extra `mfa`: imported only where it is installed.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth import authenticate, get_user_model, logout
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as second_step
from django_otp.models import Device

from access.domain import audit_log, second_factor, sessions
from backoffice.pages.page import render_page
from core.admin.second_factor import PASSWORD_AT, awaits_second_factor
from core.admin.site import POLICY

View = Callable[..., HttpResponseBase]


def logged_in(view: View) -> View:
    """Decorate a view for staff who have given the password at least; others are sent to the login."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_active and request.user.is_staff):
            return HttpResponseRedirect(
                f"{reverse('admin:login')}?{urlencode({'next': request.get_full_path()})}"
            )
        return view(request, *args, **kwargs)

    decorated: View = csp_update(POLICY)(never_cache(guarded))
    return decorated


def of_oneself(view: View) -> View:
    """Decorate a view of one's own factors: after the second step, and a password that is not long ago."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if awaits_second_factor(request) and second_factor.factors_of(request.user):
            return _towards("backoffice:second_factor_check", request)
        if not second_factor.knows_password(request):
            return _towards("backoffice:second_factor_password", request)
        return view(request, *args, **kwargs)

    return logged_in(guarded)


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponseBase:
    """Ask for the second factor. A wrong code counts as a failed login, and makes the next one wait."""
    if not awaits_second_factor(request):
        return HttpResponseRedirect(_next(request))
    if not second_factor.factors_of(request.user):
        return HttpResponseRedirect(reverse("backoffice:second_factor"))
    if request.method != "POST":
        return _ask(request)
    if "log_out" in request.POST:
        logout(request)
        return HttpResponseRedirect(reverse("admin:login"))
    return _try(request) if may_try(request) else locked_out(request)


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the password again, so that a borrowed browser changes no factor."""
    error = ""
    if request.method == "POST":
        given = request.POST.get("password", "")
        if authenticate(request, username=request.user.get_username(), password=given):
            request.session[PASSWORD_AT] = timezone.now().timestamp()
            return HttpResponseRedirect(_next(request, "backoffice:second_factor"))
        error = _("This password is wrong.")
    return _page(request, "password", _("Your password, please"), error=error, next=_next(request))


@of_oneself
@require_http_methods(["GET", "HEAD"])
def show(request: HttpRequest) -> HttpResponseBase:
    """One's factors, and what can be done with them."""
    factors = second_factor.factors_of(request.user)
    return _page(
        request, "overview", _("Two-step login"), factors=factors, required=second_factor.is_required()
    )


@of_oneself
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponseBase:
    """Set up an authenticator app: the picture that it reads, and its first code."""
    error = ""
    if request.method == "POST":
        if device := second_factor.confirm_app(request.user, request.POST.get("code", "").strip()[:16]):
            return _enrolled(request, device)
        error = _("This code is wrong. Wait for the next one.")
    device = second_factor.unconfirmed_app(request.user)
    return _page(
        request,
        "app",
        _("Add an authenticator app"),
        picture=segno.make(device.config_url, micro=False).svg_data_uri(scale=4, border=2, light="#fff"),
        secret=_in_fours(device.config_url.partition("secret=")[2].partition("&")[0]),
        error=error,
    )


@of_oneself
@require_POST
def make_codes(request: HttpRequest) -> HttpResponseBase:
    """Replace the recovery codes, and show them this once."""
    if not second_factor.factors_of(request.user):
        return HttpResponseRedirect(reverse("backoffice:second_factor"))
    return _show_codes(request)


@of_oneself
@require_POST
def remove(request: HttpRequest) -> HttpResponseBase:
    if second_factor.remove(request.user, request.POST.get("factor", "")[:200]):
        note(request, "remove_second_factor", request.user)
        messages.success(request, _("Removed."))
    return HttpResponseRedirect(reverse("backoffice:second_factor"))


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """For superusers: remove the factors of somebody who has lost them. Behind `admin_view`, see urls.py."""
    if not request.user.is_superuser:
        raise PermissionDenied
    user: Any = get_object_or_404(get_user_model(), pk=user_id)
    if request.method == "POST":
        with transaction.atomic():
            second_factor.reset(user)
            sessions.end_all(user.pk)
            note(request, "reset_second_factor", user)
        messages.success(
            request, _("The password alone lets %(name)s in now.") % {"name": user.get_username()}
        )
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[user.pk]))
    title = _("Reset the two-step login of %(name)s") % {"name": user.get_username()}
    return _page(request, "reset", title, subject=user, factors=second_factor.factors_of(user))


def may_try(request: HttpRequest) -> bool:
    """Whether the account may be tried from this address: the limit of wrong passwords holds here, too."""
    return bool(AxesProxyHandler.is_allowed(request, _credentials(request)))


def locked_out(request: HttpRequest) -> HttpResponseBase:
    response: HttpResponseBase = get_lockout_response(request, None, _credentials(request))
    return response


def count_failure(request: HttpRequest) -> None:
    user_login_failed.send(__name__, credentials=_credentials(request), request=request)


def let_in(request: HttpRequest, device: Device) -> None:
    """Finish the login, with a new key for the session, which is worth more from now on."""
    second_step(request, device)
    request.session.cycle_key()


def note(request: HttpRequest, action: str, user: Any) -> None:
    audit_log.note(request.user, action, at=timezone.now(), target=user)


def begin_with(request: HttpRequest, device: Device) -> None:
    """Let this browser in by a factor that was just set up; those that have shown none are logged out."""
    if not request.user.is_verified():  # type: ignore[union-attr]
        let_in(request, device)
    sessions.end_all(device.user_id, but=request.session.session_key)
    note(request, "add_second_factor", request.user)


def _try(request: HttpRequest) -> HttpResponseBase:
    """Look at the code that was sent."""
    if waiting := second_factor.seconds_to_wait(request.user):
        return _ask(request, _("Too many wrong codes. Try again in %(n)d seconds.") % {"n": waiting})
    device = second_factor.check(request.user, request.POST.get("code", "")[:32])
    if device is not None:
        let_in(request, device)
        return HttpResponseRedirect(_next(request))
    count_failure(request)
    return (
        _ask(request, _("This code is wrong or was used before."))
        if may_try(request)
        else locked_out(request)
    )


def _enrolled(request: HttpRequest, device: Device) -> HttpResponseBase:
    begin_with(request, device)
    if second_factor.factors_of(request.user).codes_left:
        messages.success(request, _("Added."))
        return HttpResponseRedirect(reverse("backoffice:second_factor"))
    return _show_codes(request)


def _show_codes(request: HttpRequest) -> HttpResponseBase:
    codes = second_factor.new_recovery_codes(request.user)
    return _page(request, "codes", _("Your recovery codes"), codes=codes)


def _ask(request: HttpRequest, error: str = "") -> HttpResponseBase:
    factors = second_factor.factors_of(request.user)
    return _page(request, "check", _("The second step"), factors=factors, error=error, next=_next(request))


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponseBase:
    """A page without the sidebar while its links would only lead back here."""
    if awaits_second_factor(request):
        context["is_nav_sidebar_enabled"] = False
    return render_page(request, f"backoffice/second_factor/{name}.html", title, **context)


def _credentials(request: HttpRequest) -> dict[str, str]:
    return {"username": request.user.get_username()}


def _towards(name: str, request: HttpRequest) -> HttpResponseRedirect:
    back = request.get_full_path() if request.method == "GET" else reverse("backoffice:second_factor")
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': back})}")


def _next(request: HttpRequest, default: str = "admin:index") -> str:
    """Where to go on: an address of ours that the request names, else the default."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours else reverse(default)


def _in_fours(text: str) -> str:
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
