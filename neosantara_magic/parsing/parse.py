"""Text to `Ask` and `Command`: the whole grammar of ``%%neosantara`` and ``%neosantara``.

Nothing is looked up: every refusal here follows from the text alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import validators
from ..errors import UsageError
from ..texts import two_lines
from .asks import Ask, Given
from .forms import COMMANDS, CommandForm
from .words import looks_like_flag, read_flags, read_value, skip_blanks, unknown_flag, value_of, word_at


@dataclass(frozen=True)
class Command:
    """One line command, read."""

    name: str
    words: tuple[str, ...] = ()
    """Words after the name, as typed, without quotes."""
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
    if line[place:].strip():
        raise _stray_word(line, place)
    ask = given.ask()
    if not body.strip():
        raise UsageError(*two_lines("prompt.blank"))
    return replace(ask, prompt=body.removesuffix("\n") if ask.raw else _without_blank_edges(body))


def parse_line(line: str) -> Command:
    """Read ``%neosantara``: a command with its words; no word at all means ``status``.

    In ``ask`` the prompt starts at the first word that is no flag and goes to the end of the line exactly as typed.
    Raises UsageError: an unknown command, flag or option, wrong words, a bad value, or no prompt.
    """
    start = skip_blanks(line, 0)
    name = word_at(line, start)
    form = COMMANDS.get(name or "status")
    if form is None:
        raise _unknown_command(name)
    rest = start + len(name)
    if form.flags:
        return _with_flags(form, line, rest)
    words, options = _words_and_options(form, line, rest)
    if form.name == "undo":
        words, options = _count_first(words, options)
    if form.name == "key" and words:
        raise UsageError(*two_lines("key.in_cell"))
    if len(words) < form.least:
        raise UsageError(*two_lines("command.too_few", name=form.name, usage=form.usage))
    most = form.least if "all" in options else form.most
    if 0 <= most < len(words):
        raise UsageError(*two_lines("command.too_many", given=validators.shown(words[most]), usage=form.usage))
    if form.name == "demo":
        validators.one_of("demo", words[0], ("on", "off"))
    if "store" in options and "forget" in options:
        raise UsageError(*two_lines("key.store_forget"))
    return Command(form.name, words, options)


def _with_flags(form: CommandForm, line: str, start: int) -> Command:
    given = Given()
    place = read_flags(line, start, given)
    text = line[place:]
    if form.text == "required" and not text.strip():
        raise UsageError(*two_lines("prompt.missing"))
    if form.text == "none" and text.strip():
        raise UsageError(*two_lines("command.too_many", given=validators.shown(text), usage=form.usage))
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
                key = "flag.unknown" if near else "command.option_unknown"
                raise UsageError(*two_lines(key, flag=validators.shown(name), meant=near, usage=form.usage))
            option = known[name]
            if equals and option.read is None:
                raise UsageError(*two_lines("flag.takes_no_value", flag=option.long, given=validators.shown(word)))
            if option.read is None:
                options[option.name], place = True, place + len(word)
            else:
                text, place = value_of(option, line, place + len(word), place + len(name) + 1 if equals else None)
                options[option.name] = option.read(option.long, text)
        else:
            text, place = read_value(line, place)
            words.append(text)
        place = skip_blanks(line, place)
    return tuple(words), options


def _count_first(words: tuple[str, ...], options: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    # undo [N] [NAME]: a count stands before the words, as an option without a name.
    if words and words[0].lstrip("+-").isdecimal():
        return words[1:], {**options, "count": validators.whole("undo", words[0], 1)}
    if len(words) > 1:
        validators.whole("undo", words[0], 1)
    return words, options


def _without_blank_edges(body: str) -> str:
    lines = body.rstrip().splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if line.strip())
    return "".join(lines[first:])


def _stray_word(line: str, place: int) -> UsageError:
    word = word_at(line, place)
    if word in COMMANDS:
        return UsageError(*two_lines("cell.command", name=word))
    if word.startswith("-"):
        return unknown_flag(word)
    return UsageError(*two_lines("cell.stray", given=validators.shown(line[place:])))


def _unknown_command(name: str) -> UsageError:
    near, given = validators.nearest(name, COMMANDS), validators.shown(name)
    if not near and looks_like_flag(name):
        return UsageError(*two_lines("command.flag_first", flag=given))
    return UsageError(*two_lines("command.unknown", name=given, meant=near))
