"""The safe HTML of a growing answer, for every renderer that streams HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .blocks import BlockStream, Frame
from .document import Document
from .forms import Look
from .highlight import highlight
from .html import sanitise
from .markdown import CommonMark, engine


class LiveAnswer:
    """Blocks that are finished, and the tail that is not."""

    def __init__(self, look: Look) -> None:
        self._engine = engine(look.engine_name, look.extensions)
        self._source = ""  # of a tail that is the whole answer
        self._safe: Callable[[str], str] = lambda html: sanitise(html, remote_images=look.remote_images)
        self._safe_and_coloured: Callable[[str], str] = lambda html: highlight(self._safe(html))
        self.blocks: list[str] = []  # HTML of the finished blocks
        self.repaired: set[int] = set()
        """Blocks that changed after they were finished; the renderer shows them again and clears this set."""
        self.tail = ""  # HTML of what follows the blocks
        self.restarted = False  # whether the text was replaced, so that no frame fits the view: show `snapshot`
        self.seq = 0  # frames that `take` returned; a view that missed one needs a snapshot
        self._sound = True  # whether nothing broke off in the middle: a Stop may come at any time
        # The first use of parser and sanitiser is slow; the pace would believe that every frame costs as much.
        self._safe_and_coloured(self._engine.render("."))
        self._begin(0)

    def _begin(self, rewritten: int) -> None:
        if isinstance(self._engine, CommonMark):
            self._stream = BlockStream(self._engine, self._safe_and_coloured, preview_html=self._safe)
        self._position, self._rewritten = 0, rewritten

    @property
    def snapshot(self) -> dict[str, Any]:
        """All of it at once: for a view that came late or missed a frame."""
        return {"seq": self.seq, "blocks": [*self.blocks], "tail": self.tail}

    def take(self, document: Document) -> Frame | None:
        """Catch up with the document; return what changed, or None."""
        sound, self._sound = self._sound, False
        frame = self._taken(document)
        self.seq += frame is not None
        self._sound = sound
        return frame

    def _taken(self, document: Document) -> Frame | None:
        self.restarted = False
        if document.data or not isinstance(self._engine, CommonMark):
            return self._take_whole(document)
        if document.rewritten != self._rewritten:
            self.restarted = True
            self.repaired.update(range(len(self.blocks)))
            self.blocks.clear()
            self.tail = ""
            self._begin(document.rewritten)
        new, self._position = document.text_after(self._position)
        self._stream.feed(new)
        frame = self._stream.frame()
        return None if frame is None else self._shown(frame)

    def whole(self, document: Document) -> str:
        """Return the HTML of the answer now that it has ended; empty where only rendering all of it tells.

        Nothing that is finished is rendered again.
        """
        if document.data or not isinstance(self._engine, CommonMark) or document.rewritten != self._rewritten:
            return ""
        if not self._sound:
            return ""
        self._sound = False
        new, self._position = document.text_after(self._position)
        self._stream.feed(new)
        self._shown(self._stream.finish())
        return "".join(self.blocks)

    def _shown(self, frame: Frame) -> Frame:
        for index, html in frame.repair:
            self.blocks[index] = html
            self.repaired.add(index)
        self.blocks.extend(frame.freeze)
        self.tail = frame.tail
        return frame

    def _take_whole(self, document: Document) -> Frame | None:
        """Return the whole answer as the tail: data is short, and Python-Markdown knows no block structure."""
        source = document.answer
        if source == self._source:
            return None
        self._source = source
        html = self._engine.render(source)
        self.tail = self._safe_and_coloured(html) if document.data else self._safe(html)
        return Frame((), (), self.tail)
