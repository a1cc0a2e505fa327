"""The answer in a terminal: styled, printed once block by block, with only the unfinished tail redrawn."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

from ..beside import ServiceCall
from ..events import Brought, RoundCompleted, ToolAsked, ToolReturned, ToolStarted, Waiting
from ..texts.printable import printable
from .cards import card_plain
from .footer import footer, wait_line
from .pace import Clock, Pace
from .renderer import Renderer
from .static import images_plain, lines_below
from .text import TextRenderer, Unseen, writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.live import Live
    from rich.segment import Segment

    from ..events import Event
    from .document import Document

FRAMES_PER_SECOND = 10


def terminal_renderer(out: TextIO, clock: Clock | None = None) -> Renderer:
    """Return a renderer of styled text where the terminal takes it, of plain text elsewhere."""
    console, write = _console(out), writer(out, held=0.0)
    return TextRenderer(write) if console is None else _Styled(console, clock or Clock())


def _console(out: TextIO) -> Console | None:
    """Return a console for styled text; None where only plain text is welcome."""
    if not (hasattr(out, "isatty") and out.isatty()):
        return None
    try:
        from rich.console import Console  # noqa: PLC0415  (rich is loaded for a terminal only)
    except ImportError:
        return None
    # Standard output is looked up at each print, so that redirections made later still work.
    console = Console(highlight=False) if out is sys.stdout else Console(file=out, highlight=False)
    return None if console.is_dumb_terminal or not console.is_terminal else console


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
            self._line(wait_line(event), "dim")
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
            self._line(lines, "dim", gap=self._printed)

    def _frame(self) -> int:
        with self._lock:
            if self._document is None:
                return 0
            self._catch_up(self._document)
            if finished := _finished(self._tail):
                self._print_markdown(self._tail[:finished])
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
                self._print_markdown(tail)

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

    def _print_markdown(self, source: str) -> None:
        if self._printed:
            self._console.print()
        self._printed = True
        self._console.print(_markdown(source))

    def _print_cards(self, document: Document, *, settled_only: bool) -> None:
        for card in self._unseen.cards(document, settled_only=settled_only):
            self._line(card_plain(card), "cyan" if card.state == "done" else "yellow")

    def _line(self, text: str, style: str, *, gap: bool = False) -> None:
        from rich.text import Text  # noqa: PLC0415  (rich is loaded for a terminal only)

        if gap:
            self._console.print()
        self._printed = True
        self._console.print(Text(printable(text), style=style))


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
