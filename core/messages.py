"""Pure: the three messages with variables that a marketer writes, checked when saved and rendered when read.

Two variables and no language: a template engine would bring loops, filters and other people's attributes.
The result is plain text; whoever shows it escapes it.
"""

import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

from core.amounts.scale import SCALE
from core.errors import DomainError

VARIABLES = ("periodText", "nextRemainingValue")

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_IN_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# C0 but tab and line ends, DEL, C1, lone surrogates: databases choke on some of them, readers see none.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# What shows nothing though it is no format character: fillers, blank Braille, selectors of a letter's form.
_BLANK = re.compile(
    "[\\s\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]+"
)
_UNSAFE = re.compile(r"[^\w .,:;|#$%/*+()-]")
_CENT = SCALE // 100


def check_message(text: str, field: str | None = None) -> None:
    """Pass a message whose every `{{...}}` is a known variable.

    Raises DomainError: `unknown_variable` with the nearest known name, `stray_braces` for a `{{` or `}}` that
    belongs to no variable or only looks like one, `control_character`, `invisible_text`. Single braces are
    text.
    """
    _refuse_unseen(text, field)
    for name in _VARIABLE.findall(text):
        if name not in VARIABLES:
            raise _unknown(name, field)
    rest = _VARIABLE.sub(" ", text)
    if _BRACES.search(rest):
        raise _stray(rest, field)
    if _has_look_alike(text):
        remedy = f"Type {_choices()} anew: braces or letters there only look like the plain ones."
        raise DomainError("stray_braces", remedy, field)


def check_plain(text: str, field: str | None = None) -> None:
    """Pass a title, description or label: no variables there, so no `{{`. Raises DomainError."""
    _refuse_unseen(text, field)
    if "{{" in text or _has_look_alike(text):
        remedy = "Variables work in the three messages only: remove the {{ here."
        raise DomainError("variable_not_allowed", remedy, field)


def render(text: str, values: Mapping[str, object]) -> str:
    """`text` with each known variable replaced by its value; a value is never read again as a template.

    A variable that has no value stays as it is written: `check_message` keeps such texts from being stored.
    """
    return _VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), text)


def remaining_text(units_remaining: int, method: str) -> str:
    """What is left to the next target, for `{{nextRemainingValue}}`: "150.00" for `sum`, "5" for `count`.

    Rounded up, so that it never reads zero before the target is reached; never below zero; no grouping.
    """
    left = max(0, units_remaining)
    if method == "count":
        return str(-(-left // SCALE))
    cents = -(-left // _CENT)
    return f"{cents // 100}.{cents % 100:02}"


def _refuse_unseen(text: str, field: str | None) -> None:
    """An empty text means the built-in one; one that only looks empty would leave a button without a name."""
    found = _CONTROL.search(text)
    if found:
        remedy = f"Remove the invisible control character at position {found.start() + 1}."
        raise DomainError("control_character", remedy, field)
    if text and not _BLANK.sub("", _without_format_characters(text)):
        remedy = "Nothing of this text can be seen. Write it anew, or leave it empty."
        raise DomainError("invisible_text", remedy, field)


def _without_format_characters(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def _has_look_alike(text: str) -> bool:
    """Whether a reader sees a variable that `render` does not: full-width braces, invisible characters."""
    seen = _without_format_characters(unicodedata.normalize("NFKC", text))
    return _VARIABLE.findall(seen) != _VARIABLE.findall(text)


def _stray(rest: str, field: str | None) -> DomainError:
    """A near miss such as {{period_text}} or {{ periodText|upper }} gets the name that was meant."""
    inside = _IN_BRACES.search(rest)
    if inside and inside[1].strip():
        return _unknown(inside[1].strip(), field)
    remedy = f"Write a variable as {_choices()}, or use single braces: a {{{{ or }}}} is left over."
    return DomainError("stray_braces", remedy, field)


def _unknown(name: str, field: str | None) -> DomainError:
    known = {variable.lower(): variable for variable in VARIABLES}
    plain = re.sub(r"[^a-z]", "", unicodedata.normalize("NFKC", name[:64]).lower())
    near = get_close_matches(plain, known, n=1, cutoff=0.5)
    hint = f"did you mean {{{{{known[near[0]]}}}}}?" if near else f"use {_choices()}."
    named = _UNSAFE.sub("?", name[:64])
    return DomainError("unknown_variable", f"There is no variable {{{{{named}}}}}: {hint}", field)


def _choices() -> str:
    return " or ".join(f"{{{{{name}}}}}" for name in VARIABLES)
