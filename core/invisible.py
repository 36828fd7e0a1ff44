"""Tell a text of which something can be seen from one of which nothing can. Pure."""

import re
import unicodedata

# Invisible, though not format characters (Cf): fillers, blank Braille, variation selectors.
_BLANK = re.compile(
    "[\\s\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]+"
)


def is_invisible(text: str) -> bool:
    """Whether a text has nothing but blanks, format characters, fillers and the like, or nothing at all."""
    return not _BLANK.sub("", without_format_characters(text))


def without_format_characters(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Cf")
