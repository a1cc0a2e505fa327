"""Plain text: an answer as it streams, without any markup.

For: a terminal without rich, a pipe, and ``--show text``, also inside a notebook.
Not for: styled terminals (``terminal.py``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..events import ToolReturned, Waiting
from .cards import card_plain
from .document import BETWEEN_ROUNDS
from .footer import footer, wait_line, waited_lines
from .pace import Alarm, Pace, daemon_alarm
from .printable import printable
from .renderer import Pane
from .static import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..events import Event
    from .document import Document
    from .renderer import Outlet, Renderer


class TextRenderer:
    """Writes the text as it comes, then cards and the footer as lines. For a pipe or a plain terminal.

    Args:
        write: Takes text and shows it at once.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._position = 0
        self._rewritten = 0
        self._in_line = False
        """Whether the cursor stands behind something."""
        self._carded: set[int] = set()
        self._wrote = False

    @staticmethod
    def in_cell(outlet: Outlet) -> Renderer:
        """Return the renderer of the same look for the output of a cell, where nothing can be appended."""
        return PlainRenderer(outlet)

    def show(self, document: Document, event: Event) -> None:
        """Write what is new."""
        if isinstance(event, Waiting):
            self._line(wait_line(event))
        self._catch_up(document)
        if isinstance(event, ToolReturned):
            self._write_cards(document, settled_only=True)

    def close(self, document: Document) -> None:
        """Write what is left, and the footer; nothing when there was nothing to show."""
        self._catch_up(document)
        if document.empty:
            return
        self._write_cards(document, settled_only=False)
        for line in waited_lines(document):
            self._line(line)
        if self._in_line:
            self._put("\n")
        below = footer(document)
        if below:
            self._put(f"\n{below}\n" if self._wrote else f"{below}\n")

    def _catch_up(self, document: Document) -> None:
        if document.rewritten != self._rewritten:
            # What is written can't be taken back, so the replaced text is written again, whole.
            self._rewritten, self._position = document.rewritten, 0
            if self._in_line:
                self._put("\n")
        new, self._position = document.text_after(self._position)
        if not self._in_line and new.startswith(BETWEEN_ROUNDS):
            # A card's line stands between the two rounds already.
            new = new[1:]
        self._put(printable(new))

    def _write_cards(self, document: Document, *, settled_only: bool) -> None:
        for number, card in enumerate(document.cards):
            if number not in self._carded and (card.result is not None or not settled_only):
                self._carded.add(number)
                self._line(card_plain(card))

    def _line(self, text: str) -> None:
        self._put(f"\n{text}\n" if self._in_line else f"{text}\n")

    def _put(self, text: str) -> None:
        if text:
            self._write(text)
            self._in_line = not text.endswith("\n")
            self._wrote = True


class PlainRenderer:
    """``--show text`` in a notebook: one ``text/plain`` output that grows."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        clock: Callable[[], float] = time.monotonic,
        alarm: Callable[[float, Callable[[], None]], Alarm] = daemon_alarm,
    ) -> None:
        self._pane = Pane(outlet)
        self._pace = Pace(self._frame, shortest=0.1, clock=clock, alarm=alarm)
        self._document: Document | None = None

    def show(self, document: Document, event: Event) -> None:  # noqa: ARG002  (a Renderer gets both)
        """Paint, when it is time to."""
        self._document = document
        self._pace.wish()

    def close(self, document: Document) -> None:
        """Paint the final form; nothing when there is nothing to show."""
        self._pace.stop()
        if document.empty:
            self._pane.wipe()
        else:
            self._pane.paint({"text/plain": plain(document)})

    def _frame(self) -> int:
        document = self._document
        if document is None or document.empty:
            return 0
        lines = [printable(document.text), *(card_plain(card) for card in document.cards)]
        if document.waiting is not None:
            lines.append(wait_line(document.waiting))
        text = "\n\n".join(line for line in lines if line)
        self._pane.paint({"text/plain": text})
        return len(text)
