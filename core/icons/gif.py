"""Validation of GIF files, which are stored unchanged so that their animation survives."""

import io
import struct

from PIL import Image

from core.icons.refusal import damaged, refused

MAX_FRAMES = 500
MAX_FRAME_PIXELS = 16_777_216  # pixels of all frames together: 64 frames of 512 x 512

_TRAILER, _EXTENSION, _IMAGE = 0x3B, 0x21, 0x2C
_TABLE_FLAG, _TABLE_SIZE = 0x80, 0x07


def check_gif(data: bytes) -> tuple[bytes, list[str]]:
    """Return the picture up to its trailer, byte for byte, and notices for the editor.

    Raises DomainError `icon_pixels` (before anything is decoded) or `icon_damaged`.
    """
    try:
        end, frames, width, height = _scan_blocks(data)
    except (IndexError, struct.error):
        raise damaged() from None
    if frames > MAX_FRAMES or frames * width * height > MAX_FRAME_PIXELS:
        raise refused(
            "icon_pixels",
            f"This GIF has {frames:,} frames of {width:,} x {height:,} pixels. An icon may have "
            f"{MAX_FRAMES} frames and {MAX_FRAME_PIXELS:,} pixels in all: make it smaller or shorter.",
        )
    _decode(data[:end])
    notices = ["Data behind the picture's end was removed."] if end < len(data) else []
    return data[:end], notices


def _scan_blocks(data: bytes) -> tuple[int, int, int, int]:
    """Walk the blocks; return the end of the trailer, the number of frames, and the width and height needed.

    Raises IndexError or struct.error when the file ends too early, DomainError for an unknown block or a
    file without a frame.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    offset = 13 + _colour_table_bytes(flags)
    frames = 0
    while data[offset] != _TRAILER:
        if data[offset] == _EXTENSION:
            offset += 2
        elif data[offset] == _IMAGE:
            left, top, frame_width, frame_height, flags = struct.unpack_from("<HHHHB", data, offset + 1)
            width, height = max(width, left + frame_width), max(height, top + frame_height)
            frames += 1
            offset += 11 + _colour_table_bytes(flags)
        else:
            raise damaged()
        offset = _skip_sub_blocks(data, offset)
    if not frames:
        raise damaged()
    return offset + 1, frames, width, height


def _colour_table_bytes(flags: int) -> int:
    return 3 * (2 << (flags & _TABLE_SIZE)) if flags & _TABLE_FLAG else 0


def _skip_sub_blocks(data: bytes, offset: int) -> int:
    while data[offset]:
        offset += data[offset] + 1
    return offset + 1


def _decode(data: bytes) -> None:
    """Decode every frame once; any error of Pillow, whose types change with its releases, means damage."""
    try:
        with Image.open(io.BytesIO(data), formats=("GIF",)) as picture:
            for frame in range(getattr(picture, "n_frames", 1)):
                picture.seek(frame)
                picture.load()
    except Exception:
        raise damaged() from None
