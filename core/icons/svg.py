"""Cleaning of SVG: parsed without entities, refused when active, then copied through an allow-list."""

from xml.etree.ElementTree import Element, tostring

from core.icons.refusal import MAX_BYTES, refused
from core.icons.svg_active import refuse_active
from core.icons.svg_allow_list import SHAPES, SVG
from core.icons.svg_drawing import Drawing
from core.icons.svg_parser import parse_svg
from core.icons.svg_references import normalize_references
from core.icons.svg_styles import StyleSheet

_LISTED = 8  # names of left-out parts in a notice


def clean_svg(data: bytes) -> tuple[bytes, list[str]]:
    """Return the drawing alone and notices for the editor. Cleaning the result again changes nothing.

    Raises DomainError: `svg_encoding`, `svg_entities`, `icon_damaged`, `icon_kind`, `svg_too_complex`,
    `svg_active_content`, `svg_external_content`, `svg_style`, `svg_empty`, `icon_too_large`.
    """
    source, extras = parse_svg(data)
    refuse_active(source)
    style_elements = [element for element in source.iter() if element.tag in ("style", f"{{{SVG}}}style")]
    css = "\n".join(map(_style_text, style_elements))
    drawing = Drawing(StyleSheet(css))
    root = drawing.copy(source)
    normalize_references(root)
    if not any(element.tag in SHAPES for element in root.iter()):
        raise refused("svg_empty", "This SVG draws nothing an icon can show. Draw shapes and export again.")
    return _serialize(root), _notices(extras | drawing.editors, bool(css.strip()), sorted(drawing.left_out))


def _style_text(element: Element) -> str:
    """Return the rules of a style element; DomainError `svg_style` for another language or medium."""
    if element.get("type") not in (None, "", "text/css") or element.get("media") not in (None, "", "all"):
        raise refused(
            "svg_style", "This SVG has a style sheet for another medium. Remove it and export again."
        )
    return "".join(element.itertext())


def _serialize(root: Element) -> bytes:
    # A ">" inside a value or a text is written as "&gt;", so only the ends of elements match " />".
    data = tostring(root, encoding="unicode").replace(" />", "/>").encode()
    if len(data) > MAX_BYTES:
        raise refused(
            "icon_too_large",
            f"With its styles written out this SVG has {len(data):,} bytes; an icon may have {MAX_BYTES:,}. "
            "Simplify the drawing, or export it as a PNG.",
        )
    return data


def _notices(extras: set[str], styled: bool, left_out: list[str]) -> list[str]:
    notices = []
    if extras:
        notices.append(f"Removed what only drawing programs read: {', '.join(sorted(extras))}.")
    if styled:
        notices.append("Style rules were written into the shapes.")
    if left_out:
        more = f" and {len(left_out) - _LISTED} more" if len(left_out) > _LISTED else ""
        notices.append(
            f"Left out, as icons do not support it: {', '.join(left_out[:_LISTED])}{more}. Check the picture."
        )
    return notices
