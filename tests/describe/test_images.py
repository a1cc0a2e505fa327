"""What is an image, in which format, and what is refused."""

from __future__ import annotations

import base64
import io
from typing import Any
from unittest.mock import MagicMock

import matplotlib as mpl
import numpy as np
import pytest
from IPython.display import SVG
from IPython.display import Image as Shown
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from neosantara_magic.describe.images import IMAGE_LIMIT, image_format, image_of_bytes, image_part
from neosantara_magic.errors import UsageError
from neosantara_magic.messages import ImagePart


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
    assert caught.value.what == "'plot' is too large: 20.0 MB."


def test_bomb_in_bytes_is_not_decoded() -> None:
    """A PNG header that promises 100,000 × 100,000 pixels costs its few bytes."""
    bomb = saved("PNG").replace((8).to_bytes(4) + (6).to_bytes(4), (100_000).to_bytes(4) * 2, 1)
    assert image_part(bomb) is not None


def test_huge_pillow_image_is_refused_before_encoding() -> None:
    """Pixels are counted first."""
    with pytest.raises(UsageError) as caught:
        image_part(_Sized(100_000, 100_000), "scan")
    assert caught.value.what == "'scan' is too large: 100,000 × 100,000 px."


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
    with pytest.raises(UsageError, match="px"):
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


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_a_picture_arrives_upright(form: str, orientation: int) -> None:
    """As a viewer turns it by what the file says, and as the same file would arrive by its path."""
    turned = Image.new("RGB", (64, 32), "black")
    turned.paste("red", (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    turned.save(file, form, exif=exif)
    photo = Image.open(file)
    seen = ImageOps.exif_transpose(photo).convert("RGB")
    sent = opened(image_part(photo))
    assert sent.size == seen.size
    assert ImageOps.exif_transpose(sent).size == sent.size, "nobody may turn it twice"
    corner = max((0.25, 0.75), key=lambda x: _red(seen, x, 0.25)), max((0.25, 0.75), key=lambda y: _red(seen, 0.25, y))
    assert _red(sent.convert("RGB"), *corner) == pytest.approx(_red(seen, *corner), abs=20)
    assert (sent.format == "JPEG") == (form == "JPEG")


def _red(image: Image.Image, x: float, y: float) -> int:
    pixel = image.getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(pixel, tuple)
    return int(pixel[0])


def test_transparency_arrives() -> None:
    """In every mode that has it: a palette with a transparent colour, grey with alpha, premultiplied alpha."""
    clear = Image.new("RGBA", (8, 6), (255, 0, 0, 0))
    palette = clear.convert("RGB").quantize(4)
    palette.info["transparency"] = 0
    for image in (clear, palette, clear.convert("LA"), palette.convert("PA"), clear.convert("RGBa")):
        image.info.update(palette.info if image.mode == "P" else {})
        assert opened(image_part(image)).convert("RGBA").getpixel((2, 2))[3] == 0, image.mode  # type: ignore[index]


@pytest.mark.parametrize(
    ("mode", "levels", "told"),
    [
        ("I;16", (0, 20000, 65535), None),
        ("I", (0, 100, 255), (0, 100, 255)),
        ("I", (0, 32768, 65536), (0, 127, 255)),
        ("I", (-100, 0, 100), (0, 127, 255)),
        ("F", (0.0, 0.5, 1.0), (0, 127, 255)),
        ("F", (0.0, 100.0, 255.0), (0, 100, 255)),
        ("F", (1000.0, 1500.0, 2000.0), (0, 127, 255)),
        ("F", (7.0, 7.0, 7.0), (7, 7, 7)),
    ],
)
def test_grey_levels_keep_their_contrast(mode: str, levels: tuple[float, ...], told: tuple[int, ...] | None) -> None:
    """A scan, a depth map, an array of floats: not all white because PNG's bytes end at 255."""
    image = Image.new(mode, (3, 1))
    for x, level in enumerate(levels):
        image.putpixel((x, 0), level)  # type: ignore[arg-type]
    sent = opened(image_part(image))
    found = [sent.getpixel((x, 0)) for x in range(3)]
    assert found == pytest.approx(list(levels if told is None else told), abs=1)


def test_colours_of_other_spaces_are_told_as_red_green_blue() -> None:
    """CMYK of a printer, with a profile that would be read as one of RGB."""
    image = Image.new("CMYK", (8, 6), (0, 255, 255, 0))
    image.info["icc_profile"] = b"of a printer"
    sent = opened(image_part(image))
    assert sent.convert("RGB").getpixel((2, 2)) == (255, 0, 0)
    assert "icc_profile" not in sent.info


def test_a_figure_is_sent_as_it_is_shown() -> None:
    """On its paper and in its size, whatever the style says about files."""
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.add_subplot().plot([1, 2])
    with mpl.rc_context({"savefig.transparent": True, "savefig.dpi": 400, "savefig.format": "pdf"}):
        sent = opened(image_part(figure))
    assert sent.width < 200
    assert sent.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)
