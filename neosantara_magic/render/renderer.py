"""The interface between an ask and its renderer, which paints on an `Outlet`; and how often one paints that grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..events import Event
from .document import Document

COST_FACTOR = 4
"""Painting may take at most a fifth of the time: after a frame that took t, four t pass."""
BYTES_PER_SECOND = 250_000
"""Bytes that a front end lays out, and a server forwards, without falling behind (measured in JupyterLab)."""
LONGEST_PAUSE = 2.0
"""Seconds; one frame that was slow for reasons of its own must not freeze the answer."""
_IDLE = 2.0
"""Seconds without an alarm after which the thread of a clock ends."""


class Outlet(Protocol):
    """One display in the output of a cell. ``ipython/notebook.py`` implements it on a display id."""

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Create the display, or replace what it shows."""

    def clear(self) -> None:
        """Take what the display shows away, if it shows anything, as far as the front end can."""


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


class Clock:
    """Seconds that only grow, and one alarm: setting one forgets the last.

    All alarms ring on one thread, for a new one costs more than a frame. It does not keep Python alive. A call that
    raises ends it, and the next alarm starts another.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._alarm: tuple[float, Callable[[], None]] | None = None
        self._wakes, self._running = 0.0, False

    def __call__(self) -> float:
        """Return the time."""
        return time.monotonic()

    def alarm(self, seconds: float, call: Callable[[], None]) -> None:
        """Call ``call`` in so many seconds."""
        when = self() + seconds
        with self._changed:
            self._alarm = (when, call)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="neosantara-alarm", daemon=True).start()
            elif when < self._wakes:
                self._changed.notify()

    def cancel(self) -> None:
        """Forget the alarm, unless it rings already."""
        with self._changed:
            self._alarm = None  # the thread finds out when it wakes

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
            idle_until = self() + _IDLE
            while True:
                self._wakes = self._alarm[0] if self._alarm else idle_until
                if (left := self._wakes - self()) <= 0:
                    break
                self._changed.wait(left)
            # Only now has the alarm a name: one kept while it waits would keep the answer's widget.
            alarm, self._alarm = self._alarm, None
            self._running = alarm is not None  # inside the lock: an alarm set from now on starts a thread if none runs
            return alarm and alarm[1]


class Pace:
    """Calls ``paint``, which returns how many bytes it sent, when it is time to: ``shortest`` seconds apart at least.

    The first token at once, then fewer frames when one is expensive. While the model pauses, all of its text is shown.
    It runs in the thread that asks, or in the clock's, never in two at once.
    """

    def __init__(self, paint: Callable[[], int], clock: Clock, *, shortest: float = 1 / 15) -> None:
        self._paint, self._shortest, self._clock = paint, shortest, clock
        self._lock = threading.RLock()
        self._due = float("-inf")
        self._rings: float | None = None
        """When the alarm that is set will ring. It is known by that: a late ring of an older one paints nothing."""
        self._stopped = False
        self._failure: Exception | None = None

    def wish(self, *, now: bool = False) -> None:
        """Ask for a frame: painted at once when one is due (or ``now``), else as soon as it is.

        Raises:
            Exception: what painting raised in the clock's thread since the last wish.
        """
        rings = self._rings
        if rings is not None and rings <= self._due and not now and self._failure is None:
            return  # it will show this too: a ring is no longer set before it paints
        with self._lock:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if self._stopped:
                return
            if now or self._clock() >= self._due:
                self._forget_alarm()
                self._frame()
            else:
                self._ring_at(self._due)

    def later(self, seconds: float) -> None:
        """Ask for a frame in so many seconds, whatever happens until then."""
        with self._lock:
            if not self._stopped:
                self._ring_at(self._clock() + seconds)

    def stop(self) -> None:
        """Paint no more. When this returns no frame is being painted."""
        with self._lock:
            self._stopped = True
            self._forget_alarm()

    def _ring_at(self, when: float) -> None:
        if self._rings is None or when < self._rings:
            self._rings = when
            self._clock.alarm(max(0.0, when - self._clock()), lambda: self._ring(when))

    def _ring(self, when: float) -> None:
        with self._lock:
            if self._stopped or self._rings != when:
                return
            self._rings = None
            try:
                self._frame()
            except Exception as failure:  # noqa: BLE001  (raised again in the thread that asks)
                self._failure = failure

    def _frame(self) -> None:
        began = self._clock()
        sent = self._paint()
        ended = self._clock()
        pause = max(self._shortest, COST_FACTOR * (ended - began), sent / BYTES_PER_SECOND)
        self._due = ended + min(pause, LONGEST_PAUSE)

    def _forget_alarm(self) -> None:
        self._rings = None
        self._clock.cancel()
