"""What is an image, in which format, and what is refused."""

from __future__ import annotations

import base64
import io
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from IPython.display import SVG
from IPython.display import Image as Shown
from matplotlib.figure import Figure
from PIL import Image

from neosantara_magic.errors import UsageError
from neosantara_magic.messages import ImagePart
from neosantara_magic.objects import IMAGE_LIMIT, image_format, image_of_bytes, image_part


def saved(name: str, *more: Image.Image) -> bytes:
    """Return a small image as a file of the format."""
    target = io.BytesIO()
    image = Image.new("RGB", (8, 6), "red")
    image.save(target, name, **({"save_all": True, "append_images": more} if more else {}))
    return target.getvalue()


def opened(part: ImagePart | None) -> Image.Image:
    """Return the image inside a data URL."""
    assert part is not None
    return Image.open(io.BytesIO(base64.b64decode(part.url.partition(",")[2])))


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF"])
def test_accepted_bytes_travel_unchanged(name: str) -> None:
    """The service's four formats are known by their bytes and not encoded again."""
    data = saved(name)
    part = image_part(data)
    assert image_format(data) == name
    assert part == ImagePart(f"data:image/{name.lower()};base64,{base64.b64encode(data).decode()}")
    assert image_part(bytearray(data)) == image_part(memoryview(data)) == part


@pytest.mark.parametrize("name", ["BMP", "TIFF", "ICO", "AVIF", "PDF"])
def test_other_formats_are_refused_by_name(name: str) -> None:
    """An image that the service does not take is an error that names its format."""
    with pytest.raises(UsageError) as caught:
        image_part(saved(name), "scan")
    assert caught.value.what == f"'scan' is an image of the format {name}, which Neosantara does not take."


def test_animated_gif_is_refused() -> None:
    """A GIF of two images moves; one of one image does not, cut off or not."""
    data = saved("GIF", Image.new("RGB", (8, 6), "blue"), Image.new("RGB", (8, 6), "white"))
    assert image_format(data) == "animated GIF"
    assert [image_format(saved("GIF")[:size]) for size in (6, 12, 20, 60)] == ["GIF"] * 4
    with pytest.raises(UsageError, match="animated GIF"):
        image_part(data)


def test_svg_is_known() -> None:
    """Vector images are named as what they are."""
    assert image_format(b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg/>') == "SVG"
    assert image_format(b"<svg/>") == "SVG"


def test_size_limit() -> None:
    """20 MB is taken, one byte more is not."""
    head = saved("PNG")
    image_of_bytes(head.ljust(IMAGE_LIMIT, b"\0"), "plot")
    with pytest.raises(UsageError) as caught:
        image_part(head.ljust(IMAGE_LIMIT + 1, b"\0"), "plot")
    assert caught.value.what == "'plot' has 20.0 MB; an image may have 20 MB at most."


def test_bomb_in_bytes_is_not_decoded() -> None:
    """A PNG header that promises 100,000 × 100,000 pixels costs its few bytes."""
    bomb = saved("PNG").replace((8).to_bytes(4) + (6).to_bytes(4), (100_000).to_bytes(4) * 2, 1)
    assert image_part(bomb) is not None


def test_huge_pillow_image_is_refused_before_encoding() -> None:
    """Pixels are counted first."""
    with pytest.raises(UsageError) as caught:
        image_part(_Sized(100_000, 100_000), "scan")
    assert caught.value.what == "'scan' has 100,000 × 100,000 pixels, too many to encode."


class _Sized:
    """Looks like a Pillow image, and cannot be saved."""

    mode, getpixel = "RGB", None

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def save(self, *_args: Any, **_named: Any) -> None:
        raise MemoryError


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "HSV", "F", "I"])
def test_pillow_images(mode: str) -> None:
    """Every mode of Pillow arrives as a PNG of the same size."""
    sent = opened(image_part(Image.new(mode, (8, 6))))
    assert (sent.format, sent.size) == ("PNG", (8, 6))


def test_photograph_stays_jpeg() -> None:
    """A JPEG that was opened is not blown up to a PNG."""
    assert opened(image_part(Image.open(io.BytesIO(saved("JPEG"))))).format == "JPEG"


def test_matplotlib() -> None:
    """A figure and its axes are the same picture."""
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.plot([1, 2])
    assert opened(image_part(figure)).format == "PNG"
    assert image_part(figure) == image_part(axes)


def test_enormous_figure_is_refused() -> None:
    """A figure of a million inches is not drawn."""
    with pytest.raises(UsageError, match="pixels"):
        image_part(Figure(figsize=(1000, 1000), dpi=300))


def test_ipython_images() -> None:
    """``IPython.display.Image`` gives its bytes or its https address."""
    data = saved("PNG")
    assert image_part(Shown(data=data)) == image_part(data)
    assert image_part(Shown(url="https://example.org/a.png")) == ImagePart("https://example.org/a.png")
    assert image_part(Shown(url="http://example.org/a.png")) is None


def test_what_shows_itself_as_png() -> None:
    """An object with ``_repr_png_`` is the image it shows."""

    class Molecule:
        def _repr_png_(self) -> bytes:
            return saved("PNG")

    assert image_part(Molecule()) == image_part(saved("PNG"))


@pytest.mark.parametrize("value", [None, 3, "plot.png", b"BM is no bitmap", b"", np.zeros((4, 4)), Image.Image, Figure,
                                   MagicMock(), SVG("<svg/>")], ids=lambda value: type(value).__name__)  # fmt: skip
def test_no_image(value: object) -> None:
    """What is no image is None."""
    assert image_part(value) is None
