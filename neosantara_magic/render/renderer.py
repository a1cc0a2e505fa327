"""The interface between an ask and its renderer: an ask calls a `Renderer`, which paints on an `Outlet`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..events import Event
from .document import Document


class Outlet(Protocol):
    """One display in the output of a cell. ``ipython/notebook.py`` implements it on a display id."""

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Create the display, or replace what it shows."""
        ...

    def clear(self) -> None:
        """Take what the display shows away, as far as the front end can."""
        ...


class Renderer:
    """Shows one document while it grows."""

    def begin(self, document: Document) -> None:
        """Note that the request is sent now."""

    def show(self, document: Document, event: Event) -> None:
        """Show the document, into which ``event`` has just been folded."""

    def close(self, document: Document) -> None:
        """Paint the final form. Called exactly once, after ``document.finish``, whatever happens."""


class SilentRenderer(Renderer):
    """``--show none``: shows nothing at all."""


class Pane:
    """An outlet that creates its display only when there is something to show."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self.opened = False

    def paint(self, bundle: Mapping[str, Any]) -> None:
        """Show the bundle, creating the display if there is none."""
        self.opened = True
        self._outlet.show(bundle)

    def wipe(self) -> None:
        """Take the display away, if there is one."""
        if self.opened:
            self._outlet.clear()
