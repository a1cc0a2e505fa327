"""A long block that is still being written: what is settled inside it is rendered once, for the preview of a tail.

When the block ends it is rendered whole, in ``blocks.py``, so nothing here can change what stays; these classes only
have to look right until then.

They ask the parser whether a line continues the block, by giving it the part that decides: a table's two first lines,
a fence's first, a list's last item, a paragraph's last line. Whatever doesn't fit ends the shortcut. A quote without
its marks is a text of its own, with blocks that are final and one that is open.
"""

from __future__ import annotations

import re
import sys
from collections import ChainMap
from typing import TYPE_CHECKING

from .healing import closed, heal, without_half_line
from .markdown_rules import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

    from .blocks import BlockStream, Freezer
    from .markdown import Group

LONG = 500
"""Characters from which a block is worth the shortcut."""

_BODY = {"fence": re.compile("<pre><code[^>]*>"), "table_open": re.compile(".*?<tbody>\n", re.DOTALL)}
_TEXT = re.compile(r" *(?:(?:(?:[-*+>]|\d{1,9}[.)]) {1,4})+[*_]*[^\s*_|:=-]|[*_]*[^\W_])")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)]) {1,4}(?=\S)(?!\[[ xX]\]\s)")
_QUOTED = re.compile(r" {0,3}>(?: (?! *\t)|(?=[^ \t]))")


class OpenBlock:
    """One unfinished block, previewed at the cost of what is new. The arguments are those of `open_block`."""

    longest = sys.maxsize
    """Characters of the block up to which the shortcut shows what the whole block would."""

    def __init__(
        self, freezer: Freezer, group: Group, finish: Callable[[str], str], nested: Callable[[], BlockStream]
    ) -> None:
        self._engine, self._definitions = freezer.engine, dict(freezer.definitions)
        self._tokens, self._kind, self._finish, self._nested = group.tokens, group.kind, finish, nested
        self._done = ""  # HTML of what is settled, with the tag that opens the block

    def begin(self, text: str) -> bool:
        """Start from the block's complete lines; False where there is no shortcut."""
        return self.take(text)

    def take(self, lines: str) -> bool:
        """Add complete lines. False: they may end the block or change what is shown of it; look at all of it again."""
        raise NotImplementedError

    def preview(self, partial: str) -> str:
        """Return the block's finished HTML with ``partial``, the line being written, at its end.

        Empty where a decided line changes what is shown of the block: look at all of it again.
        """
        raise NotImplementedError

    def _groups(self, text: str) -> list[Group]:
        return self._engine.groups(text, ChainMap({}, self._definitions))

    def _goes_on(self, text: str) -> bool:
        """Tell whether all lines of ``text`` are one block of this kind."""
        groups = self._groups(text)
        return len(groups) == 1 and groups[0].kind == self._kind and groups[0].end == text.count("\n")

    def _html(self, tokens: list[Token]) -> str:
        return self._finish(self._engine.paint(tokens, self._definitions))

    def _whole(self, text: str) -> str:
        return self._html([token for group in self._groups(text) for token in group.tokens])


class _Rows(OpenBlock):
    """Code or a table: a line is final when it is complete; a line after it shows whether the block is still open."""

    def begin(self, text: str) -> bool:
        lines = text.split("\n")
        first = 1 if self._kind == "fence" else 2
        self._opening = "".join(f"{line}\n" for line in lines[:first])
        head = _BODY[self._kind].match(self._whole(f"{self._opening}x\n"))
        self._done = head[0] if head else ""
        return head is not None and self.take("\n".join(lines[first:]))

    def take(self, lines: str) -> bool:
        if not self._goes_on(f"{self._opening}{lines}x\n"):
            return False
        if lines:
            rows = self._body(lines)
            self._done += rows[: rows.rfind("</code>" if self._kind == "fence" else "</tbody>")]
        return True

    def preview(self, partial: str) -> str:
        return self._done + self._body(partial if self._kind == "fence" else heal(partial))

    def _body(self, lines: str) -> str:
        html = self._whole(self._opening + lines)
        head = _BODY[self._kind].match(html)
        return html[head.end() :] if head else f"</tbody>\n</table>{html.partition('</table>')[2]}"


