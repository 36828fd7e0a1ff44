"""Refusal of active and external content in an SVG: scripts, web pages, animation, links, outside addresses.

Such a file is refused as a whole; none of this content is silently removed.
"""

import re
from xml.etree.ElementTree import Element

from core.errors import DomainError
from core.icons.refusal import refused, sanitized
from core.icons.svg_allow_list import SVG, WEB_PAGES, XML

_EXPORT = "Export a still drawing again, without it."
_PAGE = f"holds a piece of web page. Flatten effects, text boxes and embedded documents. {_EXPORT}"
_ANIMATION = "is animated. Use a GIF for animation, or export a still drawing."
_FORBIDDEN_ANYWHERE = {
    "script": f"holds a script. {_EXPORT}",
    "handler": f"holds a script. {_EXPORT}",
    "listener": f"holds a script. {_EXPORT}",
    **dict.fromkeys(("foreignobject", "iframe", "embed", "object", "html", "body"), _PAGE),
}
_FORBIDDEN_IN_DRAWING = {
    "a": f"holds a link. {_EXPORT}",
    **dict.fromkeys(("audio", "video", "canvas", "form", "input", "link", "meta", "base"), _PAGE),
    **dict.fromkeys(
        ("animate", "animatecolor", "animatemotion", "animatetransform", "set", "mpath", "discard"),
        _ANIMATION,
    ),
}
_PIXELS = "holds a pixel picture. Trace it into shapes, or export the whole icon as a PNG instead."
_OUTSIDE = "refers to something outside the drawing. Remove links and embedded files, and export again."
# Inkscape names a file of the editor's machine in it, and no browser reads it.
_IGNORED_ELEMENTS = frozenset({"color-profile"})
_ILLUSTRATOR = "http://ns.adobe.com/"
_LINK_ATTRIBUTES = frozenset({"href", "src", "data", "action", "formaction", "poster", "srcset"})
_SCRIPTS = ("javascript:", "vbscript:", "livescript:", "data:text/", "data:application/", "data:image/svg")
_URL = re.compile(r"url\(\s*[\"']?([^\"')]*)")
_LOADING = re.compile(
    r"@import|\b(?:image-set|cross-fade|image|src|element)\(|-moz-binding|(?<![\w-])behavior\s*:"
)
_RUNNING = re.compile(r"\bexpression\(|(?:java|vb|live)script:")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)


def refuse_active(root: Element) -> None:
    """Raise DomainError `svg_active_content` or `svg_external_content` for the first such part."""
    for element in root.iter():
        namespace, name = split_name(element.tag)
        in_drawing = namespace in ("", SVG) and name not in _IGNORED_ELEMENTS
        if not _only_for_illustrator(element):
            _refuse_element(namespace, name, in_drawing)
        if in_drawing:
            for attribute, value in element.attrib.items():
                _refuse_attribute(name, attribute, value)
        if in_drawing and name == "style":
            _refuse_style("".join(element.itertext()), "element style")


def split_name(name: str) -> tuple[str, str]:
    """Split an ElementTree name `{namespace}local` into namespace ("" for none) and local name."""
    namespace, _, local = name.rpartition("}")
    return namespace.removeprefix("{"), local


def _only_for_illustrator(element: Element) -> bool:
    """Whether this is the foreignObject of Illustrator's own data, which no browser shows."""
    needs_illustrator = element.get("requiredExtensions", "").startswith(_ILLUSTRATOR)
    return needs_illustrator and all(
        split_name(descendant.tag)[0].startswith(_ILLUSTRATOR)
        for descendant in element.iter()
        if descendant is not element
    )


def _refuse_element(namespace: str, name: str, in_drawing: bool) -> None:
    where = f"element {sanitized(name)}"
    lower = name.lower()
    if lower in ("image", "feimage") and in_drawing:
        raise refused("svg_external_content", f"This SVG ({where}) {_PIXELS}")
    reason = _FORBIDDEN_ANYWHERE.get(lower) or (_FORBIDDEN_IN_DRAWING.get(lower) if in_drawing else None)
    if reason or namespace in WEB_PAGES:
        raise refused("svg_active_content", f"This SVG ({where}) {reason or _PAGE}")


def _refuse_attribute(element: str, attribute: str, value: str) -> None:
    namespace, name = split_name(attribute)
    where = f"attribute {sanitized(name)} of {sanitized(element)}"
    lower = name.lower()
    if lower.startswith("on"):
        raise refused("svg_active_content", f"This SVG ({where}) holds a script. {_EXPORT}")
    if namespace == XML and lower == "base" and value.strip():
        raise _outside(where)
    if lower in _LINK_ATTRIBUTES:
        _refuse_link(value, where)
    elif not namespace and not lower.startswith(("data-", "aria-")):
        _refuse_style(value, where)


def _refuse_link(value: str, where: str) -> None:
    """Refuse every address but `#name`, which points into the drawing."""
    # Browsers ignore white space inside an address: "java script:" would run.
    target = "".join(value.split()).lower()
    if target.startswith(_SCRIPTS):
        raise refused("svg_active_content", f"This SVG ({where}) holds a script. {_EXPORT}")
    if target and not target.startswith("#"):
        raise _outside(where)


def _refuse_style(css: str, where: str) -> None:
    """Refuse CSS that runs or loads anything."""
    # Comments and escapes would hide a url() from the patterns.
    plain = _ESCAPE.sub(_unescape, _COMMENT.sub("", css)).lower()
    if _RUNNING.search(plain):
        raise refused("svg_active_content", f"This SVG ({where}) holds a script. {_EXPORT}")
    for address in _URL.findall(plain):
        _refuse_link(address, where)
    if _LOADING.search(plain):
        raise _outside(where)


def _unescape(match: re.Match[str]) -> str:
    if not match[1]:
        return match[2]
    code = int(match[1], 16)
    return chr(code) if code < 0x110000 else ""


def _outside(where: str) -> DomainError:
    return refused("svg_external_content", f"This SVG ({where}) {_OUTSIDE}")
