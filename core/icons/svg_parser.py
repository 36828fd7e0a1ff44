"""Parsing of SVG without entities or document types of its own, and with limits of depth and size."""

import re
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ErrorString

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from core.errors import DomainError
from core.icons.kinds import wrong_kind
from core.icons.refusal import refused, sanitized
from core.icons.svg_active import split_name
from core.icons.svg_allow_list import SVG

MAX_DEPTH = 64
MAX_ELEMENTS = 5_000

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENCODING_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    # Used by older versions of Illustrator. Browsers read all three as Windows-1252.
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252"), "cp1252"),
}
_W3C = "http://www.w3.org/"
_UTF8 = "Save it as UTF-8 in your drawing program."


def parse_svg(data: bytes) -> tuple[Element, set[str]]:
    """Return the root element and the set of what else the file held (`comments`, `metadata`).

    Raises DomainError: `svg_encoding`, `svg_entities`, `icon_damaged`, `icon_kind`, `svg_too_complex`,
    `svg_external_content`.
    """
    builder = _Builder()
    parser = _Parser(target=builder)
    try:
        parser.feed(_decode(data))
        root: Element = parser.close()
    except DefusedXmlException:
        raise _entities_error() from None
    except ParseError as error:
        raise _parse_error(error) from None
    if root.tag not in ("svg", f"{{{SVG}}}svg"):
        raise wrong_kind(f"an XML file, but no SVG (it begins with {sanitized(split_name(root.tag)[1])})")
    return root, builder.extras


def _decode(data: bytes) -> str:
    """Decode UTF-8, UTF-16 with a byte order mark, or the Windows-1252 of older Illustrator files."""
    encoding, bom = next(((name, bom) for bom, name in _BOMS if data.startswith(bom)), ("", b""))
    if not encoding:
        declaration = _ENCODING_DECLARATION.match(data)
        encoding = _ENCODINGS.get(declaration[1].decode().lower(), "") if declaration else "utf-8"
    if not encoding:
        raise refused("svg_encoding", f"This SVG is in a character encoding that is not supported. {_UTF8}")
    try:
        text = data[len(bom) :].decode(encoding)
    except UnicodeDecodeError:
        raise refused("svg_encoding", f"This SVG holds characters that are no valid text. {_UTF8}") from None
    if "\x00" in text:
        raise refused("svg_encoding", f"This SVG holds NUL characters. {_UTF8}")
    return text.strip()


def _entities_error() -> DomainError:
    return refused(
        "svg_entities",
        "This SVG declares entities or a document type of its own. Export it as plain SVG; in Illustrator, "
        "without “Preserve Illustrator Editing Capabilities”.",
    )


def _parse_error(error: Any) -> DomainError:
    line, column = error.position
    return refused(
        "icon_damaged",
        f"This SVG is damaged: {ErrorString(error.code)} in line {line}, column {column + 1}. "
        "Export it again from your drawing program.",
    )


class _Builder(TreeBuilder):
    """Builds the tree within limits of depth and size. `extras`: what the file held besides elements."""

    def __init__(self) -> None:
        super().__init__()
        self.extras: set[str] = set()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise refused(
                "svg_too_complex",
                f"This SVG has more than {MAX_ELEMENTS:,} elements or {MAX_DEPTH} levels of groups. "
                "Simplify the drawing, or export it as a PNG.",
            )
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)

    def comment(self, _text: str | None) -> None:  # type: ignore[override]
        self.extras.add("comments")

    def pi(self, target: str, _text: str | None = None) -> None:  # type: ignore[override]
        if target.lower() == "xml-stylesheet":
            raise refused(
                "svg_external_content",
                "This SVG loads a style sheet (xml-stylesheet). Export it with its styles inside.",
            )
        self.extras.add("metadata")


class _Parser(DefusedXMLParser):
    """Forbids entities and document types, except the public ones of SVG that older programs write.

    These are `<!DOCTYPE svg>` and `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG ..." "http://www.w3.org/...">`
    without an internal subset. The file that they name is never loaded.
    """

    def __init__(self, target: TreeBuilder) -> None:
        super().__init__(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)

    def defused_start_doctype_decl(
        self, name: str, system: str | None, public: str | None, internal: int
    ) -> None:
        has_no_id = public is None and system is None
        is_public_svg = (public or "").startswith("-//W3C//DTD SVG ") and (system or "").startswith(_W3C)
        if name != "svg" or internal or not (has_no_id or is_public_svg):
            super().defused_start_doctype_decl(name, system, public, internal)
