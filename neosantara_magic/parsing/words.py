r"""Words, quotes and flags along a line, by position: whatever follows the flags stays exactly as typed.

Quoting, after the shell's habit but kind to Windows paths and to JSON:

- A value that starts with ``"``, ``'`` or a typographic pair (phones type those) ends at its twin and
  may hold spaces. Backslashes are ordinary characters; only ``\"`` inside ``"…"`` stands for ``"``.
- A quote in the middle of a value is an ordinary character.
- ``-P KEY=JSON`` needs no quotes at all: the JSON says where it ends.
"""

from __future__ import annotations

import json
import re

from ..errors import UsageError
from ..texts import two_lines
from ..validators import nearest_or_begun, shown
from .asks import Given
from .flags import LONG, SHORT, Flag

_PAIRS = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_LONG_DASHES = ("\u2013", "\u2014")  # what autocorrection makes of "--"
_JSON = json.JSONDecoder()
_BLANKS, _WORD = re.compile(r"\s*"), re.compile(r"\S*")


def skip_blanks(line: str, place: int) -> int:
    """Return the place of the next character that is no white space, or the line's end."""
    return _BLANKS.match(line, place).end()  # type: ignore[union-attr]  # it matches always


def word_at(line: str, place: int) -> str:
    """Return the characters from ``place`` up to the next white space."""
    return _WORD.match(line, place)[0]  # type: ignore[index]  # the same


def looks_like_flag(word: str) -> bool:
    """Tell a flag from a value or a prompt: ``-m`` and ``--x`` are flags, ``-5``, ``-`` and ``---`` are not."""
    if word.startswith(_LONG_DASHES):
        return f"--{word[1:].partition('=')[0]}" in LONG
    return word.startswith("-") and word.removeprefix("-").removeprefix("-")[:1].isalpha()


def read_flags(line: str, place: int, given: Given) -> int:
    """Read flags from ``place`` into ``given`` up to ``--``; return where the next word begins; raises UsageError."""
    place = skip_blanks(line, place)
    while place < len(line):
        word = word_at(line, place)
        if word == "--":
            return skip_blanks(line, place + 2)
        if not looks_like_flag(word):
            break
        flag, value_at = flag_of(word)
        if flag.read is None:
            if value_at is not None:
                raise UsageError(*two_lines("flag.takes_no_value", flag=flag.long, given=shown(word)))
            given.add(flag)
            place += len(word)
        else:
            text, place = value_of(flag, line, place + len(word), None if value_at is None else place + value_at)
            given.add(flag, text)
        place = skip_blanks(line, place)
    return place


def flag_of(word: str) -> tuple[Flag, int | None]:
    """Return a word's flag, and where in the word its value begins, if it does. Raises UsageError: no such flag."""
    name, equals, _ = word.partition("=")
    if name in LONG:
        return LONG[name], len(name) + 1 if equals else None
    flag = SHORT.get(word[:2])
    if flag is None or f"-{name}" in LONG:  # "-once" means --once, never -o with the value "nce"
        raise unknown_flag(name)
    if len(word) == 2:
        return flag, None
    return flag, 3 if word[2] == "=" else 2


def unknown_flag(name: str) -> UsageError:
    """Build the error for a flag that isn't in the table."""
    bare = name.lstrip("-" + "".join(_LONG_DASHES))
    # Compared without dashes: they would make any two short names alike, --help and --model.
    names = {flag.removeprefix("--"): flag for flag in LONG}
    near = f"-{bare.lower()}"
    if near not in SHORT:
        near = names.get(nearest_or_begun(bare, names) or "", "")
    return UsageError(*two_lines("flag.unknown", flag=shown(name), meant=near))


def value_of(flag: Flag, line: str, after_word: int, glued_at: int | None) -> tuple[str, int]:
    """Return a flag's value, which begins at ``glued_at`` or after its word, and where it ends. Raises UsageError."""
    if glued_at is None:
        place = skip_blanks(line, after_word)
        word = word_at(line, place)
        missing = not word or word == "--" or looks_like_flag(word)
    else:
        place = glued_at
        missing = not word_at(line, place)
    if missing:
        key = "flag.missing_choice" if flag.choices else "flag.missing_value"
        raise UsageError(*two_lines(key, flag=flag.long, value=flag.value, allowed=", ".join(flag.choices)))
    text, place = read_value(line, place, takes_json=flag.target == "params")
    while flag.listed and text.endswith(",") and (more_at := skip_blanks(line, place)) < len(line):
        # `--tools a, b`: a comma at the end says that the list goes on.
        more, place = read_value(line, more_at)
        text += more
    return text, place


def read_value(line: str, start: int, *, takes_json: bool = False) -> tuple[str, int]:
    """Read one value; return it without its quotes, and where it ends. Raises UsageError: a quote is never closed."""
    closing = _PAIRS.get(line[start])
    if closing:
        text, place = _quoted(line, start, closing)
        rest = word_at(line, place)
        return text + rest, place + len(rest)
    word = word_at(line, start)
    if takes_json and "=" in word:
        return _json_value(line, start, start + word.index("=") + 1)
    end = line.find("}}", start)
    if word.startswith("{{") and end >= 0:  # `{{ name }}` is one value, spaces and all
        word = line[start:end] + word_at(line, end)
    return word, start + len(word)


def _json_value(line: str, start: int, value_at: int) -> tuple[str, int]:
    if line[value_at : value_at + 1] == "'":  # KEY='JSON', as a shell wants it
        text, end = _quoted(line, value_at, "'")
        return line[start:value_at] + text, end
    try:
        _, end = _JSON.raw_decode(line, value_at)
    except (ValueError, RecursionError):
        end = value_at
    end += len(word_at(line, end))
    return line[start:end], end


def _quoted(line: str, start: int, closing: str) -> tuple[str, int]:
    text: list[str] = []
    place = start + 1
    while place < len(line):
        if line[place] == closing:
            return "".join(text), place + 1
        # The last quote of a line closes, even after a backslash: "C:\photos\" is a path.
        if closing == '"' and line.startswith('\\"', place) and line.find('"', place + 2) >= 0:
            place += 1
        text.append(line[place])
        place += 1
    raise UsageError(*two_lines("quote.open", given=shown(line[start:], 40), quote=closing))
