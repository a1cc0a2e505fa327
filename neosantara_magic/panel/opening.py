"""``chat()``: reads the flags, refuses those that make no sense in a panel, and shows it.

Not for: the panel itself (``chatpanel.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from .. import public
from ..errors import UsageError
from ..ipython.notebook import Notebook
from ..parsing import Ask, ask_from_keywords, speaking_keywords
from ..prompt import files
from ..texts import say, two_lines
from ..tools.toolbox import Sources, Tool, Toolbox
from ..workspace import Workspace
from .board import new_key
from .chatpanel import ChatPanel

_NOT_HERE = ("once", "each", "into", "code", "dry_run", "show")
"""Flags of one ask that make no sense in a panel."""

_open: dict[tuple[str, int], ChatPanel] = {}
"""The panel of each cell, so that running the cell again closes the one it replaces."""
_count: tuple[int, int] = (0, 0)
"""The execution that showed the last panel, and how many it has shown."""


@speaking_keywords()
def chat(**flags: Unpack[public.ChatFlags]) -> ChatPanel:
    """Show a chat panel: the conversation, an input, Send and Stop, the model and the tools to pick.

    It shares its conversation with the cells. It answers in a thread of its own, so cells run meanwhile.

    Args:
        **flags: The flags of each ask, as `ask` takes them. ``tools`` are the functions (or their names) that can be
            ticked, ``model`` is asked first, ``conversation`` is ``main`` if not given.

    Returns:
        The panel. It is on the screen already; ``send()``, ``stop()``, ``fork()`` and ``close()`` work from Python.

    Raises:
        UsageError: a flag that a panel does not take, a bad value, a conversation whose name is taken, no notebook.
        ToolDefinitionError: a function that cannot be a tool.
    """
    workspace, notebook = public.surroundings()
    name = public.named(flags.get("conversation"), workspace, notebook)
    return open_panel(ask_from_keywords("-", {**flags, "conversation": name}, "chat"), workspace, notebook)


def open_panel(asked: Ask, workspace: Workspace, notebook: Notebook | None) -> ChatPanel:
    """Show a panel whose asks have the flags of ``asked``; raises as `chat` does."""
    if notebook is None or notebook.front_end == "terminal":
        raise UsageError(*two_lines("panel.nowhere"))
    for name in _NOT_HERE:
        if getattr(asked, name):
            raise UsageError(*two_lines("panel.flag", flag=name))
    if asked.as_ is not None:
        asked = files.read(asked.as_).under(asked)  # now, so that the panel shows the file's model
    tools = tools_of(asked.tools, notebook.namespace, workspace.servers)
    if notebook.without_panel:
        notebook.say(say("panel.without", front_end=notebook.without_panel))
    cell, number = _which(notebook)
    if (cell, number) in _open:
        _open.pop((cell, number)).close()
    mark = f"neosantara-{hashlib.sha256(f'{cell} {number}'.encode()).hexdigest()[:12]}"
    panel = ChatPanel(replace(asked, prompt=""), tools, workspace, notebook, mark)
    _open[cell, number] = panel
    panel.show()
    return panel


def tools_of(
    named: Sequence[Any], namespace: Mapping[str, Any], servers: Sources = lambda _name: None
) -> dict[str, tuple[Any, Tool]]:
    """Return the tools that may be ticked, by their names on the wire, each with what `Ask.tools` takes for it.

    A name stays a name, so a function that is defined anew is the one that is called.
    """
    Toolbox.from_names(named, namespace, servers)  # all of them at once, so that a collision of names raises here
    found: dict[str, tuple[Any, Tool]] = {}
    for one in named:
        box = Toolbox.from_names([one], namespace, servers).values()
        for tool in box:
            found[tool.spec.name] = (one if len(box) == 1 else tool, tool)
    return found


def _which(notebook: Notebook) -> tuple[str, int]:
    """Name the panel that is being opened: its cell, and its index within the cell's execution."""
    global _count  # noqa: PLW0603  (one kernel runs one cell at a time)
    execution = notebook.shell.execution_count
    _count = (execution, _count[1] + 1 if _count[0] == execution else 0)
    return notebook.cell_id or new_key()[0], _count[1]
