"""Close open Markdown constructs in the tail of an answer while it grows.

``**bold te`` is shown bold, ``[text](https://exa`` as its text, a half-written code span as code. Else about one frame
in ten would show raw marks. Healed text is never frozen, stored or sent: a wrong guess is gone with the next frame.
"""

from __future__ import annotations

import re

_PREFIX = r"^(?:[ \t]|>|[-*+] |\d{1,9}[.)] )*"
_FENCE = re.compile(rf"{_PREFIX}(`{{3,}}|~{{3,}})(?:.*?{_PREFIX}\1|(?P<open>))", re.MULTILINE | re.DOTALL)
_PARAGRAPH_START = re.compile(r"^(?:[ \t]*\n|(?:[ \t]*(?:[-*+]|\d{1,9}[.)]|>|#{1,6})(?:[ \t]+|$))+)", re.MULTILINE)
"""A blank line or block marks: emphasis does not go on across them."""
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_HALF_FENCE = re.compile(r"[ \t]*(?:`{1,2}|~{1,2})")
_HALF_DELIMITER_ROW = re.compile(r"[ \t]*\|?[-:| \t]*")
_LAST_MARK = re.compile(r"(?<![\\*_~])[*_~]+\Z")
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
    if any(found["open"] is not None for found in _FENCE.finditer(text)):
        return text
    text = without_half_line(text)
    start = max((found.end() for found in _PARAGRAPH_START.finditer(text)), default=0)
    header, _, second = text[start:].partition("\n")
    bars = header.count("|") if header.lstrip().startswith("|") else 0
    if second.count("|") < bars and _HALF_DELIMITER_ROW.fullmatch(second):
        return text[:start]  # a table without its second row would show as a paragraph of bars
    return text[:start] + closed(text[start:])


def without_half_line(text: str) -> str:
    """Leave out a last line that may still turn into something else: a heading's underline, a fence."""
    start = text.rfind("\n") + 1
    last = text[start:]
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
    if _HALF_FENCE.fullmatch(last) or (before.strip() and _UNDERLINE.fullmatch(last)):
        return text[:start]
    return text


def closed(text: str) -> str:
    """Close what is open in one paragraph's text."""
    last = _LAST_MARK.search(text)  # one that closes something is written again below
    shown = text[: last.start()].rstrip() if last else text
    opened: list[str] = []
    for found in _PIECE.finditer(shown):
        start, mark, label = found.start(), found["begun"], found["label"]
        rest = shown[found.end() :] if mark else ""
        if (mark and not rest.strip(" ")) or (label is not None and shown[start] == "!"):
            return closed(shown[:start])  # nothing in it yet; a half-written image
        if mark:
            opened += [{"\\(": "\\)", "\\[": "\\]"}.get(mark, mark)] if rest.strip() else []
            break
        if label is not None:
            shown = shown[:start] + label
            break
        if found["run"]:
            _pair(shown, found, opened)
    return shown.rstrip() + "".join(reversed(opened)) if opened else shown


def _pair(text: str, run: re.Match[str], opened: list[str]) -> None:
    """Let a run of marks close what is open, and open what it may."""
    mark, length = run[0][0], len(run[0])
    before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    if mark == "_" and before.isalnum() and after.isalnum():  # inside a word
        return
    if before and not before.isspace():
        while length and opened and opened[-1] == mark:
            opened.pop()
            length -= 1
    if not after.isspace() and (after or not before or before.isspace()):
        opened += mark * length
