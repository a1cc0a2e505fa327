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
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from ..cancel import Cancel
from ..errors import Stopped

R = TypeVar("R")

_AT_ONCE = 32
"""Worker threads of one message; a model may ask for hundreds of calls."""
_POLL = 0.5
"""Seconds between looks at the clock; Windows cannot interrupt a longer wait."""


calling_thread: ContextVar[Callable[[Callable[[], Any]], Future[Any]] | None] = ContextVar("calling", default=None)
"""For a job on the background loop: runs a function in the thread that waits for it, where the user can be asked."""


@dataclass
class Job(Generic[R]):
    """Work for another thread or for the background loop. For the loop, ``work`` returns a coroutine."""

    work: Callable[[], R] | Callable[[], Coroutine[Any, Any, R]]
    late: Callable[[float], R]
    """Takes the seconds waited; returns the result that replaces one that did not come in time."""
    timeout: float | None = None
    on_loop: bool = False


@dataclass
class _Running(Generic[R]):
    job: Job[R]
    started: float
    future: Future[None] | None = None

    @property
    def deadline(self) -> float:
        return self.started + (math.inf if self.job.timeout is None else self.job.timeout)


class Crew(Generic[R]):
    """The jobs of one message that run apart from the calling thread."""

    def __init__(self, cancel: Cancel) -> None:
        self._cancel = cancel
        self._finished: queue.SimpleQueue[tuple[int, R | None, BaseException | None]] = queue.SimpleQueue()
        self._running: dict[int, _Running[R]] = {}
        self._waiting: deque[tuple[int, Job[R]]] = deque()
        self._numbers = iter(range(10**9))
        self._asked: deque[tuple[Callable[[], Any], Future[Any]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return bool(self._running or self._waiting)

    def start(self, job: Job[R]) -> int:
        """Start a job, or queue it when too many run; return its number."""
        number = next(self._numbers)
        self._waiting.append((number, job))
        self._fill()
        return number

    def ready(self) -> Iterator[tuple[int, R]]:
        """Yield the results that are there already, without waiting."""
        while True:
            try:
                arrived = self._finished.get_nowait()
            except queue.Empty:
                return
            yield from self._accepted(*arrived)

    def wait(self) -> list[tuple[int, R]]:
        """Wait until a job ends or passes its deadline. Raises Stopped, and what is no job's result: an interrupt."""
        with self._cancel.waking(lambda: self._finished.put((-1, None, None))):
            while True:
                if self._cancel.stopped:
                    raise Stopped
                self._answer()
                found = [*self._late()]
                if found:
                    return found
                now = time.monotonic()
                patience = min([_POLL, *(running.deadline - now for running in self._running.values())])
                try:
                    arrived = self._finished.get(timeout=max(0.0, patience))
                except queue.Empty:
                    continue
                found = [*self._accepted(*arrived), *self.ready()]
                if found:
                    return found

    def abandon(self) -> None:
        """Forget what still runs: coroutines are cancelled, threads end when their function does."""
        for running in self._running.values():
            if running.future is not None:
                running.future.cancel()
        self._running.clear()
        self._waiting.clear()

    def _in_calling_thread(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._asked.append((work, future))
        self._finished.put((-1, None, None))
        return future

    def _answer(self) -> None:
        """Do what jobs want done in this thread; their clocks stand still meanwhile."""
        while self._asked:
            work, future = self._asked.popleft()
            begun = time.monotonic()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except Exception as error:  # noqa: BLE001  (it is the job's)
                    future.set_exception(error)
            for running in self._running.values():
                running.started += time.monotonic() - begun

    def _late(self) -> Iterator[tuple[int, R]]:
        now = time.monotonic()
        for number, running in list(self._running.items()):
            if now >= running.deadline:
                self._forget(number)
                if running.future is not None:
                    running.future.cancel()
                yield number, running.job.late(now - running.started)

    def _accepted(self, number: int, result: R | None, error: BaseException | None) -> Iterator[tuple[int, R]]:
        if number not in self._running:  # a wake-up, or a result after its deadline
            return
        self._forget(number)
        if error is not None:
            raise error
        yield number, cast("R", result)  # without an error there is a result

    def _forget(self, number: int) -> None:
        del self._running[number]
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._running) < _AT_ONCE:
            number, job = self._waiting.popleft()
            running = self._running[number] = _Running(job, time.monotonic())
            if job.on_loop:
                running.future = asyncio.run_coroutine_threadsafe(self._on_loop(number, job), background_loop())
            else:
                run, arguments = contextvars.copy_context().run, (self._in_thread, number, job)
                threading.Thread(target=run, args=arguments, name="neosantara-tool", daemon=True).start()

    def _in_thread(self, number: int, job: Job[R]) -> None:
        try:
            self._finished.put((number, cast("R", job.work()), None))
        except BaseException as error:  # noqa: BLE001  (it is raised again in the calling thread)
            self._finished.put((number, None, error))

    async def _on_loop(self, number: int, job: Job[R]) -> None:
        calling_thread.set(self._in_calling_thread)
        try:
            self._finished.put((number, await cast("Coroutine[Any, Any, R]", job.work()), None))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  (the loop is shared: it must not end by a tool's KeyboardInterrupt)
            self._finished.put((number, None, error))


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
