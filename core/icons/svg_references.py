"""References inside a drawing: ids renamed, dead references replaced, the cost of drawing them limited."""

import re
from xml.etree.ElementTree import Element

from core.errors import DomainError
from core.icons.refusal import refused
from core.icons.svg_allow_list import FILTER_STEPS

MAX_DRAWN = 50_000  # shapes after every reference is followed; nested `use` multiplies by ten a line
MAX_CHAIN = 150  # depth of nested elements and followed references together

_URL = re.compile(r"url\(#([^)]*)\)")
_OUTLINE_CHARACTERS = 100  # this much of a path weighs like one more shape
_OUTLINE_POINTS = 25  # corners in that much of a path; a marker is drawn at each
_FILTER_WEIGHT = 20
# Elements whose paints draw nothing, though Inkscape leaves paints on them.
_PAINTLESS = FILTER_STEPS | {"filter", "linearGradient", "radialGradient", "stop"}


def normalize_references(root: Element) -> None:
    """Rename referenced ids to i1, i2, ..., remove all other ids, and replace references to nothing.

    Raises DomainError `svg_too_complex` for a drawing that refers to itself or multiplies beyond MAX_DRAWN.
    """
    by_id: dict[str, Element] = {}
    for element in root.iter():
        by_id.setdefault(element.attrib.pop("id", ""), element)
    by_id.pop("", None)
    _Weigher(by_id).weigh(root)
    used_ids = {id_ for element in root.iter() for id_ in _referenced_ids(element)}
    new_ids = {id_: f"i{n}" for n, id_ in enumerate((id_ for id_ in by_id if id_ in used_ids), start=1)}
    for element in root.iter():
        for attribute, value in list(element.attrib.items()):
            _rewrite_references(element, attribute, value, new_ids)
    for id_, new_id in new_ids.items():
        by_id[id_].set("id", new_id)


def _referenced_ids(element: Element) -> list[str]:
    ids = [id_ for value in element.attrib.values() for id_ in _URL.findall(value)]
    return [*ids, element.attrib["href"][1:]] if "href" in element.attrib else ids


def _rewrite_references(element: Element, attribute: str, value: str, new_ids: dict[str, str]) -> None:
    if attribute == "href":
        if value[1:] in new_ids:
            element.set(attribute, f"#{new_ids[value[1:]]}")
        else:
            del element.attrib[attribute]
    else:
        # Browsers replace a missing paint by the paint that follows it, and anything else by none.
        while (match := _URL.match(value)) and match[1] not in new_ids and attribute in ("fill", "stroke"):
            value = value[match.end() :].strip() or "none"
        value = _URL.sub(lambda match: f"url(#{new_ids[match[1]]})" if match[1] in new_ids else "none", value)
        element.set(attribute, value)


class _Weigher:
    """Counts the shapes that a browser draws when it follows every reference."""

    def __init__(self, by_id: dict[str, Element]) -> None:
        self._by_id = by_id
        self._weights: dict[Element, int] = {}
        self._chain: list[Element] = []

    def weigh(self, element: Element) -> int:
        if element not in self._weights:
            if element in self._chain or len(self._chain) > MAX_CHAIN:
                raise _too_complex("refers to itself or to too long a chain of other parts")
            self._chain.append(element)
            self._weights[element] = weight = self._own_weight(element) + self._drawn_weight(element)
            self._chain.pop()
            if weight > MAX_DRAWN:
                raise _too_complex("multiplies its parts too often")
        return self._weights[element]

    def _own_weight(self, element: Element) -> int:
        outline = len(element.get("d", "")) + len(element.get("points", ""))
        outline_weight = outline // _OUTLINE_CHARACTERS
        return (element.tag != "stop") + outline_weight + _FILTER_WEIGHT * (element.tag in FILTER_STEPS)

    def _drawn_weight(self, element: Element) -> int:
        """Weigh children and references; paints and markers count once for each shape that inherits them."""
        weight = self._referenced_weight(element.get("href", "")[1:])
        for child in element:
            weight += self.weigh(child)
        if element.tag in _PAINTLESS:
            return weight
        shapes = self._own_weight(element) + weight
        for attribute, value in element.attrib.items():
            for id_ in _URL.findall(value):
                weight += self._referenced_weight(id_) * _repetitions(attribute, shapes)
        return weight

    def _referenced_weight(self, id_: str) -> int:
        return self.weigh(self._by_id[id_]) if id_ in self._by_id else 0


def _repetitions(attribute: str, shapes: int) -> int:
    if attribute in ("fill", "stroke"):
        return max(shapes, 1)
    return shapes * _OUTLINE_POINTS if attribute.startswith(("marker", "style")) else 1


def _too_complex(reason: str) -> DomainError:
    return refused("svg_too_complex", f"This SVG {reason}. Simplify the drawing, or export it as a PNG.")
