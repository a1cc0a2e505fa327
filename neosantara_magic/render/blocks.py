"""BlockStream: a growing Markdown text in, frames of HTML out; what is final is rendered once. LiveAnswer: an answer's.

Applying every frame gives the HTML of the whole text.

Why a cut is final: CommonMark builds its block structure line by line, without looking at inline content; a closed
block is never opened again, and only the last top-level block can be open. Four things follow:

1. Only complete lines count. ``#`` may become ``#x``, a paragraph; ``-`` may become ``---``, a heading's underline. A
   long line counts before its end where its beginning tells what it is: text, or an item or quote with text.
2. A cut is made at a blank line, where that ends the block (a list or indented code may go on after it), and where a
   block begins right after a paragraph, heading, rule, table or closed fence. Elsewhere a link definition, which leaves
   no block behind, could still be continued by a title on the next line.
3. ``[label]`` depends on definitions anywhere in the text. Each block remembers which labels it asked for in vain;
   when one is defined in text that is final, those blocks, and no others, are rendered again.
4. Unfinished text is previewed with a copy of the definitions: half an address must not win over the whole one.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .document import Document
from .forms import Look
from .html import sanitise
from .markdown import CommonMark, engine, heal, highlight
from .open_block import LONG, OpenBlock, decided, open_block

if TYPE_CHECKING:
    from markdown_it.token import Token

    from .markdown import Group

_ENDED_BY_A_BLANK_LINE = frozenset({"paragraph_open", "heading_open", "hr", "table_open", "blockquote_open"})
_ENDED_BY_THE_NEXT = frozenset({"paragraph_open", "heading_open", "hr", "table_open", "fence"})

Settled = tuple[tuple[tuple[int, str], ...], tuple[str, ...]]
"""``Frame.repair`` and ``Frame.freeze``."""


class Frame(NamedTuple):
    """One step of what is shown. All HTML has been through the stream's ``finish_html``."""

    repair: tuple[tuple[int, str], ...]  # index and new HTML of frozen blocks that changed; apply first
    freeze: tuple[str, ...]  # blocks to append after the frozen ones
    tail: str  # the HTML after all frozen blocks, whole


