"""The answer in a front end without our widget: HTML that is replaced as it grows.

For: Colab, VS Code and wherever the widget can't run. The saved notebook holds a valid, safe answer at every moment.
Not for: Stop (Kernel > Interrupt does that here), and not for the final form (``static.py``).

One display is enough for most answers. Long ones would send their finished part again with every frame, so from a
certain waste on that part stays in the first display and only the rest is replaced, in a second one below it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Unpack

from ..events import TextDelta, ToolAsked, ToolStarted, Waiting
from ..texts import say
from ..texts.numbers import number
from .cards import card_html
from .footer import footer, wait_line
from .forms import Look, growing
from .html import text_html
from .pace import Alarm, Pace, daemon_alarm
from .renderer import Pane
from .static import close_pane, quiet_html, reasoning_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..events import Event
    from .document import Document
    from .live import LiveAnswer
    from .renderer import Outlet

SPLIT_AFTER = 64_000
"""Characters sent again in vain before a second display is worth its place."""
REASONING_SHOWN = 600
"""Characters of live reasoning, the last ones; the whole of it stands in the final form."""


class UpdatingRenderer:
    """Replaces the HTML of one display, or of two for a long answer, and ends as the static twin in the first.

    Args:
        first: The display of the answer.
        second: A display below it for the growing end of a long answer; None to stay in one whatever it costs.
        clock: Seconds that only grow.
        alarm: How to be called later.
        look: As in `Look`.
    """

    def __init__(
        self,
        first: Outlet,
        second: Outlet | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        alarm: Callable[[float, Callable[[], None]], Alarm] = daemon_alarm,
        **look: Unpack[Look],
    ) -> None:
        self._first = Pane(first)
        self._second = None if second is None else Pane(second)
        self._look = look
        self._clock = clock
        self._pace = Pace(self._frame, clock=clock, alarm=alarm)
        self._began = clock()
        self._wait_ends = 0.0
        self._document: Document | None = None
        self._live: LiveAnswer | None = None
        self._first_text = False
        self._settled = 0
        """How many finished blocks stand in the first display for good."""
        self._wasted = 0
        """Characters of finished blocks sent again since the last time they were settled."""

    def show(self, document: Document, event: Event) -> None:
        """Paint, when it is time to."""
        if self._live is None:
            from .live import LiveAnswer  # noqa: PLC0415  (loads parser, sanitiser and Pygments)

            # Loading the parser now, while the server thinks, keeps it out of the first token's way.
            self._live = LiveAnswer(**self._look)
        self._document = document
        if isinstance(event, Waiting):
            self._wait_ends = self._clock() + event.seconds
        if document.empty:
            return
        # What the reader waits for, or has to answer, is painted at once.
        at_once = isinstance(event, Waiting | ToolAsked | ToolStarted)
        if isinstance(event, TextDelta) and not self._first_text:
            self._first_text = at_once = True
        self._pace.wish(now=at_once)

    def close(self, document: Document) -> None:
        """Paint the static twin; nothing when there is nothing to show."""
        self._pace.stop()
        close_pane(self._first, document, **self._look)
        if self._second is not None:
            self._second.wipe()

    def _frame(self) -> int:
        document, live = self._document, self._live
        if document is None or live is None or document.empty:
            return 0
        live.take(document)
        sent = self._settle(live) if self._second is not None else 0
        pending = live.blocks[self._settled :]
        self._wasted += sum(map(len, pending))
        html = "\n".join(["<div>", *pending, live.tail, *self._around(document), "</div>"])
        pane = self._second if self._second is not None and self._settled else self._first
        pane.paint(growing(html))
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
        self._first.paint(growing(html))
        return len(html)

    def _around(self, document: Document) -> list[str]:
        """Return what stands below the live text: reasoning while there is no text yet, cards, a wait, the footer."""
        parts: list[str] = []
        if not document.text and (reasoning := document.reasoning):
            summary = say("answer.reasoning_live", count=number(len(reasoning)))
            parts.append(reasoning_html(summary, f"<p>{text_html(reasoning[-REASONING_SHOWN:])}</p>"))
        remote = self._look.get("remote_images", False)
        parts += [card_html(card, live_seconds=True, remote_images=remote) for card in document.cards]
        now = self._clock()
        if document.waiting is not None:
            parts.append(quiet_html(wait_line(document.waiting, max(0.0, self._wait_ends - now))))
        parts.append(quiet_html(footer(document, live_seconds=now - self._began)))
        return parts
