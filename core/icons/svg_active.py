"""What makes an SVG more than a drawing: scripts, web pages, animation, links. Refused, never dropped."""

import re
from xml.etree.ElementTree import Element

from core.errors import DomainError
from core.icons.refusal import refused, shown
from core.icons.svg_allow_list import SVG, WEB_PAGES, XML

_EXPORT = "Export a still drawing again, without it."
_PAGE = f"holds a piece of web page. Flatten effects, text boxes and embedded documents. {_EXPORT}"
_ANIMATION = "is animated. Use a GIF for animation, or export a still drawing."
_ANYWHERE = {
    "script": f"holds a script. {_EXPORT}",
    "handler": f"holds a script. {_EXPORT}",
    "listener": f"holds a script. {_EXPORT}",
    **dict.fromkeys(("foreignobject", "iframe", "embed", "object", "html", "body"), _PAGE),
}
_IN_DRAWING = {
    "a": f"holds a link. {_EXPORT}",
    **dict.fromkeys(("audio", "video", "canvas", "form", "input", "link", "meta", "base"), _PAGE),
    **dict.fromkeys(
        ("animate", "animatecolor", "animatemotion", "animatetransform", "set", "mpath", "discard"),
        _ANIMATION,
    ),
}
_PIXELS = "holds a pixel picture. Trace it into shapes, or export the whole icon as a PNG instead."
_OUTSIDE = "refers to something outside the drawing. Remove links and embedded files, and export again."
_UNREAD = frozenset(
    {"color-profile"}
)  # Inkscape names a file of the editor's machine in it; no browser reads it
_ILLUSTRATOR = "http://ns.adobe.com/"
_LINKS = frozenset({"href", "src", "data", "action", "formaction", "poster", "srcset"})
_SCRIPTS = ("javascript:", "vbscript:", "livescript:", "data:text/", "data:application/", "data:image/svg")
_URL = re.compile(r"url\(\s*[\"']?([^\"')]*)")
_LOADING = re.compile(
    r"@import|\b(?:image-set|cross-fade|image|src|element)\(|-moz-binding|(?<![\w-])behavior\s*:"
)
_RUNNING = re.compile(r"\bexpression\(|(?:java|vb|live)script:")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)


def refuse_active(root: Element) -> None:
    """Raise DomainError `svg_active_content` or `svg_external_content` at the first such thing."""
    for element in root.iter():
        space, name = split(element.tag)
        in_drawing = space in ("", SVG) and name not in _UNREAD
        if not _only_for_illustrator(element):
            _refuse_element(space, name, in_drawing)
        if in_drawing:
            for attribute, value in element.attrib.items():
                _refuse_attribute(name, attribute, value)
        if in_drawing and name == "style":
            _refuse_style("".join(element.itertext()), "element style")


def split(name: str) -> tuple[str, str]:
    """The namespace ("" for none) and the local name of a parsed name."""
    space, _, local = name.rpartition("}")
    return space.removeprefix("{"), local


def _only_for_illustrator(element: Element) -> bool:
    """Whether this is the foreignObject of Illustrator's own data, which no browser shows."""
    wanted = element.get("requiredExtensions", "").startswith(_ILLUSTRATOR)
    return wanted and all(
        split(inner.tag)[0].startswith(_ILLUSTRATOR) for inner in element.iter() if inner is not element
    )


def _refuse_element(space: str, name: str, in_drawing: bool) -> None:
    where = f"element {shown(name)}"
    lower = name.lower()
    if lower in ("image", "feimage") and in_drawing:
        raise refused("svg_external_content", f"This SVG ({where}) {_PIXELS}")
    what = _ANYWHERE.get(lower) or (_IN_DRAWING.get(lower) if in_drawing else None)
    if what or space in WEB_PAGES:
        raise refused("svg_active_content", f"This SVG ({where}) {what or _PAGE}")


def _refuse_attribute(element: str, attribute: str, value: str) -> None:
    space, name = split(attribute)
    where = f"attribute {shown(name)} of {shown(element)}"
    lower = name.lower()
    if lower.startswith("on"):
        raise refused("svg_active_content", f"This SVG ({where}) holds a script. {_EXPORT}")
    if space == XML and lower == "base" and value.strip():
        raise _outside(where)
    if lower in _LINKS:
        _refuse_link(value, where)
    elif not space and not lower.startswith(("data-", "aria-")):
        _refuse_style(value, where)


def _refuse_link(value: str, where: str) -> None:
    """Only `#name` points into the drawing. Browsers skip white space inside an address, so do we."""
    target = "".join(value.split()).lower()
    if target.startswith(_SCRIPTS):
        raise refused("svg_active_content", f"This SVG ({where}) holds a script. {_EXPORT}")
    if target and not target.startswith("#"):
        raise _outside(where)


def _refuse_style(css: str, where: str) -> None:
    """Comments and escapes are undone first: they are how a `url()` hides."""
    plain = _ESCAPE.sub(_unescaped, _COMMENT.sub("", css)).lower()
    if _RUNNING.search(plain):
        raise refused("svg_active_content", f"This SVG ({where}) holds a script. {_EXPORT}")
    for address in _URL.findall(plain):
        _refuse_link(address, where)
    if _LOADING.search(plain):
        raise _outside(where)


def _unescaped(escape: re.Match[str]) -> str:
    if not escape[1]:
        return escape[2]
    code = int(escape[1], 16)
    return chr(code) if code < 0x110000 else ""


def _outside(where: str) -> DomainError:
    return refused("svg_external_content", f"This SVG ({where}) {_OUTSIDE}")
