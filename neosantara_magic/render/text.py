"""Plain text: an answer as it streams, without any markup.

For a terminal without rich, a pipe, ``--show text``, and front ends that change nothing they have shown.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from ..beside import ServiceCall
from ..events import Brought, Event, ToolReturned, Waiting
from ..texts.printable import printable
from .cards import card_plain
from .document import BETWEEN_ROUNDS, Document
from .footer import footer, wait_line
from .forms import PLAIN, PLAIN_LOOK, Look
from .renderer import Outlet, Renderer
from .rounds import Card
from .static import bundle, images_plain, lines_below

GROWING = "text/x-neosantara-growing"
"""A bundle that holds this type is not the last one: its ``text/plain`` only grows until the one that lacks it."""


class Unseen:
    """What of a document was not written yet. What is written can't be taken back, and is not written again."""

    def __init__(self) -> None:
        self._position = self._rewritten = 0
        self._cards: set[int] = set()

    def text(self, document: Document) -> tuple[str, bool]:
        """Return the new text; and whether it replaces what was written, for then it is the whole text."""
        replaced = document.rewritten != self._rewritten
        if replaced:
            self._rewritten, self._position = document.rewritten, 0
        new, self._position = document.text_after(self._position)
        return new, replaced

    def cards(self, document: Document, *, settled_only: bool) -> Iterator[Card]:
        """Yield the new cards; ``settled_only``: those that nothing more can come to."""
        for number, card in enumerate(document.cards):
            if number not in self._cards and (card.result is not None or not settled_only):
                self._cards.add(number)
                yield card
        for number, one in enumerate((thing for thing in document.brought if isinstance(thing, ServiceCall)), 1):
            if -number not in self._cards and not (settled_only and one.status == "running"):
                self._cards.add(-number)
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


class TextRenderer(Renderer):
    """Writes the text as it comes, then cards and the footer as lines. For a pipe or a plain terminal.

    ``kept`` is where the forms go that no console prints, for whoever keeps outputs.
    """

    def __init__(self, write: Callable[[str], object], kept: Outlet | None = None, look: Look = PLAIN_LOOK) -> None:
        self._write, self._kept, self._look = write, kept, look
        self._unseen = Unseen()
        self._in_line = False  # whether the cursor stands behind something
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
        new, replaced = self._unseen.text(document)
        if replaced and self._in_line:
            self._put("\n")
        if not self._in_line and new.startswith(BETWEEN_ROUNDS):
            # A card's line stands between the two rounds already.
            new = new[1:]
        self._put(printable(new))

    def _write_cards(self, document: Document, *, settled_only: bool) -> None:
        for card in self._unseen.cards(document, settled_only=settled_only):
            self._line(card_plain(card))

    def _line(self, text: str) -> None:
        self._put(f"\n{text}\n" if self._in_line else f"{text}\n")

    def _put(self, text: str) -> None:
        if text:
            self._write(text)
            self._in_line = not text.endswith("\n")
            self._wrote = True
