"""Sending through the workers of an executor: one API call each, in any process on any machine.

`send_one` runs in a worker; `ExecutorSender` stands for all workers in the driver. Pacing, tools, validation and
writing stay in the driver, so that there is one limit and one file.

The key travels inside the pickled arguments of a call and nowhere else: its holder shows it in no repr, and a worker
returns errors as values, because schedulers log what a task raises together with its arguments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from ..api.client import ServiceClient
from ..api.wire import Connection
from ..cancel import Cancel
from ..errors import APIConnectionError, NeosantaraError, Stopped
from ..events import Event
from ..request import Request
from ..texts import say, two_lines, use_language
from ..validators import shown

_DEATHS = 3
"""Tries for a call whose worker died."""


@dataclass(frozen=True)
class Sent:
    """Events and error of one call."""

    events: tuple[Event, ...]
    error: NeosantaraError | None = None


def send_one(connection: Connection, request: Request, language: str, _call: str = "") -> Sent:
    """Run one API call. This runs in a worker.

    ``_call`` names the call: Dask runs a function once for the same arguments and gives everybody that result, but the
    same prompt twice is two questions, and a call that is made again is made again.
    """
    use_language(language)
    events: list[Event] = []
    try:
        events.extend(_client(connection).send(request, Cancel()))
    except NeosantaraError as error:
        return Sent(tuple(events), error.with_traceback(None))
    return Sent(tuple(events))


@cache
def _client(connection: Connection) -> ServiceClient:
    """Return this process's client: its connections are used again by the next call."""
    handler = None
    if connection.label == "demo":
        from ..demo.server import DemoServer  # noqa: PLC0415  (only the demo needs it)

        handler = DemoServer().handle
    return ServiceClient(key=connection.key, base_url=connection.base_url, handler=handler, label=connection.label)


class ExecutorSender:
    """Sends through any executor.

    A call whose worker died is made again, by another worker, three times at most. An executor that takes no calls any
    more (shut down, or broken for good, as the standard library's process pool is after one death) is left: the rest is
    sent from this process.
    """

    def __init__(self, executor: Executor, service: ServiceClient, language: str, warn: Callable[[str], None]) -> None:
        self._executor = executor
        self._service = service
        self._language = language
        self._warn = warn
        self._lock = threading.Lock()
        self._broken = False

    def send(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round at once. Raises APIError: no answer, or the workers keep dying; Stopped."""
        sent = None if self._broken else self._sent(request, cancel)
        if sent is None:
            yield from self._service.send(request, cancel)
            return
        yield from sent.events
        if sent.error is not None:
            raise sent.error

    def _sent(self, request: Request, cancel: Cancel) -> Sent | None:
        """Return a worker's result; None when no worker takes the call."""
        told = ""
        for _ in range(_DEATHS):
            future = self._submitted(request)
            if future is None:
                return None
            try:
                return _wait(future, cancel)
            except BrokenExecutor as error:
                self._leave(error)
                return None
            except CancelledError:
                if cancel.stopped:
                    raise Stopped(*two_lines("stopped")) from None
                told = "CancelledError"
            except Exception as error:  # noqa: BLE001
                # Each executor has its own error for a dead worker: Dask's KilledWorker, ipyparallel's EngineError.
                told = shown(f"{type(error).__name__}: {error}", 200)
        raise APIConnectionError(*two_lines("batch.workers_lost", error=told))

    def _submitted(self, request: Request) -> Future[Sent] | None:
        """Hand a call to the executor; None when it takes no more calls."""
        try:
            return self._executor.submit(send_one, self._service.connection, request, self._language, uuid4().hex)
        except RuntimeError as error:  # concurrent.futures' for an executor that is broken or was shut down
            self._leave(error)
            return None
        except Exception as error:  # noqa: BLE001  (any executor; it counts like a worker's death)
            failed: Future[Sent] = Future()
            failed.set_exception(error)
            return failed

    def _leave(self, error: RuntimeError) -> None:
        with self._lock:
            first, self._broken = not self._broken, True
        if first:
            told = type(error).__name__ if isinstance(error, BrokenExecutor) else shown(str(error), 120)
            self._warn(say("batch.executor_broken", error=told))


def _wait(future: Future[Sent], cancel: Cancel) -> Sent:
    """Wait for a worker or for Stop. At Stop a call that has not begun is cancelled."""
    ended = threading.Event()
    future.add_done_callback(lambda _future: ended.set())
    with cancel.waking(ended.set):
        ended.wait()
    if cancel.stopped and not future.done():
        future.cancel()
        raise Stopped(*two_lines("stopped"))
    return future.result()
