"""The panel's one widget, and the renderer that sends an answer's frames through it.

Not for: what a message means (``session.py``), or how an answer looks: ``render/answer.js`` draws it here as in a cell.

    turns.js   the conversation: questions, answers, what a tool asks
    tools.js   the input, its images, the model and the tools to pick
    mount.js   where the panel stands in the page, and what the kernel tells it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..cancel import Cancel
from ..render.document import Document
from ..render.forms import Look
from ..render.widget import ANSWER, PAGE, AnswerWidget, WidgetRenderer, joined

Channel = Callable[[Mapping[str, Any]], None]
_HERE = Path(__file__).parent


ESM = joined(PAGE, ANSWER, *(_HERE / name for name in ("turns.js", "tools.js", "mount.js")))
"""The browser's side of a panel."""


class PanelWidget(anywidget.AnyWidget):
    """The state of a panel when it opens; everything later is sent as messages."""

    _esm = ESM
    _css = AnswerWidget._css + (_HERE / "panel.css").read_text("utf-8")  # noqa: SLF001  (anywidget's name for styles)
    labels = traitlets.Dict().tag(sync=True)
    opening = traitlets.Dict().tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    """Class of the stored output that the panel stands in; empty: it is displayed as a widget."""


class _Answer:
    """One answer of the panel, with the interfaces of `WidgetRenderer`'s widget and outlet."""

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

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show nothing: an answer of the panel has no display of its own."""

    def clear(self) -> None:
        """Clear nothing."""


class PanelRenderer(WidgetRenderer):
    """Streams the answer of one turn into the panel."""

    def __init__(self, channel: Channel, turn: str, cancel: Cancel, look: Look) -> None:
        self._answer_of_turn = _Answer(channel, turn)
        super().__init__(self._answer_of_turn, cancel, look=look)
        self.finished: Document | None = None
        """The answer once it has ended, unless it is empty."""

    def close(self, document: Document) -> None:
        """Keep the finished answer."""
        self._pace.stop()
        if not document.empty:
            self.finished = document

    def show_again(self) -> None:
        """Send all of the answer so far, for a page that was loaded meanwhile."""
        if self._live is not None and self._widget is not None:
            self._around = {"cards": "", "footer": ""}
            self._widget.snapshot = self._live.snapshot

    def _open(self) -> Any:
        return self._answer_of_turn
