"""The answer in a notebook while it streams: a small anywidget, replaced by the static twin at the end.

Frames travel as messages, not as traits: traitlets drops a second equal value, and a trait would
send the whole text each time. A snapshot trait, renewed when the text has doubled, repairs a view that lost frames.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..events import Event
from ..scope import Cancel
from ..texts import say
from .document import Document
from .forms import PLAIN_LOOK, Look
from .renderer import Outlet
from .static import close_outlet, footer, plain, quiet_line
from .updating import LiveRenderer

if TYPE_CHECKING:
    from .blocks import Frame

_LOG = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_FRAMES_A_SECOND = 10
"""At most. Each costs kernel, line and page the same whatever it carries, and a reader sees words (decision 14)."""
_FIRST_SNAPSHOT = 4_000
"""Characters of HTML before the first snapshot; each next one comes at twice the size."""
_LONGEST_END = 80
"""Characters; the closing tags of a table in a list fit."""
SILENCE = 0.5
"""Seconds without an event after which the empty widget appears, for its Stop button."""
LINGER = 0.05
"""Seconds that a finished answer waits, so that a late interrupt still reaches this cell and not the next."""


def hears_messages(version: str) -> bool:
    """Whether the kernel hears a widget's message while a cell runs.

    ipykernel 7.0 to 7.3 answer on a subshell; 6.x has none, and 7.4 routes a comm to the shell that last sent on it,
    which is the busy one.
    """
    return [7] <= [int(part) for part in re.findall(r"\d+", version)[:2]] < [7, 4]


_UNREAD = re.compile(r"^ *//.*\n|/\*\*[\s\S]*?\*/\n?|^\s+", re.MULTILINE)
"""Comments on lines of their own, types, and what is before the first word of a line."""


def joined(*scripts: Path) -> str:
    """Return scripts as one module for anywidget, without what only people read: it travels with every answer."""
    return _UNREAD.sub("", "".join(script.read_text("utf-8") for script in scripts))


PAGE, ANSWER = _HERE / "page.js", _HERE / "answer.js"
ESM = joined(PAGE, ANSWER, _HERE / "widget.js")
"""The browser's side of an answer."""


class AnswerWidget(anywidget.AnyWidget):
    """The browser's model of an answer that streams."""

    # Texts, not paths: anywidget keeps every instance whose file it watches.
    _esm = ESM
    _css = (_HERE / "widget.css").read_text("utf-8")
    snapshot = traitlets.Dict().tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)
    hears = traitlets.Bool(default_value=False).tag(sync=True)


