r"""Markdown that may be stored: what a notebook's front end makes of it can do nothing.

For: the ``text/markdown`` of a saved answer. JupyterLab runs ``<script>`` and ``onerror=`` from Markdown in a trusted
notebook, and every front end fetches images. Raw HTML outside code is escaped (``\<``), link schemes other than
http, https, mailto and tel are dropped, images that would be fetched become links.
Not for: HTML (``html.py``), nor for what the model is told later: history keeps the model's own words.

Harmless text comes back byte for byte. The result is checked, not trusted: a CommonMark parser with raw HTML on must
find nothing in it, and nothing in what is left of it after JupyterLab has taken the formulas out (it does that before
it reads the Markdown, so a formula can swallow the opening of a code block). What fails the check is kept as a fenced
copy: every word there, none of it live.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from .html import DATA_IMAGE, safe_address, scheme
from .lab_math import without_formulas

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 500_000
"""Characters; a longer text is stored as a fenced copy without looking into it."""

_ACTIVE = re.compile(r"<|\](?=[(:])")
_DEEP = re.compile(r"^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){40}|^[ \t]{100,}(?:>|[-*+]|\d{1,9}[.)])", re.MULTILINE)
_DEEPEST_BRACKET = 60
_NESTING = 400  # never reached: what is nested deeper than that is not looked into
# JupyterLab puts the words after a fence into an attribute as they are; a quote there would begin one of its own.
_INFO = re.compile(r"(?:```|~~~)[^\n]*[\"'&<>]")
_NOT_IN_INFO = re.compile(r"[\"'&<>]")
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
_AUTOLINK = re.compile(
    r"<(?:(?:https?|mailto|tel):[^\s<>]{1,2000}|[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,255})>",
    re.IGNORECASE,
)
_POINTED = re.compile(r"<[^<>\n]{0,2000}>")
_MARK = re.compile(r"\\.|`+|<|!?\[|\]\(|\]:|\]", re.DOTALL)
_GAP = re.compile(r"[ \t]*(?:\n[ \t>]*)?<?")
_UP_TO_SPACE = re.compile(r"[^\s]{0,300}")
_SCHEME_PART = re.compile(r"[^\s()<>]{0,200}?(?::|&colon;|&#0{0,5}58;?|&#x0{0,5}3a;?)", re.IGNORECASE)
_MATH = re.compile(r"\\\\|\\\$|\\[()\[\]]|\\(?:begin|end)\{[A-Za-z]{1,20}\*?\}|\$\$?|`|\n[ \t]*\n")
_CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}


def neutralise(markdown: str, *, remote_images: bool = False) -> str:
    """Return Markdown that shows the same and can do nothing. Applying it again changes nothing.

    Args:
        markdown: A model's text.
        remote_images: Keep images from http and https addresses.
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if not _ACTIVE.search(text) and not _INFO.search(text):
        return text
    if len(text) > LONGEST or _is_deep(text):
        return _fenced(text)
    text = _with_plain_infos(text)
    for spaced_math in (False, True):
        edited = _edited(text, remote_images=remote_images, spaced_math=spaced_math)
        if is_harmless(edited, remote_images=remote_images):
            return edited
    return _fenced(text)


def is_harmless(markdown: str, *, remote_images: bool = False) -> bool:
    """Tell whether a parser with raw HTML on finds no HTML, no unsafe address and no remote image.

    Args:
        markdown: Any Markdown.
        remote_images: Images from http and https addresses are all right.
    """
    left = without_formulas(markdown)
    views = [markdown] if left == markdown else [markdown, left]
    return not any(_is_live(token, remote_images=remote_images) for view in views for token in _tokens(view))


def _is_live(token: Token, *, remote_images: bool) -> bool:
    if token.type in {"html_block", "html_inline"}:
        return True
    if token.type == "fence":
        return _NOT_IN_INFO.search(token.info) is not None
    if token.type == "link_open":
        return not safe_address(str(token.attrGet("href") or ""))
    return token.type == "image" and not _safe_image(str(token.attrGet("src") or ""), remote_images=remote_images)


