"""Detection of a file's kind from its first bytes: the name and the content type are the client's claims."""

from core.errors import DomainError
from core.icons.refusal import refused

ALLOWED = "PNG, JPEG, GIF or SVG"

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_SVGZ = "a compressed file (SVGZ?): save it as plain SVG"
_FOREIGN_SIGNATURES = (  # offset, signature, description
    (8, b"WEBP", "a WebP picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"\x00\x00\x01\x00", "a Windows icon (ICO)"),
    (0, b"\x00\x00\x02\x00", "a Windows cursor"),
    (4, b"ftyp", "an AVIF or HEIC picture or a film"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"%PDF-", "a PDF or Illustrator document"),
    (0, b"%!PS", "a PostScript (EPS) document"),
    (0, b"PK\x03\x04", "a ZIP archive or a document made of one"),
    (0, b"\x1f\x8b", _SVGZ),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a program"),
)


def detect_kind(data: bytes) -> str:
    """Return `png`, `jpg`, `gif` or `svg`; the latter for any XML, which the SVG parser has to judge.

    Raises DomainError `icon_damaged` for an empty file, and `icon_kind` with the allowed kinds and, where
    known, what the file seems to be.
    """
    if not data:
        raise refused("icon_damaged", "The file is empty. Choose a PNG, JPEG, GIF or SVG file.")
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.lower().startswith(_HTML_STARTS):
        raise wrong_kind("a web page (HTML)")
    if text.startswith(b"<") or data.startswith(_UTF16_MARKS):
        return "svg"
    descriptions = (
        description
        for offset, signature, description in _FOREIGN_SIGNATURES
        if data.startswith(signature, offset)
    )
    raise wrong_kind(next(descriptions, None))


def wrong_kind(description: str | None) -> DomainError:
    """Build the error for a file of another kind. `description`: what it seems to be, if known."""
    explanation = (
        f"This seems to be {description}."
        if description
        else "This file is none of these, whatever its name says."
    )
    return refused("icon_kind", f"An icon must be a {ALLOWED} file. {explanation}")
