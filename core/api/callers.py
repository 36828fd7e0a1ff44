"""The callers of the API and their rights: a backend with an API key, an end user or a guest. Pure.

docs/api.md, Credentials and scopes.
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.api.errors import Fault, Refused, refuse

WWW_AUTHENTICATE = 'Api-Key realm="challenges", Bearer realm="challenges"'

INGEST, READ, ADMIN = "ingest", "read", "admin"
SCOPES = (INGEST, READ, ADMIN)


def hash_of(key: str) -> str:
    """The hash that is stored of an API key: 64 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def scopes_of(may_ingest: bool, may_read: bool, may_admin: bool) -> frozenset[str]:
    flags = {INGEST: may_ingest, READ: may_read, ADMIN: may_admin}
    return frozenset(scope for scope in SCOPES if flags[scope])


class _Caller:
    """The attributes of `request.user` that Django's middleware reads. A caller is never a staff login."""

    __slots__ = ()
    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_staff = False


@dataclass(frozen=True, slots=True)
class AdminCaller(_Caller):
    """A backend of the shop. `scopes` are those of its key; `admin` contains the others."""

    key_id: UUID
    name: str
    scopes: frozenset[str]
    kind: ClassVar[str] = "admin"

    def may(self, scope: str) -> bool:
        return scope in self.scopes or ADMIN in self.scopes

    @property
    def visibility(self) -> str:
        """Key of what this caller may read: callers with the same key read the same rows.

        Cursors and cached responses are bound to it.
        """
        return "admin"


@dataclass(frozen=True, slots=True)
class EndUserCaller(_Caller):
    """An end user, by the shop's own identifier. The member's row need not exist."""

    external_id: str
    kind: ClassVar[str] = "end_user"

    def may(self, scope: str) -> bool:
        return False

    @property
    def visibility(self) -> str:
        return f"end_user:{self.external_id}"


@dataclass(frozen=True, slots=True)
class Guest(_Caller):
    """A caller without a credential. A bad credential is refused instead."""

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
    """Check that the caller may read a resource; `readers` are kinds of callers.

    Raises `Refused`: 401 for a guest, 403 for a key without the scope, 404 for an end user.
    """
    if isinstance(caller, AdminCaller):
        check_scope(caller, READ)
    elif caller.kind not in readers:
        raise (
            unauthenticated() if isinstance(caller, Guest) else refuse("not_found", "Not found.", status=404)
        )


def check_write(caller: Caller, scope: str, readers: frozenset[str]) -> None:
    """Check that the caller may write to a resource: only an API key with `scope` may.

    Raises `Refused`: 401 for a guest, 403 for a key without the scope. An end user gets 403 where end users
    may read, else 404, so that it does not learn of the resource.
    """
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
