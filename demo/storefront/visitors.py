"""Who stands in the shop, told by the page's address: a guest, one of the demo's members, or somebody new.

A real shop knows that by its own login. Whoever opens the demo may be anybody in it, so it is bounded to
members that are nobody: alice, bob, and newcomers with random identifiers.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from django.conf import settings

LIFE = timedelta(minutes=15)
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
KNOWN = {each.external_id: each for each in (Visitor("alice", "Alice"), Visitor("bob", "Bob"))}


def visitor_named(external_id: str) -> Visitor:
    """The visitor of this identifier; whoever is not of the demo is a guest."""
    if _NEWCOMER.fullmatch(external_id):
        return Visitor(external_id, "Robin")
    return KNOWN.get(external_id, GUEST)


def newcomer() -> Visitor:
    """Somebody who was never here; the member appears with the first activity."""
    return visitor_named("new-" + "".join(secrets.choice(_CHARACTERS) for _ in range(8)))


def has_tokens() -> bool:
    """Whether this server can play a shop that signs: with a shared secret. A public key only verifies."""
    return bool(settings.ENDUSER_JWT_SECRET)


def token_of(visitor: Visitor, at: datetime) -> str:
    """What the shop's server signs for its own member: a real token of 15 minutes; "" for a guest."""
    if not visitor.external_id or not has_tokens():
        return ""
    claims = {
        "sub": visitor.external_id,
        "exp": int((at + LIFE).timestamp()),
        "aud": settings.ENDUSER_JWT_AUDIENCE,
        "iss": settings.ENDUSER_JWT_ISSUER,
    }
    return jwt.encode(
        {name: claim for name, claim in claims.items() if claim}, settings.ENDUSER_JWT_SECRET, "HS256"
    )
