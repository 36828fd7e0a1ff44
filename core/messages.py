"""Checking and rendering of the end-user texts that marketers write (docs/rules.md, End-user texts).

Pure functions. The three messages know two variables; a template engine would add loops, filters and access
to attributes. The rendered text is plain text, which whoever shows it has to escape.
"""

import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

from core.amounts.scale import SCALE
from core.errors import DomainError
from core.invisible import is_invisible, without_format_characters

VARIABLES = ("periodText", "nextRemainingValue")

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_IN_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# C0 except tab and line ends, DEL, C1, lone surrogates: some break databases, and readers see none of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSAFE = re.compile(r"[^\w .,:;|#$%/*+()-]")
_CENT = SCALE // 100


def check_message(text: str, field: str | None = None) -> None:
    """Check that every `{{...}}` of a message is a known variable (docs/rules.md, End-user texts).

    Raises DomainError on `field`: `unknown_variable` with the nearest known name, `stray_braces` for a `{{`
    or `}}` that belongs to no variable or only looks like one, `control_character`, `invisible_text`. Single
    braces are text.
    """
    _refuse_invisible(text, field)
    for name in _VARIABLE.findall(text):
        if name not in VARIABLES:
            raise _unknown_variable(name, field)
    rest = _VARIABLE.sub(" ", text)
    if _BRACES.search(rest):
        raise _stray_braces(rest, field)
    if _has_look_alike(text):
        remedy = f"Type {_choices()} anew: braces or letters there only look like the plain ones."
        raise DomainError("stray_braces", remedy, field)


def check_plain(text: str, field: str | None = None) -> None:
    """Check a title, description or label, in which variables do not work and `{{` is refused.

    Raises DomainError on `field`: `variable_not_allowed`, `control_character`, `invisible_text`.
    """
    _refuse_invisible(text, field)
    if "{{" in text or _has_look_alike(text):
        remedy = "Variables work in the three messages only: remove the {{ here."
        raise DomainError("variable_not_allowed", remedy, field)


def render(text: str, values: Mapping[str, object]) -> str:
    """Replace each variable by its value; a value is never read again as a template.

    A variable without a value stays as it is written; `check_message` keeps such texts from being stored.
    """
    return _VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), text)


def remaining_text(units_remaining: int, method: str) -> str:
    """Format what is left to the next target for `{{nextRemainingValue}}`: "150.00" (`sum`), "5" (`count`).

    `units_remaining` is in units of 0.0001. Rounded up, so that it never reads zero before the target is
    reached; never below zero; no grouping (docs/rules.md, End-user texts).
    """
    left = max(0, units_remaining)
    if method == "count":
        return str(-(-left // SCALE))
    cents = -(-left // _CENT)
    return f"{cents // 100}.{cents % 100:02}"


def _refuse_invisible(text: str, field: str | None) -> None:
    """Refuse control characters, and a text that only looks empty: it would leave a button without a name."""
    match = _CONTROL.search(text)
    if match:
        remedy = f"Remove the invisible control character at position {match.start() + 1}."
        raise DomainError("control_character", remedy, field)
    if text and is_invisible(text):
        remedy = "Nothing of this text can be seen. Write it anew, or leave it empty."
        raise DomainError("invisible_text", remedy, field)


def _has_look_alike(text: str) -> bool:
    """Whether a reader sees a variable that `render` does not: full-width braces, invisible characters."""
    visible = without_format_characters(unicodedata.normalize("NFKC", text))
    return _VARIABLE.findall(visible) != _VARIABLE.findall(text)


def _stray_braces(rest: str, field: str | None) -> DomainError:
    """Build the error for braces left over; {{period_text}} and the like are an unknown variable."""
    match = _IN_BRACES.search(rest)
    if match and match[1].strip():
        return _unknown_variable(match[1].strip(), field)
    remedy = f"Write a variable as {_choices()}, or use single braces: a {{{{ or }}}} is left over."
    return DomainError("stray_braces", remedy, field)


def _unknown_variable(name: str, field: str | None) -> DomainError:
    variables = {variable.lower(): variable for variable in VARIABLES}
    letters = re.sub(r"[^a-z]", "", unicodedata.normalize("NFKC", name[:64]).lower())
    nearest = get_close_matches(letters, variables, n=1, cutoff=0.5)
    hint = f"did you mean {{{{{variables[nearest[0]]}}}}}?" if nearest else f"use {_choices()}."
    safe_name = _UNSAFE.sub("?", name[:64])
    return DomainError("unknown_variable", f"There is no variable {{{{{safe_name}}}}}: {hint}", field)


def _choices() -> str:
    return " or ".join(f"{{{{{name}}}}}" for name in VARIABLES)
