"""Where tools run: worker threads and one background event loop; giving up at a deadline or at Stop; what they print.

Each job gets a daemon thread of its own: a thread pool would wait at exit for a function that never returns.
Not for: what a tool *displays*: only ``ipython/`` knows displays.
"""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import io
import math
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..errors import Stopped
from ..messages import ToolResult
from ..scope import Cancel

_AT_ONCE = 32
"""Worker threads of one message; a model may ask for hundreds of calls."""
_POLL = 0.5
"""Seconds between looks at the clock; Windows cannot interrupt a longer wait."""
PRINT_LIMIT = 100_000
"""Characters of printed text that a card keeps."""


calling_thread: ContextVar[Callable[[Callable[[], Any]], Future[Any]] | None] = ContextVar("calling", default=None)
"""For a job on the background loop: runs a function in the thread that waits for it, where the user can be asked."""


@dataclass(eq=False)
class Job:
    """Work for another thread or for the background loop."""

    work: Callable[[], Any]
    """Returns the result; for the loop, a coroutine that does."""
    late: Callable[[float], ToolResult]
    """Takes the seconds waited; returns the result that replaces one that did not come in time."""
    timeout: float = math.inf
    on_loop: bool = False
    started: float = math.inf
    """By the monotonic clock."""
    over: bool = False
    future: Future[None] | None = None
    """On the loop: what cancels it."""


class Crew:
    """The jobs of one message that run apart from the calling thread."""

    def __init__(self, cancel: Cancel) -> None:
        self._cancel = cancel
        self._next: queue.SimpleQueue[Callable[[], Iterable[ToolResult]]] = queue.SimpleQueue()
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

    def ready(self) -> Iterator[ToolResult]:
        """Yield the results that are there already, without waiting."""
        with suppress(queue.Empty):
            while True:
                yield from self._next.get_nowait()()

    def wait(self) -> list[ToolResult]:
        """Wait until a job ends or passes its deadline. Raises Stopped, and what is no job's result: an interrupt."""
        found: list[ToolResult] = []
        with self._cancel.waking(lambda: self._next.put(tuple)):
            while not found:
                if self._cancel.stopped:
                    raise Stopped
                found = [*self._late()]
                if not found:
                    now = time.monotonic()
                    patience = min([_POLL, *(job.started + job.timeout - now for job in self._running)])
                    with suppress(queue.Empty):
                        found = [*self._next.get(timeout=max(0.0, patience))(), *self.ready()]
        return found

    def abandon(self) -> None:
        """Forget what still runs: coroutines are cancelled, threads end when their function does."""
        self._waiting.clear()
        for job in [*self._running]:
            self._forget(job)

    def _in_calling_thread(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._next.put(lambda: self._answer(work, future))
        return future

    def _answer(self, work: Callable[[], Any], future: Future[Any]) -> Iterable[ToolResult]:
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

    def _late(self) -> Iterator[ToolResult]:
        now = time.monotonic()
        for job in [one for one in self._running if now >= one.started + one.timeout]:
            self._forget(job)
            yield job.late(now - job.started)

    def _ended(self, job: Job, how: ToolResult | BaseException) -> Iterable[ToolResult]:
        if job.over:  # it came after its deadline
            return ()
        self._forget(job)
        if isinstance(how, BaseException):
            raise how
        return (how,)

    def _forget(self, job: Job) -> None:
        job.over = True
        self._running.remove(job)
        if job.future is not None:
            job.future.cancel()
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


class Captured:
    """What was shown while a block ran, complete once it has ended."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._room = PRINT_LIMIT
        self.displayed: Any = None
        """Displays, caught elsewhere; their ``shown`` has the MIME bundles."""

    def write(self, text: str) -> None:
        """Keep ``text``, as far as there is room."""
        if self._room > 0:
            self._text.write(text[: self._room])
        self._room -= len(text)

    @property
    def shown(self) -> tuple[Mapping[str, Any], ...]:
        """MIME bundles: one with all that was printed, if anything was, then the displays."""
        text = self._text.getvalue()
        more = f"\n[cut: {-self._room:,} more characters]" if self._room < 0 else ""
        printed = ({"text/plain": text + more},) if text else ()
        return (*printed, *(self.displayed.shown if self.displayed else ()))


def no_capture() -> nullcontext[Captured]:
    """Capture nothing: the prints of a tool go where they always go."""
    return nullcontext(Captured())


_current: ContextVar[Captured | None] = ContextVar("neosantara_printed", default=None)
_routes_lock = threading.Lock()
_routes = 0


class _Route:
    """Stands in for ``sys.stdout`` or ``sys.stderr`` and sends each write to the capture of its own context.

    A capture that stood there itself would break as soon as two tools run at once, since they end in any order.
    """

    def __init__(self, original: Any) -> None:
        self.original = original

    def write(self, text: str) -> int:
        printed = _current.get()
        if printed is None:
            written: int = self.original.write(text)
            return written
        printed.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


@contextmanager
def capture_prints() -> Iterator[Captured]:
    """Collect what this thread or task prints; others print as before.

    A thread that the tool starts itself has a context of its own, so what it prints is not collected.
    """
    global _routes  # noqa: PLW0603  (sys.stdout is one for the process, and so is its stand-in)
    captured = Captured()
    with _routes_lock:
        if _routes == 0:
            sys.stdout, sys.stderr = _Route(sys.stdout), _Route(sys.stderr)
        _routes += 1
    token = _current.set(captured)
    try:
        yield captured
    finally:
        _current.reset(token)
        with _routes_lock:
            _routes -= 1
            for name in ("stdout", "stderr") if _routes == 0 else ():
                # Only what is still ours: the user may have redirected in the meantime.
                if isinstance(route := getattr(sys, name), _Route):
                    setattr(sys, name, route.original)
