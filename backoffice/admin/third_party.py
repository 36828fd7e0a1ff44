"""Register the models of Django and django-axes again, with the theme's classes."""

from axes.admin import AccessAttemptAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.admin.base_classes import StaffModelAdmin, ViewOnlyAdmin
from core.admin.theme import AdminPasswordChangeForm, UserChangeForm, UserCreationForm, action

for model in (User, Group, AccessAttempt, AccessFailureLog, AccessLog):
    admin.site.unregister(model)

# Their secrets are nobody's to read, and what is wrong with one is set right by removing it.
for app_label in ("otp_totp", "otp_static", "django_otp_webauthn"):
    for device in apps.get_app_config(app_label).get_models() if settings.SECOND_FACTOR else ():
        if admin.site.is_registered(device):
            admin.site.unregister(device)


@admin.register(User)
class StaffUserAdmin(StaffModelAdmin, UserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    # The theme's own is empty, and a new account has no form without it.
    add_fieldsets = UserAdmin.add_fieldsets
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_superuser", "last_login")
    actions_detail = ("show_sessions", *(("reset_second_factor",) if settings.SECOND_FACTOR else ()))

    @action(description=_("Sessions"), url_path="sessions", permissions=["see_sessions"])
    def show_sessions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._redirect_to_page("backoffice:sessions_of", request, object_id)

    @action(description=_("Two-step login"), url_path="second-factor", permissions=["see_sessions"])
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._redirect_to_page("backoffice:second_factor_of", request, object_id)

    def _redirect_to_page(self, name: str, request: HttpRequest, object_id: str) -> HttpResponse:
        account = self.get_object(request, object_id)
        if account is None:
            raise Http404
        return HttpResponseRedirect(reverse(name, args=[account.pk]))

    def has_see_sessions_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(Group)
class StaffGroupAdmin(StaffModelAdmin, GroupAdmin):
    pass


@admin.register(AccessAttempt)
class FailedLoginAdmin(StaffModelAdmin, AccessAttemptAdmin):
    """Locked-out logins; deleting a row lets that person try again at once."""

    date_hierarchy = None
    # Its own action cannot work: it asks the request for what only a login sets.
    actions = ()

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(AccessLog)
class LoginAdmin(ViewOnlyAdmin, AccessLogAdmin):
    date_hierarchy = None
