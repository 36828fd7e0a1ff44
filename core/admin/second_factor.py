"""Whether a request is between the two steps of the login."""

from django.conf import settings
from django.http import HttpRequest

# Keys of the session: whether the account has a second factor; when its password was given (since 1970).
DUE, PASSWORD_AT = "second_factor_due", "password_at"


def awaits_second_factor(request: HttpRequest) -> bool:
    """Whether staff have given the password alone, and have a second factor or must have one."""
    user = request.user
    if not settings.SECOND_FACTOR or not (user.is_authenticated and user.is_staff):
        return False
    is_due = settings.REQUIRE_SECOND_FACTOR or request.session.get(DUE)
    return bool(is_due) and not user.is_verified()  # type: ignore[attr-defined]
