"""Decide whether a call may run: the policies of ``--approve``, and "run all calls of this tool in this turn".

Not for: how the question looks (``question.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from ..messages import ToolCall
from .toolbox import Tool

MOST_READ = 20_000
"""Characters of arguments that somebody can be asked to read. All of them are shown: harm hides in what is cut."""


class Decision(StrEnum):
    """The answer to "may this call run?"."""

    RUN = "run"
    REFUSE = "refuse"
    RUN_ALL = "run_all"
    """Run, and do not ask again about this tool in this turn."""
    NOBODY = "nobody"
    """Nobody could be asked, so it counts as refused; the model and the reader are told why."""


Policy = Literal["ask", "always", "never"]
Approve = Callable[[ToolCall, Tool], Decision]
"""A decision about one call, for the loop. `Approver` is one."""
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
