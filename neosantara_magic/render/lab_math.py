r"""What JupyterLab takes for a formula in Markdown, before it reads the Markdown.

For: seeing a stored text as its Markdown parser will see it, with each formula gone (``neutral.py`` checks that view).
Not for: our own reading of formulas, which is stricter (``markdown_rules.py``).

Behaviour after JupyterLab 4's ``rendermime``: delimiters are ``$``, ``$$``, a doubled backslash before a bracket, and
``\begin{x}``; braces balance; a blank line ends the search; dollars do not count inside code, where code is a fence
that starts in the first column and is closed, or a span that stays on its line.
"""

from __future__ import annotations

import re

_DELIMITER = re.compile(r"(\$\$?|\\(?:begin|end)\{[a-z]*\*?\}|\\[{}$]|[{}]|(?:\n\s*)+|\\\\[()\[\]])", re.IGNORECASE)
_FENCE = re.compile(r"(`{3,}|~{3,})[^`\n]*")
_ENDS = {"$": "$", "$$": "$$", "\\\\(": "\\\\)", "\\\\[": "\\\\]"}
_STAND_IN = "\ue000"  # for a dollar that does not count; a private character, put back at the end


def without_formulas(markdown: str) -> str:
    """Return the text with a word in the place of every formula. Linear in its length."""
    if "$" not in markdown and "\\" not in markdown:
        return markdown
    pieces = _DELIMITER.split(_with_code_shielded(markdown))
    search = _Search()
    at = 1
    while at < len(pieces):
        at = search.step(pieces, at) + 2
    search.give_up(pieces, at)
    return "".join(pieces).replace(_STAND_IN, "$")


class _Search:
    """The state of one pass: inside a formula or not, and where it could end if no better end comes."""

    def __init__(self) -> None:
        self._start = 0
        self._end = ""
        self._last = 0
        self._braces = 0

    def step(self, pieces: list[str], at: int) -> int:
        """Look at one delimiter; returns the position to go on from."""
        mark = pieces[at]
        if not self._end:
            self._open(mark, at)
        elif mark == self._end:
            self._last = at
            if not self._braces:
                return self.give_up(pieces, at)
        elif mark.count("\n") > 1:
            return self.give_up(pieces, at)
        elif mark == "{":
            self._braces += 1
        elif mark == "}" and self._braces:
            self._braces -= 1
        return at

    def give_up(self, pieces: list[str], at: int) -> int:
        """End the formula at its last possible end, if it has one."""
        if self._end and self._last:
            pieces[self._start : self._last + 1] = ["formula", *[""] * (self._last - self._start)]
            at = self._last
        self._end, self._last, self._braces = "", 0, 0
        return at

    def _open(self, mark: str, at: int) -> None:
        end = _ENDS.get(mark) or ("\\end" + mark[6:] if mark[1:6].lower() == "begin" else "")
        self._start, self._end, self._last, self._braces = at, end, 0, 0


def _with_code_shielded(text: str) -> str:
    """Take the dollars out of the code that JupyterLab recognises."""
    if "`" not in text and "~~~" not in text:
        return text
    lines = text.split("\n")
    ends: dict[str, int] = {}  # a fence that was not closed before this line is not looked for again
    at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        close = _closing_line(lines, at + 1, fence[1], ends) if fence else 0
        if close:
            lines[at : close + 1] = [line.replace("$", _STAND_IN) for line in lines[at : close + 1]]
            at = close
        else:
            lines[at] = _spans_shielded(lines[at])
        at += 1
    return "\n".join(lines)


def _closing_line(lines: list[str], start: int, fence: str, never: dict[str, int]) -> int:
    if fence in never:
        return 0
    for at in range(start, len(lines)):
        line = lines[at]
        if line.startswith(fence) and not line[len(fence) :].strip("`"):
            return at
    never[fence] = start
    return 0


def _spans_shielded(line: str) -> str:
    """Take the dollars out of code spans: from a run of backticks to the next run as long."""
    if "`" not in line or "$" not in line:
        return line
    pieces = re.split("(`+)", line)
    upcoming: dict[str, list[int]] = {}
    for at in range(len(pieces) - 2, 0, -2):
        upcoming.setdefault(pieces[at], []).append(at)
    at = 1
    while at < len(pieces):
        later = upcoming[pieces[at]]
        while later and later[-1] <= at:
            later.pop()
        if later:
            pieces[at : later[-1]] = [piece.replace("$", _STAND_IN) for piece in pieces[at : later[-1]]]
            at = later[-1]
        at += 2
    return "".join(pieces)