class BlockStream:
    """A growing Markdown text as frames of HTML. Not thread-safe: one caller at a time."""

    def __init__(
        self,
        engine: CommonMark,
        finish_html: Callable[[str], str],
        *,
        preview_html: Callable[[str], str] | None = None,
        definitions: Mapping[str, Any] | None = None,
    ) -> None:
        """Start with no text.

        Every piece of HTML goes through ``finish_html``, which must give the same for a sequence of blocks as for each
        of them alone; the tail goes through ``preview_html`` if there is one, for its colours can wait.
        ``definitions`` are those of links before the text.
        """
        self.engine = engine
        self.preview_html = preview_html or finish_html
        self._finish_html = finish_html
        self.definitions = dict(definitions or {})
        self._waiting: dict[str, set[int]] = {}  # label to the blocks that asked for it in vain
        self._kept: dict[int, list[Token]] = {}  # the tokens of those blocks
        self._count = 0  # of frozen blocks
        self.tail = ""  # the text after them
        self._examined = 0  # characters of the tail whose lines were looked at
        self._open: OpenBlock | None = None
        self._held = ""
        self._arrived: list[str] = []

    @property
    def complete(self) -> int:
        """Length of the tail's complete lines, in characters."""
        return self.tail.rfind("\n") + 1

    @property
    def decided(self) -> str:
        """The lines whose kind no later character changes: the complete ones, and a long one that begins as text."""
        line = self.tail[self.complete :]
        first = line == self.tail and len(line) > LONG
        return f"{self.tail}\n" if first or decided(line) else self.tail[: self.complete]

    def feed(self, delta: str) -> None:
        """Add text. Costs next to nothing; the work is done in ``frame``."""
        if delta:
            self._arrived.append(delta)

    def frame(self) -> Frame | None:
        """Return what changed since the last frame; None without new text."""
        if not self._arrived:
            return None
        self._take_arrived()
        fresh = self.tail[self._examined : self.complete]
        block, self._open = self._open, None
        if block is not None and len(self.tail) > block.longest:
            block = None
        settled: Settled = (), ()
        if fresh and block is not None and block.take(fresh):
            self._examined = self.complete
        elif fresh or (block is None and len(self.tail) - self.complete > LONG):
            settled, groups = self._settle()
            block = open_block(self, groups)
        if block is not None and (html := block.preview(self.tail[self.complete :])):
            self._open = block
        else:
            html = self.preview(heal(self.tail))
        return Frame(*settled, html)

    def finish(self) -> Frame:
        """Return what is left when the text has ended; its tail is empty."""
        self._take_arrived()
        if self._held:  # half of a line end, and no more will come
            self.tail, self._held = f"{self.tail}\n", ""
        found: ChainMap[str, Any] = ChainMap({}, self.definitions)
        groups = self.engine.groups(self.tail, found)
        self.tail = ""
        return Frame(*self._freeze(groups, found.maps[0]), "")

    def preview(self, text: str) -> str:
        """Return the HTML of ``text`` as if it were the whole tail. Changes nothing."""
        found: ChainMap[str, Any] = ChainMap({}, self.definitions)
        groups = self.engine.groups(text, found)
        return self.preview_html(self.engine.paint([token for group in groups for token in group.tokens], found))

    def inside(self) -> BlockStream:
        """Return a stream for the text inside a block, which knows the definitions before it."""
        return BlockStream(self.engine, self.preview_html, definitions=self.definitions)

    def _take_arrived(self) -> None:
        text = self._held + "".join(self._arrived)
        self._arrived.clear()
        # One kind of line end; a carriage return at the end of a delta may be half of one.
        self._held = "\r" if text.endswith("\r") else ""
        self.tail += text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")

    def _settle(self) -> tuple[Settled, list[Group]]:
        """Freeze what is final. Returns it, and the groups of the decided lines that are left."""
        found: ChainMap[str, Any] = ChainMap({}, self.definitions)
        groups = self.engine.groups(self.decided, found)
        lines = self.decided.split("\n")
        kept, end = cut(groups, lines)
        settled = self._freeze(groups[:kept], {x: new for x, new in found.maps[0].items() if new["map"][1] <= end})
        self.tail = self.tail[sum(len(line) + 1 for line in lines[:end]) :]
        self._examined = self.complete
        for group in groups[kept:]:
            group.start, group.end = group.start - end, group.end - end
        return settled, groups[kept:]

    def _freeze(self, groups: list[Group], definitions: Mapping[str, Any]) -> Settled:
        self.definitions |= definitions
        touched = sorted(set().union(*(self._waiting.pop(label, ()) for label in definitions)))
        repairs = tuple((index, self._paint(index, self._kept[index])) for index in touched)
        frozen = tuple(self._paint(self._count + at, group.tokens) for at, group in enumerate(groups))
        self._count += len(groups)
        return repairs, frozen

    def _paint(self, index: int, tokens: list[Token]) -> str:
        asked = _Asked(self.definitions)
        html = self.engine.paint(tokens, asked)
        for label in asked.missed:
            self._waiting.setdefault(label, set()).add(index)
            self._kept[index] = tokens
        return self._finish_html(html)


class _Asked(dict[str, Any]):
    """Link definitions that remember which labels were asked for and not there."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        super().__init__()
        self._definitions = definitions
        self.missed: set[str] = set()

    # markdown-it-py 3.0 asks `in` and `[]`, newer ones ask `get`.
    def __contains__(self, label: object) -> bool:
        if label in self._definitions:
            return True
        self.missed.add(str(label))
        return False

    def __getitem__(self, label: str) -> Any:
        return self._definitions[label]

    def get(self, label: str, default: Any = None) -> Any:
        return self._definitions[label] if label in self else default


def cut(groups: list[Group], lines: list[str]) -> tuple[int, int]:
    """Return how many groups are final and the line they end before; (0, 0) for none."""
    # The last of the lines is the one being written: empty here.
    if groups and groups[-1].kind in _ENDED_BY_A_BLANK_LINE and groups[-1].end < len(lines) - 1:
        end = groups[-1].end
        if not lines[end].strip(" \t"):
            return len(groups), end + 1
    for at in range(len(groups) - 1, -1, -1):
        start = groups[at].start
        if start and not lines[start - 1].strip(" \t"):
            return at, start
        if at and groups[at - 1].kind in _ENDED_BY_THE_NEXT and groups[at - 1].end == start:
            return at, start
    return 0, 0


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
