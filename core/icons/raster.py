"""Cleaning of PNG and JPEG: decoded within a pixel limit and encoded again, without any other data."""

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

# MAX_PIXELS is far below Pillow's limit; should a picture ever pass it, Pillow must not merely warn.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def clean_png(data: bytes) -> tuple[bytes, list[str]]:
    """Encode the picture again, without metadata and trailing data; return it with notices for the editor.

    An embedded colour profile is converted to sRGB. An animated PNG becomes its still picture. When Pillow's
    encoder needs more than MAX_BYTES for a file that was below it, the file's own pixel data is stored.
    Raises DomainError `icon_pixels` (before decoding), `icon_damaged` or `icon_too_large`.
    """
    buffer = io.BytesIO()
    with _decoded(data, "PNG") as source:
        picture = _upright_in_srgb(source)
        picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
        picture.save(buffer, "PNG", optimize=True)
        encoded = buffer.getvalue()
        if len(encoded) > MAX_BYTES:
            encoded = _original_pixels(data, len(encoded), unchanged=picture.tobytes() == source.tobytes())
        animated = getattr(source, "is_animated", False)
    return encoded, [
        "An animated PNG is shown as a still picture. Use a GIF for animation."
    ] if animated else []


def clean_jpeg(data: bytes) -> tuple[bytes, list[str]]:
    """Save the picture upright, in sRGB or grey, at quality 95 and without metadata.

    The result may be larger than MAX_BYTES. It loses quality each time, so clean an upload once.
    Raises DomainError `icon_pixels` (before decoding) or `icon_damaged`.
    """
    if data.count(_SCAN) > MAX_SCANS:
        raise refused("icon_pixels", "This JPEG has too many passes. Save it as a standard JPEG (baseline).")
    buffer = io.BytesIO()
    with _decoded(data, "JPEG") as source:
        sampling = max(JpegImagePlugin.get_sampling(source), 0)
        picture = _upright_in_srgb(source)
        picture.info = {}
        picture.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=sampling, optimize=True)
    return buffer.getvalue(), []


@contextlib.contextmanager
def _decoded(data: bytes, kind: str) -> Iterator[Image.Image]:
    """Open the picture with its pixels loaded, after a check of their number.

    Any other error of Pillow, whose types change with its releases, means a damaged picture; also one that it
    raises in the body.
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


def _too_many_pixels(size: str) -> DomainError:
    return refused(
        "icon_pixels",
        f"This picture has {size} pixels; an icon may have {MAX_PIXELS:,} in all (2,048 x 2,048). "
        "Scale it down: 512 x 512 is plenty.",
    )


def _upright_in_srgb(source: Image.Image) -> Image.Image:
    """Rotate by the EXIF orientation and convert by the colour profile; a broken profile is ignored."""
    picture = ImageOps.exif_transpose(source)
    profile = picture.info.get("icc_profile")
    mode = "RGB" if picture.mode == "CMYK" else picture.mode
    if profile and mode in _CONVERTIBLE and "transparency" not in picture.info:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            embedded, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, embedded, srgb, outputMode=mode) or picture
    return picture if picture.mode == mode else picture.convert(mode)


def _original_pixels(data: bytes, encoded_bytes: int, unchanged: bool) -> bytes:
    if not unchanged:
        raise refused(
            "icon_too_large",
            f"Upright and in sRGB this picture has {encoded_bytes:,} bytes; an icon may have {MAX_BYTES:,}. "
            "Scale it down.",
        )
    return _critical_chunks(data)


def _critical_chunks(data: bytes) -> bytes:
    """Reduce a PNG that decodes to header, palette and pixels, the pixels cut at the end of their stream."""
    chunks = list(_chunks(data))
    stream = b"".join(body for kind, body in chunks if kind == b"IDAT")
    inflate = zlib.decompressobj()
    remainder = stream
    while remainder and not inflate.eof:
        inflate.decompress(remainder, 1 << 20)
        remainder = inflate.unconsumed_tail
    pixels = stream[: len(stream) - len(inflate.unused_data)]
    palette = [(kind, body) for kind, body in chunks if kind in (b"PLTE", b"tRNS")]
    return data[:_SIGNATURE_BYTES] + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in [chunks[0], *palette, (b"IDAT", pixels), (b"IEND", b"")]
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each chunk before IEND."""
    offset = _SIGNATURE_BYTES
    while (kind := data[offset + 4 : offset + 8]) not in (b"IEND", b""):
        length = int.from_bytes(data[offset : offset + 4])
        yield kind, data[offset + 8 : offset + 8 + length]
        offset += 12 + length
