"""The shop's identifiers of members and logs, by one rule at every entrance (docs/rules.md, Members).

Release 0.1 stored whatever had 1 to 256 characters. What it stored stays reachable by its exact text, so that
whoever refuses a badly formed identifier first looks whether it is stored.
"""

import re

from django.dispatch import Signal

from core.errors import DomainError
from core.invisible import is_invisible

# What looks like nothing at the end of a text: blanks, zero-width ones and marks of direction, which come
# with copying and with byte order marks. Joiners, variation selectors and tags are left out: words of
# Malayalam and emoji end with them.
_BLANK = "\\s\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
_SURROUNDED = re.compile(f"[{_BLANK}].*|.*[{_BLANK}]", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Whatever may be invisible, and a little more: between two other characters nothing is wrong.
_MAYBE_UNSEEN = (
    f"{_BLANK}\x00-\x1f\x7f-\x9f\u034f\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u17b4\u17b5\u200b-\u200f"
    "\ufe00-\ufe0f\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Identifiers that are well formed at a glance; of others `check_identifier` says.
PLAIN = re.compile(f"[^{_MAYBE_UNSEEN}](?:[^\\x00-\\x1f\\x7f]*[^{_MAYBE_UNSEEN}])?")

# The rule in the API's description.
IDENTIFIER_RULE = "No blanks or invisible characters at its ends, no control characters."

# Asks whether a member has the badly formed `external_id`; the receiver of `members` returns a bool.
member_sought = Signal()


def check_identifier(text: str, field: str | None = None) -> None:
    """Check that an identifier can be seen and has no blanks at its ends, where two would look like one.

    Raises DomainError on `field`: `invisible_text`, `surrounding_blanks`, `control_character`.
    """
    if PLAIN.fullmatch(text):
        return
    if is_invisible(text):
        remedy = "Nothing of this identifier can be seen. Send the one that the shop knows."
        raise DomainError("invisible_text", remedy, field)
    if _SURROUNDED.fullmatch(text):
        remedy = "Remove the blanks or invisible characters at the ends of this identifier."
        raise DomainError("surrounding_blanks", remedy, field)
    if match := _CONTROL.search(text):
        remedy = f"Remove the invisible control character at position {match.start() + 1}."
        raise DomainError("control_character", remedy, field)


def check_member_identifier(text: str, field: str | None = None) -> None:
    """Check the identifier of a member who is named, not enrolled: a member's own may be badly formed.

    Raises as `check_identifier` does. A well-formed one costs no query.
    """
    try:
        check_identifier(text, field)
    except DomainError:
        answers = member_sought.send(sender=None, external_id=text)
        if not any(found for _receiver, found in answers):
            raise
