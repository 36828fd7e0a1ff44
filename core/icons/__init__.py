"""Validation and cleaning of uploaded icons.

The kind of a file is detected from its content, never from its name (docs/rules.md, Icon). Stored icons are
served with ICON_HEADERS, so that active content which escapes the cleaning cannot run.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import DomainError
from core.icons.gif import check_gif
from core.icons.kinds import detect_kind
from core.icons.raster import clean_jpeg, clean_png
from core.icons.refusal import MAX_BYTES, refused
from core.icons.svg import clean_svg

__all__ = ["ICON_HEADERS", "MAX_BYTES", "CleanIcon", "clean_icon", "random_icon_name"]

ICON_HEADERS = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=31536000, immutable",
    }
)

_CLEANERS: dict[str, tuple[str, Callable[[bytes], tuple[bytes, list[str]]]]] = {
    "png": ("image/png", clean_png),
    "jpg": ("image/jpeg", clean_jpeg),
    "gif": ("image/gif", check_gif),
    "svg": ("image/svg+xml", clean_svg),
}
_EXTENSION_ALIASES = {"jpeg": "jpg"}


@dataclass(frozen=True)
class CleanIcon:
    """An icon ready to be stored. `notices` are sentences for the editor about what the cleaning changed."""

    data: bytes
    content_type: str
    extension: str
    notices: list[str]


def clean_icon(name: str, data: bytes, field: str = "eudIcon") -> CleanIcon:
    """Validate and clean an uploaded file of up to 102,400 bytes (docs/rules.md, Icon).

    `name` is the file name that the client sent; it only leads to a notice when its extension is wrong.
    A cleaned PNG, GIF or SVG is cleaned to itself; a JPEG loses quality each time, so clean an upload once.
    Raises DomainError on `field`: an `icon_...` code, or one of the `svg_...` codes of `clean_svg`.
    """
    try:
        if len(data) > MAX_BYTES:
            raise refused(
                "icon_too_large",
                f"This file has {len(data):,} bytes; an icon may have {MAX_BYTES:,} (100 KB). "
                "Scale it down or simplify it.",
            )
        extension = detect_kind(data)
        content_type, cleaner = _CLEANERS[extension]
        clean, notices = cleaner(data)
    except DomainError as error:
        error.field = field
        raise
    return CleanIcon(clean, content_type, extension, [*_extension_notices(name, extension), *notices])


def random_icon_name(extension: str) -> str:
    """Generate a storage name that reveals nothing: `icons/`, 32 random hex digits and the extension."""
    return f"icons/{secrets.token_hex(16)}.{extension}"


def _extension_notices(name: str, extension: str) -> list[str]:
    claimed = name.rpartition(".")[2].lower()
    claimed = _EXTENSION_ALIASES.get(claimed, claimed)
    if claimed not in _CLEANERS or claimed == extension:
        return []
    return [f"The file is named .{claimed}, but it is .{extension} by its content and is stored as that."]
