"""The answer in a front end without our widget: HTML that is replaced as it grows.

The saved notebook holds a valid, safe answer at every moment. Stop is Kernel > Interrupt here.

One display is enough for most answers. A long answer would send its finished part again with every frame: after
``SPLIT_AFTER`` characters sent again, the finished part stays in the first display, and only the rest is replaced, in
a second display below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import TextDelta, ToolAsked, ToolStarted, Waiting
from ..texts import number, say
from .cards import card_html
from .forms import PLAIN_LOOK, Look, growing
from .html import text_html
from .renderer import Clock, Pace, Renderer
from .static import below_html, close_outlet, footer, quiet_html, reasoning_html, wait_line

if TYPE_CHECKING:
    from ..events import Event
    from .blocks import LiveAnswer
    from .document import Document
    from .renderer import Outlet

SPLIT_AFTER = 64_000
"""Characters sent again before a second display is worth its place."""
REASONING_SHOWN = 600
"""Characters of live reasoning, the last ones; the whole of it stands in the final form."""


class LiveRenderer(Renderer):
    """What the two renderers of growing HTML share: when to paint, and what stands below the text.

    A subclass paints in ``_frame``, and sets ``_shown`` there.
    """

    def __init__(self, shortest: float, look: Look, clock: Clock | None) -> None:
        self._clock = clock or Clock()
        self._pace = Pace(self._frame, self._clock, shortest=shortest)
        self._look = look
        self._began = self._clock()
        self._wait_ends = 0.0
        self._document: Document | None = None
        self._live: LiveAnswer | None = None
        self._first_text = False
        self._shown = False  # whether a frame was painted

    def show(self, document: Document, event: Event) -> None:
        """Paint, when it is time to."""
        self._document = document
        # Loading the parser now, while the server thinks, keeps it out of the first token's way.
        self._answer()
        if isinstance(event, Waiting):
            self._wait_ends = self._clock() + event.seconds
        # `Document.empty` joins the new text: not at every token once there is something to see.
        if not self._shown and document.empty:
            return
        # The reader waits for these, or has to answer them.
        at_once = isinstance(event, Waiting | ToolAsked | ToolStarted)
        if isinstance(event, TextDelta) and not self._first_text:
            self._first_text = at_once = True
        self._pace.wish(now=at_once)

    def _frame(self) -> int:
        """Paint; return how many characters were sent."""
        raise NotImplementedError

    def _answer(self) -> LiveAnswer:
        if self._live is None:
            from .blocks import LiveAnswer  # noqa: PLC0415  (loads parser, sanitiser and Pygments)

            self._live = LiveAnswer(self._look)
        return self._live

    def _cards(self, document: Document) -> list[str]:
        """Return the reasoning, while there is no text yet, then a card for each call, images and sources."""
        parts: list[str] = []
        if (reasoning := document.reasoning) and not document.text:
            summary = say("answer.reasoning_live", count=number(len(reasoning)))
            parts.append(reasoning_html(summary, f"<p>{text_html(reasoning[-REASONING_SHOWN:])}</p>"))
        remote = self._look.remote_images
        parts += [card_html(card, live_seconds=True, remote_images=remote) for card in document.all_cards]
        return parts + below_html(document, remote)

    def _wait_line(self, waiting: Waiting) -> str:
        return wait_line(waiting, max(0.0, self._wait_ends - self._clock()))


class UpdatingRenderer(LiveRenderer):
    """Replaces the HTML of one display, or of two for a long answer, and ends as the static twin in the first.

    Without a ``second`` display, the growing end of a long answer stays in the first whatever it costs.
    """

    def __init__(
        self, first: Outlet, second: Outlet | None = None, *, look: Look = PLAIN_LOOK, clock: Clock | None = None
    ) -> None:
        self._first, self._second = first, second
        super().__init__(1 / 15, look, clock)
        self._settled = 0  # number of finished blocks in the first display; they are not sent again
        self._wasted = 0  # characters of finished blocks sent again since the last `_settle`

    def close(self, document: Document) -> None:
        """Paint the static twin; nothing when there is nothing to show."""
        self._pace.stop()
        close_outlet(self._first, document, self._look, self._live)
        if self._second is not None:
            self._second.clear()

    def _frame(self) -> int:
        document, live = self._document, self._live
        if document is None or live is None or document.empty:
            return 0
        self._shown = True
        live.take(document)
        sent = self._settle(live) if self._second is not None else 0
        pending = live.blocks[self._settled :]
        self._wasted += sum(map(len, pending))
        html = "\n".join(["<div>", *pending, live.tail, *self._around(document), "</div>"])
        outlet = self._second if self._second is not None and self._settled else self._first
        outlet.show(growing(html))
        # The seconds, a wait and a running tool go on while nothing arrives.
        self._pace.later(1.0)
        return sent + len(html)

    def _settle(self, live: LiveAnswer) -> int:
        """Move the finished blocks into the first display when resending them has cost more than that will."""
        finished = sum(map(len, live.blocks))
        moved = self._wasted > SPLIT_AFTER + finished
        if not moved and not any(index < self._settled for index in live.repaired):
            return 0
        if moved or self._settled > len(live.blocks):
            self._settled = len(live.blocks)
            self._wasted = 0
        live.repaired.clear()
        html = "\n".join(["<div>", *live.blocks[: self._settled], "</div>"])
        self._first.show(growing(html))
        return len(html)

    def _around(self, document: Document) -> list[str]:
        """Return the HTML below the live text: reasoning while there is no text yet, cards, a wait, the footer."""
        lines = [] if document.waiting is None else [self._wait_line(document.waiting)]
        lines.append(footer(document, live_seconds=self._clock() - self._began))
        return [*self._cards(document), *map(quiet_html, lines)]
