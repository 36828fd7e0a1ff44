"""Who is asking: a shop's backend with an API key, an end user with a signed token, or a guest."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

INGEST, READ, ADMIN = "ingest", "read", "admin"
SCOPES = (INGEST, READ, ADMIN)


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
