"""Pace: how often a growing answer is painted.

For: the first token at once, then a limited number of frames a second, fewer when a frame is expensive. While the
model pauses, all of its text is shown.
Not for: the content of a frame.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

COST_FACTOR = 4
"""Painting may take at most a fifth of the time: after a frame that took t, four t pass."""
BYTES_PER_SECOND = 250_000
"""Bytes that a front end lays out, and a server forwards, without falling behind (measured in JupyterLab)."""

LONGEST_PAUSE = 2.0
"""Seconds; one frame that was slow for reasons of its own must not freeze the answer."""


class Alarm(Protocol):
    """A call that will happen later."""

    def cancel(self) -> None:
        """Forget it, unless it has happened."""
        ...


def daemon_alarm(seconds: float, call: Callable[[], None]) -> Alarm:
    """Call later, from a thread that does not keep Python alive."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer


class Pace:
    """Calls ``paint`` when it is time to.

    ``paint`` runs in the thread that asks, or in the alarm's, never in two at once.

    Args:
        paint: Paints a frame and returns how many bytes it sent.
        shortest: Seconds between two frames at least.
        clock: Seconds that only grow.
        alarm: How to be called later.
    """

    def __init__(
        self,
        paint: Callable[[], int],
        *,
        shortest: float = 1 / 15,
        clock: Callable[[], float] = time.monotonic,
        alarm: Callable[[float, Callable[[], None]], Alarm] = daemon_alarm,
    ) -> None:
        self._paint = paint
        self._shortest = shortest
        self._clock = clock
        self._alarm = alarm
        self._lock = threading.RLock()
        self._due = float("-inf")
        self._set: tuple[float, Alarm, object] | None = None
        """The time of the next ring, the alarm, and its token; a late ring of an older alarm has another token."""
        self._stopped = False
        self._failure: Exception | None = None

    def wish(self, *, now: bool = False) -> None:
        """Ask for a frame: painted at once when one is due (or ``now``), else as soon as it is.

        Raises:
            Exception: what painting raised in the alarm's thread since the last wish.
        """
        ring = self._set
        if ring is not None and ring[0] <= self._due and not now and self._failure is None:
            return  # it will show this too: a ring leaves ``_set`` before it paints
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
        if self._set is not None:
            if self._set[0] <= when:
                return
            self._forget_alarm()
        token = object()
        alarm = self._alarm(max(0.0, when - self._clock()), lambda: self._ring(token))
        self._set = (when, alarm, token)

    def _ring(self, token: object) -> None:
        with self._lock:
            if self._stopped or self._set is None or self._set[2] is not token:
                return
            self._set = None
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
        if self._set is not None:
            self._set[1].cancel()
            self._set = None
