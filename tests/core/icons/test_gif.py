"""GIF: stored unchanged, within limits of frames and pixels."""

from io import BytesIO

import pytest
from PIL import Image, ImageSequence

from core.errors import DomainError
from core.icons import clean_icon
from tests.core.icons.icon_files import gif, moving_gif


def test_animated_gif_is_stored_byte_for_byte():
    icon = clean_icon("icon.gif", moving_gif())

    assert icon.data == moving_gif()
    assert len(list(ImageSequence.Iterator(Image.open(BytesIO(icon.data))))) == 3


def test_data_behind_a_gif_is_removed_with_a_notice():
    icon = clean_icon("icon.gif", gif(tail=b"\0" * 9))

    assert icon.data == gif()
    assert icon.notices == ["Data behind the picture's end was removed."]


@pytest.mark.parametrize(
    ("frames", "size", "accepted"),
    [(500, (16, 16), True), (501, (16, 16), False), (64, (512, 512), True), (65, (512, 512), False)],
)
def test_gif_is_limited_in_frames_and_in_their_pixels(frames, size, accepted):
    if accepted:
        assert clean_icon("icon.gif", gif(frames, size)).data == gif(frames, size)
    else:
        with pytest.raises(DomainError) as refusal:
            clean_icon("icon.gif", gif(frames, size))
        assert refusal.value.code == "icon_pixels"