class _List(OpenBlock):
    """A list: an item is final when the next one has begun, as long as the list stays tight, or loose.

    A long last item without its indentation is a text of its own. Text that is no item stands below it, as below a
    table, a paragraph and a quote.
    """

    def begin(self, text: str) -> bool:
        self._loose = _is_loose(self._tokens)
        self._last = ""  # the last item's complete lines
        self._item: _Item | None = None
        html = self._html([self._tokens[0], self._tokens[-1]])
        self._done = html[: html.find(">") + 1] + "\n"
        return not text or self.take(text)

    def take(self, lines: str) -> bool:
        if self._item is not None and self._item.take(lines):
            self._last += lines
            return True
        return self._settle(self._last + lines, "")

    def preview(self, partial: str) -> str:
        end = "</ul>\n" if self._kind.startswith("bullet") else "</ol>\n"
        html = self._item.preview(partial) if self._item is not None else ""
        if not html and decided(partial):
            if not self._settle(self._last, partial):
                return ""
            html = self._item.preview(partial) if self._item is not None else ""
        if html:
            return self._done + html + end
        groups = self._groups(heal(self._last + partial))
        if not groups or groups[0].kind != self._kind:
            return self._done + end
        html = self._html([token for group in groups for token in self._as_shown(group.tokens)])
        return self._done + html[html.find(">") + 2 :]

    def _settle(self, lines: str, partial: str) -> bool:
        """Move all items but the last to ``_done``; a decided line being written counts."""
        self._item = None
        text = f"{lines}{partial}\n" if partial else lines
        groups = self._groups(text)
        if len(groups) != 1 or groups[0].kind != self._kind or not _covers(groups[0], text):
            return False
        tokens = groups[0].tokens
        if _is_loose(tokens) and not self._loose:
            return False  # the items above get paragraphs now
        last = max(at for at, token in enumerate(tokens) if token.level == 1 and token.nesting == 1)
        text = "\n".join(text.split("\n")[(tokens[last].map or [0])[0] :])
        self._last = text[: -len(partial) - 1] if partial else text
        if last > 1:
            html = self._html([*self._as_shown(tokens[:last]), tokens[-1]])
            self._done += html[html.find(">") + 2 : html.rstrip().rfind("</")]
        mark = _ITEM.match(text)
        if mark and len(text) > LONG:
            item = _Item(self._nested(), mark.end(), self._loose)
            self._item = item if item.take(self._last) else None
        return True

    def _as_shown(self, tokens: list[Token]) -> list[Token]:
        if self._loose and tokens[0].type == self._kind:
            for token in tokens:
                if token.level == 2 and token.type.startswith("paragraph"):
                    token.hidden = False
        return tokens


class _Inside:
    """The text inside a quote or an item, as blocks that are final and one that is open."""

    def __init__(self, stream: BlockStream, mark: re.Pattern[str], later: re.Pattern[str]) -> None:
        self._stream = stream
        self._mark, self._later = mark, later  # what the next line begins with, and those after it
        self._blocks: list[str] = []
        self._tail = ""
        self._given = 0  # characters of the line being written that the text inside has

    def take(self, lines: str) -> bool:
        """Add complete lines; False where one has no mark."""
        return all(self.give(f"{line}\n") for line in lines.split("\n")[:-1])

    def give(self, line: str) -> bool:
        """Add what is new of a line; False where it has no mark."""
        mark = self._mark.match(line)
        if mark is None:
            return False
        self._stream.feed(line[mark.end() + self._given :])
        self._given = len(line) - mark.end()
        if line.endswith("\n"):
            self._given, self._mark = 0, self._later
        return True

    def pieces(self) -> list[str]:
        """Return the HTML of its blocks; the last is what is open."""
        if (frame := self._stream.frame()) is not None:
            for index, html in frame.repair:
                self._blocks[index] = html
            self._blocks.extend(frame.freeze)
            self._tail = frame.tail
        return [*self._blocks, self._tail]


class _Item(_Inside):
    """The last item of a list, whose lines after the first have its indentation; in a loose list some are blank."""

    def __init__(self, stream: BlockStream, width: int, loose: bool) -> None:
        super().__init__(stream, _ITEM, re.compile(rf" {{{width}}}(?= *\S)" + r"| *(?=\n)" * loose))
        self._loose = loose

    def preview(self, partial: str) -> str:
        """Return the item; nothing where the line being written is not of it."""
        if not self.give(partial) and partial.strip():
            return ""
        if self._loose:
            return "".join(("<li>\n", *self.pieces(), "</li>\n"))
        html = ""
        for piece in self.pieces():
            # A tight list shows no paragraphs; the renderer starts a line after one, but not for code.
            text, _, rest = piece.partition("</p>\n") if piece.startswith("<p>") else ("", "", piece)
            for shown in (text.removeprefix("<p>"), rest):
                begun = not shown.startswith("<pre>") if html else shown is rest
                html += f"\n{shown}" if shown and begun and not html.endswith("\n") else shown
        return f"<li>{html}</li>\n"


