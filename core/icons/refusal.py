"""How an icon is refused: a code for programs, and for the editor what is wrong and what to do about it."""

import re

from core.errors import DomainError

MAX_BYTES = 102_400  # 100 KB, the limit of the customer's page

_ODD = re.compile(r"[^\w:.*@-]+", re.ASCII)


def refused(code: str, message: str) -> DomainError:
    """The error to raise; `clean_icon` names the field."""
    return DomainError(code, message, field="eudIcon")


def damaged() -> DomainError:
    """The error for a picture that does not decode to its end."""
    return refused(
        "icon_damaged", "This picture is damaged or incomplete. Export it again from your drawing program."
    )


def shown(word: str) -> str:
    """A word of the file, made harmless: letters, digits and `:.*@_-` alone, at most 30 of them."""
    return _ODD.sub("", word[:100])[:30] or "?"
