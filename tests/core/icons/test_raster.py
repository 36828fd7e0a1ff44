"""PNG and JPEG: the same picture afterwards, upright, in sRGB, and nothing else."""

import zlib

import pytest
from PIL import Image, ImageChops, ImageCms

from core.errors import DomainError
from core.icons import clean_icon
from core.icons.raster import _critical_chunks
from tests.core.icons.icon_files import (
    chunk,
    jpeg_of_scans,
    opened,
    picture,
    png,
    png_bomb,
    png_small_for_its_author_alone,
    saved,
)

ORIENTATION = 0x0112  # the EXIF tag of the orientation


def arrow(mode="RGB"):
    """A blue picture of 48 x 32 pixels with a red top left corner."""
    image = Image.new("RGB", (48, 32), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 16, 16))
    return image.convert(mode)


def turned(kind, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(arrow(), kind, exif=exif)


def chunks(data):
    offset, kinds = 8, []
    while offset < len(data):
        kinds.append(data[offset + 4 : offset + 8])
        offset += 12 + int.from_bytes(data[offset : offset + 4])
    return kinds


def difference(one, other):
    """The largest difference of any channel of any pixel."""
    return max(
        high for _, high in ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_keeps_its_pixels_and_its_mode(mode):
    source = picture(mode) if mode != "I;16" else Image.new("I;16", (16, 16), 40_000)

    result = opened(clean_icon("icon.png", saved(source, "PNG")).data)

    assert result.mode == opened(saved(source, "PNG")).mode
    assert result.tobytes() == opened(saved(source, "PNG")).tobytes()


@pytest.mark.parametrize(
    ("mode", "transparency"), [("P", 3), ("P", bytes(range(200))), ("L", 7), ("RGB", (0, 0, 0))]
)
def test_png_keeps_its_transparency(mode, transparency):
    data = saved(picture(mode), "PNG", transparency=transparency)

    result = opened(clean_icon("icon.png", data).data)

    assert result.convert("RGBA").tobytes() == opened(data).convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_clean_png_is_cleaned_to_itself(mode):
    once = clean_icon("icon.png", saved(picture(mode), "PNG", optimize=False)).data

    assert clean_icon("icon.png", once).data == once


def test_png_loses_everything_but_the_picture():
    text = (
        chunk(b"tEXt", b"Author\0Anna")
        + chunk(b"pHYs", b"\0" * 9)
        + chunk(b"tIME", b"\x07\xea\x0b\x16\0\0\0")
    )
    whole = saved(picture(), "PNG")

    result = clean_icon("icon.png", whole[:33] + text + whole[33:]).data

    assert set(chunks(result)) == {b"IHDR", b"IDAT", b"IEND"}


def test_png_that_our_encoder_would_enlarge_keeps_its_own_pixels():
    data = png_small_for_its_author_alone(chunk(b"tEXt", b"Author\0Anna"))
    assert len(saved(opened(data), "PNG", optimize=True)) > 102_400

    result = clean_icon("icon.png", data).data

    assert set(chunks(result)) == {b"IHDR", b"IDAT", b"IEND"}
    assert len(result) < len(data)
    assert opened(result).tobytes() == opened(data).tobytes()
    assert clean_icon("icon.png", result).data == result


def test_png_that_grows_past_the_limit_when_turned_is_refused():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = png_small_for_its_author_alone(chunk(b"eXIf", exif.tobytes()[6:]))

    with pytest.raises(DomainError) as refusal:
        clean_icon("icon.png", data)

    assert refusal.value.code == "icon_too_large"
    assert refusal.value.message.startswith("Upright and in sRGB this picture has ")


def test_png_that_keeps_its_own_pixels_hides_nothing_among_them():
    pixels = zlib.compress(b"\0" + bytes(range(12)))
    result = _critical_chunks(png(4, 1, pixels + b"<script>alert(1)</script>", chunk(b"tEXt", b"a\0b")))

    assert result == png(4, 1, pixels)


def test_animated_png_becomes_a_still_with_a_notice():
    data = saved(picture(), "PNG", save_all=True, append_images=[picture(seed=9)], duration=80)

    icon = clean_icon("icon.png", data)

    assert set(chunks(icon.data)) == {b"IHDR", b"IDAT", b"IEND"}
    assert opened(icon.data).tobytes() == picture().tobytes()
    assert icon.notices == ["An animated PNG is shown as a still picture. Use a GIF for animation."]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_picture_is_stored_upright(kind, orientation):
    upright = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[
        orientation
    ]

    result = opened(clean_icon("icon", turned(kind, orientation)).data)

    width, height = result.size
    corner = result.getpixel((3 + upright[0] * (width - 7), 3 + upright[1] * (height - 7)))
    assert result.size == ((48, 32) if orientation < 5 else (32, 48))
    assert corner[0] > 200 > 55 > corner[2]
    assert result.getexif() == {}


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_stays_the_same_picture(mode):
    data = saved(arrow(mode), "JPEG", quality=95, subsampling=0)

    result = opened(clean_icon("icon.jpg", data).data)

    assert result.mode == ("L" if mode == "L" else "RGB")
    assert difference(result, opened(data)) <= 8


@pytest.mark.parametrize("sampling", [0, 1, 2])
def test_jpeg_keeps_its_colour_sampling(sampling):
    result = opened(clean_icon("icon.jpg", saved(picture(), "JPEG", subsampling=sampling)).data)

    assert result.layer[0][1:3] == {0: (1, 1), 1: (2, 1), 2: (2, 2)}[sampling]


def test_jpeg_loses_its_metadata():
    exif = Image.Exif()
    exif[0x013B] = "Anna"

    result = opened(clean_icon("icon.jpg", saved(picture(), "JPEG", exif=exif, comment=b"private")).data)

    assert set(result.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_jpeg_is_saved_at_quality_95():
    result = opened(clean_icon("icon.jpg", saved(picture(), "JPEG", quality=40)).data)

    assert result.quantization == opened(saved(picture(), "JPEG", quality=95)).quantization


def test_ordinary_progressive_jpeg_is_accepted():
    assert opened(clean_icon("icon.jpg", saved(picture(), "JPEG", progressive=True)).data).size == (16, 16)


def test_scans_are_accepted_up_to_fifty():
    ordinary = jpeg_of_scans(0).count(b"\xff\xda")

    assert clean_icon("icon.jpg", jpeg_of_scans(50 - ordinary)).extension == "jpg"
    with pytest.raises(DomainError) as refusal:
        clean_icon("icon.jpg", jpeg_of_scans(51 - ordinary))
    assert refusal.value.code == "icon_pixels"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_colours_of_another_profile_are_converted(kind):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = lab.replace(b"rXYZ", b"tmpp").replace(b"bXYZ", b"rXYZ").replace(b"tmpp", b"bXYZ")

    result = opened(clean_icon("icon", saved(arrow(), kind, icc_profile=swapped)).data)

    red, _, blue = result.getpixel((2, 2))
    assert (red < 60, blue > 200) == (True, True)
    assert "icc_profile" not in result.info


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_broken_profile_is_ignored(kind):
    result = opened(clean_icon("icon", saved(arrow(), kind, subsampling=0, icc_profile=b"no profile")).data)

    assert difference(result, arrow()) <= 8
    assert "icc_profile" not in result.info


@pytest.mark.parametrize("side", [2048, 2049])
def test_pixel_limit_is_2048_by_2048(side):
    data = png_bomb(side)

    if side == 2048:
        assert opened(clean_icon("icon.png", data).data).size == (2048, 2048)
    else:
        with pytest.raises(DomainError) as refusal:
            clean_icon("icon.png", data)
        assert refusal.value.message.startswith("This picture has 2,049 x 2,049 pixels;")
