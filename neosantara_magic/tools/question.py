"""The question about a tool call, and the meaning of the user's answer.

Arguments are the model's text. The user must see all that matters in them and must not be fooled by them: each of
their rows is marked, unprintable characters are spelled out, and only our own line has ``[y]``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..messages import ToolCall
from ..texts import say
from .approval import Decision
from .complaints import Mismatch, read_json

_ROW = 78
"""Characters of a row. Rows are broken here, by us: a terminal would break them without our mark in front."""

_ANSWERS = {
    **dict.fromkeys(("y", "yes", "run", "j", "ya", "jalankan"), Decision.RUN),
    **dict.fromkeys(("", "n", "no", "refuse", "t", "tidak", "tolak"), Decision.REFUSE),
    **dict.fromkeys(("a", "all", "s", "semua"), Decision.RUN_ALL),
}


def decide(call: ToolCall, read: Callable[[str], str | None]) -> Decision:
    """Ask about a call until the answer is clear. Enter alone, and two answers that mean nothing, refuse.

    ``read`` shows a prompt and returns the line typed; None when nobody is there.
    """
    choices = say("approve.choices", name=name_of(call))
    for prompt in (f"{question(call)}\n{choices}", f"{say('approve.unclear')} {choices}"):
        line = read(prompt)
        if line is None:
            return Decision.NOBODY
        if (decision := _ANSWERS.get(line.strip().lower())) is not None:
            return decision
    return Decision.REFUSE


def question(call: ToolCall) -> str:
    """Return the question about a call: short arguments in its line, longer ones as indented JSON below it."""
    arguments = _read(call)
    line = "" if arguments == {} else visible(json.dumps(arguments, ensure_ascii=False))
    short = say("approve.short", call=f"{name_of(call)}({line})")
    if len(short) <= _ROW or not line:
        return short
    return "\n".join([say("approve.long", name=name_of(call)), *map(marked, arguments_of(call))])


def arguments_of(call: ToolCall) -> list[str]:
    """Return the lines of a call's arguments as indented JSON; what does not print is spelled out."""
    return [visible(line) for line in json.dumps(_read(call), ensure_ascii=False, indent=2).split("\n")]


def _read(call: ToolCall) -> Any:
    try:
        return read_json(call.arguments)
    except Mismatch:  # such a call is answered before anybody is asked, but a caller may ask about anything
        return call.arguments


def name_of(call: ToolCall) -> str:
    """Return the tool's name; a name from a server may be of any length, so it is cut to one row."""
    return visible(f"{call.server}.{call.name}"[:_ROW] if call.server else call.name)


def visible(text: str) -> str:
    """Return text in which everything that does not print, or turns the direction of text, is spelled out."""
    return "".join(
        one if one.isprintable() else f"\\u{ord(one):04x}" if one < "\U00010000" else f"\\U{ord(one):08x}"
        for one in text
    )


def marked(line: str) -> str:
    """Return a line of somebody else's as rows, each with our mark in front."""
    room = _ROW - len("  | ")
    return "\n".join(f"  | {line[at : at + room]}" for at in range(0, max(1, len(line)), room))
