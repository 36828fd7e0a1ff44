"""References inside a drawing: names made plain, dead ones cut, and what they multiply kept in bounds."""

import re
from xml.etree.ElementTree import Element

from core.errors import DomainError
from core.icons.refusal import refused
from core.icons.svg_allow_list import FILTER_STEPS

MAX_DRAWN = 50_000  # shapes after every reference is followed; nested `use` multiplies by ten a line
MAX_CHAIN = 150  # elements inside elements and references, one behind the other

_URL = re.compile(r"url\(#([^)]*)\)")
_OUTLINE = 100  # characters of a path that weigh like one more shape
_POINTS = 25  # corners in that much of a path: a marker is drawn at each
_FILTER_WEIGHT = 20
_PAINTLESS = FILTER_STEPS | {
    "filter",
    "linearGradient",
    "radialGradient",
    "stop",
}  # Inkscape leaves paints there


def tidy(root: Element) -> None:
    """Rename what is referred to (i1, i2, ...), forget other ids, and replace references to nothing.

    Raises DomainError `svg_too_complex` for a drawing that refers to itself or multiplies beyond MAX_DRAWN.
    """
    named: dict[str, Element] = {}
    for element in root.iter():
        named.setdefault(element.attrib.pop("id", ""), element)
    named.pop("", None)
    _Weigher(named).weigh(root)
    used = {name for element in root.iter() for name in _references(element)}
    plain = {name: f"i{n}" for n, name in enumerate((name for name in named if name in used), start=1)}
    for element in root.iter():
        for attribute, value in list(element.attrib.items()):
            _rename(element, attribute, value, plain)
    for name, identity in plain.items():
        named[name].set("id", identity)


def _references(element: Element) -> list[str]:
    """The names an element refers to, as often as it does."""
    found = [name for value in element.attrib.values() for name in _URL.findall(value)]
    return [*found, element.attrib["href"][1:]] if "href" in element.attrib else found


def _rename(element: Element, attribute: str, value: str, plain: dict[str, str]) -> None:
    if attribute == "href":
        if value[1:] in plain:
            element.set(attribute, f"#{plain[value[1:]]}")
        else:
            del element.attrib[attribute]
    else:
        # As browsers read it: the fallback of a missing paint is the paint beside it, of all else it is none.
        while (match := _URL.match(value)) and match[1] not in plain and attribute in ("fill", "stroke"):
            value = value[match.end() :].strip() or "none"
        value = _URL.sub(lambda match: f"url(#{plain[match[1]]})" if match[1] in plain else "none", value)
        element.set(attribute, value)


class _Weigher:
    """Counts what a browser draws, following references; a name is weighed once."""

    def __init__(self, named: dict[str, Element]) -> None:
        self._named = named
        self._weights: dict[Element, int] = {}
        self._chain: list[Element] = []

    def weigh(self, element: Element) -> int:
        if element not in self._weights:
            if element in self._chain or len(self._chain) > MAX_CHAIN:
                raise _too_complex("refers to itself or to too long a chain of other parts")
            self._chain.append(element)
            self._weights[element] = weight = self._own(element) + self._others(element)
            self._chain.pop()
            if weight > MAX_DRAWN:
                raise _too_complex("multiplies its parts too often")
        return self._weights[element]

    def _own(self, element: Element) -> int:
        outline = len(element.get("d", "")) + len(element.get("points", ""))
        return (element.tag != "stop") + outline // _OUTLINE + _FILTER_WEIGHT * (element.tag in FILTER_STEPS)

    def _others(self, element: Element) -> int:
        """What is inside, and what is referred to: paints and markers for each shape that inherits them."""
        inside = self._named_weight(element.get("href", "")[1:])
        for child in element:
            inside += self.weigh(child)
        if element.tag in _PAINTLESS:
            return inside
        shapes = self._own(element) + inside
        for attribute, value in element.attrib.items():
            for name in _URL.findall(value):
                inside += self._named_weight(name) * _times(attribute, shapes)
        return inside

    def _named_weight(self, name: str) -> int:
        return self.weigh(self._named[name]) if name in self._named else 0


def _times(attribute: str, shapes: int) -> int:
    if attribute in ("fill", "stroke"):
        return max(shapes, 1)
    return shapes * _POINTS if attribute.startswith(("marker", "style")) else 1


def _too_complex(why: str) -> DomainError:
    return refused("svg_too_complex", f"This SVG {why}. Simplify the drawing, or export it as a PNG.")
