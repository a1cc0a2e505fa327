"""``--image SRC``: paths, addresses, variables, and every refusal."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neosantara_magic.errors import UsageError
from neosantara_magic.messages import ImagePart
from neosantara_magic.prompt import load_image


def _png(color: str = "red") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(target, "PNG")
    return target.getvalue()


def _part(data: bytes) -> ImagePart:
    return ImagePart("data:image/png;base64," + base64.b64encode(data).decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one of each kind of file."""
    (tmp_path / "plot.png").write_bytes(_png())
    (tmp_path / "photo").write_bytes(_png("blue"))
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty.png").touch()
    (tmp_path / "logo.png").write_text("<svg/>")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "map.png").write_bytes(_png())
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    return tmp_path


def test_paths(folder: Path) -> None:
    """A path is read from the working directory; its format comes from the bytes, not from its name."""
    assert load_image("plot.png", {}, cwd=folder) == _part(_png())
    assert load_image("photo", {}, cwd=folder) == _part(_png("blue"))
    assert load_image(str(folder / "inside" / "map.png"), {}, cwd="/") == _part(_png())
    assert load_image(folder / "plot.png", {}, cwd="/") == _part(_png())


def test_addresses_are_passed_on() -> None:
    """An https address is the service's to fetch; a data URL is looked into."""
    assert load_image("https://example.org/a.png", {}) == ImagePart("https://example.org/a.png")
    assert load_image(_part(_png()).url, {}) == _part(_png())


def test_variables(folder: Path) -> None:
    """A variable holds an image, or says where one is; dots reach into it."""
    image = Image.open(io.BytesIO(_png()))
    namespace: dict[str, Any] = {
        "data": _png(),
        "image": image,
        "name": "plot.png",
        "path": folder / "plot.png",
        "address": "https://example.org/a.png",
        "result": SimpleNamespace(plot=_png()),
    }
    for source in ("data", "name", "path", "result.plot"):
        assert load_image(source, namespace, cwd=folder) == _part(_png())
    assert load_image("address", namespace) == ImagePart("https://example.org/a.png")
    assert load_image("image", namespace).url.startswith("data:image/png")
    assert load_image(image, {}) == load_image("image", namespace)


def test_file_named_like_a_variable(folder: Path) -> None:
    """A variable that is an image wins over a file; one that is none does not hide the file."""
    assert load_image("photo", {"photo": _png()}, cwd=folder) == _part(_png())
    assert load_image("photo", {"photo": 3}, cwd=folder) == _part(_png("blue"))
    assert load_image("plot.png", {"plot": 3}, cwd=folder) == _part(_png())


_GIVE = "Give a PNG, JPEG, WEBP or GIF file, an https URL, a Matplotlib figure, or a Pillow image (of numbers: PIL.Image.fromarray)."


@pytest.mark.parametrize(
    ("source", "first", "second"),
    [
        ("plto.png", "There is no file or variable 'plto.png'.", "Did you mean 'plot.png'?"),
        ("inside/mpa.png", "There is no file or variable 'inside/mpa.png'.", f"Did you mean {str(Path('inside', 'map.png'))!r}?"),
        ("figrue", "There is no file or variable 'figrue'.", "Did you mean 'figure'?"),
        ("zzz.png", "There is no file or variable 'zzz.png'.", "Check the name and the working directory (%pwd shows it)."),
        ("a\0b", "There is no file or variable 'a\\x00b'.", "Check the name and the working directory (%pwd shows it)."),
        ("notes.txt", "'notes.txt' is not an image.", _GIVE),
        ("empty.png", "'empty.png' is not an image.", _GIVE),
        ("data:image/png;base64,AAAA", "'data:image/png;base64,AAAA' is not an image.", _GIVE),
        ("data:image/png,%89PNG", "'data:image/png,%89PNG' is not an image.", _GIVE),
        ("logo.png", "'logo.png' is an image of the format SVG, which Neosantara does not take.",
         "Save it as PNG, JPEG, WEBP or a GIF that does not move."),
        ("big.png", "'big.png' is too large: 21.0 MB.",
         "Make it smaller, for example with image.thumbnail((2000, 2000)) or a smaller dpi; an image may have 20 MB at most."),
        ("inside", "'inside' cannot be read: it is a folder.", "Check the file and its permissions."),
        ("http://example.org/a.png", "'http://example.org/a.png' is not passed on: the address of an image must be https.",
         "Give an https URL, or download the image and give its file name."),
        ("ftp://example.org/a.png", "'ftp://example.org/a.png' is not passed on: the address of an image must be https.",
         "Give an https URL, or download the image and give its file name."),
        ("count", "'count' (int) is not an image.", _GIVE),
        ("array", "'array' (ndarray) is not an image.", _GIVE),
        ("broken", "'broken' could not be turned into an image: RuntimeError: no backend.", "Save it as a PNG file and give the file name."),
    ],
)  # fmt: skip
def test_refusals(folder: Path, source: str, first: str, second: str) -> None:
    """Each refusal has its two lines."""

    class Broken:
        def savefig(self, *_args: Any, **_named: Any) -> None:
            message = "no backend"
            raise RuntimeError(message)

    namespace = {"figure": _png(), "count": 3, "array": np.zeros((2, 2)), "broken": Broken()}
    with pytest.raises(UsageError) as caught:
        load_image(source, namespace, cwd=folder)
    assert (caught.value.what, caught.value.next_step) == (first, second)
