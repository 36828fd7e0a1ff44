"""Verify end-user tokens: JWTs that the shop's backend signs. The settings fix the algorithm.

docs/api.md, Credentials and scopes. Times in a token are seconds since 1970 in UTC.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from core.api.callers import EndUserCaller
from core.api.http.strict_json import text_faults

SECRET_BYTES = 32
RSA_BITS = 2048
LEEWAY_SECONDS = 10
LONGEST_LIFE_SECONDS = 24 * 60 * 60
LONGEST_TOKEN = 8 * 1024
LONGEST_IDENTIFIER = 256
PUBLIC_KEYS = {
    "RS256": rsa.RSAPublicKey,
    "ES256": ec.EllipticCurvePublicKey,
    "EdDSA": ed25519.Ed25519PublicKey,
}


class TokenError(Exception):
    """An invalid token. The message goes to the client and reveals nothing to an attacker."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies tokens by one algorithm with its key."""

    algorithm: str
    key: Any
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
        decoded = jwt.decode_complete(
            token,
            self.key,
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
        settings.ENDUSER_JWT_PUBLIC_KEY,
        settings.ENDUSER_JWT_ALGORITHM,
        settings.ENDUSER_JWT_AUDIENCE,
        settings.ENDUSER_JWT_ISSUER,
    )


@lru_cache(maxsize=8)
def _verifier(secret: str, public_key: str, algorithm: str, audience: str, issuer: str) -> Verifier | None:
    if not secret and not public_key:
        return None
    if secret and public_key:
        raise ImproperlyConfigured("Set ENDUSER_JWT_SECRET or ENDUSER_JWT_PUBLIC_KEY, not both.")
    key = _checked_secret(secret, algorithm) if secret else _checked_public_key(public_key, algorithm)
    return Verifier(algorithm, key, audience or None, issuer or None)


def _checked_secret(secret: str, algorithm: str) -> str:
    if algorithm != "HS256":
        raise ImproperlyConfigured("ENDUSER_JWT_ALGORITHM: a secret goes with HS256.")
    if len(secret.encode()) < SECRET_BYTES:
        raise ImproperlyConfigured(f"ENDUSER_JWT_SECRET: use {SECRET_BYTES} bytes or more.")
    return secret


def _checked_public_key(pem: str, algorithm: str) -> Any:
    if algorithm not in PUBLIC_KEYS:
        raise ImproperlyConfigured(
            f"ENDUSER_JWT_ALGORITHM: one of {', '.join(PUBLIC_KEYS)} for a public key."
        )
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise ImproperlyConfigured("ENDUSER_JWT_PUBLIC_KEY: a public key in PEM form.") from error
    if not isinstance(key, PUBLIC_KEYS[algorithm]):
        raise ImproperlyConfigured(f"ENDUSER_JWT_PUBLIC_KEY: not a key for {algorithm}.")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS:
        raise ImproperlyConfigured(f"ENDUSER_JWT_PUBLIC_KEY: use {RSA_BITS} bits or more.")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != "secp256r1":
        raise ImproperlyConfigured("ENDUSER_JWT_PUBLIC_KEY: ES256 needs the curve P-256.")
    return key


def _check_lifetime(exp: Any) -> None:
    if isinstance(exp, bool) or not isinstance(exp, (int, float)):
        raise TokenError("exp is not a number.")
    if exp > timezone.now().timestamp() + LONGEST_LIFE_SECONDS + LEEWAY_SECONDS:
        raise TokenError("exp is more than 24 hours away.")


def _identifier(claims: dict[str, Any]) -> str:
    sub = claims["sub"]
    if not isinstance(sub, str) or not sub.strip() or len(sub) > LONGEST_IDENTIFIER:
        raise TokenError("The token's sub must be the member's identifier.")
    if any(text_faults(sub, None)):
        raise TokenError("The token's sub must be plain text.")
    return sub
