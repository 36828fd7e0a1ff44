"""Validate a member's profile. Pure."""

import re

from core.errors import DomainError

_E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)


def check_phone_number(text: str) -> None:
    """Accept an empty text and E.164 (docs/api.md, Fields). Raises `DomainError` otherwise."""
    if text and not _E164.fullmatch(text):
        raise DomainError("invalid", "Send a number as E.164, such as +491701234567.", "phone_number")
