"""A long block that is still being written: what is settled inside it is rendered once, for the preview of a tail.

When the block ends it is rendered whole, in ``blocks.py``, so nothing here can change what stays; these classes only
have to look right until then.

They ask the parser whether a line continues the block, by giving it the part that decides: a table's two first lines,
a fence's first, a paragraph's last line. An item or a quote without its marks is a text of its own, with blocks that
are final and one that is open. Whatever doesn't fit ends the shortcut.
"""

from __future__ import annotations

import re
import sys
from collections import ChainMap
from typing import TYPE_CHECKING

from .html import checkbox
from .markdown import closed, heal, without_half_line
from .markdown_rules import LONGEST

if TYPE_CHECKING:
    from .blocks import BlockStream
    from .markdown import Group

LONG = 500
"""Characters from which a block is worth the shortcut."""

_HEAD = {"fence": re.compile("<pre><code[^>]*>"), "table_open": re.compile(".*?<tbody>\n", re.DOTALL)}
_TEXT = re.compile(r" *(?:(?:(?:[-*+>]|\d{1,9}[.)]) {1,4})+[*_]*[^\s*_|:=-]|[*_]*[^\W_])")
_QUOTED = re.compile(r" {0,3}>(?: (?! *\t)|(?=[^ \t]))")
_LINE = re.compile(".*\n")
_BLANK = re.compile(r"^ *\n", re.MULTILINE)
_PARAGRAPH = re.compile(r"\A<p>(.*?)</p>\n", re.DOTALL)
_BOX = re.compile(r"\A(<li>(?:\n<p>)?)\[([ xX])\](?=\s)")


class OpenBlock:
    """One unfinished block, previewed at the cost of what is new."""

    longest = sys.maxsize
    """Characters of the block up to which the shortcut shows what the whole block would."""

    def __init__(self, stream: BlockStream, group: Group) -> None:
        self._stream, self._tokens, self._kind = stream, group.tokens, group.kind
        self._done = ""  # HTML of what is settled, with the tag that opens the block

    def begin(self, text: str) -> bool:
        """Start from the block's complete lines; False where there is no shortcut."""
        raise NotImplementedError

    def take(self, lines: str) -> bool:
        """Add complete lines. False: they may end the block or change what is shown of it; look at all of it again."""
        raise NotImplementedError

    def preview(self, partial: str) -> str:
        """Return the block's finished HTML with ``partial``, the line being written, at its end.

        Empty where a decided line changes what is shown of the block: look at all of it again.
        """
        raise NotImplementedError

    def _goes_on(self, text: str) -> bool:
        """Tell whether all lines of ``text`` are one block of this kind."""
        groups = self._stream.engine.groups(text, ChainMap({}, self._stream.definitions))
        return len(groups) == 1 and groups[0].kind == self._kind and groups[0].end == text.count("\n")


class _Rows(OpenBlock):
    """Code or a table: a line is final when it is complete; a line after it shows whether the block is still open."""

    def begin(self, text: str) -> bool:
        lines = text.split("\n")
        first, self._end = (1, "</code>") if self._kind == "fence" else (2, "</tbody>")
        self._opening = "".join(f"{line}\n" for line in lines[:first])
        head = _HEAD[self._kind].match(self._stream.preview(f"{self._opening}x\n"))
        self._done = head[0] if head else ""
        return head is not None and self.take("\n".join(lines[first:]))

    def take(self, lines: str) -> bool:
        if not self._goes_on(f"{self._opening}{lines}x\n"):
            return False
        if lines:
            rows = self._body(lines)
            self._done += rows[: rows.rfind(self._end)]
        return True

    def preview(self, partial: str) -> str:
        return self._done + self._body(partial if self._kind == "fence" else heal(partial))

    def _body(self, lines: str) -> str:
        html = self._stream.preview(self._opening + lines)
        head = _HEAD[self._kind].match(html)
        return html[head.end() :] if head else f"</tbody>\n</table>{html.partition('</table>')[2]}"


class _Part:
    """The text inside a quote or an item, as blocks that are final and one that is open."""

    def __init__(self, stream: BlockStream, mark: re.Pattern[str], later: re.Pattern[str]) -> None:
        self._stream = stream.inside()
        self._mark, self._later = mark, later  # what the next line begins with, and those after it
        self._blocks: list[str] = []
        self._tail = ""
        self._given = 0  # characters of the line being written that the text inside has

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

    def pieces(self, *, ended: bool) -> list[str]:
        """Return the HTML of its blocks; the last is what is open."""
        frame = self._stream.finish() if ended else self._stream.frame()
        if frame is not None:
            for index, html in frame.repair:
                self._blocks[index] = html
            self._blocks.extend(frame.freeze)
            self._tail = frame.tail
        return [*self._blocks, self._tail]


