"""What the tables tell: the help as aligned plain text, and completions for Tab at a place in a cell.

Tab never waits: nothing is looked up, and models, tools and variables come as ``names``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from ..errors import UsageError
from ..settings.fields import Settings
from ..texts import say, two_lines
from ..validators import nearest, shown
from .flags import COMMANDS, FLAGS, LONG, SHORT, CommandForm, Flag

_WIDTH = 100
_INDENT = " " * 4
_CELL = re.compile(r"\s*%%(?:neosantara|ns)(?=\s|$)")
_LINE = re.compile(r"(?:[^\n%'\"]*=)?\s*%(?:neosantara|ns)(?=\s|$)")
# An open {{ with its last name; a name after a dot or inside a string is not a variable.
_EXPRESSION = re.compile(r"\{\{(?P<before>(?:(?!\}\}|\{\{).)*?)(?P<name>[^\W\d]\w*|)$", re.DOTALL)
_WORD = re.compile(r"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|\S+")

Found = tuple[int, list[str]]
"""(where the completed word starts, what may stand there)."""


def help_text(topic: str | None = None) -> str:
    """Return the help on a command, a flag or all, 100 columns wide. Raises UsageError: there is no such topic."""
    wanted = (topic or "").strip()
    if not wanted:
        return _everything()
    flag = SHORT.get(wanted) or LONG.get(wanted) or LONG.get(f"--{wanted}") or SHORT.get(f"-{wanted}")
    form = COMMANDS.get(wanted)
    # "tools" is a command and a flag: show both.
    parts = [_about(form.usage, form.help)] if form else []
    if flag:
        about = _about(_spelled(flag).strip(), _explained(flag))
        values = f"\n{_INDENT}{say('help.values', values=', '.join(flag.choices))}" if flag.choices else ""
        parts.append(about + values)
    if not parts:
        near = nearest(wanted, [*COMMANDS, *(flag.name for flag in FLAGS)])
        raise UsageError(*two_lines("help.unknown", topic=shown(wanted), meant=near and f"%neosantara help {near}"))
    return "\n\n".join(parts)


def _everything() -> str:
    flags = [(_spelled(flag), _explained(flag)) for flag in FLAGS]
    commands = [(f"{form.name} {form.synopsis}".rstrip(), form.help) for form in COMMANDS.values()]
    return "\n\n".join(
        (
            say("help.intro"),
            textwrap.indent(f"%%neosantara [flags]\n{say('help.cell')}", "    "),
            f"{say('help.flags')}\n{_aligned(flags)}",
            f"{say('help.commands')} (%neosantara ...)\n{_aligned(commands)}",
            textwrap.fill(say("help.quoting"), _WIDTH),
            textwrap.fill(say("help.more"), _WIDTH),
        )
    )


def _about(usage: str, text: str) -> str:
    return f"{usage}\n{_filled(text, _INDENT, _INDENT)}"


def _spelled(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else "    "
    return f"{short}{flag.long} {flag.value}".rstrip()


def _explained(flag: Flag) -> str:
    default = flag.default or getattr(Settings, flag.keyword, None)
    notes = [say("help.default", default=default)] if default else []
    notes += [say("help.repeatable")] if flag.repeatable else []
    return f"{flag.help} ({'; '.join(notes)})" if notes else flag.help


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = min(34, max(len(left) for left, _ in rows))
    lines: list[str] = []
    for left, right in rows:
        if len(left) > width:  # too long for the column: it gets a line of its own
            lines.append(f"  {left}")
            left = ""  # noqa: PLW2901  (what is left to place)
        lines.append(_filled(right, f"  {left:<{width}}  ", " " * (width + 4)))
    return "\n".join(lines)


def _filled(text: str, first: str, later: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def complete(line: str, cursor: int, names: Mapping[str, Sequence[str]]) -> Found:
    """Return where the word at ``cursor`` starts, and what may stand there: ``(cursor, [])`` for nothing to offer.

    ``line`` is the whole cell, or its line with the cursor, magic included. ``cursor`` is an offset in characters.
    ``names`` are the known names by kind; any may be missing.
    """
    text = line[:cursor]
    cell = _CELL.match(text)
    if cell:
        end = text.find("\n", cell.end())
        if end >= 0 or "{{" in text[cell.end() :]:
            return _in_expression(text, names)
        return _in_flags(text, cell.end(), names, prompt=False)
    start = text.rfind("\n") + 1
    command = _LINE.match(text, start)
    if command is None:
        return cursor, []
    return _in_line(text, command.end(), names)


def _in_line(text: str, start: int, names: Mapping[str, Sequence[str]]) -> Found:
    spans = _words(text, start)
    if not spans or spans[0][1] == len(text):  # the cursor has not left the first word
        at = spans[0][0] if spans else len(text)
        return at, _starting(COMMANDS, text[at:]) if len(text) > start else []
    form = COMMANDS.get(text[slice(*spans[0])])
    if form is None:
        return len(text), []
    if form.flags:
        if "{{" in text:
            return _in_expression(text, names)
        return _in_flags(text, spans[0][1], names, prompt=form.text != "none")
    return _in_words(text, form, spans[1:], names)


def _at_cursor(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, list[str]]:
    """Return where the word at the cursor begins, and the words before it."""
    typing = bool(spans) and spans[-1][1] == len(text)
    at = spans[-1][0] if typing else len(text)
    return at, [text[slice(*span)] for span in (spans[:-1] if typing else spans)]


def _in_words(
    text: str, form: CommandForm, spans: Sequence[tuple[int, int]], names: Mapping[str, Sequence[str]]
) -> Found:
    at, before = _at_cursor(text, spans)
    options = [option.long for option in form.options if option.long not in before]
    if text[at:].startswith("-") and "topics" not in form.words:
        return at, _starting(options, text[at:])
    valued = {option.long for option in form.options if option.value}
    if before and before[-1] in valued:
        return at, []
    count = sum(not word.startswith("-") and last not in valued for last, word in pairwise(["", *before]))
    kind = form.words[min(count, len(form.words) - 1)] if form.words and (form.most < 0 or count < form.most) else ""
    fixed = {"topics": [*COMMANDS, *LONG], "switches": ["on", "off"], "mcp": ["add", "remove", "log"]}
    offered = fixed.get(kind, list(names.get(kind, ())))
    if kind == "tools":
        at += text[at:].rfind(",") + 1  # `serve f,g`
    return at, _starting(offered, text[at:]) or _starting(options, text[at:])


def _in_flags(text: str, start: int, names: Mapping[str, Sequence[str]], *, prompt: bool) -> Found:
    at, before = _at_cursor(text, _words(text, start))
    walked = _walk(before)
    if at <= start or walked is None:  # still at the magic's own name, or already in the prompt
        return len(text), []
    used, waiting = walked
    word = text[at:]
    name, equals, value = word.partition("=")
    if waiting is not None:
        return _value(waiting, at, word, names)
    if equals and name in LONG:
        return _value(LONG[name], at + len(name) + 1, value, names)
    # After `ask` a blank more often precedes the prompt than a flag.
    if not word.startswith("-") and (word or prompt):
        return at, []
    spelled = [flag.long for flag in FLAGS if flag.repeatable or flag.name not in used]
    return at, _starting([*spelled, *([word] if word in SHORT else [])], word)


def _walk(words: Sequence[str]) -> tuple[set[str], Flag | None] | None:
    """Return the flags used and the one that waits for its value; None when a word is no flag."""
    used: set[str] = set()
    waiting: Flag | None = None
    for word in words:
        if waiting is not None:
            # A list goes on after a comma: `--tools a, b`.
            waiting = waiting if waiting.listed and word.endswith(",") else None
            continue
        name, equals, _ = word.partition("=")
        flag = LONG.get(name) or SHORT.get(word[:2])
        if flag is None:
            return None
        used.add(flag.name)
        glued = equals or (name not in LONG and len(word) > 2)
        waiting = flag if flag.read is not None and not glued else None
    return used, waiting


def _value(flag: Flag, at: int, word: str, names: Mapping[str, Sequence[str]]) -> Found:
    offered = [*flag.choices, *names.get(flag.names, ())]
    if flag.listed:
        done, comma, last = word.rpartition(",")
        chosen = {name.strip() for name in done.split(",")}
        return at + len(done) + len(comma), _starting((name for name in offered if name not in chosen), last)
    if word[:1] in ("'", '"'):
        at, word = at + 1, word[1:]
    return at, _starting(offered, word)


def _in_expression(text: str, names: Mapping[str, Sequence[str]]) -> Found:
    found = _EXPRESSION.search(text, max(text.rfind("{{"), 0))
    if found is None:
        return len(text), []
    before = found["before"]
    in_string = before.count('"') % 2 or before.count("'") % 2
    if in_string or before.rstrip().endswith((".", "|")) or before[-1:].isdigit():
        return len(text), []
    return found.start("name"), _starting(names.get("variables", ()), found["name"])


def _words(text: str, start: int) -> list[tuple[int, int]]:
    return [found.span() for found in _WORD.finditer(text, start)]


def _starting(candidates: Iterable[str], prefix: str) -> list[str]:
    folded = prefix.casefold()
    return list(dict.fromkeys(name for name in candidates if name.casefold().startswith(folded)))
