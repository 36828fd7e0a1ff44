"""Errors of the icon cleaning: a code for programs, and for the editor what is wrong and how to mend it."""

import re

from core.errors import DomainError

MAX_BYTES = 102_400  # 100 KB (docs/rules.md, Icon)

_UNSAFE = re.compile(r"[^\w:.*@-]+", re.ASCII)


def refused(code: str, message: str) -> DomainError:
    """Build the error to raise; `clean_icon` sets its final field."""
    return DomainError(code, message, field="eudIcon")


def damaged() -> DomainError:
    """Build the error for a picture that does not decode to its end."""
    return refused(
        "icon_damaged", "This picture is damaged or incomplete. Export it again from your drawing program."
    )


def sanitized(word: str) -> str:
    """Reduce a word of the file to ASCII letters, digits and `:.*@_-`, at most 30, for use in a message."""
    return _UNSAFE.sub("", word[:100])[:30] or "?"
