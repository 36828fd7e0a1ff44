"""SVG text to a tree: no entities, no document type of its own, no more elements than a drawing needs."""

import re
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ErrorString

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from core.errors import DomainError
from core.icons.kinds import wrong_kind
from core.icons.refusal import refused, shown
from core.icons.svg_active import split
from core.icons.svg_allow_list import SVG

MAX_DEPTH = 64
MAX_ELEMENTS = 5_000

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    # Older Illustrator files; browsers, too, read all three as Windows-1252.
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252"), "cp1252"),
}
_W3C = "http://www.w3.org/"
_UTF8 = "Save it as UTF-8 in your drawing program."


def parse_svg(data: bytes) -> tuple[Element, set[str]]:
    """The root element, and what else the file held (`comments`, `metadata`).

    Raises DomainError: `svg_encoding`, `svg_entities`, `icon_damaged`, `icon_kind`, `svg_too_complex`,
    `svg_external_content`.
    """
    builder = _Builder()
    parser = _Parser(target=builder)
    try:
        parser.feed(_decoded(data))
        root: Element = parser.close()
    except DefusedXmlException:
        raise _entities() from None
    except ParseError as error:
        raise _not_well_formed(error) from None
    if root.tag not in ("svg", f"{{{SVG}}}svg"):
        raise wrong_kind(f"an XML file, but no SVG (it begins with {shown(split(root.tag)[1])})")
    return root, builder.extras


def _decoded(data: bytes) -> str:
    """The text of a file in UTF-8, in UTF-16 with its mark, or in the encoding of older Illustrator files."""
    encoding, mark = next(((name, mark) for mark, name in _MARKS if data.startswith(mark)), ("", b""))
    if not encoding:
        declared = _DECLARED.match(data)
        encoding = _ENCODINGS.get(declared[1].decode().lower(), "") if declared else "utf-8"
    if not encoding:
        raise refused("svg_encoding", f"This SVG is in a character encoding that is not supported. {_UTF8}")
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise refused("svg_encoding", f"This SVG holds characters that are no valid text. {_UTF8}") from None
    if "\x00" in text:
        raise refused("svg_encoding", f"This SVG holds NUL characters. {_UTF8}")
    return text.strip()


def _entities() -> DomainError:
    return refused(
        "svg_entities",
        "This SVG declares entities or a document type of its own. Export it as plain SVG; in Illustrator, "
        "without “Preserve Illustrator Editing Capabilities”.",
    )


def _not_well_formed(error: Any) -> DomainError:
    line, column = error.position
    return refused(
        "icon_damaged",
        f"This SVG is damaged: {ErrorString(error.code)} in line {line}, column {column + 1}. "
        "Export it again from your drawing program.",
    )


class _Builder(TreeBuilder):
    """Builds the tree inside limits of depth and number, and notes what it came across beside elements."""

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
    """Forbids entities and document types, but for the public ones of SVG that older programs write.

    Those are `<!DOCTYPE svg>` and `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG ..." "http://www.w3.org/...">`
    without an internal subset: they name a file that nothing here ever loads.
    """

    def __init__(self, target: TreeBuilder) -> None:
        super().__init__(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)

    def defused_start_doctype_decl(
        self, name: str, system: str | None, public: str | None, internal: int
    ) -> None:
        bare = public is None and system is None
        known = (public or "").startswith("-//W3C//DTD SVG ") and (system or "").startswith(_W3C)
        if name != "svg" or internal or not (bare or known):
            super().defused_start_doctype_decl(name, system, public, internal)