class _Paragraph(OpenBlock):
    """A paragraph: words are final when nothing before them is open (`CommonMark.words`)."""

    longest = LONGEST

    def begin(self, text: str) -> bool:
        self._done = "<p>"
        self._open = self._last = ""
        self._shown = 0  # characters of the lines in ``_open`` and the line being written that are in ``_done``
        return self.take(text)

    def take(self, lines: str) -> bool:
        first = f"x\n{self._last}" if self._last else ""
        if lines and not self._goes_on(first + lines):
            return False
        self._last = lines[lines.rfind("\n", 0, -1) + 1 :]
        self._open = (self._open + lines)[self._shown :]
        self._shown = 0
        return True

    def preview(self, partial: str) -> str:
        line = without_half_line(self._last + partial)[len(self._last) :]
        below = ""
        known = line[: LONG + 1] if decided(line) else line
        if self._last and line.strip() and not self._goes_on(f"x\n{self._last}{known}\n"):
            if decided(line):
                return ""
            line, below = "", self._whole(heal(line))
        text = (self._open + line)[self._shown :].rstrip()
        text = text[self._settle(text) :]
        return f"{self._done}{self._words(closed(text).rstrip())[0]}</p>\n{below}"

    def _settle(self, text: str) -> int:
        """Move the words before the last one to ``_done``, or those before the sign that is open in them."""
        end = len(text)
        for _ in range(2):
            end = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
            html, sign = self._words(text[:end], text.startswith("$", end)) if end else ("", "")
            if not sign:
                self._done += html
                self._shown += end
                return end
            end = text.rfind(sign, 0, end)
        return 0

    def _words(self, text: str, before_dollar: bool = False) -> tuple[str, str]:
        first = self._done == "<p>"
        html, sign = self._engine.words(text.lstrip() if first else text, self._definitions, before_dollar)
        return self._finish(html), sign


class _Quote(OpenBlock):
    """A quote whose lines all have their mark."""

    def begin(self, text: str) -> bool:
        self._inside = _Inside(self._nested(), _QUOTED, _QUOTED)
        return self.take(text)

    def take(self, lines: str) -> bool:
        return self._inside.take(lines)

    def preview(self, partial: str) -> str:
        below = "" if self._inside.give(partial) or not partial.strip(" >") else self._whole(heal(partial))
        return "".join(("<blockquote>\n", *self._inside.pieces(), "</blockquote>\n", below))


_KINDS: dict[str, type[OpenBlock]] = {
    "fence": _Rows,
    "table_open": _Rows,
    "bullet_list_open": _List,
    "ordered_list_open": _List,
    "paragraph_open": _Paragraph,
    "blockquote_open": _Quote,
}


def open_block(
    freezer: Freezer, groups: list[Group], finish: Callable[[str], str], nested: Callable[[], BlockStream]
) -> OpenBlock | None:
    """Return the shortcut for a tail that is one long unfinished block; None where there is none.

    ``groups`` are those of its decided lines. All HTML goes through ``finish``; ``nested`` makes a stream for the text
    inside a quote or an item.
    """
    text = freezer.decided
    if len(text) < LONG or len(groups) != 1 or groups[0].start or not _covers(groups[0], text):
        return None
    kind = _KINDS.get(groups[0].kind)
    if kind is None or len(text) > kind.longest or (text.lstrip().startswith("[") and "]:" in text):
        return None  # what begins like a definition may still become one
    block = kind(freezer, groups[0], finish, nested)
    return block if block.begin(freezer.tail[: freezer.complete]) else None


def decided(line: str) -> bool:
    """Tell whether a line is long and begins as text, or as an item or quote with text. It stays what it is then."""
    return len(line) > LONG and _TEXT.match(line) is not None


def _is_loose(tokens: list[Token]) -> bool:
    return any(token.level == 2 and token.type == "paragraph_open" and not token.hidden for token in tokens)


def _covers(group: Group, text: str) -> bool:
    """Tell whether nothing but blank lines follows the group: a link definition there would leave no trace."""
    return not "".join(text.split("\n")[group.end :]).strip()
