"""A drawing copied element by element, attribute by attribute, from what `svg_words` allows."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, SubElement

from core.icons.refusal import MAX_BYTES, refused, shown
from core.icons.svg_active import split
from core.icons.svg_allow_list import (
    ATTRIBUTES,
    EDITORS,
    ELEMENTS,
    FUNCTIONS,
    PROPERTIES,
    SILENT,
    STYLE_ONLY,
    SVG,
    TEXTS,
    VENDORS,
    XLINK,
    XML,
)
from core.icons.svg_styles import StyleSheet

_ODD = re.compile(r"[\\<>{};@\x00-\x1f]|/\*")
_URL = re.compile(r"url\(\s*(?:\"#([^\"')]+)\"|'#([^\"')]+)'|#([^\"')\s]+))\s*\)")
_LOCAL = re.compile(r"url\(#[^()\"']*\)")
_ENDING = re.compile(r"[()\"']")
_FUNCTION = re.compile(r"[\w-]*\Z")
_LONGEST_FUNCTION = 30


class Drawing:
    """Copies a parsed drawing; `editors` and `left_out` tell what did not come along."""

    def __init__(self, sheet: StyleSheet) -> None:
        self.editors: set[str] = set()
        self.left_out: set[str] = set()
        self._sheet = sheet
        self._written = 0

    def copy(self, source: Element) -> Element:
        """The copy of the root element. Raises DomainError `svg_too_complex` when styles blow it up."""
        root = Element("svg", {"xmlns": SVG, **self._attributes("svg", source)})
        self._fill(root, source)
        return root

    def _fill(self, target: Element, source: Element) -> None:
        """Copy the children; text stays only where it is drawn, also behind a child that is left out."""
        keeps_text = target.tag in TEXTS
        target.text = source.text if keeps_text else None
        for child in source:
            tag = self._allowed(child)
            if tag:
                copy = SubElement(target, tag, self._attributes(tag, child))
                self._fill(copy, child)
                copy.tail = child.tail if keeps_text else None
            elif keeps_text:
                _append_text(target, child.tail or "")

    def _allowed(self, element: Element) -> str | None:
        """The tag to copy an element under; None leaves it out, and notes it unless it says nothing."""
        space, name = split(element.tag)
        if space not in ("", SVG):
            self._note_editor(space)
        elif name == "metadata":
            self.editors.add("metadata")
        elif element.get("requiredExtensions", "").strip():
            self._note_editor(element.get("requiredExtensions", ""))
        elif name in ELEMENTS:
            return name
        else:
            self._note([name])
        return None

    def _note_editor(self, space: str) -> None:
        found = (name for part, name in EDITORS.items() if part in space.lower())
        self.editors.add(next(found, "other programs' data"))

    def _attributes(self, tag: str, element: Element) -> dict[str, str]:
        kept = dict(self._own(element))
        names = {f".{name}" for name in element.get("class", "").split()}
        if element.get("id"):
            names.add(f"#{element.get('id')}")
            kept["id"] = element.get("id", "")
        styles = self._sheet.properties(tag, names, element.get("style", ""))
        kept |= self._checked({name: value for name, value in styles.items() if name in PROPERTIES})
        only = self._checked({name: value for name, value in styles.items() if name in STYLE_ONLY})
        if only:
            kept["style"] = ";".join(f"{name}:{value}" for name, value in sorted(only.items()))
        self._note(styles.keys() - PROPERTIES - STYLE_ONLY)
        self._count(kept)
        return kept

    def _own(self, element: Element) -> Iterator[tuple[str, str]]:
        """The allowed attributes an element has itself; `href` wins over its older name `xlink:href`."""
        attributes = dict(element.attrib)
        target = attributes.pop("href", "") or attributes.pop(f"{{{XLINK}}}href", "")
        if target.strip().startswith("#"):
            yield "href", unquote(target.strip())
        plain: dict[str, str] = {}
        for attribute, value in attributes.items():
            space, name = split(attribute)
            if attribute in (f"{{{XML}}}space", f"{{{XML}}}lang") or (not space and name in ATTRIBUTES):
                plain[attribute] = value
            elif space not in ("", SVG, XML, XLINK):
                self._note_editor(space)
        yield from self._checked(plain).items()

    def _checked(self, values: dict[str, str]) -> dict[str, str]:
        """The values that can do nothing but draw; the others are noted."""
        kept = {name: checked for name, value in values.items() if (checked := _plain(value)) is not None}
        self._note(values.keys() - kept.keys())
        return kept

    def _note(self, names: Iterable[str]) -> None:
        self.left_out |= {shown(name) for name in names if not (name in SILENT or name.startswith(VENDORS))}

    def _count(self, attributes: dict[str, str]) -> None:
        self._written += sum(map(len, attributes.values()))
        if self._written > 4 * MAX_BYTES:
            raise refused(
                "svg_too_complex",
                "This SVG grows too large when its style rules are written out. Simplify it.",
            )


def _plain(value: str) -> str | None:
    """The value with quotes and references in one form; None if it could do anything but draw."""
    value = _URL.sub(_reference, value.strip())
    names = [_FUNCTION.search(part[-_LONGEST_FUNCTION:].rstrip()) for part in value.split("(")[:-1]]
    allowed = all(match and match[0].lower() in FUNCTIONS for match in names)
    if _ODD.search(value) or not allowed or value.lower().count("url(") != len(_LOCAL.findall(value)):
        return None
    return value.replace('"', "'")


def _reference(match: re.Match[str]) -> str:
    """`url(#name)` without quotes and percent signs, unless that would end it early."""
    name = unquote(match[1] or match[2] or match[3])
    return match[0] if _ENDING.search(name) else f"url(#{name})"


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
