"""A real browser draws a cleaned icon exactly as it drew the export."""

import base64

import pytest
from PIL import Image

from core.icons import clean_icon
from tests.core.icons.icon_files import EXPORTS, picture, saved

pytestmark = pytest.mark.browser

# Chromium does not draw two of the exports as pictures, for reasons that cleaning removes as well.
MENDED = {
    "illustrator-16-latin-1": lambda data: data.decode("latin-1").replace("iso-8859-1", "utf-8").encode(),
    "copied-from-a-page": lambda data: data.replace(b"<svg ", b'<svg xmlns="http://www.w3.org/2000/svg" '),
}


# The page reads the pixels from a canvas: a screenshot also depends on the compositor, which sometimes fails
# on a busy machine.
DRAW = """async (source) => {
    const picture = new Image();
    picture.src = source;
    await picture.decode();
    const canvas = new OffscreenCanvas(SIZE, SIZE);
    const drawing = canvas.getContext("2d", {willReadFrequently: true});
    drawing.fillStyle = "#9c7";
    drawing.fillRect(0, 0, SIZE, SIZE);
    const scale = SIZE / Math.max(picture.naturalWidth, picture.naturalHeight);
    const [width, height] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
    drawing.drawImage(picture, (SIZE - width) / 2, (SIZE - height) / 2, width, height);
    const {data} = drawing.getImageData(0, 0, SIZE, SIZE);
    return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
}""".replace("SIZE", "128")


def drawn(page, data, content_type="image/svg+xml"):
    """The pixels of the picture in a square of 128, on a colour that shows transparency."""
    source = f"data:{content_type};base64,{base64.b64encode(data).decode()}"
    pixels = base64.b64decode(page.evaluate(DRAW, source))
    return Image.frombytes("RGBA", (128, 128), pixels).convert("RGB")


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
