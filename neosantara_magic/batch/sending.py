"""Sending the requests of all rows: within the service's limits, from this process or through an executor's workers.

All rows stand in one line. Three things hold a request back, and the longest counts: a *pause* (the service refused and
said for how long), an *allowance* that is used up until its reset, and a *pace*. There is no pace before the first 429:
a service that lets a whole minute's requests through at once may have them at once. After it the pace is the limit that
the service names, or, if it names none, the rate that got through; that pace rises with every answer.

A worker runs `send_one`: one API call, in any process on any machine. The key travels inside the pickled arguments of a
call and nowhere else: its holder shows it in no repr, and a worker returns errors as values, because schedulers log
what a task raises together with its arguments.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from .. import errors
from ..api import failures
from ..api.client import ServiceClient
from ..api.wire import Connection
from ..costs import input_tokens
from ..events import Event, RoundCompleted
from ..messages import Allowance
from ..request import Request
from ..scope import Cancel
from ..texts import language, say, two_lines, use_language, warn

Send = Callable[[Request, Cancel], Iterator[Event]]
Sent = tuple[list[Event], errors.NeosantaraError | None]  # events and error of one call
_OBSERVED = 2.0  # seconds of refusals before the rate that got through means anything
_RISE = 0.01
"""Requests a second by which each answer raises the pace, if that is a guess: about 1 % a second, as it may be low."""
_MARGIN, _MOST_MARGIN = 0.01, 0.04
"""How much slower than a named limit to send, for each refusal at that pace: the network shifts requests."""
_DEATHS = 3  # tries for a call whose worker died


class PacedClient:
    """A `request.Client` for many threads at once: requests go one by one, the oldest row first.

    ``connect`` returns what sends: it yields one round's events and never waits. It is called when it is needed.
    """

    def __init__(self, connect: Callable[[], Send]) -> None:
        self._connect = connect
        self._limits = Limits()
        self._changed = threading.Condition()
        self._line: set[int] = set()
        self._places = itertools.count()

    def pause_left(self) -> float:
        """Return the seconds that are left of the current pause; not above 0 when there is none."""
        return self._limits.pause_until - time.monotonic()

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round. Raises APIError: asking again is of no use; Stopped: ``cancel`` was set."""
        send, place, tokens = self._connect(), next(self._places), input_tokens(request)
        refusals = faults = 0
        while True:
            ticket = self._enter(place, tokens, cancel)
            begun = False
            try:
                for event in send(request, cancel):
                    begun = True
                    if isinstance(event, RoundCompleted):
                        with self._changed:
                            self._limits.accepted(time.monotonic(), ticket, event.allowances)
                    yield event
            except errors.APIError as error:
                if begun:
                    raise
                if isinstance(error, errors.APIStatusError) and error.status in failures.REFUSALS:
                    refusals, pause = refusals + 1, 0.0
                    again = self._refused(ticket, error) and refusals <= failures.MOST_REFUSALS
                else:
                    faults, pause = faults + 1, failures.AFTER_FAULT * (faults + 1)
                    again = failures.passes_soon(error, billed=True) and faults <= failures.ROW_FAULTS
                if not again:
                    raise
                if cancel.wait(pause):
                    raise errors.Stopped(*two_lines("stopped")) from None
            else:
                return

    def _enter(self, place: int, tokens: int, cancel: Cancel) -> int:
        """Wait for the turn of a request; return its ticket. Raises Stopped: ``cancel`` was set.

        The smallest ``place`` goes first, so a refused row is not overtaken for ever.
        """
        with self._changed:
            self._line.add(place)
            try:
                with cancel.waking(self._wake):
                    while not cancel.stopped:
                        delay = self._limits.delay(time.monotonic(), tokens)
                        first = min(self._line) == place
                        if first and not delay:
                            return self._limits.take(time.monotonic(), tokens)
                        self._changed.wait(delay if first else None)
                raise errors.Stopped(*two_lines("stopped"))
            finally:
                self._line.discard(place)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _refused(self, ticket: int, error: errors.APIStatusError) -> bool:
        """Note a refusal; return whether waiting can help."""
        if error.code in failures.QUOTA_CODES or (error.retry_after or 0.0) > failures.LONGEST_WAIT:
            return False
        with self._changed:
            self._limits.refused(time.monotonic(), ticket, error.status or 0, error.retry_after, error.allowances)
            self._changed.notify_all()
            return self._limits.vain_pauses <= failures.MOST_VAIN_PAUSES


