"""`clean_icon`: sizes, kinds and names of uploads, and the headers that icons are served with."""

import re
from pathlib import Path

import pytest

from core.errors import DomainError
from core.icons import ICON_HEADERS, MAX_BYTES, clean_icon, random_icon_name
from tests.core.icons.icon_files import gif, moving_gif, opened, picture, png_of, saved, svg, svg_of

STATIC = Path(__file__).resolve().parents[3] / "static/challenges"
NAMES = ("../../etc/passwd", "a\0.svg", "\u202egnp.exe", "x" * 300, "", ".", "<script>.svg", "C:\\icon.svg")


@pytest.mark.parametrize(
    ("data", "content_type", "extension"),
    [
        (saved(picture(), "PNG"), "image/png", "png"),
        (saved(picture(), "JPEG"), "image/jpeg", "jpg"),
        (moving_gif(), "image/gif", "gif"),
        (svg(), "image/svg+xml", "svg"),
    ],
    ids=["png", "jpeg", "gif", "svg"],
)
def test_kind_is_detected_from_the_content(data, content_type, extension):
    icon = clean_icon("icon", data)

    assert (icon.content_type, icon.extension, icon.notices) == (content_type, extension, [])


def test_wrong_extension_leads_to_a_notice():
    icon = clean_icon("trophy.PNG", saved(picture(), "JPEG"))

    assert icon.extension == "jpg"
    assert icon.notices == ["The file is named .png, but it is .jpg by its content and is stored as that."]


@pytest.mark.parametrize("name", ["a.jpeg", "a.JPG", "a.tar.jpg", "a", "a.bin"])
def test_right_and_unknown_extensions_lead_to_no_notice(name):
    assert clean_icon(name, saved(picture(), "JPEG")).notices == []


@pytest.mark.parametrize("name", NAMES)
def test_name_of_the_file_is_never_echoed(name):
    icon = clean_icon(name, svg())

    assert icon.notices == []


@pytest.mark.parametrize("name", NAMES)
def test_refusal_never_echoes_the_name(name):
    with pytest.raises(DomainError) as refusal:
        clean_icon(name, b"x")

    assert refusal.value.message == (
        "An icon must be a PNG, JPEG, GIF or SVG file. This file is none of these, whatever its name says."
    )


@pytest.mark.parametrize(
    "build",
    [png_of, svg_of, lambda size: gif(tail=b"\0" * (size - len(gif())))],
    ids=["png", "svg", "gif"],
)
def test_limit_is_102400_bytes(build):
    icon = clean_icon("icon", build(102_400))
    with pytest.raises(DomainError) as refusal:
        clean_icon("icon", build(102_401))

    assert len(icon.data) <= MAX_BYTES
    assert refusal.value.code == "icon_too_large"
    assert refusal.value.message.startswith("This file has 102,401 bytes; an icon may have 102,400 (100 KB).")


def test_jpeg_of_102400_bytes_is_accepted():
    data = saved(picture(size=(200, 200)), "JPEG", comment=b"x" * 60_000)
    data += b"\0" * (102_400 - len(data))

    icon = clean_icon("icon.jpg", data)

    assert opened(icon.data).size == (200, 200)


def test_refusal_names_the_field():
    with pytest.raises(DomainError) as challenge:
        clean_icon("icon.png", b"x")
    with pytest.raises(DomainError) as milestone:
        clean_icon("icon.png", b"x", "eudMilestoneIcon")

    assert (challenge.value.field, milestone.value.field) == ("eudIcon", "eudMilestoneIcon")


def test_storage_name_is_random():
    names = {random_icon_name("svg") for _ in range(50)}

    assert len(names) == 50
    assert all(re.fullmatch(r"icons/[0-9a-f]{32}\.svg", name) for name in names)


def test_headers_keep_an_icon_from_running():
    assert dict(ICON_HEADERS) == {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=31536000, immutable",
    }


@pytest.mark.parametrize("name", ["default-challenge-icon.svg", "default-milestone-icon.svg"])
def test_default_icons_would_be_accepted_as_they_are(name):
    data = (STATIC / name).read_bytes()

    icon = clean_icon(name, data)

    assert icon.notices == []
    assert clean_icon(name, icon.data).data == icon.data
