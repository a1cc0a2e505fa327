"""What a tool displays, caught for its card: displays, updates, ``clear_output`` and figures, per thread or task."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class CapturedDisplays:
    """What a block displayed, as mime bundles; updates and clearing are applied as a front end does."""

    def __init__(self) -> None:
        self._bundles: list[tuple[str | None, Mapping[str, Any]]] = []
        self._clear_next = False

    @property
    def shown(self) -> tuple[Mapping[str, Any], ...]:
        """The bundles, in the order in which they were displayed."""
        return tuple(bundle for _, bundle in self._bundles)

    def take(self, kind: str, content: Mapping[str, Any]) -> bool:
        """Apply a message to the captured displays; return False when it is about another display."""
        if kind == "clear_output":
            self._clear_next = bool(content.get("wait"))
            if not self._clear_next:
                self._bundles.clear()
            return True
        display_id = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            known = any(display_id == own for own, _ in self._bundles)
            self._bundles = [(own, content["data"] if own == display_id else data) for own, data in self._bundles]
            return known
        if kind != "display_data":
            return False
        if self._clear_next:
            self._clear_next = False
            self._bundles.clear()
        self._bundles.append((display_id, content["data"]))
        return True


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

    def hook(message: dict[str, Any]) -> dict[str, Any] | None:
        if _capturing.get() is not captured:
            return message
        return None if captured.take(message["header"]["msg_type"], message["content"]) else message

    token = _capturing.set(captured)
    publisher.register_hook(hook)
    before = _open_figures()
    try:
        yield captured
        _finish_figures(before, show=True)
    finally:
        _finish_figures(before, show=False)
        publisher.unregister_hook(hook)
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
            display(figure)  # type: ignore[no-untyped-call]
