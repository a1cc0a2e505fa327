"""Everything that we ask of IPython: the front end, the namespace, the cell, the next cell, what a tool displays."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from traceback import walk_stack
from typing import Any, TypeVar
from uuid import uuid4

from ..redaction import redact_all
from ..scope import variables
from ..texts import printable
from .cells import CellsRun
from .front_ends import UNATTENDED, FrontEnd, Interrupts, cell_id_of, front_end_of

_PACKAGE = __name__.partition(".")[0]
CellKey = tuple[str, int]
T = TypeVar("T")


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
        again, named = self._shown and not self._appends, {"display_id": self._display_id}
        self._publisher.publish(data=_printable(bundle), metadata={}, transient=named, update=again)
        self._shown = True

    def show_widget(self, model_id: str, text: str) -> None:
        """Show an ipywidget, and ``text`` where widgets cannot be shown."""
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self.show({"application/vnd.jupyter.widget-view+json": view, "text/plain": text})

    def clear(self) -> None:
        """Empty the output, if there is one. Its place stays."""
        if self._shown and not self._appends:
            self.show({"text/plain": ""})


class Notebook:
    """Everything that an ask needs of one IPython shell."""

    def __init__(self, shell: Any, cells: CellsRun | None = None) -> None:
        self.shell = shell
        self.cells = CellsRun(shell) if cells is None else cells
        self.asks = 0  # how many asks the running cell has made
        self._shown, self._shown_at = None, -1  # the value that a magic has just shown, and in which execution
        self._hooked: set[type] = set()  # types whose display we have changed
        self._interrupts = Interrupts()

    @property
    def namespace(self) -> MutableMapping[str, Any]:
        """The user's variables, as the code that asks sees them."""
        return variables(self.shell.user_ns)

    @property
    def front_end(self) -> FrontEnd:
        """What is known of the program that shows the outputs; where code captures them, nobody watches."""
        found = front_end_of(self.shell)
        return UNATTENDED if found.displays and self.captured else found

    @property
    def captured(self) -> bool:
        """Whether code in the kernel captures displays, as ``%%capture`` does: it gets final forms only."""
        publisher = self.shell.display_pub
        hooks = getattr(publisher, "_hooks", ())  # of this thread; our own apply updates (`CapturedDisplays`)
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
        return front_end_of(self.shell).attended

    def question(self, prompt: str) -> str | None:
        """Ask the user a line of text; None when nobody is there."""
        with suppress(EOFError):
            return input(printable(prompt)) if self.can_ask else None
        return None

    @property
    def cell_id(self) -> str | None:
        """The running cell's id, as JupyterLab, Notebook, VS Code and Colab send it."""
        return cell_id_of(self.shell)

    def next_key(self) -> CellKey | None:
        """Name this ask: its cell and its number in the cell's execution. None without a cell id."""
        number, self.asks = self.asks, self.asks + 1
        return None if (cell_id := self.cell_id) is None else (cell_id, number)

    def execution_begins(self) -> None:
        """Count asks anew."""
        self.asks = 0
        self._interrupts.execution_begins()

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

    def show_once(self, value: T) -> T:
        """Show a value and return it, so that it appears once whether or not it is the cell's result."""
        self.show(self._bundle_of(value))
        self.was_shown(value)
        return value

    def show_as(self, kind: type, bundle: Callable[[Any], dict[str, str]]) -> None:
        """Display every value of a class as ``bundle(value)``: the class itself cannot import what renders."""
        self._hooked.add(kind)
        self.shell.display_formatter.mimebundle_formatter.for_type(kind, lambda value, **_how: bundle(value))

    def _bundle_of(self, value: Any) -> dict[str, str]:
        return self.shell.display_formatter.mimebundle_formatter(value)[0]

    def was_shown(self, response: Any) -> None:
        """Remember that a magic has just shown this value, so the cell's result is not shown twice.

        ``answer = %neosantara ask …`` returns it, and as the last expression of a cell IPython would show it again. An
        explicit ``display(answer)`` still does.
        """
        formatter = self.shell.display_formatter.ipython_display_formatter
        formatter.for_type(type(response), self._show_again)
        self._hooked.add(type(response))
        self._shown, self._shown_at = response, self.shell.execution_count

    def forget_shown(self) -> None:
        """Take the hooks of `was_shown` away."""
        formatter = self.shell.display_formatter
        for kind in self._hooked:
            formatter.ipython_display_formatter.pop(kind, None)
            formatter.mimebundle_formatter.pop(kind, None)
        self._hooked.clear()
        self._shown = None

    def _show_again(self, response: Any) -> None:
        # IPython passes only the object to a formatter: only the call stack tells a cell's result from `display()`.
        result = any(frame.f_globals.get("__name__") == "IPython.core.displayhook" for frame, _ in walk_stack(None))
        if response is not self._shown or self._shown_at != self.shell.execution_count or not result:
            self.shell.display_pub.publish(data=_printable(self._bundle_of(response)), metadata={})
        elif not hasattr(self.shell, "kernel"):
            # A terminal has written ``Out[n]:`` by now, so something has to follow it.
            print(repr(response))  # noqa: T201

    def interrupts_until(self, note: Callable[[], object]) -> AbstractContextManager[Callable[[], None]]:
        """Let interrupts through until what is yielded is called; see `Interrupts.until_ended`."""
        return self._interrupts.until_ended(note, may_be_late=self.front_end.displays and self.front_end.attended)

    def set_next_cell(self, code: str, line: str = "") -> None:
        """Put code into a new cell or prompt below, or in place of a running cell that holds nothing but ``line``."""
        self.shell.set_next_input(code, replace=bool(line) and self.cells.only(line))


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


