r"""Formulas as stored Markdown spells them: with dollars.

For: turning ``\(…\)`` into ``$…$`` and ``\[…\]`` into ``$$…$$`` in an answer that is kept as ``text/markdown``.
JupyterLab, nbconvert and GitHub typeset only dollars in Markdown, and models write brackets as often.
Not for: what is a formula (``markdown_rules.py`` says), and not for safety (``neutral.py`` runs after this).

A formula stays as it came where dollars would not mean the same: next to another dollar or a digit, with a dollar or
a backtick inside, in a paragraph with a dollar that is money. The result is checked: a parser must find the same
formulas and the same text around them, or the whole text stays as it came.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from .markdown import parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BRACKET = re.compile(r"\\[(\[]")
_BLANK = re.compile(r"\n[ \t>]*\n")


def with_dollars(text: str) -> str:
    """Return Markdown with its formulas in dollars. Linear; applying it again changes nothing."""
    if not _BRACKET.search(text):
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")  # as the parser sees them
    before = _parser().parse(lines)
    changed = _edited(lines, before)
    if changed == lines or _read(_parser().parse(changed)) != _read(before):
        return text
    return changed


@cache
def _parser() -> MarkdownIt:
    return parser()


def _edited(text: str, tokens: list[Token]) -> str:
    """Return the text with every formula's delimiters replaced that can be."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    money, formulas = _found(text, tokens, starts)
    blanks = [gap.end() for gap in _BLANK.finditer(text)]
    barred = {bisect_right(blanks, at) for at in money}
    pieces: list[str] = []
    done = 0
    for start, end in formulas:
        instead = None if bisect_right(blanks, start) in barred else _in_dollars(text, start, end, done)
        if instead is not None:
            pieces += (text[done:start], instead)
            done = end
    return "".join((*pieces, text[done:]))


def _found(text: str, tokens: Iterable[Token], starts: list[int]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return where lines with plain dollars begin, and where the formulas in brackets are, in order."""
    money: list[int] = []
    formulas: list[tuple[int, int]] = []
    reached: dict[int, int] = {}  # of a line: cells of a table row are found one after the other
    for token in tokens:
        if token.type != "inline" or token.map is None or not token.children:
            continue
        children = token.children
        if any("$" in child.content for child in children if child.type not in {"math", "code_inline"}):
            money.append(starts[token.map[0]])
        # Also without formulas: the next cell of the row is looked for after this one.
        offsets = _offsets(text, token, starts, reached)
        for child in children:
            if child.type == "math" and _BRACKET.match(child.content):
                ends = [_at(offsets, token.content, place) for place in child.meta["span"]]
                if ends[0] >= 0 <= ends[1]:
                    formulas.append((ends[0], ends[1]))
    return money, formulas


def _offsets(text: str, token: Token, starts: list[int], reached: dict[int, int]) -> list[tuple[int, int]]:
    """Return (position in the content, position in the text) of each of its lines; -1 where it is not found."""
    found = []
    place = 0
    row = token.map[0] if token.map else 0
    for line in token.content.split("\n"):
        begin, end = starts[row], starts[row + 1]
        at = text.find(line, max(begin, reached.get(row, 0)), end)
        found.append((place, at))
        if at >= 0:
            reached[row] = at + len(line)
        place += len(line) + 1
        row = min(row + 1, len(starts) - 2)
    return found


def _at(offsets: list[tuple[int, int]], content: str, place: int) -> int:
    """Return where a position of the content is in the text; -1 when that is not known."""
    line = bisect_right(offsets, (place, len(content) * 2 + 10**9)) - 1
    begin, at = offsets[line]
    return -1 if at < 0 else at + place - begin


def _in_dollars(text: str, start: int, end: int, done: int) -> str | None:
    """Return a formula in dollars; None where that would not be the same."""
    inside = text[start + 2 : end - 2]
    neighbours = text[start - 1 : start] + text[end : end + 1]
    # What was replaced just before ends in a dollar too.
    if "$" in inside or "`" in inside or "$" in neighbours or (start == done and start > 0):
        return None
    if text[start - 1 : start] == "\\" or not inside.strip() or _BLANK.search(inside):
        return None
    if text[start + 1] == "[":
        return f"$${inside}$$"
    return None if text[end : end + 1].isdigit() else f"${inside.strip()}$"


def _read(tokens: Iterable[Token]) -> list[tuple[str, str, str]]:
    """Return what a parser read, formulas without their delimiters."""
    return [(token.type, token.tag, content) for token in tokens for content in _contents(token)]


def _contents(token: Token) -> Iterator[str]:
    if token.children is None:
        yield token.content
        return
    for child in token.children:
        content = child.content
        if child.type == "math":
            display = content.startswith(("$$", "\\["))
            width = 1 if content.startswith("$") and not display else 2
            content = f"{display} {content[width:-width].strip()}"
        yield f"{child.type} {content} {sorted(child.attrs.items())}"
