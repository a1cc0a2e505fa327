"""An answer as text while it streams.

Styled for a terminal, where finished blocks are printed once and only the unfinished tail is drawn again. Plain for a
pipe, a dumb terminal, ``--show text``, and front ends that change nothing they have shown.
"""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from ..beside import ServiceCall
from ..events import Brought, Event, RoundCompleted, ToolAsked, ToolReturned, ToolStarted, Waiting
from ..texts import printable
from .cards import card_plain
from .document import BETWEEN_ROUNDS, Document
from .forms import PLAIN, PLAIN_LOOK, Look
from .renderer import Clock, Outlet, Pace, Renderer
from .rounds import Card
from .static import bundle, footer, images_plain, lines_below, wait_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.live import Live
    from rich.segment import Segment

FRAMES_PER_SECOND = 10
"""Of a terminal."""


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


def terminal_renderer(out: TextIO, clock: Clock | None = None) -> Renderer:
    """Return a renderer of styled text where the terminal takes it, of plain text elsewhere."""
    plain = TextRenderer(writer(out, held=0.0))
    if not (hasattr(out, "isatty") and out.isatty()):
        return plain
    from rich.console import Console  # noqa: PLC0415  (rich is loaded for a terminal only)

    # Standard output is looked up at each print, so that redirections made later still work.
    console = Console(highlight=False, file=None if out is sys.stdout else out)
    return plain if console.is_dumb_terminal or not console.is_terminal else _Styled(console, clock or Clock())


class _Styled(Renderer):
    """Prints finished blocks and keeps the tail in a live region of at most one screen."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._pace = Pace(self._frame, clock, shortest=1 / FRAMES_PER_SECOND)
        self._lock = threading.RLock()
        self._document: Document | None = None
        self._unseen = Unseen()
        self._tail = ""  # Markdown in the live region, not yet printed
        self._live: Live | None = None
        self._printed = False

    def show(self, document: Document, event: Event) -> None:
        self._document = document
        ran = isinstance(event, Brought) and isinstance(event.thing, ServiceCall)
        if ran or isinstance(event, RoundCompleted | ToolAsked | ToolStarted | Waiting):
            # A question or a tool's own output may follow: the live region makes way.
            self._settle(document)
        if isinstance(event, Waiting):
            self._print(printable(wait_line(event)), "dim", gap=False)
        elif ran or isinstance(event, ToolReturned):
            self._print_cards(document, settled_only=True)
        elif not document.empty:
            self._pace.wish()

    def close(self, document: Document) -> None:
        self._pace.stop()
        self._settle(document)
        if document.empty:
            return
        self._print_cards(document, settled_only=False)
        for lines in filter(None, (images_plain(document), *lines_below(document), footer(document))):
            self._print(printable(lines), "dim")

    def _frame(self) -> int:
        with self._lock:
            if self._document is None:
                return 0
            self._catch_up(self._document)
            if finished := _finished(self._tail):
                self._print(_markdown(self._tail[:finished]))
                self._tail = self._tail[finished:]
            if self._tail.strip():
                self._region().update(_Bottom(_markdown(self._tail), self._console.size.height - 2), refresh=True)
        return 0

    def _catch_up(self, document: Document) -> None:
        new, replaced = self._unseen.text(document)
        self._tail = printable(new) if replaced else self._tail + printable(new)

    def _settle(self, document: Document) -> None:
        """Print the tail and end the live region."""
        with self._lock:
            self._catch_up(document)
            live, self._live = self._live, None
            if live is not None:
                live.stop()
            tail, self._tail = self._tail, ""
            if tail.strip():
                self._print(_markdown(tail))

    def _region(self) -> Live:
        if self._live is None:
            from rich.live import Live  # noqa: PLC0415  (rich is loaded for a terminal only)

            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            self._live.start()
        return self._live

    def _print(self, content: RenderableType, style: str | None = None, *, gap: bool = True) -> None:
        if gap and self._printed:
            self._console.print()
        self._printed = True
        self._console.print(content, style=style, markup=False, emoji=False)

    def _print_cards(self, document: Document, *, settled_only: bool) -> None:
        for card in self._unseen.cards(document, settled_only=settled_only):
            style = "cyan" if card.state == "done" else "yellow"
            self._print(printable(card_plain(card)), style, gap=False)


class _Bottom:
    """The last lines of something that may be higher than the screen."""

    def __init__(self, content: RenderableType, most: int) -> None:
        self._content = content
        self._most = max(1, most)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment  # noqa: PLC0415  (rich is loaded for a terminal only)

        for line in console.render_lines(self._content, options, pad=False)[-self._most :]:
            yield from line
            yield Segment.line()


def _markdown(source: str) -> Any:
    """Return Markdown for rich, which would swallow raw HTML; addresses stay visible instead of becoming links."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  (the same)
    from rich.markdown import Markdown  # noqa: PLC0415  (rich is loaded for a terminal only)

    shown = Markdown("", code_theme="ansi_dark", hyperlinks=False)
    shown.parsed = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).parse(source)
    return shown


def _finished(source: str) -> int:
    """Return how many characters at the start of ``source`` are blocks that no later text can change."""
    from .blocks import cut  # noqa: PLC0415  (loads the Markdown parser)
    from .markdown import commonmark  # noqa: PLC0415  (the same)

    whole = source[: source.rfind("\n") + 1]
    lines = whole.split("\n")  # as the parser counts; str.splitlines knows more line ends
    _, end = cut(commonmark().groups(whole, {}), lines)
    return sum(len(line) + 1 for line in lines[:end])
