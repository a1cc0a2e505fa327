"""Plain text: an answer as it streams, without any markup.

For a terminal without rich, a pipe, ``--show text``, and front ends that change nothing they have shown; and
``neosantara-magic demo``, which prints answers in a terminal while nbclient runs the lesson.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, TextIO

from ..beside import ServiceCall
from ..events import Brought, ToolReturned, Waiting
from ..texts.printable import printable
from .cards import card_plain
from .document import BETWEEN_ROUNDS
from .footer import footer, wait_line
from .forms import PLAIN, PLAIN_LOOK, Look
from .pace import Clock, Pace
from .rounds import Card
from .static import StaticRenderer, bundle, images_plain, lines_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..events import Event
    from .document import Document
    from .renderer import Outlet

GROWING = "text/x-neosantara-growing"
"""A bundle that holds this type is not the last one: its ``text/plain`` only grows until the one that lacks it."""


def unseen_cards(document: Document, seen: set[object], *, settled_only: bool) -> Iterator[Card]:
    """Yield the cards that were not written yet, and note them in ``seen``: what is written is never written again."""
    for number, card in enumerate(document.cards):
        if number not in seen and (card.result is not None or not settled_only):
            seen.add(number)
            yield card
    for number, one in enumerate((thing for thing in document.brought if isinstance(thing, ServiceCall)), 1):
        if -number not in seen and not (settled_only and one.status == "running"):
            seen.add(-number)
            yield Card.of_service(one, ended=document.outcome is not None)


def writer(out: TextIO, held: float = 0.05) -> Callable[[str], None]:
    """Return what writes text and shows it within ``held`` seconds. A kernel holds it 0.2 s; a flush takes 0.3 ms."""
    due = float("-inf")
    if isinstance(out, io.TextIOWrapper) and out.errors == "strict":
        out.reconfigure(errors="replace")  # an answer goes on where a terminal does not know its characters

    def write(text: str) -> None:
        nonlocal due
        out.write(text)
        if time.monotonic() >= due:
            out.flush()
            due = time.monotonic() + held

    return write


class TextRenderer:
    """Writes the text as it comes, then cards and the footer as lines. For a pipe or a plain terminal.

    ``kept`` is where the forms go that no console prints, for whoever keeps outputs.
    """

    def __init__(self, write: Callable[[str], object], kept: Outlet | None = None, look: Look = PLAIN_LOOK) -> None:
        self._write, self._kept, self._look = write, kept, look
        self._position = self._rewritten = 0
        self._in_line = False  # whether the cursor stands behind something
        self._carded: set[object] = set()
        self._wrote = False

    def show(self, document: Document, event: Event) -> None:
        """Write what is new."""
        if isinstance(event, Waiting):
            self._line(wait_line(event))
        self._catch_up(document)
        if isinstance(event, ToolReturned | Brought):
            self._write_cards(document, settled_only=True)

    def close(self, document: Document) -> None:
        """Write what is left, and the footer; nothing when there was nothing to show."""
        self._catch_up(document)
        if document.empty:
            return
        self._write_cards(document, settled_only=False)
        for lines in filter(None, (images_plain(document), *lines_below(document))):
            self._line(lines)
        if self._in_line:
            self._put("\n")
        if below := footer(document):
            self._put(f"\n{below}\n" if self._wrote else f"{below}\n")
        if self._kept is not None:
            twin = bundle(document, self._look)
            self._kept.show({name: text for name, text in twin.items() if name != PLAIN})

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
        for card in unseen_cards(document, self._carded, settled_only=settled_only):
            self._line(card_plain(card))

    def _line(self, text: str) -> None:
        self._put(f"\n{text}\n" if self._in_line else f"{text}\n")

    def _put(self, text: str) -> None:
        if text:
            self._write(text)
            self._in_line = not text.endswith("\n")
            self._wrote = True


class WatchedRenderer(StaticRenderer):
    """Sends the growing text, then the static twin.

    The text is that of `TextRenderer`, so each ``text/plain`` begins with the one before it: the watcher prints the
    new part and never has to take anything back.
    """

    def __init__(self, outlet: Outlet, *, look: Look = PLAIN_LOOK, clock: Clock | None = None) -> None:
        super().__init__(outlet, look=look)
        self._written: list[str] = []
        self._sent = 0  # how many pieces of ``_written`` the watcher has
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
