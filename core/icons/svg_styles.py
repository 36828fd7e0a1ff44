"""The subset of CSS that drawing programs write: rules for plain tags, classes and ids, and their cascade."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.errors import DomainError
from core.icons.refusal import refused, sanitized

MAX_STEPS = 200_000  # rules and declarations examined for all shapes of a drawing together

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}\s*")
_SELECTOR = re.compile(r"(\*|[A-Za-z][\w-]*)?((?:[.#][\w-]+)*)")
_NAME = re.compile(r"[.#][\w-]+")
_INLINE_WEIGHT: tuple[int, ...] = (1, 0, 0, 0, 0)
_REMEDY = "Choose “presentation attributes” for styles when you export the drawing."


class Declaration(NamedTuple):
    name: str
    value: str
    important: bool


class Rule(NamedTuple):
    tag: str  # "" or "*": any
    names: frozenset[str]  # the ".class" and "#id" names that a shape must have, all of them
    declarations: list[Declaration]
    weight: tuple[int, ...]  # CSS specificity, then the order in the sheet

    def matches(self, tag: str, names: set[str]) -> bool:
        return self.tag in ("", "*", tag) and self.names <= names


class StyleSheet:
    """The rules of a drawing, applied by the cascade of CSS: importance, specificity, order.

    Raises DomainError `svg_style` for anything but rules for plain tags, classes and ids.
    """

    def __init__(self, css: str) -> None:
        self._rules: dict[str, list[Rule]] = {}
        self._steps = 0
        for rule in _rules(_COMMENT.sub("", css).strip()):
            self._rules.setdefault(min(rule.names, default=rule.tag or "*"), []).append(rule)

    def properties(self, tag: str, names: set[str], inline: str) -> dict[str, str]:
        """Compute the properties of a shape from the rules and its style attribute `inline`.

        `names` are the shape's ".class" and "#id" names. Raises DomainError `svg_too_complex` once all shapes
        together took more than MAX_STEPS.
        """
        weighted = [(_INLINE_WEIGHT, declaration) for declaration in declarations(inline)]
        for key in (*names, tag, "*"):
            for rule in self._rules.get(key, ()):
                self._count_steps(1 + len(rule.declarations))
                if rule.matches(tag, names):
                    weighted += [(rule.weight, declaration) for declaration in rule.declarations]
        weighted.sort(key=lambda pair: (pair[1].important, pair[0]))
        return {declaration.name: declaration.value for _, declaration in weighted}

    def _count_steps(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise refused("svg_too_complex", f"This SVG has too many style rules for its shapes. {_REMEDY}")


def declarations(css: str) -> list[Declaration]:
    """Parse the declarations of a style attribute or of a rule's block, in their order."""
    block = []
    for part in _COMMENT.sub("", css).split(";"):
        name, colon, value = part.partition(":")
        head, bang, tail = value.rpartition("!")
        important = bool(bang) and tail.strip().lower() == "important"
        if colon:
            block.append(Declaration(name.strip().lower(), (head if important else value).strip(), important))
    return block


def _rules(css: str) -> Iterator[Rule]:
    offset = 0
    while offset < len(css):
        match = _RULE.match(css, offset)
        if match is None:
            raise _unsupported(css[offset:])
        block = declarations(match[2])
        for selector in match[1].split(","):
            yield _rule(selector.strip(), block, order=offset)
        offset = match.end()


def _rule(selector: str, block: list[Declaration], order: int) -> Rule:
    match = _SELECTOR.fullmatch(selector)
    if match is None or not selector:
        raise _unsupported(selector)
    tag, names = match[1] or "", frozenset(_NAME.findall(match[2]))
    ids = sum(name.startswith("#") for name in names)
    return Rule(tag, names, block, (0, ids, len(names) - ids, tag not in ("", "*"), order))


def _unsupported(css: str) -> DomainError:
    excerpt = sanitized(css.split()[0] if css.split() else css)
    return refused("svg_style", f"This SVG has a style rule that an icon cannot keep ({excerpt}). {_REMEDY}")
