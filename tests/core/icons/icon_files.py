"""Builders of valid and hostile icon files, so that the repository holds no binaries."""

import io
import re
import struct
import zlib
from pathlib import Path
from random import Random

from PIL import Image

from core.icons import clean_icon

EXPORTS = {path.stem: path.read_bytes() for path in Path(__file__).with_name("icon_exports").glob("*.svg")}
XMLNS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
CIRCLE = '<circle cx="8" cy="8" r="7" fill="#c00"/>'


def svg(body=CIRCLE, attributes="", before=""):
    """An SVG of 16 x 16 with this body."""
    return f'{before}<svg {XMLNS} viewBox="0 0 16 16" {attributes}>{body}</svg>'.encode()


def cleaned(body, attributes=""):
    """Clean an SVG with this body; return the elements inside its root as text."""
    text = clean_icon("icon.svg", svg(body, attributes)).data.decode()
    return re.fullmatch(r"<svg [^>]*>(.*)</svg>", text)[1]


def svg_of(size):
    """An SVG of exactly `size` bytes, all of them drawing, so that cleaning removes nothing."""
    empty = (
        svg('<path d="M0 0"/>')
        .replace(b' xmlns:xlink="http://www.w3.org/1999/xlink"', b"")
        .replace(b" >", b">")
    )
    padding = size - len(empty)
    return empty.replace(b"M0 0", b"M0 0" + b"h1v1" * (padding // 4) + b"z" * (padding % 4))


def picture(mode="RGB", size=(16, 16), seed=7):
    """A picture of coloured noise, the same every time, with values in every channel."""
    image = Image.new("RGB", size)
    image.putdata([((x * seed) % 256, (x * x) % 256, (x // size[0]) % 256) for x in range(size[0] * size[1])])
    return image if mode == "RGB" else image.convert(mode)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(kind, body):
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def png(width, height, pixels, *chunks, depth=8, colour=2):
    """A PNG of these compressed scan lines (RGB by default), with further chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    )


def png_of(size):
    """A PNG of exactly `size` bytes that no encoder makes much smaller: noise in one IDAT chunk."""
    width, noise = 60, Random(7)
    lines = [b"\0" + noise.randbytes(3 * width) for _ in range(size // (3 * width))]
    while len(plain := png(width, len(lines), zlib.compress(b"".join(lines), 1))) > size - 12:
        lines.pop()
    filling = chunk(b"tEXt", b"\0" * (size - 12 - len(plain)))
    return png(width, len(lines), zlib.compress(b"".join(lines), 1), filling)


def png_small_for_its_author_alone(*chunks):
    """A PNG of 60 x 1200: few different lines in random order, which grow when an encoder filters them."""
    noise = Random(7)
    lines = [b"\0" + noise.randbytes(3 * 60) for _ in range(150)]
    return png(60, 1_200, zlib.compress(b"".join(noise.choices(lines, k=1_200)), 9), *chunks)


def png_bomb(side):
    """A PNG of side x side pixels, all black: 10 MB of them take 10 KB."""
    compressor = zlib.compressobj(9)
    row = b"\0" * (1 + side // 8)
    pixels = b"".join(compressor.compress(row) for _ in range(side)) + compressor.flush()
    return png(side, side, pixels, depth=1, colour=0)


def jpeg_of_scans(repeats):
    """A progressive JPEG of 2048 x 2048 with its shortest scan repeated: few bytes, slow to decode."""
    data = saved(Image.new("RGB", (2048, 2048), (10, 20, 30)), "JPEG", progressive=True)
    starts = [offset for offset in range(len(data)) if data[offset : offset + 2] == b"\xff\xda"]
    scans = [data[start:end] for start, end in zip(starts, [*starts[1:], len(data) - 2], strict=True)]
    return data[:-2] + min(scans, key=len) * repeats + data[-2:]


def gif(frames=1, size=(16, 16), frame_size=(1, 1), tail=b""):
    """A GIF with this many frames of one colour on a canvas of this size."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, *frame_size, 0) + b"\x02\x02\x4c\x01\x00"
    return gif_canvas(size) + frame * frames + b";" + tail


def gif_canvas(size):
    return b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"


def moving_gif():
    """Three frames of different noise, written by Pillow's encoder, in an endless loop."""
    frames = [picture("P", seed=seed) for seed in (3, 5, 7)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
