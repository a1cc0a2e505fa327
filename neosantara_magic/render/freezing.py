"""Which blocks of a growing CommonMark text are final, and the HTML of each.

For: cutting finished top-level blocks off the front of the text as it grows, and repairing those few whose meaning
a later link definition changes. What is cut is rendered once and never parsed again.
Not for: sequence numbers, sanitising or the wire (``blocks.py``).

Why a cut is final: CommonMark builds its block structure line by line, without looking at inline content; a closed
block is never opened again, and only the last top-level block can be open. Four things follow:

1. Only complete lines count. ``#`` may become ``#x``, a paragraph; ``-`` may become ``---``, a heading's underline.
2. A cut is made at a blank line, where that ends the block (a list or indented code may go on after it), and where a
   block begins right after a paragraph, heading, rule, table or closed fence. Elsewhere a link definition, which leaves
   no block behind, could still be continued by a title on the next line.
3. ``[label]`` depends on definitions anywhere in the text. Each block remembers which labels it asked for in vain;
   when one is defined in text that is final, those blocks, and no others, are rendered again.
4. Unfinished text is previewed with a copy of the definitions: half an address must not win over the whole one.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it.token import Token

    from .markdown import CommonMark, Group

_ENDED_BY_A_BLANK_LINE = frozenset({"paragraph_open", "heading_open", "hr", "table_open", "blockquote_open"})
_ENDED_BY_THE_NEXT = frozenset({"paragraph_open", "heading_open", "hr", "table_open", "fence"})


Settled = tuple[list[tuple[int, str]], list[str]]
"""What became final: index and new HTML of blocks frozen earlier, and HTML of the blocks that are final now."""


class Freezer:
    """Grows by text, gives up its finished blocks. Its HTML is raw: not sanitised."""

    def __init__(self, engine: CommonMark) -> None:
        self.engine = engine
        self._examined = 0
        self._count = 0
        self._waiting: dict[str, set[int]] = {}
        self._kept: dict[int, list[Token]] = {}
        self.definitions: dict[str, Any] = {}
        self.tail = ""

    @property
    def complete(self) -> int:
        """Length of the tail's complete lines, in characters."""
        return self.tail.rfind("\n") + 1

    def new_lines(self) -> str:
        """Return the complete lines that came since the last look."""
        return self.tail[self._examined : self.complete]

    def skip(self) -> None:
        """Take the new lines for read: the caller knows that they only continue the open block."""
        self._examined = self.complete

    def settle(self) -> tuple[Settled, list[Group]]:
        """Freeze what is final. Returns it, and the groups of the complete lines that are left."""
        self._examined = complete = self.complete
        text = self.tail[:complete]
        found: ChainMap[str, Any] = ChainMap({}, self.definitions)
        groups = self.engine.groups(text, found)
        lines = text.split("\n")
        kept, end = cut(groups, lines)
        if not end:
            return ([], []), groups
        settled = self._freeze(groups[:kept], {x: new for x, new in found.maps[0].items() if new["map"][1] <= end})
        self.tail = self.tail[sum(len(line) + 1 for line in lines[:end]) :]
        self._examined = self.complete
        for group in groups[kept:]:
            group.start, group.end = group.start - end, group.end - end
        return settled, groups[kept:]

    def preview(self, text: str) -> str:
        """Return the HTML of ``text`` as if it were the whole tail. Changes nothing."""
        found: ChainMap[str, Any] = ChainMap({}, self.definitions)
        groups = self.engine.groups(text, found)
        return self.engine.paint([token for group in groups for token in group.tokens], found)

    def _freeze(self, groups: list[Group], definitions: dict[str, Any]) -> Settled:
        self.definitions |= definitions
        touched = sorted(set().union(*(self._waiting.pop(label, ()) for label in definitions)))
        repairs = [(index, self._paint(index, self._kept[index])) for index in touched]
        frozen = [self._paint(self._count + at, group.tokens) for at, group in enumerate(groups)]
        self._count += len(groups)
        return repairs, frozen

    def _paint(self, index: int, tokens: list[Token]) -> str:
        asked = _Asked(self.definitions)
        html = self.engine.paint(tokens, asked)
        for label in asked.missed:
            self._waiting.setdefault(label, set()).add(index)
            self._kept[index] = tokens
        return html


class _Asked(dict[str, Any]):
    """Link definitions that remember which labels were asked for and not there."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        super().__init__()
        self._definitions = definitions
        self.missed: set[str] = set()

    def get(self, label: str, default: Any = None) -> Any:
        if label not in self._definitions:
            self.missed.add(label)
        return self._definitions.get(label, default)


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
