"""GIF: kept as it is, so that its animation stays, once its blocks are walked and its frames counted."""

import io
import struct

from PIL import Image

from core.icons.refusal import damaged, refused

MAX_FRAMES = 500
MAX_FRAME_PIXELS = 16_777_216  # frames x pixels: 64 frames of 512 x 512

_TRAILER, _EXTENSION, _IMAGE = 0x3B, 0x21, 0x2C
_TABLE_FLAG, _TABLE_SIZE = 0x80, 0x07


def check_gif(data: bytes) -> tuple[bytes, list[str]]:
    """The picture up to its trailer, byte for byte, and what the editor should know.

    Raises DomainError `icon_pixels` (before anything is decoded) or `icon_damaged`.
    """
    try:
        end, frames, width, height = _walk(data)
    except (IndexError, struct.error):
        raise damaged() from None
    if frames > MAX_FRAMES or frames * width * height > MAX_FRAME_PIXELS:
        raise refused(
            "icon_pixels",
            f"This GIF has {frames:,} frames of {width:,} x {height:,} pixels. An icon may have "
            f"{MAX_FRAMES} frames and {MAX_FRAME_PIXELS:,} pixels in all: make it smaller or shorter.",
        )
    _decode(data[:end])
    tail = ["Data behind the picture's end was removed."] if end < len(data) else []
    return data[:end], tail


def _walk(data: bytes) -> tuple[int, int, int, int]:
    """Where the trailer ends, how many frames there are, and the canvas that holds them all.

    Raises IndexError or struct.error where the file ends too early, DomainError where it makes no sense.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table_bytes(flags)
    frames = 0
    while data[at] != _TRAILER:
        if data[at] == _EXTENSION:
            at += 2
        elif data[at] == _IMAGE:
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, at + 1)
            width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            at += 11 + _table_bytes(flags)
        else:
            raise damaged()
        at = _after_sub_blocks(data, at)
    if not frames:
        raise damaged()
    return at + 1, frames, width, height


def _table_bytes(flags: int) -> int:
    return 3 * (2 << (flags & _TABLE_SIZE)) if flags & _TABLE_FLAG else 0


def _after_sub_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _decode(data: bytes) -> None:
    """Every frame once. Pillow raises many things over broken files; none of them is ours to tell apart."""
    try:
        with Image.open(io.BytesIO(data), formats=("GIF",)) as picture:
            for frame in range(getattr(picture, "n_frames", 1)):
                picture.seek(frame)
                picture.load()
    except Exception:
        raise damaged() from None
