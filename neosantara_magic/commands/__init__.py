"""The line commands: what ``%neosantara <command>`` does and shows.

asks.py    ask, explain, fix, chat, and the cell magic
status.py  status, help, usage, models, tools, prompts; key, demo, record, replay, live; conversations, history, fork,
           undo, new, save, load
mcp.py     servers of tools; functions for agents outside
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..ipython.notebook import Notebook
from ..parsing.parse import Command
from ..prompt.render import render_instructions
from ..workspace import Workspace
from . import asks, mcp, status

ask = asks.ask
_Does = Callable[[Command, Workspace, Notebook], Any]
_COMMANDS: dict[str, _Does] = {**asks.COMMANDS, **status.COMMANDS, **mcp.COMMANDS}


def run(command: Command, workspace: Workspace, notebook: Notebook) -> Any:
    """Run a line command and return its value, if it has one. ``{{ name }}`` stands for a variable in its words too."""
    if any("{{" in word for word in command.words):
        words = tuple(render_instructions(word, notebook.namespace) for word in command.words)
        command = replace(command, words=words)
    if status.is_held_back(command, workspace, notebook):
        return None
    return _COMMANDS[command.name](command, workspace, notebook)