def _safe_image(address: str, *, remote_images: bool) -> bool:
    return bool(DATA_IMAGE.match(address)) or (remote_images and scheme(address) in {"http", "https", ""})


@cache
def _parser() -> MarkdownIt:
    """Return a parser as permissive as any front end's: raw HTML, and links to everything."""
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": _NESTING}).enable(["table", "strikethrough"])
    md.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    return md


@cache
def _block_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTING}).enable(["table"])


def _tokens(markdown: str) -> Iterator[Token]:
    waiting = _parser().parse(markdown)[::-1]
    while waiting:
        token = waiting.pop()
        yield token
        waiting.extend(token.children or ())


def _is_deep(text: str) -> bool:
    """Tell whether blocks or brackets are nested deeper than the parser could follow."""
    if _DEEP.search(text):
        return True
    depth = 0
    for mark in re.finditer(r"\[|\]|\n[ \t]*\n", text):
        depth = 0 if mark[0][0] == "\n" else max(depth + (1 if mark[0] == "[" else -1), 0)
        if depth > _DEEPEST_BRACKET:
            return True
    return False


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}markdown\n{text.rstrip()}\n{fence}\n"


def _with_plain_infos(text: str) -> str:
    """Take the signs that could leave an attribute out of the words after each fence."""
    if not _INFO.search(text):
        return text
    lines = text.split("\n")
    parser, tokens = _block_parser(), list[Token]()
    parser.block.parse(text, parser, {}, tokens)
    for token in tokens:
        if token.type == "fence" and token.map and _NOT_IN_INFO.search(token.info):
            head, mark, info = lines[token.map[0]].partition(token.markup)
            lines[token.map[0]] = head + mark + _NOT_IN_INFO.sub("", info)
    return "\n".join(lines)


def _edited(text: str, *, remote_images: bool, spaced_math: bool) -> str:
    """Return the text with every edit made that its surface asks for."""
    images = "![" in text and any(
        token.type == "image" and _is_live(token, remote_images=remote_images) for token in _tokens(text)
    )
    formulas = _formulas(text)
    pieces: list[str] = []
    done = 0
    for start, end in _prose(text):
        for at, length, instead in _Stretch(text, start, end).edits(drop_images=images):
            if instead == "\\<" and _within(formulas, at):
                instead = "< " if spaced_math else "<"  # noqa: PLW2901  (a backslash would break the formula)
            pieces += (text[done:at], instead)
            done = at + length
    return "".join((*pieces, text[done:]))


