"""The shop's visitor, as the page's URL names them: a guest, one of the demo's members, or a new member.

A real shop knows its visitor by its own login. The demo has none, so a visitor can only be a member who is no
real person: alice, bob, or a newcomer with a random identifier.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from django.conf import settings

TOKEN_LIFETIME = timedelta(minutes=15)
NEW = "new"
_NEWCOMER = re.compile(r"new-[a-z0-9]{8}", re.ASCII)
_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Visitor:
    """`external_id` is empty for a guest; `name` is what the shop calls its member."""

    external_id: str = ""
    name: str = ""

    @property
    def is_newcomer(self) -> bool:
        return bool(_NEWCOMER.fullmatch(self.external_id))


GUEST = Visitor()
KNOWN = {visitor.external_id: visitor for visitor in (Visitor("alice", "Alice"), Visitor("bob", "Bob"))}


def visitor_named(external_id: str) -> Visitor:
    """Return the visitor with this identifier; a guest for an identifier that is not of the demo."""
    if _NEWCOMER.fullmatch(external_id):
        return Visitor(external_id, "Robin")
    return KNOWN.get(external_id, GUEST)


def newcomer() -> Visitor:
    """Return a visitor with a new identifier; the member is enrolled by the first activity."""
    return visitor_named("new-" + "".join(secrets.choice(_CHARACTERS) for _ in range(8)))


def has_tokens() -> bool:
    """Say whether tokens can be signed here: with a shared secret, as a public key only verifies."""
    return bool(settings.ENDUSER_JWT_SECRET)


def token_of(visitor: Visitor, at: datetime) -> str:
    """Sign a token for the visitor, valid for 15 minutes from `at`; return "" for a guest."""
    if not visitor.external_id or not has_tokens():
        return ""
    claims = {
        "sub": visitor.external_id,
        "exp": int((at + TOKEN_LIFETIME).timestamp()),
        "aud": settings.ENDUSER_JWT_AUDIENCE,
        "iss": settings.ENDUSER_JWT_ISSUER,
    }
    return jwt.encode(
        {name: claim for name, claim in claims.items() if claim}, settings.ENDUSER_JWT_SECRET, "HS256"
    )
