"""The login's form."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.admin.theme import AuthenticationForm

# What `make run` makes and prints.
DEMO_LOGIN = ("admin", "admin")


class StaffLoginForm(AuthenticationForm):
    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse the demo's login outside of the demo, whatever database is served."""
        super().confirm_login_allowed(user)
        sent = (user.get_username(), self.cleaned_data.get("password"))
        if sent == DEMO_LOGIN and not settings.DEBUG:
            raise ValidationError(
                _("This is the demo’s password. Set another one first: manage.py changepassword admin"),
                code="demo_password",
            )