@dataclass
class _Left:
    """What is left of one limit, as the answer with this ticket said."""

    amount: float
    ticket: int
    until: float  # when the limit is whole again; 0 when the service did not say


class Limits:
    """What is known about the service's limits. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self.pause_until = 0.0
        self.vain_pauses = 0  # since the last request that got through
        self._tickets = self._pause_ticket = 0
        self._left: dict[str, _Left] = {}
        self._a_minute: int | None = None  # requests, as the service names it; None: the pace is a guess
        self._interval = 0.0  # seconds between two requests; 0: no pace
        self._turn = 0.0  # when the next request may go at that pace
        self._refusals = 0  # pauses at the named pace: some services accept requests only at even intervals
        self._counted_from: float | None = None
        """Since when requests that got through are counted: from the first refusal, then from each new guess on."""
        self._through = 0

    @property
    def _catch_up(self) -> float:
        """Seconds of missed turns that may be made good at once: threads wake late, and pauses end for all."""
        return float(0.5**self._refusals)

    def delay(self, now: float, tokens: int) -> float:
        """Return the seconds until a request of about ``tokens`` input tokens may go; 0 for now."""
        holds = [left.until for kind, left in self._left.items() if left.amount < _cost(kind, tokens)]
        return max(0.0, *(until - now for until in (self.pause_until, self._turn, *holds)))

    def take(self, now: float, tokens: int) -> int:
        """Count a request that goes now; return its ticket."""
        self._tickets += 1
        for kind, left in self._left.items():
            left.amount -= _cost(kind, tokens)
        if self._interval:
            self._turn = max(self._turn, now - self._catch_up) + self._interval
        return self._tickets

    def accepted(self, now: float, ticket: int, allowances: Iterable[Allowance]) -> None:
        """Note that the service answered a request, and what it said is left."""
        self.vain_pauses = 0
        self._through += 1
        self._learn(now, ticket, allowances)
        named = 60 / self._a_minute * (1 + _MOST_MARGIN) if self._a_minute else 0.0
        if self._interval > named:  # a guess, also one from before the service named its limit
            self._interval /= 1 + _RISE * self._interval

    def refused(
        self, now: float, ticket: int, status: int, retry_after: float | None, allowances: Iterable[Allowance]
    ) -> None:
        """Note that the service refused a request for now (429 or 503): all rows pause. A 429 sets a pace as well.

        ``retry_after`` is what the service asked to wait, in seconds; ``allowances`` what it said is left.
        """
        self._learn(now, ticket, allowances)
        if ticket > self._pause_ticket:
            # Only a request that went after the last pause says anything new about the next.
            self.vain_pauses += 1
            self._pause_ticket = self._tickets
            if status == 429:
                self._slow_down(now)
        pause = failures.backoff(max(1, self.vain_pauses)) if retry_after is None else retry_after
        self.pause_until = max(self.pause_until, now + pause)
        if self._interval:
            # A limit that fills up steadily fills up during the pause; two less, or the first volley is refused again.
            missed = max(0.0, min(pause, self._catch_up) - 2 * self._interval)
            self._turn = max(self._turn, self.pause_until - missed)

    def _slow_down(self, now: float) -> None:
        if self._a_minute:
            self._refusals += bool(self._interval)
            self._interval = 60 / self._a_minute * (1 + min(_MARGIN * self._refusals, _MOST_MARGIN))
        elif self._counted_from is None:
            self._counted_from, self._through = now, 0
        elif (observed := now - self._counted_from) >= _OBSERVED and self._through:
            self._interval = observed / self._through
            self._counted_from, self._through = now, 0

    def _learn(self, now: float, ticket: int, allowances: Iterable[Allowance]) -> None:
        for one in allowances:
            if one.kind == "requests" and one.limit:
                self._a_minute = one.limit
            known = self._left.get(one.kind)
            if one.remaining is None or (known is not None and known.ticket > ticket):
                continue
            # Requests that went later are not in what the service counted.
            later = self._tickets - ticket if one.kind == "requests" else 0
            until = now + one.reset if one.reset is not None and one.reset <= failures.LONGEST_WAIT else 0.0
            self._left[one.kind] = _Left(one.remaining - later, ticket, until)


def _cost(kind: str, tokens: int) -> int:
    # How much a request will write is not known before; one that is left lets one more go.
    return tokens if kind in ("tokens", "input_tokens") else 1


def send_one(connection: Connection, request: Request, spoken: str, _call: str = "") -> Sent:
    """Run one API call. This runs in a worker.

    ``_call`` names the call: Dask runs a function once for the same arguments and gives everybody that result, but the
    same prompt twice is two questions, and a call that is made again is made again.
    """
    use_language(spoken)
    events: list[Event] = []
    try:
        events.extend(_client(connection).send(request, Cancel()))
    except errors.NeosantaraError as error:
        return events, error.with_traceback(None)
    return events, None


@cache
def _client(connection: Connection) -> ServiceClient:
    """Return this process's client: its connections are used again by the next call."""
    handler = None
    if connection.label == "demo":
        from ..demo.server import DemoServer  # noqa: PLC0415  (only the demo needs it)

        handler = DemoServer().handle
    return ServiceClient(key=connection.key, base_url=connection.base_url, handler=handler, label=connection.label)


