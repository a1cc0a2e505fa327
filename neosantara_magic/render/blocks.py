"""BlockStream: a growing Markdown text in, frames of HTML out.

For: turning deltas into ``Frame`` values that a view applies to what it shows: blocks that are final, blocks to
replace, and the unfinished tail. Applying every frame gives the HTML of the whole text.
Not for: time (the caller of ``frame`` decides how often), widgets, terminals or messages.

What is final and why: ``freezing.py``. Python-Markdown has no block structure: with it the whole text is rendered for
each frame, as the tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .freezing import Freezer, Settled
from .healing import heal
from .markdown import CommonMark
from .open_block import LONG, OpenBlock, open_block

if TYPE_CHECKING:
    from collections.abc import Callable

    from .markdown import Engine


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of what is shown. All HTML has been through the stream's ``finish_html``.

    Attributes:
        seq: 1, 2, 3 …; a gap means that a frame was lost and a snapshot is needed.
        repair: Index and new HTML of frozen blocks that changed. Apply first.
        freeze: Blocks to append after the frozen ones.
        tail: The HTML after all frozen blocks, whole.
    """

    seq: int
    repair: tuple[tuple[int, str], ...]
    freeze: tuple[str, ...]
    tail: str


class BlockStream:
    """A growing Markdown text as frames of HTML. Not thread-safe: one caller at a time."""

    def __init__(
        self, engine: Engine, finish_html: Callable[[str], str], *, preview_html: Callable[[str], str] | None = None
    ) -> None:
        """Start with no text.

        Args:
            engine: ``markdown.engine(...)``.
            finish_html: What every piece of HTML goes through: sanitising, and colours for code. It must give the
                same for a sequence of blocks as for each of them alone.
            preview_html: The same for the tail, where colours can wait; ``finish_html`` if not given.
        """
        self._engine = engine
        self._finish_html = finish_html
        self._preview_html = preview_html or finish_html
        self._freezer = Freezer(engine) if isinstance(engine, CommonMark) else None
        self._open: OpenBlock | None = None
        self._whole = ""
        self._arrived: list[str] = []
        self._held = ""
        self._seq = 0

    def feed(self, delta: str) -> None:
        """Add text. Costs next to nothing; the work is done in ``frame``."""
        if delta:
            self._arrived.append(delta)

    def frame(self) -> Frame | None:
        """Return what changed since the last frame; None without new text."""
        if not self._arrived:
            return None
        self._take_arrived()
        self._seq += 1
        if self._freezer is None:
            return Frame(self._seq, (), (), self._preview_html(self._engine.render(self._whole)))
        (repairs, frozen), tail = self._advance(self._freezer)
        repair = tuple((index, self._finish_html(html)) for index, html in repairs)
        return Frame(self._seq, repair, tuple(map(self._finish_html, frozen)), tail)

    def _take_arrived(self) -> None:
        text = self._held + "".join(self._arrived)
        self._arrived.clear()
        if self._freezer is None:
            self._whole += text
            return
        # One kind of line end; a carriage return at the end of a delta may be half of one.
        self._held = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
        self._freezer.tail += text

    def _advance(self, freezer: Freezer) -> tuple[Settled, str]:
        settled: Settled = [], []
        groups = None
        fresh = freezer.new_lines()
        if self._open is not None and len(freezer.tail) > self._open.longest:
            self._open = None
        if fresh and self._open is not None and self._open.take(fresh):
            freezer.skip()
        elif fresh:
            self._open = None
            settled, groups = freezer.settle()
        elif self._open is None and not freezer.complete and len(freezer.tail) > LONG:
            groups = freezer.engine.groups(freezer.tail, {})
        if groups:
            self._open = open_block(freezer, groups, self._preview_html, self._inside)
        if self._open is not None:
            return settled, self._open.preview(freezer.tail[freezer.complete :])
        return settled, self._preview_html(freezer.preview(heal(freezer.tail)))

    def _inside(self) -> BlockStream:
        """Return a stream for the text inside a block, which knows the definitions before it."""
        stream = BlockStream(self._engine, self._preview_html)
        if stream._freezer is not None and self._freezer is not None:
            stream._freezer.definitions |= self._freezer.definitions
        return stream


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
