"""What a member's profile may hold. Pure."""

import re

from core.errors import DomainError

_E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)


def check_phone_number(text: str) -> None:
    """An empty text or E.164. Raises `DomainError`."""
    if text and not _E164.fullmatch(text):
        raise DomainError("invalid", "Send a number as E.164, such as +491701234567.", "phone_number")
