"""Interrupts around the end of an answer: each stops the ask it was meant for, or nothing.

A front end that stops by interrupting the kernel learns of an answer's end later than the kernel does. An interrupt
that is pressed in between arrives when a Run All is in its next cell already, and must not hit that. No message tells
the two apart (a busy kernel reads none), but time does: nobody sees a cell begin and interrupts it at once.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LATE = 1.0
"""Seconds after an answer's end in which one interrupt is taken for a Stop that was pressed before it."""
UNSEEN = 0.3
"""Seconds after the beginning of an ask in which nobody can have seen its Stop button and pressed it."""


class Interrupts:
    """The interrupts of one kernel. ``clock`` returns seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asks = 0  # how many asks are under way: a tool of one may start another
        self._late_until = float("-inf")
        self._usual: Any = signal.default_int_handler  # the handler of an interrupt that is not late

    @contextmanager
    def until_ended(self, note: Callable[[], object], *, may_be_late: bool) -> Iterator[Callable[[], None]]:
        """Let interrupts through until what is yielded is called; drop them for the rest of the block.

        The answer may end between any two instructions, so the handler is there from the start, and one assignment
        decides: an interrupt either stops the ask or touches nothing.

        ``note`` is called in the signal handler for each that is let through. ``may_be_late``: somebody far from the
        kernel stops it, so an interrupt may come after the block.
        """
        if threading.current_thread() is not threading.main_thread():
            yield lambda: None
            return
        ended = threading.Event()

        def heard(number: int, frame: Any) -> None:
            if not ended.is_set():
                note()
                _pass_on(before, number, frame)

        self._late_until = min(self._late_until, self._clock() + UNSEEN)
        before = signal.signal(signal.SIGINT, heard)
        self._asks += 1
        try:
            yield ended.set
        finally:
            self._asks -= 1
            signal.signal(signal.SIGINT, before)
            if may_be_late and not self._asks:
                self._late_until = self._clock() + LATE
                self._listen()

    def execution_begins(self) -> None:
        """Listen in this cell too for an interrupt that was meant for the answer before it."""
        if threading.current_thread() is threading.main_thread() and self._clock() < self._late_until:
            self._listen()

    def _listen(self) -> None:
        usual = signal.getsignal(signal.SIGINT)
        if usual != self._heard_late:
            self._usual = usual
            signal.signal(signal.SIGINT, self._heard_late)

    def _heard_late(self, number: int, frame: Any) -> None:
        late = self._clock() < self._late_until
        self._late_until = float("-inf")  # whoever presses again means what is running
        if not late:
            _pass_on(self._usual, number, frame)


def _pass_on(handler: Any, number: int, frame: Any) -> None:
    (handler if callable(handler) else signal.default_int_handler)(number, frame)
