"""Asking from a magic: the cell, ``ask`` on one line, ``explain`` and ``chat``.

For: what a magic adds to an ask: ``--dry-run``, the batch flags, the last error as a question.
Not for: the ask itself (``public.py``, ``asking.py``).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import public
from ..errors import UsageError, explains_itself
from ..prompt import render_instructions
from ..texts import two_lines
from .explain import explanation_prompt

if TYPE_CHECKING:
    from ..ipython.notebook import Notebook
    from ..messages import Response
    from ..panel.chatpanel import ChatPanel
    from ..parsing import Ask, Command
    from ..workspace import Workspace


def ask_cell(asked: Ask, workspace: Workspace, notebook: Notebook) -> None:
    """Run the cell magic. It returns nothing: the answer is already on the screen."""
    _ask(asked, workspace, notebook)


def _ask(asked: Ask, workspace: Workspace, notebook: Notebook) -> Response | None:
    if asked.each:
        from .. import batch  # noqa: PLC0415  (most cells ask once)

        batch.each(asked, workspace, notebook)
        return None
    if asked.dry_run:
        notebook.show(public.dry_run(asked, workspace, notebook))
        return None
    return public.play(asked, workspace, notebook, notebook.namespace)


def _ask_line(command: Command, workspace: Workspace, notebook: Notebook) -> Response | None:
    assert command.ask is not None  # noqa: S101  (the parser gives every ask one)
    return _ask(command.ask, workspace, notebook)


def _explain(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    assert command.ask is not None  # noqa: S101
    error = getattr(sys, "last_value", None)
    if not isinstance(error, BaseException) or explains_itself(error):
        error = notebook.failure()  # a typo in a command says what to do; the error before it is meant
    prompt = explanation_prompt(_present(error), notebook.namespace, command.ask.prompt)
    # The traceback and the values may hold braces: they are data, not expressions.
    _ask(replace(command.ask, prompt=prompt, raw=True), workspace, notebook)


def _present(error: object) -> BaseException:
    if not isinstance(error, BaseException):
        raise UsageError(*two_lines("no_traceback"))
    return error


def _chat(command: Command, workspace: Workspace, notebook: Notebook) -> ChatPanel:
    from ..panel.opening import open_panel  # noqa: PLC0415  (loads ipywidgets)

    assert command.ask is not None  # noqa: S101
    name = command.ask.conversation
    named = name and render_instructions(name, notebook.namespace, raw=command.ask.raw)
    return open_panel(replace(command.ask, conversation=named), workspace, notebook)


COMMANDS = {"ask": _ask_line, "explain": _explain, "chat": _chat}
