"""Decide whether a call may run: the policies of ``--approve``, the question, and what the user's answer means.

Arguments are the model's text. The user must see all that matters in them and must not be fooled by them: each of
their rows is marked, unprintable characters are spelled out, and only our own line has ``[y]``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal

from ..errors import attempt
from ..messages import ToolCall
from ..texts import say, words_for
from .arguments import read_json
from .toolbox import Tool

MOST_READ = 20_000
"""Characters of arguments that somebody can be asked to read. All of them are shown: harm hides in what is cut."""
_ROW = 78
"""Characters of a row. Rows are broken here, by us: a terminal would break them without our mark in front."""


class Decision(StrEnum):
    """The answer to "may this call run?"."""

    RUN = "run"
    REFUSE = "refuse"
    RUN_ALL = "run_all"
    """Run, and do not ask again about this tool in this turn."""
    NOBODY = "nobody"
    """Nobody could be asked, so it counts as refused; the model and the reader are told why."""


Policy = Literal["ask", "always", "never"]
Question = Callable[[ToolCall, Tool], Decision | str]


class Approver:
    """Decides about the calls of one turn; make a new one for each turn.

    The next call, even an equal one, is asked about again unless the user chose `Decision.RUN_ALL` for that tool.

    Args:
        policy: ``ask`` asks about tools marked ``confirm=True``, ``always`` about every tool, ``never`` about none.
        question: Shows name and arguments and returns the Decision. None when nobody is there;
            ``EOFError`` and ``NotImplementedError`` out of it mean the same.
        lent: Tools that a prompt file named and the user did not: asked about under each policy.
    """

    def __init__(
        self, policy: Policy = "ask", question: Question | None = None, lent: frozenset[str] = frozenset()
    ) -> None:
        self._policy = policy
        self._question = question
        self._lent = lent
        self._allowed: set[str] = set()

    def asks(self, tool: Tool) -> bool:
        """Whether a call of this tool waits for somebody's decision."""
        if tool.spec.name in self._allowed:
            return False
        asks = self._policy == "always" or (tool.confirm and self._policy != "never")
        return asks or tool.spec.name in self._lent

    def __call__(self, call: ToolCall, tool: Tool) -> Decision:
        """Decide about one call, asking if the policy says so."""
        if not self.asks(tool):
            return Decision.RUN
        if self._question is None:
            return Decision.NOBODY
        try:
            decision = Decision(self._question(call, tool))
        except (EOFError, NotImplementedError):  # IPython's StdinNotImplementedError is one of the latter
            return Decision.NOBODY
        if decision is Decision.RUN_ALL:
            self._allowed.add(tool.spec.name)
        return decision


_ANSWERS = {("yes", "run"): Decision.RUN, ("no", "refuse"): Decision.REFUSE, ("all",): Decision.RUN_ALL}


def decide(call: ToolCall, read: Callable[[str], str | None]) -> Decision:
    """Ask about a call until the answer is clear. Enter alone, and two answers that mean nothing, refuse.

    ``read`` shows a prompt and returns the line typed; None when nobody is there.
    """
    choices = say("approve.choices", name=name_of(call))
    for prompt in (f"{question(call)}\n{choices}", f"{say('approve.unclear')} {choices}"):
        line = read(prompt)
        if line is None:
            return Decision.NOBODY
        if not (word := line.strip().lower()):
            return Decision.REFUSE
        for kinds, decision in _ANSWERS.items():
            if word in words_for(*kinds):
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
    # A call without JSON is answered before anybody is asked, but a caller may ask about anything.
    return attempt(call.arguments, read_json, call.arguments)


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
