"""Close open Markdown constructs in the tail of an answer while it grows.

``**bold te`` is shown bold, ``[text](https://exa`` as its text, a half-written code span as code. Else about one frame
in ten would show raw marks. Healed text is never frozen, stored or sent: a wrong guess is gone with the next frame.
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"^(?:[ \t]|>|[-*+] |\d{1,9}[.)] )*(`{3,}|~{3,})", re.MULTILINE)
_BLOCK_START = re.compile(r"^(?:[ \t]*(?:[-*+]|\d{1,9}[.)]|>|#{1,6})(?:[ \t]+|$))+")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_HALF_FENCE = re.compile(r"[ \t]*(?:`{1,2}|~{1,2})")
_HALF_DELIMITER_ROW = re.compile(r"[ \t]*\|?[-:| \t]*")
_PIECE = re.compile(
    r"""
    (?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`) | \$\$.*?\$\$ | \$(?=[^\s\d$]).*?\$ | \\\(.*?\\\) | \\\[.*?\\\]
    | (?P<begun> `+ | \$\$ | \$(?=[^\s\d$]) | \\[(\[] )    # code or a formula without its end
    | \\.
    | !?\[[^\[\]]*\]\([^)]*\) | !?\[(?P<label>[^\[\]]*)\]\([^)]*\Z
    | (?P<run> \*+ | _+ | ~~ )
    """,
    re.DOTALL | re.VERBOSE,
)
"""Complete code, formulas and links match first, so that no mark inside them counts."""


def heal(text: str) -> str:
    """Return ``text`` with its unfinished end closed or left out. Linear in its length."""
    if _in_fence(text):
        return text
    text = without_half_line(text)
    start = _last_paragraph(text)
    chunk = text[start:]
    if _is_half_table(chunk):
        return text[:start]
    prefix = _BLOCK_START.match(chunk)
    skip = prefix.end() if prefix else 0
    return text[:start] + chunk[:skip] + closed(chunk[skip:])


def _in_fence(text: str) -> bool:
    fence = ""
    for found in _FENCE.finditer(text):
        mark = found[1]
        if not fence:
            fence = mark
        elif mark[0] == fence[0] and len(mark) >= len(fence):
            fence = ""
    return bool(fence)


def _last_paragraph(text: str) -> int:
    """Return where the last run of lines begins that can share emphasis: after a blank line or at a block mark."""
    end = len(text)
    while end > 0:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if not line.strip() and end != len(text):
            return min(end + 1, len(text))
        if _BLOCK_START.match(line):
            return start
        end = start - 1
    return 0


def without_half_line(text: str) -> str:
    """Leave out a last line that may still turn into something else: a heading's underline, a fence."""
    start = text.rfind("\n") + 1
    last = text[start:]
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
    if _HALF_FENCE.fullmatch(last) or (before.strip() and _UNDERLINE.fullmatch(last)):
        return text[:start]
    return text


def _is_half_table(chunk: str) -> bool:
    """Tell whether a table has begun whose second row isn't there yet: it would show as a paragraph of bars."""
    header, _, second = chunk.partition("\n")
    if not header.lstrip().startswith("|") or "\n" in second:
        return False
    return _HALF_DELIMITER_ROW.fullmatch(second) is not None and second.count("|") < header.count("|")


def closed(text: str) -> str:
    """Close what is open in one paragraph's text."""
    opened: list[tuple[str, int, int]] = []
    for found in _PIECE.finditer(text):
        start = found.start()
        if mark := found["begun"]:
            closer = {"\\(": "\\)", "\\[": "\\]"}.get(mark, mark)
            return _with_closers(text, closer if text[found.end() :].strip() else "", opened, start)
        if found["label"] is not None:  # a half-written link shows as its text, a half-written image not at all
            shown = text[:start] + ("" if text[start] == "!" else found["label"])
            return _with_closers(shown, "", opened, start)
        if found["run"]:
            _delimiter(text, found, opened)
    return _with_closers(text, "", opened, len(text))


def _delimiter(text: str, mark: re.Match[str], opened: list[tuple[str, int, int]]) -> None:
    character, length = mark[0][0], len(mark[0])
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    if character == "_" and before.isalnum() and after.isalnum():  # inside a word
        return
    if before and not before.isspace():
        while length and opened and opened[-1][0] == character:
            _, waiting, _ = opened.pop()
            if waiting > length:
                opened.append((character, waiting - length, -1))
            length = max(length - waiting, 0)
    if length and not after.isspace() and (after or not before or before.isspace()):
        opened.append((character, length, mark.end()))


def _with_closers(text: str, code: str, opened: list[tuple[str, int, int]], code_start: int) -> str:
    body = text.rstrip()
    closers = code
    if not code and code_start < len(text) and text[code_start:].strip(" `$\\([") == "":
        body = text[:code_start].rstrip()
    for character, length, end in reversed(opened):
        run = character * length
        if not closers and len(body) <= end:
            body = body[: len(body) - length].rstrip()  # opened and nothing in it yet: not shown
        else:
            closers += run
    return body + closers if closers or body != text.rstrip() else text
