"""Reading stored icons back, so that a copy of a record gets a file of its own."""

from typing import Any

from core.icons import CleanIcon
from core.icons.serving import CONTENT_TYPES


def load_stored_icon(file: Any) -> CleanIcon | None:
    """Read a stored icon; None when the field is empty or its file no longer exists."""
    if not file:
        return None
    extension = file.name.rpartition(".")[2]
    try:
        with file.open("rb") as stream:
            return CleanIcon(stream.read(), CONTENT_TYPES[extension], extension, [])
    except FileNotFoundError:
        return None
