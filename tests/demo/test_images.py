"""What the demo model sees in an image's bytes."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import pytest
from PIL import Image

from demo.pictures import data_url, png
from demo.talking import chat, responses, text_of
from neosantara_magic.demo.reading import Seen, seen
from wire.server import ScriptedServer


def test_the_main_colours_are_counted() -> None:
    """Three quarters red, one quarter blue; transparent pixels are white."""
    looked = seen(data_url(png(8, 5, (220, 20, 20), (220, 20, 20), (220, 20, 20), (30, 60, 220))))
    assert (looked.format, looked.size) == ("PNG", (8, 5))
    assert looked.colours == ((0.75, "red", (220, 20, 20)), (0.25, "blue", (30, 60, 220)))
    file = io.BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(file, "PNG")
    assert seen(data_url(file.getvalue())).colours[0].name == "white"


def test_without_pillow_a_png_has_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the header alone."""
    url = data_url(png(8, 5, (220, 20, 20)))
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert seen(url) == Seen("PNG", (8, 5))


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_other_formats_are_recognised(kind: str, mode: str) -> None:
    """Pillow writes them, the demo reads size and colour."""
    if (kind, mode) == ("JPEG", "P"):
        mode = "RGB"
    file = io.BytesIO()
    Image.new("RGB", (30, 20), (255, 255, 255)).convert(mode).save(file, kind)
    looked = seen(data_url(file.getvalue(), kind.lower()))
    assert (looked.format, looked.size, looked.colours[0].name) == (kind, (30, 20), "white")


def test_an_image_bomb_is_described_by_its_header() -> None:
    """A file of a few bytes that claims 60,000 x 60,000 pixels is not unpacked."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    assert seen(data_url(bomb)) == Seen("PNG", (60000, 60000))


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,!!!", "data:image/png;base64,aGFsbG8=", "data:image/png;base64,iVBORw0KGgo="]
)
def test_bytes_that_are_no_image(url: str) -> None:
    """They are said to be none, and nothing breaks."""
    assert seen(url).format == ""


def test_both_endpoints_describe_an_image(demo_server: ScriptedServer) -> None:
    """String form on responses, object form on chat, in the language of the prompt."""
    url = data_url(png(6, 4, (255, 255, 255)))
    flat = [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": url}],
        }
    ]
    described = text_of(responses(demo_server, flat))
    assert "PNG image of 6 x 4 pixels, mostly white (100%)" in described
    nested = {
        "role": "user",
        "content": [{"type": "text", "text": "Gambar apa ini?"}, {"type": "image_url", "image_url": {"url": url}}],
    }
    described = text_of(chat(demo_server, nested))
    assert "gambar PNG 6 x 4 piksel, terutama putih (100%)" in described


def test_a_remote_image_is_not_fetched(demo_server: ScriptedServer) -> None:
    """It says so plainly."""
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": "https://example.com/a.png"},
    ]
    assert "cannot fetch the image at https://example.com/a.png" in text_of(
        responses(demo_server, [{"role": "user", "content": content}])
    )
