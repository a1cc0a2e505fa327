"""The panel in the browser: its widget, and how an answer grows inside it.

For: the one anywidget of a panel, and the renderer that sends an answer's frames through it.
Not for: what a message means (``session.py``), or how an answer looks: ``render/answer.js`` draws it here as in a cell.

    turns.js   the conversation: questions, answers, what a tool asks
    tools.js   the input, its images, the model and the tools to pick
    mount.js   where the panel stands in the page, and what the kernel tells it
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..render.widget import ANSWER, PAGE, WidgetRenderer, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..cancel import Cancel
    from ..render.document import Document
    from ..render.forms import Look

    Channel = Callable[[Mapping[str, Any]], None]

_HERE = Path(__file__).parent


def esm() -> str:
    """Return the browser's side as one module."""
    return joined(PAGE, ANSWER, *(_HERE / name for name in ("turns.js", "tools.js", "mount.js")))


def css() -> str:
    """Return the styles of both."""
    return ANSWER.with_name("widget.css").read_text("utf-8") + (_HERE / "panel.css").read_text("utf-8")


class PanelWidget(anywidget.AnyWidget):
    """What the browser knows of a panel when it opens; everything later travels as messages."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)
    opening = traitlets.Dict().tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    """Class of the stored output that the panel stands in; empty: it is displayed as a widget."""

    @traitlets.default("_esm")
    def _its_esm(self) -> str:
        return esm()

    @traitlets.default("_css")
    def _its_css(self) -> str:
        return css()


class _Answer:
    """One answer of the panel, as `WidgetRenderer` knows a widget."""

    def __init__(self, channel: Channel, turn: str) -> None:
        self._channel = channel
        self._turn = turn

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a frame of this answer."""
        self._channel({"kind": "frame", **message, "turn": self._turn})

    @property
    def snapshot(self) -> Mapping[str, Any]:
        """All of it so far; only ever set."""
        return {}

    @snapshot.setter
    def snapshot(self, value: Mapping[str, Any]) -> None:
        self.send({"kind": "snapshot", **value})


class _NoOutlet:
    """The panel's answers have no display of their own."""

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show nothing."""

    def update(self, bundle: Mapping[str, Any]) -> None:
        """Show nothing."""

    def clear(self) -> None:
        """Show nothing."""


class PanelRenderer(WidgetRenderer):
    """Streams an answer into the panel.

    Args:
        channel: Where the frames go.
        turn: Which answer they belong to.
        ended: Takes the finished document.
        cancel: Stop.
        look: How its Markdown is rendered.
    """

    def __init__(
        self,
        channel: Channel,
        turn: str,
        ended: Callable[[Document], None],
        cancel: Cancel,
        look: Look,
    ) -> None:
        super().__init__(_NoOutlet(), cancel, look=look)
        self._channel = channel
        self._turn = turn
        self._ended = ended

    def close(self, document: Document) -> None:
        """Hand the finished answer over."""
        self._pace.stop()
        if not document.empty:
            self._ended(document)

    def show_again(self) -> None:
        """Send all of the answer so far, for a page that was loaded meanwhile."""
        if self._live is not None and self._widget is not None:
            held = self._live.snapshot
            self._around = {"cards": "", "footer": ""}
            self._widget.snapshot = {"seq": held.seq, "blocks": list(held.blocks), "tail": held.tail}

    def _open(self) -> Any:
        return _Answer(self._channel, self._turn)
