"""An alarm clock on one thread.

For: ringing for a renderer that sets an alarm with every frame; a new thread for each costs more than the frame.
Not for: deciding when (``pace.py``).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_IDLE = 2.0
"""Seconds without an alarm after which the thread ends."""


class Ring:
    """One call that is due at some time."""

    def __init__(self, when: float, call: Callable[[], None]) -> None:
        self.when = when
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Forget it. The thread finds out when it wakes."""
        self.call = None


class AlarmClock:
    """Holds one alarm: setting one forgets the last. Fits `pace.Pace` as its ``alarm``.

    A call that raises ends the thread, and the next alarm starts another; `Pace` catches what its paint raises.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ring: Ring | None = None
        self._wakes = 0.0
        self._running = False

    def __call__(self, seconds: float, call: Callable[[], None]) -> Ring:
        """Call ``call`` in so many seconds, from a thread that does not keep Python alive."""
        ring = Ring(time.monotonic() + seconds, call)
        with self._changed:
            self._ring = ring
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="neosantara-alarm", daemon=True).start()
            elif ring.when < self._wakes:
                self._changed.notify()
        return ring

    def _run(self) -> None:
        try:
            while (call := self._next_call()) is not None:
                call()
        finally:
            with self._changed:
                self._running = False

    def _next_call(self) -> Callable[[], None] | None:
        """Wait for the next alarm; None when there was none for a while."""
        with self._changed:
            idle_until = time.monotonic() + _IDLE
            while True:
                now = time.monotonic()
                ring = self._ring
                if ring is None or ring.call is None:
                    if now >= idle_until:
                        # Still inside the lock: an alarm set from now on finds no thread and starts one.
                        self._running = False
                        return None
                    self._wakes = idle_until
                elif ring.when <= now:
                    self._ring = None
                    return ring.call
                else:
                    self._wakes = ring.when
                self._changed.wait(self._wakes - now)
