"""Asking from a magic: the cell, ``ask`` on one line, ``explain``, ``fix`` and ``chat``."""

from __future__ import annotations

import difflib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import public
from ..describe.cells import fenced
from ..errors import UsageError, explains_itself
from ..ipython.notebook import Notebook
from ..messages import Response, python_source
from ..parsing import Ask, Command
from ..prompt import render_instructions
from ..render.forms import from_markdown
from ..texts import two_lines
from ..workspace import Workspace
from .explain import explanation_prompt, fix_prompt

if TYPE_CHECKING:
    from ..panel.chat import ChatPanel


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
    return _ask(command.ask, workspace, notebook)


def _explain(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    error = getattr(sys, "last_value", None)
    if not isinstance(error, BaseException) or explains_itself(error):
        error = notebook.cells.failure  # a typo in a command says what to do; the error before it is meant
    if not isinstance(error, BaseException):
        raise UsageError(*two_lines("no_error", command="explain"))
    prompt = explanation_prompt(error, notebook.namespace, command.ask.prompt)
    # The traceback and the values may hold braces: they are data, not expressions.
    _ask(replace(command.ask, prompt=prompt, raw=True), workspace, notebook)


def _fix(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    """Ask for the failed cell, mended; put it in place of this one and show what changed. Nothing is run."""
    failed = notebook.cells.failed
    if failed is None:
        raise UsageError(*two_lines("no_error", command="fix"))
    cell, error = failed
    prompt = fix_prompt(error, cell.source, notebook.namespace, command.ask.prompt)
    # Alone, unless a conversation is named: the error of one cell is no news to the next question.
    asked = replace(command.ask, prompt=prompt, raw=True, once=command.ask.conversation is None)
    response = _ask(asked, workspace, notebook)
    if response is None:  # --dry-run
        return
    mended = python_source(response.code).strip("\n")
    if not mended.strip() or mended.strip() == cell.source.strip():
        raise UsageError(*two_lines("fix.same"))
    lines = difflib.unified_diff(cell.source.splitlines(), mended.splitlines(), lineterm="", n=3)
    changed = "\n".join(list(lines)[2:])  # without the names of two files
    notebook.show(from_markdown(fenced(changed, "diff"), changed))
    notebook.replace_cell(mended, "fix")


def _chat(command: Command, workspace: Workspace, notebook: Notebook) -> ChatPanel:
    from ..panel.chat import open_panel  # noqa: PLC0415  (loads ipywidgets)

    name = command.ask.conversation
    named = name and render_instructions(name, notebook.namespace, raw=command.ask.raw)
    return open_panel(replace(command.ask, conversation=named), workspace, notebook)


COMMANDS = {"ask": _ask_line, "explain": _explain, "fix": _fix, "chat": _chat}
