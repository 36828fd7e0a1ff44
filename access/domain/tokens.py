"""Verify end-user tokens: JWTs that the shop's backend signs. The settings fix the algorithm.

docs/api.md, Credentials and scopes. Times in a token are seconds since 1970 in UTC.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from access.domain import token_keys
from access.domain.token_keys import TokenKey
from core.api.callers import EndUserCaller
from core.api.http.strict_json import text_faults
from core.errors import DomainError
from core.identifiers import check_member_identifier

LEEWAY_SECONDS = 10
LONGEST_LIFE_SECONDS = 24 * 60 * 60
LONGEST_TOKEN = 8 * 1024
LONGEST_IDENTIFIER = 256


class TokenError(Exception):
    """An invalid token. The message goes to the client and reveals nothing to an attacker."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies tokens by one algorithm with its keys: the one that a token names, else each in turn."""

    algorithm: str
    keys: tuple[TokenKey, ...]
    audience: str | None
    issuer: str | None

    def caller(self, token: str) -> EndUserCaller:
        """The end user of a token. Raises `TokenError` for an invalid one."""
        if len(token) > LONGEST_TOKEN:
            raise TokenError("The token is too long.")
        try:
            claims = self._claims(token)
        except TokenError:
            raise
        except jwt.ExpiredSignatureError as error:
            raise TokenError("The token has expired.") from error
        except Exception as error:  # hostile headers and claims make PyJWT raise other types, too
            raise TokenError("The token is not valid.") from error
        return EndUserCaller(_identifier(claims))

    def _claims(self, token: str) -> dict[str, Any]:
        *others, last = self._candidates(token)
        for key in others:
            with suppress(jwt.InvalidSignatureError):
                return self._claims_by(key, token)
        return self._claims_by(last, token)

    def _candidates(self, token: str) -> tuple[TokenKey, ...]:
        """The keys that may have signed a token, one at least. A single key costs no look at the header."""
        if len(self.keys) == 1 or not any(key.kid for key in self.keys):
            return self.keys
        kid = jwt.get_unverified_header(token).get("kid")
        if kid is None:
            return self.keys
        named = tuple(key for key in self.keys if key.kid == kid)
        unnamed = tuple(key for key in self.keys if key.kid is None)
        if not named and not unnamed:
            raise TokenError("The token's kid names no key.")
        return named or unnamed

    def _claims_by(self, key: TokenKey, token: str) -> dict[str, Any]:
        decoded = jwt.decode_complete(
            token,
            key.key,
            algorithms=[self.algorithm],
            audience=self.audience,
            issuer=self.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": self._required_claims()},
        )
        if "crit" in decoded["header"]:
            raise TokenError("The token has critical extensions.")
        claims: dict[str, Any] = decoded["payload"]
        _check_lifetime(claims["exp"])
        return claims

    def _required_claims(self) -> list[str]:
        return ["exp", "sub", *(["aud"] if self.audience else []), *(["iss"] if self.issuer else [])]


def configured_verifier() -> Verifier | None:
    """The verifier of the settings; None when they allow no tokens. Raises `ImproperlyConfigured`."""
    return _verifier(
        settings.ENDUSER_JWT_SECRET,
        settings.ENDUSER_JWT_SECRETS,
        settings.ENDUSER_JWT_PUBLIC_KEY,
        settings.ENDUSER_JWT_ALGORITHM,
        settings.ENDUSER_JWT_AUDIENCE,
        settings.ENDUSER_JWT_ISSUER,
    )


@lru_cache(maxsize=8)
def _verifier(
    secret: str, secrets: str, public_key: str, algorithm: str, audience: str, issuer: str
) -> Verifier | None:
    has_secret = bool(secret or secrets)
    if not has_secret and not public_key:
        return None
    if has_secret and public_key:
        raise ImproperlyConfigured("Set ENDUSER_JWT_SECRET or ENDUSER_JWT_PUBLIC_KEY, not both.")
    if has_secret:
        keys = token_keys.read_secrets(secret, secrets, algorithm)
    else:
        keys = token_keys.read_public_keys(public_key, algorithm)
    return Verifier(algorithm, keys, audience or None, issuer or None)


def _check_lifetime(exp: Any) -> None:
    if isinstance(exp, bool) or not isinstance(exp, (int, float)):
        raise TokenError("exp is not a number.")
    if exp > timezone.now().timestamp() + LONGEST_LIFE_SECONDS + LEEWAY_SECONDS:
        raise TokenError("exp is more than 24 hours away.")


def _identifier(claims: dict[str, Any]) -> str:
    sub = claims["sub"]
    if not isinstance(sub, str) or not 1 <= len(sub) <= LONGEST_IDENTIFIER:
        raise TokenError("The token's sub must be the member's identifier.")
    if any(text_faults(sub, None)):
        raise TokenError("The token's sub must be plain text.")
    try:
        check_member_identifier(sub)
    except DomainError as error:
        raise TokenError(f"The token's sub is no identifier. {error.message}") from error
    return sub
