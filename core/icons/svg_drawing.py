"""Copying of a drawing through the allow-list: only named elements, attributes and functions come along."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, SubElement

from core.icons.refusal import MAX_BYTES, refused, sanitized
from core.icons.svg_active import split_name
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

_UNSAFE = re.compile(r"[\\<>{};@\x00-\x1f]|/\*")
_URL = re.compile(r"url\(\s*(?:\"#([^\"')]+)\"|'#([^\"')]+)'|#([^\"')\s]+))\s*\)")
_LOCAL_URL = re.compile(r"url\(#[^()\"']*\)")
_URL_DELIMITER = re.compile(r"[()\"']")
_FUNCTION_NAME = re.compile(r"[\w-]*\Z")
_LONGEST_FUNCTION = 30


class Drawing:
    """Copies a parsed drawing.

    Afterwards `editors` names the programs whose data was removed, and `left_out` the other parts that the
    allow-list does not contain.
    """

    def __init__(self, sheet: StyleSheet) -> None:
        self.editors: set[str] = set()
        self.left_out: set[str] = set()
        self._sheet = sheet
        self._written_characters = 0

    def copy(self, source: Element) -> Element:
        """Copy the root element. Raises DomainError `svg_too_complex` when its styles make it too large."""
        root = Element("svg", {"xmlns": SVG, **self._attributes("svg", source)})
        self._copy_children(root, source)
        return root

    def _copy_children(self, target: Element, source: Element) -> None:
        """Copy the children, and text where it is drawn, also the text that follows a left-out child."""
        is_text = target.tag in TEXTS
        target.text = source.text if is_text else None
        for child in source:
            tag = self._allowed_tag(child)
            if tag:
                copy = SubElement(target, tag, self._attributes(tag, child))
                self._copy_children(copy, child)
                copy.tail = child.tail if is_text else None
            elif is_text:
                _append_text(target, child.tail or "")

    def _allowed_tag(self, element: Element) -> str | None:
        """Return the tag of the copy; None, after recording the element, when it is left out."""
        namespace, name = split_name(element.tag)
        if namespace not in ("", SVG):
            self._record_editor(namespace)
        elif name == "metadata":
            self.editors.add("metadata")
        elif element.get("requiredExtensions", "").strip():
            self._record_editor(element.get("requiredExtensions", ""))
        elif name in ELEMENTS:
            return name
        else:
            self._record_left_out([name])
        return None

    def _record_editor(self, namespace: str) -> None:
        names = (name for part, name in EDITORS.items() if part in namespace.lower())
        self.editors.add(next(names, "other programs' data"))

    def _attributes(self, tag: str, element: Element) -> dict[str, str]:
        attributes = dict(self._own_attributes(element))
        names = {f".{name}" for name in element.get("class", "").split()}
        if element.get("id"):
            names.add(f"#{element.get('id')}")
            attributes["id"] = element.get("id", "")
        styles = self._sheet.properties(tag, names, element.get("style", ""))
        attributes |= self._safe_values({name: value for name, value in styles.items() if name in PROPERTIES})
        style_only = self._safe_values({name: value for name, value in styles.items() if name in STYLE_ONLY})
        if style_only:
            attributes["style"] = ";".join(f"{name}:{value}" for name, value in sorted(style_only.items()))
        self._record_left_out(styles.keys() - PROPERTIES - STYLE_ONLY)
        self._limit_size(attributes)
        return attributes

    def _own_attributes(self, element: Element) -> Iterator[tuple[str, str]]:
        """Yield the allowed attributes of the element; `href` wins over its older name `xlink:href`."""
        attributes = dict(element.attrib)
        target = attributes.pop("href", "") or attributes.pop(f"{{{XLINK}}}href", "")
        if target.strip().startswith("#"):
            yield "href", unquote(target.strip())
        allowed: dict[str, str] = {}
        for attribute, value in attributes.items():
            namespace, name = split_name(attribute)
            if attribute in (f"{{{XML}}}space", f"{{{XML}}}lang") or (not namespace and name in ATTRIBUTES):
                allowed[attribute] = value
            elif namespace not in ("", SVG, XML, XLINK):
                self._record_editor(namespace)
        yield from self._safe_values(allowed).items()

    def _safe_values(self, values: dict[str, str]) -> dict[str, str]:
        """Return the values that can only draw, and record the names of the others."""
        safe = {name: plain for name, value in values.items() if (plain := _safe_value(value)) is not None}
        self._record_left_out(values.keys() - safe.keys())
        return safe

    def _record_left_out(self, names: Iterable[str]) -> None:
        self.left_out |= {
            sanitized(name) for name in names if not (name in SILENT or name.startswith(VENDORS))
        }

    def _limit_size(self, attributes: dict[str, str]) -> None:
        self._written_characters += sum(map(len, attributes.values()))
        if self._written_characters > 4 * MAX_BYTES:
            raise refused(
                "svg_too_complex",
                "This SVG grows too large when its style rules are written out. Simplify it.",
            )


def _safe_value(value: str) -> str | None:
    """Normalize quotes and references in a value; None if it could do anything but draw."""
    value = _URL.sub(_normalize_url, value.strip())
    functions = [_FUNCTION_NAME.search(part[-_LONGEST_FUNCTION:].rstrip()) for part in value.split("(")[:-1]]
    allowed = all(match and match[0].lower() in FUNCTIONS for match in functions)
    if _UNSAFE.search(value) or not allowed or value.lower().count("url(") != len(_LOCAL_URL.findall(value)):
        return None
    return value.replace('"', "'")


def _normalize_url(match: re.Match[str]) -> str:
    """Write a reference as `url(#name)`, decoded and without quotes, unless the name would end it early."""
    name = unquote(match[1] or match[2] or match[3])
    return match[0] if _URL_DELIMITER.search(name) else f"url(#{name})"


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
