"""Answers side by side in one output: the playground's display while they grow, and the form that is stored.

Not for: asking (``playground.py``), or how one answer looks (``render/``).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from ..render.allowed import GRID
from ..render.forms import HTML, MARKDOWN, PLAIN, forms, growing
from ..render.html import text_html
from ..render.renderer import Outlet
from ..render.static import quiet, quiet_line


class Columns:
    """The columns of one output. Each is painted by a renderer in a thread of its own."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._lock = threading.Lock()
        self._round = 0
        self._titles: list[str] = []
        self._bundles: list[Mapping[str, Any]] = []

    def begin(self, titles: list[str]) -> None:
        """Start anew; what an earlier round still paints is dropped."""
        with self._lock:
            self._round += 1
            self._titles = titles
            self._bundles = [{HTML: "<p>…</p>"} for _ in titles]
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
        """Show below a column what went wrong."""
        with self._lock:
            if at >= len(self._bundles):
                return
            held = self._bundles[at]
            kept = held if MARKDOWN in held else dict.fromkeys((HTML, MARKDOWN, PLAIN), "")
            line = quiet_line(text.replace("\n", " ")) | {PLAIN: text}
            self._bundles[at] = {name: "\n\n".join(filter(None, [kept[name], line[name]])) for name in line}

    def end(self) -> None:
        """Show the form that is stored."""
        with self._lock:
            self._paint(final=all(MARKDOWN in bundle for bundle in self._bundles))

    def _paint(self, *, final: bool) -> None:
        pairs = list(zip(self._titles, self._bundles, strict=True))
        cells = [f"<div><p><strong>{text_html(title)}</strong></p>\n{one[HTML]}</div>" for title, one in pairs]
        html = "\n".join([f'<div style="{GRID}">', *cells, "</div>"])
        if not final:
            self._outlet.show(growing(html))
            return
        # A title is a model's id and numbers, but an id is what somebody typed.
        markdown = "\n\n".join(f"{quiet(title)}\n\n{one[MARKDOWN]}" for title, one in pairs)
        self._outlet.show(forms(html, markdown, "\n\n".join(f"{title}\n{one[PLAIN]}" for title, one in pairs)))


class _Column:
    """One column, with the interface of an outlet."""

    def __init__(self, columns: Columns, at: int, of: int) -> None:
        self._columns = columns
        self._at = at
        self._of = of

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show the column's new state."""
        self._columns.put(self._at, bundle, self._of)

    def clear(self) -> None:
        """Show nothing in it."""
        self.show(dict.fromkeys((HTML, MARKDOWN, PLAIN), ""))
