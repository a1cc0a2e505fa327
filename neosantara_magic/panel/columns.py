"""Answers side by side in one output.

For: the playground's display: one or two growing answers, and the form of them that the notebook stores.
Not for: asking (``playground.py``), or how one answer looks (``render/``).
"""

from __future__ import annotations

import threading
from html import escape
from typing import TYPE_CHECKING, Any

from ..render.static import quiet
from .turns import html_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..render.renderer import Outlet

_GRID = "display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16em, 100%), 1fr)); gap: 1em"


class Columns:
    """The columns of one output. Each is painted by a renderer in a thread of its own."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._lock = threading.Lock()
        self._round = 0
        self._titles: list[str] = []
        self._bundles: list[Mapping[str, Any]] = []

    def begin(self, titles: list[str]) -> None:
        """Start anew; what an earlier round still paints is not shown any more."""
        with self._lock:
            self._round += 1
            self._titles = titles
            self._bundles = [{"text/html": "<p>…</p>"} for _ in titles]
            self._paint(final=False)

    def outlet(self, at: int) -> Outlet:
        """Return where the answer of one column is painted."""
        return _Column(self, at, self._round)

    def put(self, at: int, bundle: Mapping[str, Any], of: int) -> None:
        """Show a column's new state."""
        with self._lock:
            if of == self._round:
                self._bundles[at] = bundle
                self._paint(final=False)

    def fail(self, at: int, text: str) -> None:
        """Show below what there is of a column what went wrong."""
        with self._lock:
            if at >= len(self._bundles):
                return
            held = self._bundles[at]
            kept = held if "text/markdown" in held else {"text/plain": "", "text/markdown": ""}
            markdown = "\n\n".join(filter(None, [kept["text/markdown"], quiet(text.replace("\n", " "))]))
            plain = "\n\n".join(filter(None, [kept["text/plain"], text]))
            self._bundles[at] = {"text/markdown": markdown, "text/plain": plain}

    def end(self) -> None:
        """Show the form that is stored."""
        with self._lock:
            self._paint(final=all("text/markdown" in bundle for bundle in self._bundles))

    def _paint(self, *, final: bool) -> None:
        cells = [
            f"<div><p><strong>{escape(title)}</strong></p>\n{_html(bundle)}</div>"
            for title, bundle in zip(self._titles, self._bundles, strict=True)
        ]
        forms = {"text/html": "\n".join([f'<div style="{_GRID}">', *cells, "</div>"])}
        if final:
            pairs = list(zip(self._titles, self._bundles, strict=True))
            # A title is a model's id and numbers, but an id is what somebody typed.
            forms["text/markdown"] = "\n\n".join(f"{quiet(title)}\n\n{one['text/markdown']}" for title, one in pairs)
            forms["text/plain"] = "\n\n".join(f"{title}\n{one['text/plain']}" for title, one in pairs)
        self._outlet.show(forms)


class _Column:
    """One column, as a renderer knows an outlet."""

    def __init__(self, columns: Columns, at: int, of: int) -> None:
        self._columns = columns
        self._at = at
        self._of = of

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show the column's new state."""
        self._columns.put(self._at, bundle, self._of)

    def update(self, bundle: Mapping[str, Any]) -> None:
        """Show the column's new state."""
        self.show(bundle)

    def clear(self) -> None:
        """Show nothing in it."""
        self.show({"text/html": "", "text/markdown": "", "text/plain": ""})


def _html(bundle: Mapping[str, Any]) -> str:
    found = bundle.get("text/html")
    return str(found) if found is not None else html_of(str(bundle.get("text/markdown", "")))
