"""Random coupon codes. Pure."""

import secrets

# 32 signs, 5 bits each. 0, 1, I and O are left out: nobody can confuse them with other signs.
SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DEFAULT_LENGTH = 12


def generated_code(prefix: str = "", length: int = DEFAULT_LENGTH) -> str:
    """Return the prefix and `length` random signs of 5 bits each (docs/rules.md, Sources)."""
    return prefix + "".join([SIGNS[byte & 31] for byte in secrets.token_bytes(length)])
