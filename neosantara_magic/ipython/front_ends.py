"""The programs that show a cell's outputs: one row each, with all that differs, and how their messages are read.

Other modules read what the row says and never ask which program it is (a test in ``tests/architecture`` holds that).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Literal


@dataclass(frozen=True)
class FrontEnd:
    """What a program can do. The defaults count for one of which we know nothing; a row says where it differs."""

    name: str  # as users know it, to say what it cannot show; empty where nobody reads that
    known: Callable[[Any], object]  # whether it runs a cell, by what `front_end_of` finds out about that
    displays: bool = True  # it takes displays; a terminal has only what is printed
    attended: bool = True  # somebody is there: answers ``input()``, looks at a bar, picks in a playground
    redraws: bool = True  # what it has shown can be changed
    show: Literal["widget", "markdown", "text", "final"] = "widget"  # what ``--show auto`` means; final: only the end
    panel: Literal["inside", "apart", "none"] = "inside"  # a chat panel stands on its stored output, apart, nowhere
    page: bool = False  # our scripts reach its cells: prompts have colours, and buttons ask about an agent's call


UNATTENDED = FrontEnd("", lambda run: not run.attended, attended=False, show="final", panel="none")
"""nbclient, papermill, nbval: the message says that nobody can be asked."""

FRONT_ENDS: tuple[FrontEnd, ...] = (
    FrontEnd("IPython", lambda run: not run.kernel, displays=False),
    replace(UNATTENDED, name="Voila", known=lambda run: run.voila and not run.attended),
    UNATTENDED,
    FrontEnd("Voila", lambda run: run.voila, panel="none"),  # with progressive rendering its page runs the cells
    # It shows widgets of others only after the user turned them on, so there our widget takes --show widget.
    FrontEnd("Google Colab", lambda run: run.colab, show="markdown", panel="apart"),
    # As Colab it opens no model of a widget without a view.
    FrontEnd("VS Code", lambda run: run.cell.startswith("vscode"), panel="apart"),
    FrontEnd("JupyterLab", lambda run: run.cell and not run.python, page=True),
    FrontEnd("Jupyter console", lambda run: run.python and not run.cell, show="text", redraws=False),
    FrontEnd("nbclassic", lambda run: run.user == "username" and not run.cell, panel="none"),
    FrontEnd("another notebook", lambda _run: True),
)
"""The first row that knows the run counts."""


def front_end_of(shell: Any) -> FrontEnd:
    """Return the program that runs this shell's cell."""
    message = parent_of(shell)
    header, cell = message.get("header", {}), cell_id_of(shell) or ""
    run = SimpleNamespace(
        kernel=hasattr(shell, "kernel"),
        attended=message.get("content", {}).get("allow_stdin", False),
        voila=os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"),
        # A kernel of the user's own has no such module: there Colab is known by the place of the cell's id.
        colab="google.colab" in sys.modules or (cell and "cellId" not in message["metadata"]),
        cell=cell,
        python=re.search(r"_\d+\Z", str(header.get("msg_id", ""))),  # jupyter_client's ids; pages send plain UUIDs
        user=header.get("username"),  # nbclassic's JavaScript sends the word "username"
    )
    return next(one for one in FRONT_ENDS if one.known(run))


def cell_id_of(shell: Any) -> str | None:
    """Return the running cell's id, as JupyterLab, Notebook, VS Code and Colab send it."""
    metadata = parent_of(shell).get("metadata", {})
    found = metadata.get("cellId") or (metadata.get("colab") or {}).get("cell_id")
    return str(found) if found else None


def parent_of(shell: Any) -> dict[str, Any]:
    """Return the message that runs this cell; empty without a kernel."""
    kernel = getattr(shell, "kernel", None)
    try:
        parent = kernel.get_parent("shell")  # type: ignore[union-attr]
    except (AttributeError, TypeError):
        parent = getattr(kernel, "_parent_header", None)
    return parent if isinstance(parent, dict) else {}
