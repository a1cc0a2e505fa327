r"""Where ``{{ expressions }}`` begin and end in a prompt.

Only ``{{ … }}`` is syntax. ``{% … %}``, ``{# … #}``, single braces, ``$`` and ``%`` are text. So are the two things
that look like an expression and can be told from one: a JSX attribute's object (``style={{color: "red"}}`` inside a
tag) and LaTeX whose group begins with a command (``{{\bf x}}``). Everything else between double braces is taken for
an expression; ``--raw`` sends a prompt as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import UsageError
from ..texts import two_lines
from ..validators import shown

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_STEP = re.compile(r"[^'\"(){}\[\]]+|.", re.DOTALL)
_CLOSES = {"}": "{", ")": "(", "]": "["}
_OBJECT = re.compile(r"\s*(?:$|\.\.\.|(?:[A-Za-z_$][\w$]*|'[^'\n]*'|\"[^\"\n]*\")\s*:)")
_ATTRIBUTE = re.compile(r"<[A-Za-z][^<]*\s[\w:.-]+=$")
_WIDEST = 100
"""Characters that an error shows of the line it points at."""


class Expression(NamedTuple):
    """The text between ``{{`` and ``}}``, and its place in the prompt."""

    source: str
    start: int
    """Position of ``{{`` in the prompt."""
    end: int
    """Position after ``}}``."""

    @property
    def quoted(self) -> str:
        """The expression with its braces, in one line, short enough for an error."""
        return "{{ " + shown(self.source, 80) + " }}"


def split(text: str) -> Iterator[str | Expression]:
    """Cut a prompt into text and expressions, in order. Raises UsageError: ``{{`` without its ``}}``."""
    done = look = 0
    while (start := text.find("{{", look)) >= 0:
        end = _end(text, start + 2)
        source = text[start + 2 : end - 2] if end else text[start + 2 :]
        if _is_text(text, start, source):
            look = end or start + 2
            continue
        if not end:
            line, picture = point_at(text, start)
            what, next_step = two_lines("expression.open", line=line)
            raise UsageError(f"{what}\n{picture}", next_step)
        if start > done:
            yield text[done:start]
        yield Expression(source, start, end)
        done = look = end
    if done < len(text):
        yield text[done:]


def _end(text: str, position: int) -> int:
    """Return the position after the ``}}`` that ends the expression, or 0 when nothing ends it."""
    inside: list[str] = []
    start = position
    while position < len(text):
        if not inside and text.startswith("}}", position):
            return position + 2
        string = _STRING.match(text, position)
        step = (string or _STEP.match(text, position) or _STEP.search(text))[0]  # type: ignore[index]
        if step in ("(", "[", "{"):
            inside.append(step)
        elif step in _CLOSES and inside and inside[-1] == _CLOSES[step]:
            inside.pop()
        position += len(step)
    # Brackets or quotes that don't close: the expression is broken, and its error shall point into it.
    return text.find("}}", start) + 2 if "}}" in text[start:] else 0


def _is_text(text: str, start: int, source: str) -> bool:
    if source.startswith("\\"):
        return True  # LaTeX: no expression begins with a backslash
    # JSX: an object in a tag's attribute. `key:` never begins an expression, but could be a slip, so the tag counts.
    return bool(_OBJECT.match(source) and _ATTRIBUTE.search(text[max(0, start - 1000) : start]))


def point_at(text: str, position: int) -> tuple[int, str]:
    """Return the number of the line at ``position`` (from 1) and that line with a caret under the place."""
    before = text[:position]
    begin = max(before.rfind("\n"), before.rfind("\r")) + 1
    line = re.split(r"[\r\n]", text[begin:], maxsplit=1)[0]
    column = min(position - begin, len(line))
    if len(line) > _WIDEST:
        cut = max(0, column - _WIDEST // 2)
        line, column = line[cut : cut + _WIDEST], column - cut
    width = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line[:column])
    number = len(re.findall(r"\r\n|\r|\n", text[:begin])) + 1
    return number, f"    {line.replace(chr(9), ' ')}\n    {' ' * width}^"
