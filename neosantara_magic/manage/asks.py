"""Asking from a magic: the cell, ``ask`` on one line, and ``explain``.

For: what a magic adds to an ask: ``--dry-run``, the batch flags, the last error as a question.
Not for: the ask itself (``front.py``, ``asking.py``).
"""

from __future__ import annotations

import linecache
import sys
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import front
from ..errors import UsageError
from ..texts import language, two_lines

if TYPE_CHECKING:
    from types import TracebackType

    from ..command import Ask, Command
    from ..messages import Response
    from ..notebook import Notebook
    from ..workspace import Workspace

_LINES_AROUND = 12
_LONGEST_TRACEBACK = 6_000
_LONGEST_VALUE = 300


def ask_cell(asked: Ask, workspace: Workspace, notebook: Notebook) -> None:
    """Run the cell magic. It returns nothing: the answer is already on the screen."""
    _ask(asked, workspace, notebook)


def _ask(asked: Ask, workspace: Workspace, notebook: Notebook) -> Response | None:
    if asked.each:
        raise UsageError(*two_lines("flag_later", flag="--each"))
    if asked.dry_run:
        notebook.show(front.dry_run(asked, workspace, notebook))
        return None
    return front.play(asked, workspace, notebook, notebook.namespace)


def _ask_line(command: Command, workspace: Workspace, notebook: Notebook) -> Response | None:
    assert command.ask is not None  # noqa: S101  (the parser gives every ask one)
    return _ask(command.ask, workspace, notebook)


def _explain(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    assert command.ask is not None  # noqa: S101
    error = getattr(sys, "last_value", None)
    if not isinstance(error, BaseException):
        raise UsageError(*two_lines("no_traceback"))
    prompt = explanation_prompt(error, notebook.namespace, command.ask.prompt)
    # The traceback and the values may hold braces: they are data, not expressions.
    _ask(replace(command.ask, prompt=prompt, raw=True), workspace, notebook)


def explanation_prompt(error: BaseException, namespace: dict[str, Any], question: str = "") -> str:
    """Return the question about an error: its traceback, the code around it, the values that code names."""
    frames = _own_frames(error.__traceback__)
    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-_LONGEST_TRACEBACK:]
    tongue = "Answer in Indonesian." if language() == "id" else "Answer in the user's language."
    parts = [question.strip() or "Explain this Python error and how to fix it, briefly.", tongue]
    parts.append(f"```text\n{shown.rstrip()}\n```")
    for name, line, source in frames[-2:]:
        parts.append(f"Code in {name}, line {line}:\n```python\n{source}\n```")
    values = _values(" ".join(source for _, _, source in frames[-2:]), error, namespace)
    if values:
        parts.append("Values:\n" + "\n".join(values))
    return "\n\n".join(parts)


def _own_frames(trace: TracebackType | None) -> list[tuple[str, int, str]]:
    """Return (function, line, code around) of the frames that are the user's, not a library's."""
    found = []
    for frame, line in traceback.walk_tb(trace):
        path = frame.f_code.co_filename
        if "site-packages" in path or path.startswith(sys.base_prefix):
            continue
        lines = linecache.getlines(path, frame.f_globals)
        first = max(0, line - _LINES_AROUND)
        source = "".join(lines[first : line + _LINES_AROUND]).rstrip()
        if source:
            found.append((frame.f_code.co_name, line, source))
    return found


def _values(source: str, error: BaseException, namespace: dict[str, Any]) -> list[str]:
    """Return the short reprs of the variables that the failing code names."""
    local = dict(namespace)
    for frame, _ in traceback.walk_tb(error.__traceback__):
        local.update(frame.f_locals)
    words = set("".join(c if c.isidentifier() or c.isdigit() else " " for c in source).split())
    lines = []
    for name in sorted(words & local.keys()):
        value = local[name]
        if callable(value) or name.startswith("_") or type(value).__name__ == "module":
            continue
        try:
            shown = repr(value)
        except Exception as failed:  # noqa: BLE001  (a repr may raise anything)
            shown = f"<repr raised {type(failed).__name__}>"
        shape = getattr(value, "shape", None)
        kind = type(value).__name__ if shape is None else f"{type(value).__name__} {shape}"
        lines.append(f"- {name}: {kind} = {shown[:_LONGEST_VALUE]}")
    return lines


COMMANDS = {"ask": _ask_line, "explain": _explain}
