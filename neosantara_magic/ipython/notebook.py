"""Everything that we ask of IPython: the front end, the namespace, the cell, the next cell."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Literal
from uuid import uuid4

from ..redaction import redact_all
from ..scope import variables
from ..texts.printable import printable
from .cells import CellsRun, cell_id_of, parent_of
from .interrupts import Interrupts

_PACKAGE = __name__.partition(".")[0]
FrontEnd = Literal["notebook", "classic", "colab", "console", "terminal", "unattended"]
"""``classic``: nbclassic. ``console``: a kernel's client in text, such as jupyter console, where nothing that is shown
can be changed. ``unattended``: nbclient, papermill, nbval; the request says that nobody can be asked."""

CellKey = tuple[str, int]
_CLIENT_IN_PYTHON = re.compile(r"_\d+\Z")
"""How the message ids of jupyter_client end; browsers send plain UUIDs."""


class DisplayOutlet:
    """One place in the cell's output that can be shown once and then changed.

    With ``appends`` the receiver of the outputs knows no display ids, so a change is an output of its own.
    """

    def __init__(self, shell: Any, *, appends: bool = False) -> None:
        # Kept from the start: while a tool's output is captured, the shell's own publisher is the
        # capturing one, and what we show must not end up in the tool's card.
        self._publisher = shell.display_pub
        self._display_id = uuid4().hex
        self._appends = appends
        self._shown = False

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Create the output, or change it when it is there already."""
        self._publish(bundle, update=self._shown and not self._appends)
        self._shown = True

    def show_widget(self, model_id: str, text: str) -> None:
        """Show an ipywidget, and ``text`` where widgets cannot be shown."""
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self.show({"application/vnd.jupyter.widget-view+json": view, "text/plain": text})

    def clear(self) -> None:
        """Empty the output, if there is one. Its place stays."""
        if self._shown and not self._appends:
            self._publish({"text/plain": ""}, update=True)

    def _publish(self, bundle: Mapping[str, Any], *, update: bool) -> None:
        self._publisher.publish(
            data=_printable(bundle), metadata={}, transient={"display_id": self._display_id}, update=update
        )


