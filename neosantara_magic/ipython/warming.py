"""Imports what the first ask needs while nobody waits: the SDK alone takes a second.

One thread imports between two cells and rests while a cell runs. It touches no network, no key, no file of the user.

A pause in the middle of `import openai` needs a place where only that package's locks are held. It is the moment
before a module's code runs: while the thread works, a finder of ours makes the loaders of its imports wait there.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_PACKAGE = __name__.partition(".")[0]
_STEPS = (
    "openai.resources.responses.responses",
    "openai.resources.chat.completions.completions",
    "httpcore2",  # at its first request httpx2 imports this, and what follows where it is installed
    "truststore",
    *(f"{_PACKAGE}.{name}" for name in ("api.sdk", "commands", "render.widget", "render.blocks")),
)
_QUIET = 0.1  # seconds without a cell before the first import: in a Run All the next cell has begun by then
_LOOK = 0.02  # seconds between two looks while a cell runs


class _Leaving(BaseException):
    """The process ends: leave the import where it is."""


class WarmUp:
    """The warm-up of one shell, while ``wanted`` (the setting) says so."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted
        self._thread: threading.Thread | None = None
        self._free = threading.Event()  # no cell runs, or somebody waits for us
        self._stopped = threading.Event()
        self._leaving = False

    def cell_begins(self) -> None:
        """Make no further import until the cell ends."""
        if not self._stopped.is_set():
            self._free.clear()

    def cell_ends(self) -> None:
        """Begin the imports, or go on with them."""
        self._free.set()
        if self._thread is None and not self._stopped.is_set() and self._wanted():
            self._thread = threading.Thread(target=self._work, name=f"{_PACKAGE}-warm-up", daemon=True)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(before=self.stop)  # a child would wait for ever for a lock that the thread held
            atexit.register(self._leave)
            self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """End after the import under way, and wait for it: whoever asks now imports the rest."""
        self._stopped.set()
        self._free.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _leave(self) -> None:
        self._leaving = True
        self.stop(timeout=0.5)

    def find_spec(self, *asked: Any) -> ModuleSpec | None:
        """Find what Python would find, with a loader that waits first; nothing for any other thread."""
        if threading.current_thread() is not self._thread:
            return None
        spec = PathFinder.find_spec(*asked)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            own = vars(loader := spec.loader)

            def wait_and_load(module: ModuleType) -> None:
                del own["exec_module"]  # leave no trace
                self._rest()
                loader.exec_module(module)

            own["exec_module"] = wait_and_load
        return spec

    def _rest(self) -> None:
        """Wait while a cell runs, unless some thread waits for what ours imports."""
        while not self._free.is_set() and not _somebody_waits():
            self._free.wait(_LOOK)
        if self._leaving:
            raise _Leaving

    def _work(self) -> None:
        self._stopped.wait(_QUIET)
        sys.meta_path.insert(0, self)
        try:
            for name in _STEPS:
                self._rest()
                if self._stopped.is_set() or not self._wanted():
                    break
                with contextlib.suppress(Exception):  # the first ask meets the same fault, and says it
                    import_module(name)
        except _Leaving:
            pass
        finally:
            sys.meta_path.remove(self)
            atexit.unregister(self._leave)


def _somebody_waits() -> bool:
    """Whether any thread waits for the lock of a module that another thread imports."""
    tops = (frame.f_code for frame in sys._current_frames().values())  # noqa: SLF001  (its documented name)
    return any(code.co_name == "acquire" and code.co_filename == "<frozen importlib._bootstrap>" for code in tops)
