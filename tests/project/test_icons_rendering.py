"""A real browser draws a cleaned icon exactly as it drew the export."""

import base64

import pytest

from challenges_project.icons import clean_icon
from tests.project.icon_files import EXPORTS, opened, picture, saved

pytestmark = pytest.mark.browser

# What keeps Chromium from drawing two of the exports as pictures, and what cleaning mends on the way.
MENDED = {
    "illustrator-16-latin-1": lambda data: data.decode("latin-1").replace("iso-8859-1", "utf-8").encode(),
    "copied-from-a-page": lambda data: data.replace(b"<svg ", b'<svg xmlns="http://www.w3.org/2000/svg" '),
}


def drawn(page, data, content_type="image/svg+xml"):
    """The pixels of the picture at 128 x 128, on a colour that shows transparency."""
    source = f"data:{content_type};base64,{base64.b64encode(data).decode()}"
    style = "width:128px;height:128px;object-fit:contain"
    page.set_content(f'<body style="margin:0;background:#9c7"><img src="{source}" style="{style}">')
    page.wait_for_function("document.images[0].complete")
    assert page.evaluate("document.images[0].naturalWidth") > 0
    return opened(page.screenshot(clip={"x": 0, "y": 0, "width": 128, "height": 128})).convert("RGB")


@pytest.mark.parametrize("program", sorted(EXPORTS))
def test_clean_export_is_drawn_as_before(page, program):
    before = drawn(page, MENDED.get(program, bytes)(EXPORTS[program]))

    after = drawn(page, clean_icon("icon.svg", EXPORTS[program]).data)

    assert len(before.getcolors(20_000)) > 1
    assert after.tobytes() == before.tobytes()


def test_clean_png_is_drawn_as_before(page):
    data = saved(picture("RGBA"), "PNG")

    assert (
        drawn(page, clean_icon("icon", data).data, "image/png").tobytes()
        == drawn(page, data, "image/png").tobytes()
    )
