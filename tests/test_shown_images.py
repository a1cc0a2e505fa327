"""What ``--image _`` means: the images of the last cell that showed any."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from kernels import Kernel
from neosantara_magic.ipython.cells import MOST_IMAGES, CellsRun


class Publisher:
    """A display publisher with ipykernel's hooks."""

    def __init__(self) -> None:
        self.hooks: list[Callable[[dict[str, Any]], dict[str, Any] | None]] = []

    def register_hook(self, hook: Any) -> None:
        self.hooks.append(hook)

    def unregister_hook(self, hook: Any) -> bool:
        if hook in self.hooks:
            self.hooks.remove(hook)
            return True
        return False

    def show(self, **data: str) -> None:
        for hook in self.hooks:
            mimes = {name.replace("_", "/"): text for name, text in data.items()}
            hook({"header": {"msg_type": "display_data"}, "content": {"data": mimes}})


class Shell:
    execution_count = 1

    def __init__(self, display_pub: object) -> None:
        self.display_pub = display_pub


class Drawn:
    """A value that draws itself."""

    def _repr_png_(self) -> bytes:
        return PNG


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)


def urls(shown: CellsRun) -> list[str]:
    """Return what the images are, without the head of their URLs."""
    return [image.url.partition(";base64,")[2] for image in shown.images()]


def test_the_images_of_the_last_cell_that_showed_any() -> None:
    """Newer images take the place of older ones; a cell without images changes nothing; line breaks go."""
    publisher = Publisher()
    shown = CellsRun(Shell(publisher))
    shown.execution_begins()
    publisher.show(image_png="QUJD\nREVG\n", image_jpeg="other form of the same")
    publisher.show(text_plain="no image")
    shown.execution_ends(SimpleNamespace(result="text"))
    assert urls(shown) == ["QUJDREVG"]
    shown.execution_begins()
    shown.execution_ends()
    assert urls(shown) == ["QUJDREVG"]
    shown.execution_begins()
    publisher.show(image_jpeg="SlBH")
    shown.execution_ends()
    assert [image.url for image in shown.images()] == ["data:image/jpeg;base64,SlBH"]


def test_nothing_is_watched_between_cells() -> None:
    """The hook is there while a cell runs, and gone afterwards or when the extension goes."""
    publisher = Publisher()
    shown = CellsRun(Shell(publisher))
    shown.execution_begins()
    assert len(publisher.hooks) == 1
    publisher.show(image_png="QQ==")
    shown.execution_ends()
    publisher.show(image_png="Qg==")
    assert publisher.hooks == []
    assert urls(shown) == ["QQ=="]
    shown.execution_begins()
    shown.stop()
    assert publisher.hooks == []


def test_memory_is_bounded() -> None:
    """Of a loop that plots, the last images stay; one larger than the service takes is not kept at all."""
    publisher = Publisher()
    shown = CellsRun(Shell(publisher))
    shown.execution_begins()
    for number in range(100):
        publisher.show(image_png=f"{number:04}")
    publisher.show(image_png="A" * 30_000_000)
    shown.execution_ends()
    assert urls(shown) == [f"{number:04}" for number in range(100 - MOST_IMAGES, 100)]


def test_a_result_that_draws_itself_counts_where_displays_cannot_be_watched() -> None:
    """A terminal's publisher has no hooks; the cell's value is drawn when it is asked for."""
    shown = CellsRun(Shell(object()))
    assert shown.images() == ()
    shown.execution_begins()
    shown.execution_ends(SimpleNamespace(result=Drawn()))
    assert urls(shown) == [base64.b64encode(PNG).decode()]


@pytest.mark.kernel
def test_a_plot_of_the_cell_before_is_sent(kernel: Kernel) -> None:
    """The inline backend has closed the figure by then; its image still goes to the model, on both endpoints."""
    kernel.set_environment(NEOSANTARA_DEMO="1")
    refused = kernel.execute("%load_ext neosantara_magic\n%neosantara ask --image _ look")
    assert refused.error is not None, refused.outputs
    assert refused.error.name == "UsageError"
    assert "with --image" in refused.error.value
    plot = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(facecolor='red')\nplt.show()"
    assert "image/png" in kernel.execute(f"%matplotlib inline\n{plot}").bundles[0]
    for api in ("responses", "chat"):
        run = kernel.execute(f"%%neosantara --once --api {api} --image _\nWhat is this?")
        assert "red" in run.answer, run.outputs


@pytest.mark.kernel
def test_a_plot_of_the_cell_that_loads_us_is_sent(kernel: Kernel) -> None:
    """Load, plot in the same cell, ask: nothing ran before it that could have told us of this cell."""
    kernel.execute("%matplotlib inline")
    plot = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(facecolor='red')"
    kernel.execute(f"{plot}\n%load_ext neosantara_magic\n%neosantara demo on")
    run = kernel.execute("%%neosantara --once --image _\nWhat is this?")
    assert "red" in run.answer, run.outputs
