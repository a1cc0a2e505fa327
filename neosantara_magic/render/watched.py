"""The answer as it grows, for a program that runs a notebook and shows it elsewhere.

For: ``neosantara-magic demo``, which prints answers in a terminal while nbclient runs the lesson.
Not for: front ends; they never see the growing form, and the notebook stores the static twin like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .forms import PLAIN_LOOK, Look
from .pace import Clock, Pace
from .static import StaticRenderer
from .text import TextRenderer

if TYPE_CHECKING:
    from ..events import Event
    from .document import Document
    from .renderer import Outlet

GROWING = "text/x-neosantara-growing"
"""A bundle that holds this type is not the last one: its ``text/plain`` only grows until the one that lacks it."""


class WatchedRenderer(StaticRenderer):
    """Sends the growing text, then the static twin.

    The text is that of `TextRenderer`, so each ``text/plain`` begins with the one before it: the watcher prints the
    new part and never has to take anything back.

    Args:
        outlet: The display of the answer.
        look: How the static twin is rendered.
        clock: Tells the time, and rings.
    """

    def __init__(self, outlet: Outlet, *, look: Look = PLAIN_LOOK, clock: Clock | None = None) -> None:
        super().__init__(outlet, look=look)
        self._written: list[str] = []
        self._sent = 0
        """How many pieces of ``_written`` the watcher has."""
        self._text = TextRenderer(self._written.append)
        self._pace = Pace(self._frame, clock or Clock(), shortest=0.05)

    def show(self, document: Document, event: Event) -> None:
        """Send the new text, when it is time to."""
        self._text.show(document, event)
        if len(self._written) > self._sent:
            self._pace.wish()

    def close(self, document: Document) -> None:
        """Send the rest of the text, then the final form; nothing when there is nothing to show."""
        self._pace.stop()
        if not document.empty:
            self._frame()
        super().close(document)

    def _frame(self) -> int:
        count = len(self._written)
        if count == self._sent:
            return 0
        text = "".join(self._written[:count])
        self._pane.paint({"text/plain": text, GROWING: ""})
        self._sent = count
        return len(text)
