"""The admin site: that of the theme, with a Content-Security-Policy of its own."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
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
        return decorated(request, extra_context)
