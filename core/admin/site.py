"""The admin site: that of the theme, with a Content-Security-Policy of its own."""

from collections.abc import Callable
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from core.admin.login_form import StaffLoginForm
from core.admin.second_factor import awaits_second_factor
from core.admin.theme import UnfoldAdminSite

# The theme's Alpine.js evaluates expressions and its charts set styles, which no other page may do.
POLICY: dict[str, Any] = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}


class StaffSite(UnfoldAdminSite):
    login_form = StaffLoginForm
    index_title = gettext_lazy("Overview")

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request)) and not awaits_second_factor(request)

    def admin_view(
        self, view: Callable[..., Any], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        return csp_update(POLICY)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        if awaits_second_factor(request):
            wanted = {"next": request.GET.get("next") or request.POST.get("next") or reverse("admin:index")}
            return HttpResponseRedirect(f"{reverse(settings.SECOND_FACTOR_URL)}?{urlencode(wanted)}")
        view: Any = super().login
        decorated: Any = csp_update(POLICY)(view)
        response: HttpResponseBase = decorated(request, extra_context)
        if getattr(request, "axes_locked_out", False):
            # Here, and not in the middleware of axes, which comes after the page was rendered for nothing.
            request.axes_locked_out = False  # type: ignore[attr-defined]
            response = get_lockout_response(request, None, getattr(request, "axes_credentials", None))
        return response

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Count a wrong old password as a failed login: a borrowed session is no way to guess it."""
        credentials = {"username": request.user.get_username()}
        if request.method == "POST" and not AxesProxyHandler.is_allowed(request, credentials):
            refused: HttpResponseBase = get_lockout_response(request, None, credentials)
            return refused
        response: Any = super().password_change(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and "old_password" in form.errors:
            user_login_failed.send(type(self), credentials=credentials, request=request)
        return response
