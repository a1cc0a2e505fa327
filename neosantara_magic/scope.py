"""What an ask runs in: the variables of the function in which a magic or `ask()` stands, and the flag that stops it.

For a cell, the notebook's own variables are all there is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

_MACHINERY = ("IPython", "ipykernel", "neosantara_magic", "decorator", "contextlib")
_OPTIMIZED = 0x1
"""Set in the code of functions, not of classes and modules (``inspect.CO_OPTIMIZED``)."""
_current: ContextVar[MutableMapping[str, Any] | None] = ContextVar("neosantara_scope", default=None)
"""Of a context, not of the process: what runs in a thread of its own has other callers."""


class Scope(dict[str, Any]):
    """A function's variables over those of the notebook. What is set is set there: a running function's cannot be."""

    def __init__(self, notebook: MutableMapping[str, Any], seen: dict[str, Any], own: set[str]) -> None:
        super().__init__(seen)
        self.own = own
        """Names whose values are not the notebook's."""
        self._notebook = notebook

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._notebook[name] = value


@contextmanager
def within(frame: FrameType | None, notebook: MutableMapping[str, Any]) -> Iterator[MutableMapping[str, Any]]:
    """Let `variables` return what the code of the nearest frame of the user's sees, from ``frame`` outwards."""
    seen = seen_from(frame, notebook)
    token = _current.set(seen)
    try:
        yield seen
    finally:
        _current.reset(token)


def variables(notebook: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the variables that count here: those of `within`, else the notebook's."""
    seen = _current.get()
    return notebook if seen is None else seen


def seen_from(frame: FrameType | None, notebook: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return what the nearest frame of the user's sees, from ``frame`` outwards; in a cell the notebook itself."""
    while frame is not None and (
        str(frame.f_globals.get("__name__", "")).partition(".")[0] in _MACHINERY
        or frame.f_code.co_filename.startswith("<decorator-gen")
    ):
        frame = frame.f_back
    if frame is None or frame.f_locals is notebook:
        return notebook
    other = frame.f_globals if frame.f_globals is not notebook else {}
    seen, own = dict(notebook) | other, set(other)
    for one in reversed([frame, *_around(frame)]):
        # A name that is the function's but has no value yet is not the notebook's variable of that name.
        for name in (*one.f_code.co_varnames, *one.f_code.co_cellvars):
            seen.pop(name, None)
        seen |= one.f_locals
        own.update(one.f_locals)
    return Scope(notebook, seen, own)


def _around(frame: FrameType) -> Iterator[FrameType]:
    """Yield the running functions in whose text this one stands: Python keeps only those of their variables it uses."""
    code, outer = frame.f_code, frame.f_back
    while outer is not None:
        if outer.f_code.co_flags & _OPTIMIZED and any(constant is code for constant in outer.f_code.co_consts):
            yield outer
            code = outer.f_code
        outer = outer.f_back


class Cancel:
    """Stop: one flag, set once, from any thread. It wakes whoever waits, also in a read of a silent server."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._noted = False
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], None]] = []

    @property
    def stopped(self) -> bool:
        """Whether Stop was pressed."""
        return self._noted or self._event.is_set()

    def note(self) -> None:
        """Mark the ask as stopped, and wake nobody: safe in a signal handler, where no lock may be taken.

        The handler raises KeyboardInterrupt too, which ends every wait. But Python drops what is raised in a weakref's
        callback or in some C code; with this mark the ask ends at its next step all the same.
        """
        self._noted = True

    def stop(self) -> None:
        """Stop the ask: set the flag and end every blocked wait."""
        with self._lock:
            self._event.set()
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds``; return at once, and True, when stopped."""
        return self._event.wait(seconds)

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `stop` calls ``wake`` (at once if already stopped)."""
        with self._lock:
            self._wakers.append(wake)
            stopped = self._event.is_set()
        if stopped:
            wake()
        try:
            yield
        finally:
            with self._lock:
                self._wakers.remove(wake)
