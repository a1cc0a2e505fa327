"""Collect what a function prints while it runs as a tool; works for several tools at once.

Not for: what it *displays*: only ``ipython/`` knows displays.

A capture is entered where its tool runs: in its thread, or in its task on the background loop. One that swaps
``sys.stdout`` for itself therefore breaks as soon as two tools run at once, since they leave in any order.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

PRINT_LIMIT = 100_000
"""Characters of printed text that a card keeps."""

_current: ContextVar[Captured | None] = ContextVar("neosantara_printed", default=None)
_lock = threading.Lock()
_routes = 0
_originals: tuple[Any, Any] = (None, None)


class Captured:
    """What was shown while a block ran, complete once it has ended."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._room = PRINT_LIMIT
        self.displayed: Any = None
        """Displays, caught elsewhere; their ``shown`` has the MIME bundles."""

    def write(self, text: str) -> None:
        """Keep ``text``, as far as there is room."""
        if self._room > 0:
            self._text.write(text[: self._room])
        self._room -= len(text)

    @property
    def shown(self) -> tuple[Mapping[str, Any], ...]:
        """MIME bundles: one with all that was printed, if anything was, then the displays."""
        text = self._text.getvalue()
        more = f"\n[cut: {-self._room:,} more characters]" if self._room < 0 else ""
        printed = ({"text/plain": text + more},) if text else ()
        return (*printed, *(self.displayed.shown if self.displayed else ()))


def no_capture() -> nullcontext[Captured]:
    """Capture nothing: the prints of a tool go where they always go."""
    return nullcontext(Captured())


class _Route:
    """Stands in for ``sys.stdout`` or ``sys.stderr`` and sends each write to the capture of its own context."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def write(self, text: str) -> int:
        printed = _current.get()
        if printed is None:
            written: int = self._original.write(text)
            return written
        printed.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


@contextmanager
def capture_prints() -> Iterator[Captured]:
    """Collect what this thread or task prints; others print as before.

    A thread that the tool starts itself has a context of its own, so what it prints is not collected.
    """
    global _routes, _originals  # noqa: PLW0603  (sys.stdout is one for the process, and so is its stand-in)
    captured = Captured()
    with _lock:
        if _routes == 0:
            _originals = (sys.stdout, sys.stderr)
            sys.stdout, sys.stderr = _Route(sys.stdout), _Route(sys.stderr)
        _routes += 1
    token = _current.set(captured)
    try:
        yield captured
    finally:
        _current.reset(token)
        with _lock:
            _routes -= 1
            for name, original in zip(("stdout", "stderr"), _originals, strict=True) if _routes == 0 else ():
                # Only what is still ours: the user may have redirected in the meantime.
                if isinstance(getattr(sys, name), _Route):
                    setattr(sys, name, original)
