"""The programs that show a cell's outputs: one row each, with all that differs; their messages and their interrupts.

Other modules read what the row says and never ask which program it is (a test in ``tests/architecture`` holds that).
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Literal

LATE = 1.0
"""Seconds after an answer's end in which one interrupt is taken for a Stop that was pressed before it."""
UNSEEN = 0.3
"""Seconds after the beginning of an ask in which nobody can have seen its Stop button and pressed it."""


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


class Interrupts:
    """The interrupts of one kernel: each stops the ask it was meant for, or nothing. ``clock`` only grows, in seconds.

    A front end that stops by interrupting the kernel learns of an answer's end later than the kernel does. An interrupt
    that is pressed in between arrives when a Run All is in its next cell already, and must not hit that. No message
    tells the two apart (a busy kernel reads none), but time does: nobody sees a cell begin and interrupts it at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asks = 0  # how many asks are under way: a tool of one may start another
        self._late_until = float("-inf")
        self._usual: Any = signal.default_int_handler  # the handler of an interrupt that is not late

    @contextmanager
    def until_ended(self, note: Callable[[], object], *, may_be_late: bool) -> Iterator[Callable[[], None]]:
        """Let interrupts through until what is yielded is called; drop them for the rest of the block.

        The answer may end between any two instructions, so the handler is there from the start, and one assignment
        decides: an interrupt either stops the ask or touches nothing.

        ``note`` is called in the signal handler for each that is let through. ``may_be_late``: somebody far from the
        kernel stops it, so an interrupt may come after the block.
        """
        if threading.current_thread() is not threading.main_thread():
            yield lambda: None
            return
        ended = threading.Event()

        def heard(number: int, frame: Any) -> None:
            if not ended.is_set():
                note()
                _pass_on(before, number, frame)

        self._late_until = min(self._late_until, self._clock() + UNSEEN)
        before = signal.signal(signal.SIGINT, heard)
        self._asks += 1
        try:
            yield ended.set
        finally:
            self._asks -= 1
            signal.signal(signal.SIGINT, before)
            if may_be_late and not self._asks:
                self._late_until = self._clock() + LATE
                self._listen()

    def execution_begins(self) -> None:
        """Listen in this cell too for an interrupt that was meant for the answer before it."""
        if threading.current_thread() is threading.main_thread() and self._clock() < self._late_until:
            self._listen()

    def _listen(self) -> None:
        usual = signal.getsignal(signal.SIGINT)
        if usual != self._heard_late:
            self._usual = usual
            signal.signal(signal.SIGINT, self._heard_late)

    def _heard_late(self, number: int, frame: Any) -> None:
        late = self._clock() < self._late_until
        self._late_until = float("-inf")  # whoever presses again means what is running
        if not late:
            _pass_on(self._usual, number, frame)


def _pass_on(handler: Any, number: int, frame: Any) -> None:
    (handler if callable(handler) else signal.default_int_handler)(number, frame)