class CapturedDisplays:
    """What a tool displayed, for its card, as mime bundles; updates and clearing are applied as a front end does."""

    def __init__(self) -> None:
        self._bundles: list[tuple[str | None, Mapping[str, Any]]] = []
        self._clear_next = False

    @property
    def shown(self) -> tuple[Mapping[str, Any], ...]:
        """The bundles, in the order in which they were displayed."""
        return tuple(bundle for _, bundle in self._bundles)

    def hook(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Take a message about a display of the tool; return any other, which the front end gets."""
        if _capturing.get() is not self:
            return message
        kind, content = message["header"]["msg_type"], message["content"]
        display_id = content.get("transient", {}).get("display_id")
        if kind == "update_display_data" and any(display_id == own for own, _ in self._bundles):
            self._bundles = [(own, content["data"] if own == display_id else data) for own, data in self._bundles]
        elif kind == "clear_output":
            self._clear_next = bool(content.get("wait"))
            if not self._clear_next:
                self._bundles.clear()
        elif kind == "display_data":
            if self._clear_next:
                self._bundles.clear()
            self._clear_next = False
            self._bundles.append((display_id, content["data"]))
        else:
            return message
        return None


_capturing: ContextVar[CapturedDisplays | None] = ContextVar("neosantara_capturing", default=None)
"""The capture of this thread or task. Async tools share a thread, so the thread alone does not tell them apart."""


@contextmanager
def capture_displays(publisher: Any) -> Iterator[CapturedDisplays]:
    """Collect what is displayed in the block, in this thread or task, instead of showing it in the cell.

    Figures that Matplotlib would show when the cell ends count as displayed when the block ends. A ``publisher`` (the
    shell's ``display_pub``) without hooks, as in a terminal, prints what is displayed.
    """
    captured = CapturedDisplays()
    if not hasattr(publisher, "register_hook"):
        yield captured
        return

    token = _capturing.set(captured)
    publisher.register_hook(captured.hook)
    before = _open_figures()
    try:
        yield captured
        _finish_figures(before, show=True)
    finally:
        _finish_figures(before, show=False)
        publisher.unregister_hook(captured.hook)
        _capturing.reset(token)


def _open_figures() -> set[int]:
    """Return the numbers of the figures that the inline backend would show at the end of the cell."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    # Figures are one list for the process, so tools in other threads cannot be told apart by it.
    if pyplot is None or threading.current_thread() is not threading.main_thread():
        return set()
    numbers = set(pyplot.get_fignums())
    return numbers if numbers and "inline" in str(pyplot.get_backend()) else set()


def _finish_figures(before: set[int], *, show: bool) -> None:
    """Close the figures opened since, so that they do not appear loose in the cell; ``show`` displays them first."""
    for number in sorted(_open_figures() - before):
        from IPython.display import display  # noqa: PLC0415  (only where a figure was drawn)

        pyplot = sys.modules["matplotlib.pyplot"]
        figure = pyplot.figure(number)
        pyplot.close(figure)
        if show:
            display(figure)
