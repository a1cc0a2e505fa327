r"""Text to `Ask` and `Command`: the whole grammar of ``%%neosantara`` and ``%neosantara``.

Nothing is looked up: every refusal here follows from the text alone. Flags are read by position, so that whatever
follows them stays exactly as typed.

Quoting, after the shell's habit but kind to Windows paths and to JSON:

- A value that starts with ``"``, ``'`` or a typographic pair (phones type those) ends at its twin and
  may hold spaces. Backslashes are ordinary characters; only ``\"`` inside ``"…"`` stands for ``"``.
- A quote in the middle of a value is an ordinary character.
- ``-P KEY=JSON`` needs no quotes at all: the JSON says where it ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import validators
from ..errors import UsageError
from ..texts import two_lines
from ..validators import shown
from .asks import Given
from .flags import COMMANDS, LONG, SHORT, Ask, CommandForm, Flag

_PAIRS = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_LONG_DASHES = ("\u2013", "\u2014")  # what autocorrection makes of "--"
_JSON = json.JSONDecoder()
_BLANKS, _WORD = re.compile(r"\s*"), re.compile(r"\S*")


@dataclass(frozen=True)
class Command:
    """One line command, read."""

    name: str
    words: tuple[str, ...] = ()  # words after the name, as typed, without quotes
    options: Mapping[str, Any] = field(default_factory=dict)
    """Only those given: ``at`` (int), ``reset``, ``store``, ``forget`` (True), and ``undo``'s N as ``count`` (int)."""
    ask: Ask = field(default_factory=Ask)
    """For commands that take the cell magic's flags: ``ask``, ``explain``, ``fix``, ``chat``."""


def parse_cell(line: str, body: str) -> Ask:
    """Read ``%%neosantara``: flags on its line, the prompt below.

    Blank lines above the prompt and white space below it are dropped; with ``--raw`` only IPython's last line break is.
    Raises UsageError: an unknown flag, a bad value, a word that is no flag, or a blank body.
    """
    given = Given()
    place = read_flags(line, 0, given)
    if word := word_at(line, place):
        if word.startswith("-"):
            raise unknown_flag(word)
        told = {"name": word} if word in COMMANDS else {"given": shown(line[place:])}
        raise UsageError(*two_lines("cell.command" if word in COMMANDS else "cell.stray", **told))
    ask = given.ask()
    if not body.strip():
        raise UsageError(*two_lines("prompt.blank"))
    return replace(ask, prompt=body.removesuffix("\n") if ask.raw else re.sub(r"\A\s*[\r\n]", "", body.rstrip()))


def parse_line(line: str) -> Command:
    """Read ``%neosantara``: a command with its words; no word at all means ``status``.

    In ``ask`` the prompt starts at the first word that is no flag and goes to the end of the line exactly as typed.
    Raises UsageError: an unknown command, flag or option, wrong words, a bad value, or no prompt.
    """
    start = skip_blanks(line, 0)
    name = word_at(line, start)
    form = COMMANDS.get("help" if name in ("-h", "--help") else name or "status")
    if form is None:
        near = validators.nearest(name, COMMANDS)
        raise UsageError(*two_lines("command.unknown", name=shown(name), meant=near and f"%neosantara {near}"))
    rest = start + len(name)
    if form.flags:
        return _with_flags(form, line, rest)
    words, options = _words_and_options(form, line, rest)
    if form.name == "undo" and (len(words) > 1 or (words and words[0].lstrip("+-").isdecimal())):
        # undo [N] [NAME]: a count stands before the words, as an option without a name.
        options["count"], words = validators.whole("undo", words[0], 1), words[1:]
    if form.name == "key" and words:
        raise UsageError(*two_lines("key.in_cell"))
    if len(words) < form.least:
        raise UsageError(*two_lines("command.too_few", name=form.name, usage=form.usage))
    most = form.least if "all" in options else form.most
    if 0 <= most < len(words):
        raise UsageError(*two_lines("command.too_many", given=shown(words[most]), usage=form.usage))
    if form.name == "demo":
        validators.one_of("demo", words[0], ("on", "off"))
    if "store" in options and "forget" in options:
        raise UsageError(*two_lines("flags.contradict", given="--store, --forget"))
    return Command(form.name, words, options)


def _with_flags(form: CommandForm, line: str, start: int) -> Command:
    given = Given()
    place = read_flags(line, start, given)
    text = line[place:]
    if form.text == "required" and not text.strip():
        raise UsageError(*two_lines("command.too_few", name=form.name, usage=form.usage))
    if form.text == "none" and text.strip():
        raise UsageError(*two_lines("command.too_many", given=shown(text), usage=form.usage))
    return Command(form.name, ask=replace(given.ask(), prompt=text))


def _words_and_options(form: CommandForm, line: str, place: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    words: list[str] = []
    options: dict[str, Any] = {}
    known = {option.long: option for option in form.options}
    place = skip_blanks(line, place)
    while place < len(line):
        word = word_at(line, place)
        if looks_like_flag(word) and "topics" not in form.words and not form.verbatim:  # a flag is a topic of help
            name, equals, _ = word.partition("=")
            if name not in known:
                near = validators.nearest(name, known)
                raise UsageError(*two_lines("command.too_many", given=shown(name), meant=near, usage=form.usage))
            option = known[name]
            text, place = _value_of(option, word, len(name) + 1 if equals else None, line, place)
            options[option.name] = True if option.read is None else option.read(option.long, text)
        else:
            text, place = read_value(line, place)
            words.append(text)
        place = skip_blanks(line, place)
    return tuple(words), options


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
        text, place = _value_of(flag, word, value_at, line, place)
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
        near = names.get(validators.nearest_or_begun(bare, names) or "", "")
    return UsageError(*two_lines("flag.unknown", flag=shown(name), meant=near))


def _value_of(flag: Flag, word: str, glued_at: int | None, line: str, place: int) -> tuple[str, int]:
    """Return the value of a flag and where it ends. Raises UsageError: there is none, or one where none may be.

    The flag's word begins at ``place``; the value begins at ``glued_at`` in that word, or after it.
    """
    if flag.read is None:
        if glued_at is not None:
            raise UsageError(*two_lines("flag.takes_no_value", flag=flag.long, given=shown(word)))
        return "", place + len(word)
    if glued_at is None:
        place = skip_blanks(line, place + len(word))
        word = word_at(line, place)
        missing = not word or word == "--" or looks_like_flag(word)
    else:
        place += glued_at
        missing = not word_at(line, place)
    if missing:
        dashed = word if looks_like_flag(word) and flag.value == "TEXT" else None
        raise UsageError(*two_lines("flag.missing_value", flag=flag.long, value=flag.value, meant=dashed))
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
    # The last quote of a line closes, even after a backslash: "C:\photos\" is a path.
    inside = r'(?:\\"(?=.*")|[^"])*' if closing == '"' else f"[^{closing}]*"
    found = re.compile(f"({inside}){closing}", re.DOTALL).match(line, start + 1)
    if found is None:
        raise UsageError(*two_lines("quote.open", given=shown(line[start:], 40), quote=closing))
    return found[1].replace('\\"', '"') if closing == '"' else found[1], found.end()