class WidgetRenderer(LiveRenderer):
    """Streams into the widget; ends as the static twin in the same place. The Stop button sets ``cancel``.

    ``cell`` is the id of the cell that asks, for ``--code``: a cell that it made before is replaced in the browser.
    ``within`` are model ids of the ipywidgets ``Output`` that the display is in. It keeps the widget's view beside the
    final form, so the browser takes the view out of it.
    """

    def __init__(
        self,
        outlet: Outlet,
        cancel: Cancel,
        *,
        cell: str | None = None,
        within: Sequence[str] = (),
        look: Look = PLAIN_LOOK,
    ) -> None:
        super().__init__(1 / _FRAMES_A_SECOND, look, None)
        self._outlet = outlet
        self._cancel, self._cell, self._within = cancel, cell, within
        self._widget: AnswerWidget | None = None
        self._tail = ""
        self._around = {"cards": "", "footer": ""}
        self._sent, self._next_snapshot = 0, _FIRST_SNAPSHOT
        self._broken = False

    def begin(self, document: Document) -> None:
        """Note the time of the request: after ``SILENCE`` seconds without an event the widget shows that it runs."""
        self._document = document
        self._began = self._clock()
        self._pace.later(SILENCE)

    def show(self, document: Document, event: Event) -> None:
        """Paint, when it is time to. A failure here stops the live view; the final form still appears."""
        if self._broken:
            return
        try:
            super().show(document, event)
        except Exception:  # noqa: BLE001  (whatever it was, the answer must go on arriving)
            self._broken = True
            self._pace.stop()
            _LOG.warning("the growing answer could not be shown; its final form follows", exc_info=True)

    def close(self, document: Document) -> None:
        """Paint the static twin in the widget's place, and close the widget."""
        self._pace.stop()
        try:
            self._tell_end(document)
            if document.empty and self._widget is not None:
                # A display can't be removed, and an empty one would confuse the reader.
                self._outlet.show(quiet_line(footer(document)))
            else:
                close_outlet(self._outlet, document, self._look, self._live)
        except Exception:
            self._outlet.show({"text/plain": plain(document)})
            raise
        finally:
            self._leave()

    def _tell_end(self, document: Document) -> None:
        # A front end that has gone must not cost the answer.
        with suppress(Exception):
            if self._widget is not None:
                where = {"within": self._within, "view": self._widget.model_id, "cell": self._cell}
                self._widget.send({"kind": "end", "made": document.next_cell, **where})

    def _leave(self) -> None:
        if self._widget is None:
            return
        time.sleep(LINGER)
        with suppress(Exception):
            # Each widget opens a model for its layout, which stays behind unless it is closed too.
            layout = self._widget.layout
            self._widget.close()
            layout.close()

    def _open(self) -> AnswerWidget:
        labels = {name: say(f"widget.{name}") for name in ("answer", "stop", "stopping", "copy", "copied", "interrupt")}
        widget = AnswerWidget(labels=labels, hears=hears_messages(version("ipykernel")))
        widget.on_msg(self._heard)
        view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        self._outlet.show({"application/vnd.jupyter.widget-view+json": view, "text/plain": say("widget.plain")})
        return widget

    def _heard(self, _widget: AnswerWidget, content: Any, _buffers: Any) -> None:
        """Take the button's message. Runs on a subshell thread."""
        if isinstance(content, dict) and content.get("kind") == "stop":
            self._cancel.stop()

    def _frame(self) -> int:
        document = self._document
        if document is None:
            return 0
        if self._widget is None:
            self._widget = self._open()
            self._shown = True
        widget, live = self._widget, self._answer()
        message: dict[str, Any] = {}
        frame = live.take(document)
        if frame is not None and not live.restarted:
            message |= {"seq": live.seq, **_as_message(frame, self._tail)}
        if frame is not None:
            self._tail = frame.tail
        around = {"cards": "\n".join(self._cards(document)), "footer": self._footer(document)}
        message |= {name: text for name, text in around.items() if text != self._around[name]}
        self._around = around
        if message:
            widget.send(message)
        self._sent += sum(map(len, frame.freeze)) if frame is not None else 0
        if live.restarted or self._sent >= self._next_snapshot:
            self._next_snapshot = max(_FIRST_SNAPSHOT, 2 * self._sent)
            widget.snapshot = live.snapshot
        # The seconds, a wait and a running tool go on while nothing arrives.
        self._pace.later(1.0)
        return 0

    def _footer(self, document: Document) -> str:
        if document.waiting is not None:
            return self._wait_line(document.waiting)
        # Whole seconds: a line that changes in every frame would be a third of what is sent.
        line = footer(document, live_seconds=int(self._clock() - self._began))
        return f"{say('widget.waiting')} · {line}" if not self._first_text and document.empty else line


def _as_message(frame: Frame, before: str) -> dict[str, Any]:
    """Return a frame as the browser applies it; ``before`` is what stands after the finished blocks there now.

    That is one text to it. A frame says what of it is new (``put``, between ``keep`` leading characters and ``end``
    trailing ones) and then cuts finished blocks off its front (``cut``): none is sent a second time.
    """
    now = "".join((*frame.freeze, frame.tail))
    keep = shared(before, now)
    most = min(len(before), len(now), keep + _LONGEST_END) - keep
    end = next((n for n in range(most) if before[-1 - n] != now[-1 - n]), most)
    message: dict[str, Any] = {"keep": _units(now[:keep]), "put": now[keep : len(now) - end]}
    if end:
        message["end"] = _units(now[len(now) - end :])
    if frame.repair:
        message["repair"] = list(frame.repair)
    if frame.freeze:
        message["cut"] = [_units(html) for html in frame.freeze]
    return message


def shared(before: str, now: str) -> int:
    """Return how many leading characters two texts share, comparing halves at the speed of memory."""
    low, high = 0, min(len(before), len(now))
    while low < high:
        middle = (low + high + 1) // 2
        if before[low:middle] == now[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _units(text: str) -> int:
    """Return how many UTF-16 units a text takes: JavaScript counts in those."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