def through(executor: Executor, service: ServiceClient) -> Send:
    """Return what sends through any executor; it raises APIError if the workers keep dying.

    A call whose worker died is made again, by another worker, three times at most. An executor that takes no calls any
    more (shut down, or broken for good, as the standard library's process pool is after one death) is left: the rest is
    sent from this process.
    """
    left, lock = threading.Event(), threading.Lock()

    def send(request: Request, cancel: Cancel) -> Iterator[Event]:
        deaths = 0
        while not left.is_set():
            future = None
            try:
                future = executor.submit(send_one, service.connection, request, language(), uuid4().hex)
                events, failure = _result(future, cancel)
            except Exception as error:  # noqa: BLE001
                # Each executor has its own error for a dead worker: Dask's KilledWorker, ipyparallel's EngineError.
                deaths += 1
                if isinstance(error, BrokenExecutor) or (future is None and isinstance(error, RuntimeError)):
                    with lock:
                        first = not left.is_set()
                        left.set()
                    if first:
                        broken = isinstance(error, BrokenExecutor)
                        told = type(error).__name__ if broken else errors.message_of(error, 120)
                        warn(say("batch.executor_broken", error=told))
                elif deaths == _DEATHS:
                    told = errors.in_one_line(error)
                    raise errors.APIConnectionError(*two_lines("batch.workers_lost", error=told)) from None
            else:
                yield from events
                if failure is not None:
                    raise failure
                return
        yield from service.send(request, cancel)

    return send


def _result(future: Future[Sent], cancel: Cancel) -> Sent:
    """Wait for a worker or for Stop. At Stop a call that has not begun is cancelled."""
    ended = threading.Event()
    future.add_done_callback(lambda _future: ended.set())
    with cancel.waking(ended.set):
        ended.wait()
    if cancel.stopped and (future.cancel() or not future.done()):
        raise errors.Stopped(*two_lines("stopped"))
    return future.result()