class Notebook:
    """Everything that an ask needs of one IPython shell."""

    def __init__(self, shell: Any, cells: CellsRun | None = None) -> None:
        self.shell = shell
        self.cells = CellsRun(shell) if cells is None else cells
        self._asks = 0
        self._shown: tuple[Any, int] | None = None
        self._hooked: set[type] = set()
        """Types whose display we have changed."""
        self._interrupts = Interrupts()

    @property
    def namespace(self) -> MutableMapping[str, Any]:
        """The user's variables, as the code that asks sees them."""
        return variables(self.shell.user_ns)

    @property
    def front_end(self) -> FrontEnd:
        """The kind of program that shows the outputs."""
        if not hasattr(self.shell, "kernel"):
            return "terminal"
        if not self.can_ask or self.captured:
            return "unattended"
        if "google.colab" in sys.modules:
            return "colab"
        header = parent_of(self.shell).get("header", {})
        if self.cell_id is None and _CLIENT_IN_PYTHON.search(str(header.get("msg_id", ""))):
            return "console"
        # The user's name that nbclassic's JavaScript sends.
        classic = self.cell_id is None and header.get("username") == "username"
        return "classic" if classic else "notebook"

    @property
    def without_panel(self) -> str:
        """The name of a front end that shows outputs to somebody but no panel; empty for any other."""
        if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
            return "Voila"
        return "nbclassic" if self.front_end == "classic" else ""

    @property
    def captured(self) -> bool:
        """Whether code in the kernel captures displays, as ``%%capture`` does: it gets final forms only."""
        publisher = self.shell.display_pub
        hooks = getattr(publisher, "_hooks", ())  # of this thread; our own apply updates (`ipython/displays.py`)
        foreign = any(str(getattr(hook, "__module__", "")).partition(".")[0] != _PACKAGE for hook in hooks)
        return foreign or type(publisher) is not self.shell.display_pub_class

    @property
    def outputs_around(self) -> list[str]:
        """The model ids of the ipywidgets ``Output`` contexts around this code: they take displays, not updates."""
        module = sys.modules.get("ipywidgets.widgets.widget")
        widgets = getattr(module, "_instances", None)
        if widgets is None:  # ipywidgets 7; or none yet, or another thread is only just importing it
            widgets = getattr(getattr(module, "Widget", None), "widgets", {})
        header = getattr(self.shell.display_pub, "parent_header", {})
        here = header.get("msg_id") or header.get("header", {}).get("msg_id")
        return [one.model_id for one in list(widgets.values()) if here and getattr(one, "msg_id", "") == here]

    @property
    def can_ask(self) -> bool:
        """Whether somebody can answer ``input()``."""
        if not hasattr(self.shell, "kernel"):
            return bool(sys.stdin and sys.stdin.isatty())
        return bool(parent_of(self.shell).get("content", {}).get("allow_stdin", False))

    def question(self, prompt: str) -> str | None:
        """Ask the user a line of text; None when nobody is there."""
        if not self.can_ask:
            return None
        try:
            return input(printable(prompt))
        except EOFError:
            return None

    @property
    def cell_id(self) -> str | None:
        """The running cell's id, as JupyterLab, Notebook, VS Code and Colab send it."""
        return cell_id_of(self.shell)

    @property
    def asked(self) -> bool:
        """Whether the running cell has asked a model."""
        return self._asks > 0

    def next_key(self) -> CellKey | None:
        """Name this ask: its cell and its number in the cell's execution. None without a cell id."""
        number, self._asks = self._asks, self._asks + 1
        cell_id = self.cell_id
        return None if cell_id is None else (cell_id, number)

    def execution_begins(self) -> None:
        """Count asks anew."""
        self._asks = 0
        self._interrupts.execution_begins()

    def execution_ends(self, drop_stale: Callable[[str, int], None], *, succeeded: bool = True) -> None:
        """Tell which turns of the cell are still made: ``drop_stale(cell_id, asks)``.

        An execution that failed says nothing about the asks it did not reach, so a typo in a flag costs no turn.
        """
        cell_id = self.cell_id
        if succeeded and cell_id is not None:
            drop_stale(cell_id, self._asks)

    def outlet(self) -> DisplayOutlet:
        """Open a new place in the output of the running cell."""
        return DisplayOutlet(self.shell, appends=self.captured or bool(self.outputs_around))

    def say(self, text: str) -> None:
        """Show plain text in the cell's output."""
        self.show({"text/plain": text})

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show a bundle in the cell's output; in a terminal its plain text."""
        bundle = redact_all(bundle)
        if hasattr(self.shell, "kernel") and len(bundle) > 1:
            self.outlet().show(bundle)
        else:
            print(printable(bundle["text/plain"]))  # noqa: T201

    def show_once(self, value: Any) -> None:
        """Show a value that the magic also returns, so that it appears once whether or not it is the cell's result."""
        self.show(self._bundle_of(value))
        self.was_shown(value)

    def show_as(self, kind: type, bundle: Callable[[Any], dict[str, str]]) -> None:
        """Display every value of a class as ``bundle(value)``: the class itself cannot import what renders."""
        self._hooked.add(kind)
        self.shell.display_formatter.mimebundle_formatter.for_type(kind, lambda value, **_how: bundle(value))

    def _bundle_of(self, value: Any) -> dict[str, str]:
        bundle: dict[str, str] = self.shell.display_formatter.mimebundle_formatter(value)[0]
        return bundle

    def was_shown(self, response: Any) -> None:
        """Remember that a magic has just shown this value, so the cell's result is not shown twice.

        ``answer = %neosantara ask …`` returns it, and as the last expression of a cell IPython would show it again. An
        explicit ``display(answer)`` still does.
        """
        formatter = self.shell.display_formatter.ipython_display_formatter
        formatter.for_type(type(response), self._show_again)
        self._hooked.add(type(response))
        self._shown = (response, self.shell.execution_count)

    def forget_shown(self) -> None:
        """Take the hooks of `was_shown` away."""
        formatter = self.shell.display_formatter
        for kind in self._hooked:
            formatter.ipython_display_formatter.pop(kind, None)
            formatter.mimebundle_formatter.pop(kind, None)
        self._hooked.clear()
        self._shown = None

    def _show_again(self, response: Any) -> None:
        just_now = (
            self._shown is not None and self._shown[0] is response and self._shown[1] == self.shell.execution_count
        )
        if not (just_now and _asked_by_displayhook()):
            self.shell.display_pub.publish(data=_printable(self._bundle_of(response)), metadata={})
        elif not hasattr(self.shell, "kernel"):
            # A terminal has written ``Out[n]:`` by now, so something has to follow it.
            print(repr(response))  # noqa: T201

    def interrupts_until(self, note: Callable[[], object]) -> AbstractContextManager[Callable[[], None]]:
        """Let interrupts through until what is yielded is called; see `Interrupts.until_ended`."""
        return self._interrupts.until_ended(note, may_be_late=self.front_end not in {"terminal", "unattended"})

    def set_next_cell(self, code: str) -> None:
        """Put code into a new cell below (in a terminal: into the next prompt)."""
        self.shell.set_next_input(code, replace=False)

    def replace_cell(self, code: str, line: str) -> None:
        """Put code in place of the running cell, if that holds ``line`` alone; other code of the user's is kept."""
        self.shell.set_next_input(code, replace=self.cells.only(line))


def _printable(bundle: Mapping[str, Any]) -> dict[str, Any]:
    text = bundle.get("text/plain")
    return {**bundle, "text/plain": printable(text)} if isinstance(text, str) else dict(bundle)


def running_notebook() -> Notebook | None:
    """Return the running IPython shell; None in a plain script, which does not load IPython for this."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415  (a plain script does without)

    shell = get_ipython()
    return None if shell is None else Notebook(shell)


def _asked_by_displayhook() -> bool:
    """Whether the formatter is called for the cell's result, not for ``display()``.

    IPython passes only the object to a formatter, so only the call stack can tell.
    """
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name == "compute_format_data":
            return True
        if type(frame.f_locals.get("self")).__name__ == "CapturingDisplayHook":
            return True  # `%%capture` has a hook of its own
        frame = frame.f_back
    return False