def _prose(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the text is not a code block, in stretches that can share a code span."""
    tokens: list[Token] = []
    parser = _block_parser()
    parser.block.parse(text, parser, {}, tokens)
    offsets = [0]
    for line in text.split("\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    kinds = [0] * len(offsets)  # of a line: 0 on its own, -1 code, n the n-th paragraph
    for number, token in enumerate(tokens, 1):
        if token.map and token.type in {"fence", "code_block", "inline"}:
            for row in range(*token.map):
                kinds[row] = -1 if token.type != "inline" else kinds[row] or number
    at, last = 0, len(offsets) - 1
    while at < last:
        first = at
        at += 1
        while at < last and kinds[first] and kinds[at] == kinds[first]:
            at += 1
        if kinds[first] >= 0:
            yield offsets[first], min(offsets[at], len(text))


class _Stretch:
    """One stretch of prose and the edits it needs."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._start, self._end = text, start, end
        self._runs = _runs(text, start, end)
        self._brackets: list[int] = []
        self._images: set[int] = set()
        self._edits: list[tuple[int, int, str]] = []

    def edits(self, *, drop_images: bool) -> list[tuple[int, int, str]]:
        """Return (position, length, replacement), in order."""
        at = self._start
        while (mark := _MARK.search(self._text, at, self._end)) is not None:
            at = self._after(mark)
        if drop_images:
            self._edits += [(image, 1, "") for image in self._images]
        return sorted(self._edits)

    def _after(self, mark: re.Match[str]) -> int:
        """Note what one mark needs; returns where to read on."""
        kind, start = mark[0], mark.start()
        if kind[0] == "`":
            return _after_code(self._runs, start, len(kind)) or mark.end()
        if kind == "<":
            return self._after_angle(start)
        if kind in {"[", "!["}:
            self._brackets.append(start)
            self._images |= {start} if kind == "![" else set()
        elif kind[0] == "]" and self._brackets:
            opener = self._brackets.pop()
            if kind != "]":
                return self._after_address(opener, mark.end())
        return mark.end()

    def _after_angle(self, start: int) -> int:
        autolink = _AUTOLINK.match(self._text, start, self._end)
        if autolink:
            return autolink.end()
        if _TAG_START.match(self._text, start):
            self._edits.append((start, 1, "\\<"))
        return start + 1

    def _after_address(self, opener: int, at: int) -> int:
        address, after, scheme_end = _address(self._text, at, self._end)
        if opener in self._images and DATA_IMAGE.match(self._text, address):
            self._images.discard(opener)
        elif scheme_end:
            self._edits.append((address, scheme_end - address, "#"))
        return max(after, scheme_end)


def _address(text: str, at: int, end: int) -> tuple[int, int, int]:
    """Return where a link's address begins, where to read on, and where its scheme ends if it may not stay."""
    gap = _GAP.match(text, at, end)
    address = gap.end() if gap else at
    pointed = _POINTED.match(text, address - 1, end) if text[address - 1] == "<" else None
    shown = _UP_TO_SPACE.match(text, address, end)
    if shown and not safe_address(unescapeAll(shown[0])):
        part = _SCHEME_PART.match(text, address, end)
        return address, address, part.end() if part else address
    return address, pointed.end() if pointed else address - (text[address - 1] == "<"), 0


def _runs(text: str, start: int, end: int) -> dict[int, list[int]]:
    """Return where runs of backticks begin, by their length."""
    runs: dict[int, list[int]] = {}
    for found in re.compile("`+").finditer(text, start, end):
        runs.setdefault(len(found[0]), []).append(found.start())
    return runs


def _after_code(runs: dict[int, list[int]], at: int, length: int) -> int:
    """Return the end of the code span that a run at ``at`` opens; 0 if it opens none."""
    starts = runs.get(length, [])
    following = bisect_right(starts, at)
    return starts[following] + length if following < len(starts) else 0


def _formulas(text: str) -> list[tuple[int, int]]:
    """Return where formulas are, in order. A backtick or a blank line ends the search for a closer."""
    found: list[tuple[int, int]] = []
    closer, start = "", 0
    for mark in _MATH.finditer(text):
        kind = mark[0]
        if closer and kind == closer and (kind != "$" or _closes(text, mark.start())):
            found.append((start, mark.end()))
            closer = ""
        elif kind == "`" or kind[0] == "\n" or kind == closer:
            closer = ""
        if (
            not closer
            and (kind in _CLOSERS or kind.startswith("\\begin"))
            and (not found or found[-1][1] != mark.end())
        ):
            if kind == "$" and text[mark.end() : mark.end() + 1].isspace():
                continue
            closer, start = _CLOSERS.get(kind) or kind.replace("begin", "end"), mark.start()
    return found


def _closes(text: str, at: int) -> bool:
    return not text[at - 1].isspace() and not text[at + 1 : at + 2].isdigit()


def _within(ranges: list[tuple[int, int]], at: int) -> bool:
    before = bisect_right(ranges, (at, at)) - 1
    return before >= 0 and at < ranges[before][1]
