"""Who may do what with a resource, from two declarations of its view: `readers` and `write_scope`."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.api.callers import (
    READ,
    AdminCaller,
    Caller,
    Guest,
)
from core.api.errors import Fault, Refused, refuse

WWW_AUTHENTICATE = 'Api-Key realm="challenges", Bearer realm="challenges"'


def check_read(caller: Caller, readers: frozenset[str]) -> None:
    """Raises 401 for a guest who would have to say who they are, 403 for a missing scope, else 404."""
    if isinstance(caller, AdminCaller):
        check_scope(caller, READ)
    elif caller.kind not in readers:
        raise (
            unauthenticated() if isinstance(caller, Guest) else refuse("not_found", "Not found.", status=404)
        )


def check_write(caller: Caller, scope: str, readers: frozenset[str]) -> None:
    """Only admins write. An end user learns of what it may read that it is read-only, of the rest nothing."""
    if isinstance(caller, Guest):
        raise unauthenticated()
    if isinstance(caller, AdminCaller):
        check_scope(caller, scope)
    elif caller.kind in readers:
        raise refuse("forbidden", "Only an API key may write.", status=403)
    else:
        raise refuse("not_found", "Not found.", status=404)


def check_scope(caller: AdminCaller, scope: str) -> None:
    if not caller.may(scope):
        raise refuse("missing_scope", f"This API key lacks the scope {scope}.", status=403)


def unauthenticated() -> Refused:
    fault = Fault("not_authenticated", "Send an Authorization header.")
    return Refused(401, fault, headers={"WWW-Authenticate": WWW_AUTHENTICATE})


class CallerPermission(BasePermission):
    """The rules above for a `RecordViewSet`. A method that a resource lacks is left to its 405."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(view, "action", None) in (None, "metadata"):
            return True
        if request.method in SAFE_METHODS:
            check_read(request.user, view.readers)
        else:
            check_write(request.user, view.write_scope, view.readers)
        return True
