"""Who is calling, and what they may do: a backend with an API key, an end user or a guest. Pure."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.api.errors import Fault, Refused, refuse

WWW_AUTHENTICATE = 'Api-Key realm="challenges", Bearer realm="challenges"'

INGEST, READ, ADMIN = "ingest", "read", "admin"
SCOPES = (INGEST, READ, ADMIN)


def scopes_of(may_ingest: bool, may_read: bool, may_admin: bool) -> frozenset[str]:
    flags = {INGEST: may_ingest, READ: may_read, ADMIN: may_admin}
    return frozenset(scope for scope in SCOPES if flags[scope])


class _Caller:
    """What Django's middleware may ask of `request.user`: a caller is never a staff login."""

    __slots__ = ()
    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_staff = False


@dataclass(frozen=True, slots=True)
class AdminCaller(_Caller):
    """A backend of the customer. `scopes` are those of its key; `admin` contains the others."""

    key_id: UUID
    name: str
    scopes: frozenset[str]
    kind: ClassVar[str] = "admin"

    def may(self, scope: str) -> bool:
        return scope in self.scopes or ADMIN in self.scopes

    @property
    def visibility(self) -> str:
        """Callers with equal visibility read the same rows: cursors and caches are bound to it."""
        return "admin"


@dataclass(frozen=True, slots=True)
class EndUserCaller(_Caller):
    """An end user of the shop, named by the shop's own identifier. There need not be a member's row."""

    external_id: str
    kind: ClassVar[str] = "end_user"

    def may(self, scope: str) -> bool:
        return False

    @property
    def visibility(self) -> str:
        return f"end_user:{self.external_id}"


@dataclass(frozen=True, slots=True)
class Guest(_Caller):
    """Nobody in particular: no credential was sent. A bad credential never makes a guest."""

    kind: ClassVar[str] = "guest"

    def may(self, scope: str) -> bool:
        return False

    @property
    def visibility(self) -> str:
        return "guest"


Caller = AdminCaller | EndUserCaller | Guest
GUEST = Guest()
EVERYBODY = frozenset({AdminCaller.kind, EndUserCaller.kind, Guest.kind})
IDENTIFIED = frozenset({AdminCaller.kind, EndUserCaller.kind})
ADMINS = frozenset({AdminCaller.kind})


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
