"""Stop: one flag that ends an ask wherever it is waiting, also in a read that is blocked on a silent server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancel:
    """Set once, from any thread; wakes whoever is waiting."""

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
