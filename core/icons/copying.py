"""An icon that is stored already, for another record: each record has a file of its own."""

from typing import Any

from core.icons import CleanIcon
from core.icons.serving import CONTENT_TYPES


def icon_of(file: Any) -> CleanIcon | None:
    """A stored icon as if it had just been uploaded and cleaned; None where there is none any more."""
    if not file:
        return None
    extension = file.name.rpartition(".")[2]
    try:
        with file.open("rb") as opened:
            return CleanIcon(opened.read(), CONTENT_TYPES[extension], extension, [])
    except FileNotFoundError:
        return None
