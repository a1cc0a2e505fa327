"""Where tools run: worker threads and one background event loop; giving up at a deadline or at Stop.

Each job gets a daemon thread of its own: a thread pool would wait at exit for a function that never returns.
"""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import math
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..cancel import Cancel
from ..errors import Stopped
from ..messages import ToolResult

_AT_ONCE = 32
"""Worker threads of one message; a model may ask for hundreds of calls."""
_POLL = 0.5
"""Seconds between looks at the clock; Windows cannot interrupt a longer wait."""


calling_thread: ContextVar[Callable[[Callable[[], Any]], Future[Any]] | None] = ContextVar("calling", default=None)
"""For a job on the background loop: runs a function in the thread that waits for it, where the user can be asked."""


@dataclass(eq=False)
class Job:
    """Work for another thread or for the background loop."""

    work: Callable[[], Any]
    """Returns the result; for the loop, a coroutine that does."""
    late: Callable[[float], ToolResult]
    """Takes the seconds waited; returns the result that replaces one that did not come in time."""
    timeout: float | None = None
    on_loop: bool = False
    started: float = math.inf
    future: Future[None] | None = None
    """On the loop: what cancels it."""

    @property
    def deadline(self) -> float:
        """When it is given up, by the monotonic clock."""
        return self.started + (math.inf if self.timeout is None else self.timeout)


Results = Iterable[tuple[Job, ToolResult]]


class Crew:
    """The jobs of one message that run apart from the calling thread."""

    def __init__(self, cancel: Cancel) -> None:
        self._cancel = cancel
        self._next: queue.SimpleQueue[Callable[[], Results]] = queue.SimpleQueue()
        """What the calling thread does next: it takes a result, answers a job, or only looks around."""
        self._running: list[Job] = []
        self._waiting: deque[Job] = deque()

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return bool(self._running or self._waiting)

    def start(self, job: Job) -> None:
        """Start a job, or queue it when too many run."""
        self._waiting.append(job)
        self._fill()

    def ready(self) -> Iterator[tuple[Job, ToolResult]]:
        """Yield the results that are there already, without waiting."""
        with suppress(queue.Empty):
            while True:
                yield from self._next.get_nowait()()

    def wait(self) -> list[tuple[Job, ToolResult]]:
        """Wait until a job ends or passes its deadline. Raises Stopped, and what is no job's result: an interrupt."""
        found: list[tuple[Job, ToolResult]] = []
        with self._cancel.waking(lambda: self._next.put(tuple)):
            while not found:
                if self._cancel.stopped:
                    raise Stopped
                found = [*self._late()]
                if not found:
                    now = time.monotonic()
                    patience = min([_POLL, *(job.deadline - now for job in self._running)])
                    with suppress(queue.Empty):
                        found = [*self._next.get(timeout=max(0.0, patience))(), *self.ready()]
        return found

    def abandon(self) -> None:
        """Forget what still runs: coroutines are cancelled, threads end when their function does."""
        self._waiting.clear()
        for job in [*self._running]:
            self._give_up(job)

    def _in_calling_thread(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._next.put(lambda: self._answer(work, future))
        return future

    def _answer(self, work: Callable[[], Any], future: Future[Any]) -> Results:
        """Do what a job wants done in this thread; the clocks of all jobs stand still meanwhile."""
        begun = time.monotonic()
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001  (it is the job's)
                future.set_exception(error)
        for job in self._running:
            job.started += time.monotonic() - begun
        return ()

    def _late(self) -> Iterator[tuple[Job, ToolResult]]:
        now = time.monotonic()
        for job in [one for one in self._running if now >= one.deadline]:
            self._give_up(job)
            yield job, job.late(now - job.started)

    def _give_up(self, job: Job) -> None:
        self._forget(job)
        if job.future is not None:
            job.future.cancel()

    def _ended(self, job: Job, how: ToolResult | BaseException) -> Results:
        if job not in self._running:  # it came after its deadline
            return ()
        self._forget(job)
        if isinstance(how, BaseException):
            raise how
        return ((job, how),)

    def _forget(self, job: Job) -> None:
        self._running.remove(job)
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._running) < _AT_ONCE:
            job = self._waiting.popleft()
            job.started = time.monotonic()
            self._running.append(job)
            if job.on_loop:
                job.future = asyncio.run_coroutine_threadsafe(self._on_loop(job), background_loop())
            else:
                run, arguments = contextvars.copy_context().run, (self._in_thread, job)
                threading.Thread(target=run, args=arguments, name="neosantara-tool", daemon=True).start()

    def _in_thread(self, job: Job) -> None:
        try:
            how = job.work()
        except BaseException as error:  # noqa: BLE001  (it is raised again in the calling thread)
            how = error
        self._next.put(lambda: self._ended(job, how))

    async def _on_loop(self, job: Job) -> None:
        calling_thread.set(self._in_calling_thread)
        try:
            how = await job.work()
        except BaseException as error:  # noqa: BLE001  (the loop is shared: it must not end by a tool's KeyboardInterrupt)
            how = error
        self._next.put(lambda: self._ended(job, how))


@contextmanager
def interrupted_by(cancel: Cancel) -> Iterator[None]:
    """Let Stop reach a function that runs in the main thread, as Ctrl-C would: `Stopped` ends the block.

    In another thread nothing can interrupt a function; Stop then takes effect when it returns.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    guard, inside, main = threading.Lock(), [True], threading.main_thread().ident

    def interrupt() -> None:
        with guard:
            if not inside:
                return  # the block has ended: the interrupt would hit whatever runs now
            if hasattr(signal, "pthread_kill") and main is not None:
                # A real signal also ends a blocked sleep or read; interrupt_main() waits for the next bytecode.
                signal.pthread_kill(main, signal.SIGINT)
            else:
                _thread.interrupt_main()

    try:
        with cancel.waking(interrupt):
            try:
                yield
            finally:
                with guard:
                    inside.clear()
    except KeyboardInterrupt:
        if cancel.stopped:
            raise Stopped from None
        raise


_loop: asyncio.AbstractEventLoop | None = None
_loop_process: int | None = None
_loop_lock = threading.Lock()


def background_loop() -> asyncio.AbstractEventLoop:
    """Return the one event loop that async tools share; it runs in a daemon thread, started at first use.

    They cannot use the kernel's own loop: it is busy running the cell that asks.
    """
    global _loop, _loop_process
    with _loop_lock:
        if _loop is None or _loop_process != os.getpid():  # a forked process has the loop but not its thread
            _loop, _loop_process = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_turn, args=(_loop,), name="neosantara-async-tools", daemon=True).start()
        return _loop


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        with suppress(BaseException):  # a task of a tool's own that exits ends run_forever; the loop is everybody's
            loop.run_forever()
