"""PNG and JPEG: decoded inside a pixel limit and written afresh, without metadata and what hides behind."""

import contextlib
import io
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from core.errors import DomainError
from core.icons.refusal import MAX_BYTES, damaged, refused

MAX_PIXELS = 4_194_304  # 2048 x 2048; 100 KB can decode to gigabytes
MAX_SCANS = 50  # a progressive JPEG has about ten; 85 KB of empty ones took 6 s to decode
JPEG_QUALITY = 95

_SIGNATURE_BYTES = 8
_SCAN = b"\xff\xda"
_CONVERTIBLE = ("RGB", "RGBA", "CMYK")

# Our own limit is far below Pillow's; should a picture ever slip past it, Pillow shall not merely warn.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def clean_png(data: bytes) -> tuple[bytes, list[str]]:
    """The picture written afresh, without metadata and tail, and what the editor should know.

    An embedded colour profile is converted to sRGB. Of an animated PNG the still picture is kept. Where our
    encoder needs more than MAX_BYTES for a file that was below it, the file's own pixel data is kept.
    Raises DomainError `icon_pixels` (before decoding), `icon_damaged` or `icon_too_large`.
    """
    out = io.BytesIO()
    with _decoded(data, "PNG") as source:
        picture = _upright_in_srgb(source)
        picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
        picture.save(out, "PNG", optimize=True)
        fresh = out.getvalue()
        if len(fresh) > MAX_BYTES:
            fresh = _own_pixels(data, len(fresh), unchanged=picture.tobytes() == source.tobytes())
        animated = getattr(source, "is_animated", False)
    return fresh, [
        "An animated PNG is shown as a still picture. Use a GIF for animation."
    ] if animated else []


def clean_jpeg(data: bytes) -> tuple[bytes, list[str]]:
    """The picture upright, in sRGB or grey, saved once at quality 95 without metadata.

    The result may be larger than MAX_BYTES, and changes a little each time: clean an upload once.
    Raises DomainError `icon_pixels` (before decoding) or `icon_damaged`.
    """
    if data.count(_SCAN) > MAX_SCANS:
        raise refused("icon_pixels", "This JPEG has too many passes. Save it as a standard JPEG (baseline).")
    out = io.BytesIO()
    with _decoded(data, "JPEG") as source:
        sampling = max(JpegImagePlugin.get_sampling(source), 0)
        picture = _upright_in_srgb(source)
        picture.info = {}
        picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=sampling, optimize=True)
    return out.getvalue(), []


@contextlib.contextmanager
def _decoded(data: bytes, kind: str) -> Iterator[Image.Image]:
    """The picture with its pixels loaded.

    Pillow raises many things over broken files, and a new one with each release: all mean a damaged picture.
    """
    try:
        with Image.open(io.BytesIO(data), formats=(kind,)) as source:
            width, height = source.size
            if width * height > MAX_PIXELS:
                raise _too_many_pixels(f"{width:,} x {height:,}")
            source.load()
            yield source
    except DomainError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("far too many") from None
    except Exception:
        raise damaged() from None


def _too_many_pixels(found: str) -> DomainError:
    return refused(
        "icon_pixels",
        f"This picture has {found} pixels; an icon may have {MAX_PIXELS:,} in all (2,048 x 2,048). "
        "Scale it down: 512 x 512 is plenty.",
    )


def _upright_in_srgb(source: Image.Image) -> Image.Image:
    """Turned as its EXIF says, converted by its colour profile; a broken profile is ignored."""
    picture = ImageOps.exif_transpose(source)
    profile = picture.info.get("icc_profile")
    mode = "RGB" if picture.mode == "CMYK" else picture.mode
    if profile and mode in _CONVERTIBLE and "transparency" not in picture.info:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            embedded, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, embedded, srgb, outputMode=mode) or picture
    return picture if picture.mode == mode else picture.convert(mode)


def _own_pixels(data: bytes, fresh_bytes: int, unchanged: bool) -> bytes:
    if not unchanged:
        raise refused(
            "icon_too_large",
            f"Upright and in sRGB this picture has {fresh_bytes:,} bytes; an icon may have {MAX_BYTES:,}. "
            "Scale it down.",
        )
    return _critical_chunks(data)


def _critical_chunks(data: bytes) -> bytes:
    """A PNG known to decode, reduced to what makes the picture, its pixels in one exact stream."""
    chunks = list(_chunks(data))
    stream = b"".join(body for kind, body in chunks if kind == b"IDAT")
    inflate = zlib.decompressobj()
    rest = stream
    while rest and not inflate.eof:
        inflate.decompress(rest, 1 << 20)
        rest = inflate.unconsumed_tail
    pixels = stream[: len(stream) - len(inflate.unused_data)]
    palette = [(kind, body) for kind, body in chunks if kind in (b"PLTE", b"tRNS")]
    return data[:_SIGNATURE_BYTES] + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in [chunks[0], *palette, (b"IDAT", pixels), (b"IEND", b"")]
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks before IEND: their kind and content."""
    at = _SIGNATURE_BYTES
    while (kind := data[at + 4 : at + 8]) not in (b"IEND", b""):
        length = int.from_bytes(data[at : at + 4])
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length
