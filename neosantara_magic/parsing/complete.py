"""Completions for Tab at a place in a cell: flags, their values, line commands, and names inside ``{{ }}``.

It looks nothing up, so that Tab never waits: models, tools and variables come as ``names``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from .flags import COMMANDS, FLAGS, LONG, SHORT, CommandForm, Flag
from .help import topics

_CELL = re.compile(r"\s*%%(?:neosantara|ns)(?=\s|$)")
_LINE = re.compile(r"(?:[^\n%'\"]*=)?\s*%(?:neosantara|ns)(?=\s|$)")
# An open {{ with its last name; a name after a dot or inside a string is not a variable.
_EXPRESSION = re.compile(r"\{\{(?P<before>(?:(?!\}\}|\{\{).)*?)(?P<name>[^\W\d]\w*|)$", re.DOTALL)
_WORD = re.compile(r"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|\S+")

Found = tuple[int, list[str]]
"""(where the completed word starts, what may stand there)."""


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
    fixed = {"topics": topics(), "switches": ["on", "off"], "mcp": ["add", "remove", "log"]}
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
