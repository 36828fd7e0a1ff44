"""Read the keys that end-user tokens are verified by from the settings (docs/deploy.md, Rotate the keys)."""

import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.keys import SHORTEST, weakness

RSA_BITS = 2048
# A token without a key's name may be tried against each of them.
MOST_KEYS = 8
PUBLIC_KEYS = {
    "RS256": rsa.RSAPublicKey,
    "ES256": ec.EllipticCurvePublicKey,
    "EdDSA": ed25519.Ed25519PublicKey,
}
_PEM = re.compile(
    r"(?:^kid:\s*(\S+)\s*)?(-----BEGIN ([A-Z ]+)-----.*?-----END \3-----)", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key in PyJWT's form, and the `kid` by which tokens may name it."""

    kid: str | None
    key: Any


def read_secrets(secret: str, further: str, algorithm: str) -> tuple[TokenKey, ...]:
    """The keys of ENDUSER_JWT_SECRET and ENDUSER_JWT_SECRETS, in this order. Raises `ImproperlyConfigured`.

    `further`: secrets separated by commas, each alone or as `kid:secret`.
    """
    if algorithm != "HS256":
        raise ImproperlyConfigured("ENDUSER_JWT_ALGORITHM: a secret goes with HS256.")
    keys = [TokenKey(None, _checked_secret("ENDUSER_JWT_SECRET", secret))] if secret else []
    for entry in filter(None, map(str.strip, further.split(","))):
        kid, _, alone = entry.rpartition(":")
        keys.append(TokenKey(kid or None, _checked_secret("ENDUSER_JWT_SECRETS", alone)))
    return _checked_keys("ENDUSER_JWT_SECRETS", keys)


def read_public_keys(pem: str, algorithm: str) -> tuple[TokenKey, ...]:
    """The keys of ENDUSER_JWT_PUBLIC_KEY: PEM blocks one after the other. Raises `ImproperlyConfigured`.

    A line `kid: name` before a block names its key.
    """
    if algorithm not in PUBLIC_KEYS:
        raise ImproperlyConfigured(
            f"ENDUSER_JWT_ALGORITHM: one of {', '.join(PUBLIC_KEYS)} for a public key."
        )
    blocks = _PEM.findall(pem)
    if not blocks or _PEM.sub("", pem).strip():
        raise ImproperlyConfigured(
            "ENDUSER_JWT_PUBLIC_KEY: public keys in PEM form, each after a line `kid: name` if it has a name."
        )
    keys = [TokenKey(kid or None, _checked_public_key(block, algorithm)) for kid, block, _label in blocks]
    return _checked_keys("ENDUSER_JWT_PUBLIC_KEY", keys)


def _checked_keys(variable: str, keys: list[TokenKey]) -> tuple[TokenKey, ...]:
    if len(keys) > MOST_KEYS:
        raise ImproperlyConfigured(f"{variable}: at most {MOST_KEYS} keys.")
    names = [key.kid for key in keys if key.kid]
    if len(set(names)) < len(names):
        raise ImproperlyConfigured(f"{variable}: two keys of one name.")
    return tuple(keys)


def _checked_secret(variable: str, secret: str) -> str:
    if len(secret.encode()) < SHORTEST:
        raise ImproperlyConfigured(f"{variable}: use {SHORTEST} bytes or more.")
    if not settings.DEBUG and (fault := weakness(secret)):
        raise ImproperlyConfigured(f"{variable}: {fault}. Use random characters.")
    return secret


def _checked_public_key(pem: str, algorithm: str) -> Any:
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