class _Parts(OpenBlock):
    """A quote whose lines all have their mark, or a list whose items do and whose other lines are indented.

    A line that is neither stands below it, as below a table and a paragraph.
    """

    def begin(self, text: str) -> bool:
        first, last = self._tokens[0], self._tokens[-1]
        digits = r"\d{1,9}" if first.tag == "ol" else ""
        item = rf" {{0,3}}{digits}{re.escape(first.markup)} {{1,4}}(?=\S)(?!(?:[-*] ?)+$)"
        self._is_list = first.tag != "blockquote"
        self._mark = re.compile(item) if self._is_list else _QUOTED
        head, _, self._end = self._stream.preview_html(self._stream.engine.paint([first, last], {})).partition(">")
        self._done = f"{head}>\n"
        self._tight = self._is_list and all(
            token.hidden for token in self._tokens if token.level == 2 and token.type == "paragraph_open"
        )
        self._part: _Part | None = None
        # The parser has seen these lines: a blank one made the list loose already, or does with the next line.
        self._may_loosen = self._tight and text.endswith("\n\n")
        return all(map(self._give, _LINE.findall(text)))

    def take(self, lines: str) -> bool:
        if self._may_loosen or (self._tight and _BLANK.search(lines)):
            return False
        return all(map(self._give, _LINE.findall(lines)))

    def preview(self, partial: str) -> str:
        item = below = ""
        fits = not partial.strip() or (self._part is not None and not self._may_loosen and self._part.give(partial))
        if not fits and decided(partial):
            if self._may_loosen or not self._give(partial):
                return ""
        elif not fits and self._is_list and (mark := self._mark.match(partial)):
            part = self._begun(mark)
            part.give(partial)
            item = self._shown(part)
        elif not fits and not re.fullmatch(r"[\s\d.)*+>-]*", partial):
            below = self._stream.preview(heal(partial))
        open_part = self._shown(self._part) if self._part is not None else ""
        return f"{self._done}{open_part}{item}{self._end}{below}"

    def _give(self, line: str) -> bool:
        """Add a line to the open part, or begin the next with it; False where it does neither."""
        if self._part is not None and self._part.give(line):
            return True
        mark = self._mark.match(line)
        if mark is None:
            return False
        if self._part is not None:
            self._done += self._shown(self._part, ended=True)
        self._part = self._begun(mark)
        return self._part.give(line)

    def _begun(self, mark: re.Match[str]) -> _Part:
        later = re.compile(rf" {{{mark.end()}}}(?= *\S)| *(?=\n)") if self._is_list else _QUOTED
        return _Part(self._stream, self._mark, later)

    def _shown(self, part: _Part, *, ended: bool = False) -> str:
        pieces = part.pieces(ended=ended)
        inside = "".join(pieces)
        if not self._is_list:
            return inside
        if self._tight:
            # A tight list shows no paragraphs; the renderer starts a line after one, but not for code.
            inside = "".join(_PARAGRAPH.sub("\\1\0", piece) for piece in pieces)
            inside = re.sub("\0(?=<pre>|\\Z)", "", inside).replace("\0", "\n")
        begins = "" if (self._tight and pieces[0].startswith("<p>")) or not inside else "\n"
        return _BOX.sub(lambda box: box[1] + checkbox(box[2] != " "), f"<li>{begins}{inside}</li>\n")


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
            line, below = "", self._stream.preview(heal(line))
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
        words = text.lstrip() if first else text
        html, sign = self._stream.engine.words(words, self._stream.definitions, before_dollar)
        return self._stream.preview_html(html), sign


_KINDS: dict[str, type[OpenBlock]] = {
    "fence": _Rows,
    "table_open": _Rows,
    "bullet_list_open": _Parts,
    "ordered_list_open": _Parts,
    "blockquote_open": _Parts,
    "paragraph_open": _Paragraph,
}


def open_block(stream: BlockStream, groups: list[Group]) -> OpenBlock | None:
    """Return the shortcut for a tail that is one long unfinished block; None where there is none.

    ``groups`` are those of its decided lines.
    """
    text = stream.decided
    # Nothing but blank lines may follow the group: a link definition there would leave no trace.
    if len(text) < LONG or len(groups) != 1 or groups[0].start or "".join(text.split("\n")[groups[0].end :]).strip():
        return None
    kind = _KINDS.get(groups[0].kind)
    if kind is None or len(text) > kind.longest or (text.lstrip().startswith("[") and "]:" in text):
        return None  # what begins like a definition may still become one
    block = kind(stream, groups[0])
    return block if block.begin(stream.tail[: stream.complete]) else None


def decided(line: str) -> bool:
    """Tell whether a line is long and begins as text, or as an item or quote with text. It stays what it is then."""
    return len(line) > LONG and _TEXT.match(line) is not None
