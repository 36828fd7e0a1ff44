"""Random coupon codes. Pure."""

import secrets

# 32 signs, 5 bits each; 0 and 1, I and O are left out, and with them every look-alike pair.
SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DEFAULT_LENGTH = 12


def generated_code(prefix: str = "", length: int = DEFAULT_LENGTH) -> str:
    """The prefix and `length` random signs: 10 signs are 50 bits (docs/rules.md, Coupon codes)."""
    return prefix + "".join([SIGNS[byte & 31] for byte in secrets.token_bytes(length)])
