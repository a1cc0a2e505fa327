"""Jobs from outside that run in the kernel's main thread, between two cells.

For: waiting until no cell runs, one job at a time, and letting Kernel > Interrupt reach the job that runs.
Not for: what the jobs are (``mcp/serving.py``).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class BetweenCells:
    """The gaps between the cells of one kernel. Make it in a cell.

    Args:
        shell: The IPython shell.

    Attributes:
        cell_ended: Called whenever a cell has ended.

    Raises:
        RuntimeError: this is no kernel's main thread, so no loop could run the jobs.
    """

    def __init__(self, shell: Any) -> None:
        if not hasattr(shell, "kernel") or threading.current_thread() is not threading.main_thread():
            raise RuntimeError
        self._loop = asyncio.get_running_loop()
        self._depth = 1  # cells that run, one inside the other: the one that makes this
        self._jobs: deque[Callable[[], None]] = deque()
        self.cell_ended: Callable[[], None] = lambda: None
        self._events = shell.events
        self._events.register("pre_execute", self._begins)
        self._events.register("post_execute", self._ends)

    def put(self, job: Callable[[], None]) -> None:
        """Run a job as soon as no cell runs. Any thread may put one; what it raises is dropped."""
        self._jobs.append(job)
        self._loop.call_soon_threadsafe(self._next)

    def close(self) -> None:
        """Run nothing any more."""
        self._jobs.clear()
        self._events.unregister("pre_execute", self._begins)
        self._events.unregister("post_execute", self._ends)

    def _begins(self) -> None:
        self._depth += 1

    def _ends(self) -> None:
        self._depth = max(0, self._depth - 1)
        if not self._depth:
            self.cell_ended()
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        if self._depth or not self._jobs:
            return
        with suppress(BaseException):  # the loop is the kernel's: nothing may end it
            self._jobs.popleft()()
        self._loop.call_soon(self._next)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt through in the main thread; ipykernel ignores those that come between two cells."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
