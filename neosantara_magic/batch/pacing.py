"""A Client that sends when the service's limits allow, and asks again what the service refused for now.

All rows stand in one line. Three things hold a request back, and the longest counts: a *pause* (the service refused and
said for how long), an *allowance* that is used up until its reset, and a *pace*. There is no pace before the first 429:
a service that lets a whole minute's requests through at once may have them at once. After it the pace is the limit that
the service names, or, if it names none, the rate that got through; that pace rises while nothing is refused.

Not for: reading headers (``api/told.py``), nor for how a request travels (``api/client.py``, ``workers.py``).
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..api.failures import QUOTA_CODES
from ..cancel import Cancel
from ..errors import APIConnectionError, APIError, APIStatusError, APITimeoutError, Stopped
from ..events import Event, RoundCompleted
from ..messages import Allowance
from ..request import Request
from ..spending import input_tokens
from ..texts import two_lines

Send = Callable[[Request, Cancel], Iterator[Event]]
_LONGEST_PAUSE = 120.0
"""Seconds. The service counts by the minute, so a longer wait is about something else: a quota, not a pace."""
_MOST_VAIN_PAUSES = 6
"""After so many pauses without a request that got through, waiting is of no use."""

_FIRST_BACKOFF, _GROWTH, _LAST_BACKOFF = 4.0, 3.0, 60.0
_OBSERVED = 2.0
"""Seconds of refusals before the rate that got through means anything."""
_QUIET, _RISE = 4.0, 1.05
"""Seconds without a refusal after which a guessed pace rises, and by how much: the guess may have been low."""
_CATCH_UP = 1.0
"""Seconds of missed turns that may be made good at once: threads wake late. Halved each time the service refuses
such requests: some services accept requests only at even intervals."""
_MARGIN, _MOST_MARGIN = 0.01, 0.04
"""How much slower than a named limit to send, for each refusal at even intervals: the network shifts requests."""
_MOST_REFUSALS = 30
"""So many refusals (429 or 503) of one row while others get through: it asks for more than the limit ever gives."""
_FAULTS = 2
"""Further tries after a fault of the server or the network, before the answer began."""
_AFTER_FAULT = 2.0


class PacedClient:
    """A `request.Client` for many threads at once: requests go one by one, the oldest row first.

    ``connect`` returns what sends: it yields one round's events and never waits. It is called when it is needed.
    """

    def __init__(self, connect: Callable[[], Send]) -> None:
        self.limits = Limits()
        self._connect = connect
        self._send: Send | None = None
        self._clock = time.monotonic
        self._changed = threading.Condition()
        self._line: set[int] = set()
        self._places = itertools.count()

    def connected(self) -> Send:
        """Return what sends. Raises what making it raises."""
        with self._changed:
            self._send = self._send or self._connect()
            return self._send

    def pause_left(self) -> float:
        """Return the seconds that are left of the current pause; not above 0 when there is none."""
        return self.limits.pause_until - self._clock()

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round. Raises APIError: asking again is of no use; Stopped: ``cancel`` was set."""
        send, place, tokens = self.connected(), next(self._places), input_tokens(request)
        refusals = faults = 0
        while True:
            ticket = self._enter(place, tokens, cancel)
            begun = False
            try:
                for event in send(request, cancel):
                    begun = True
                    if isinstance(event, RoundCompleted):
                        with self._changed:
                            self.limits.accepted(self._clock(), ticket, event.allowances)
                    yield event
            except APIError as error:
                if begun:
                    raise
                pause = 0.0
                if isinstance(error, APIStatusError) and error.status in (429, 503):
                    refusals += 1
                    again = self._refused(ticket, error) and refusals <= _MOST_REFUSALS
                else:
                    faults += 1
                    again, pause = _passing(error) and faults <= _FAULTS, _AFTER_FAULT * faults
                if not again:
                    raise
                if cancel.wait(pause):
                    raise Stopped(*two_lines("stopped")) from None
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
                        delay = self.limits.delay(self._clock(), tokens)
                        first = min(self._line) == place
                        if first and not delay:
                            return self.limits.take(self._clock(), tokens)
                        self._changed.wait(delay if first else None)
                raise Stopped(*two_lines("stopped"))
            finally:
                self._line.discard(place)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _refused(self, ticket: int, error: APIStatusError) -> bool:
        """Note a refusal; return whether waiting can help."""
        if error.code in QUOTA_CODES or (error.retry_after or 0.0) > _LONGEST_PAUSE:
            return False
        with self._changed:
            self.limits.refused(self._clock(), ticket, error.status or 0, error.retry_after, error.allowances)
            self._changed.notify_all()
            return self.limits.vain_pauses <= _MOST_VAIN_PAUSES


def _passing(error: APIError) -> bool:
    """Whether an error may pass soon, and nothing was answered (and so billed) yet."""
    if isinstance(error, APIStatusError):
        return error.status in (408, 409) or (error.status or 0) >= 500
    return isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError)


@dataclass
class _Left:
    """What is left of one limit, as the answer with this ticket said."""

    amount: float
    ticket: int
    until: float | None
    """When the limit is whole again; None when the service did not say."""


class Limits:
    """What is known about the service's limits. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._tickets = 0
        self._left: dict[str, _Left] = {}
        self._a_minute: int | None = None
        """Requests a minute, as the service names it."""
        self.pause_until = 0.0
        self._pause_ticket = 0
        self.vain_pauses = 0
        """Pauses since the last request that got through."""
        self._interval = 0.0
        self._turn = 0.0
        self._catch_up = _CATCH_UP
        self._margin = 0.0
        self._guessed = False
        """Whether the pace is a guess and not what the service names."""
        self._raised = 0.0
        self._counted_from: float | None = None
        """Since when requests that got through are counted: from the first refusal, then from each new guess on."""
        self._through = 0

    def delay(self, now: float, tokens: int) -> float:
        """Return the seconds until a request of about ``tokens`` input tokens may go; 0 for now."""
        holds = [self.pause_until - now, self._turn - now]
        for kind, left in self._left.items():
            if left.until is not None and left.amount < _cost(kind, tokens):
                holds.append(left.until - now)
        return max(0.0, *holds)

    def take(self, now: float, tokens: int) -> int:
        """Count a request that goes now; return its ticket."""
        self._tickets += 1
        for kind, left in self._left.items():
            left.amount -= _cost(kind, tokens)
        if self._interval:
            if self._guessed and now - self._raised > _QUIET:
                self._interval, self._raised = self._interval / _RISE, now
            self._turn = max(self._turn, now - self._catch_up) + self._interval
        return self._tickets

    def accepted(self, now: float, ticket: int, allowances: Iterable[Allowance]) -> None:
        """Note that the service answered a request, and what it said is left."""
        self.vain_pauses = 0
        self._through += 1
        self._learn(now, ticket, allowances)

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
            if self._interval and not self._guessed:
                self._catch_up /= 2
                if self._catch_up < self._interval:
                    self._margin = min(_MOST_MARGIN, self._margin + _MARGIN)
            self._pause_ticket = self._tickets
            if status == 429:
                self._slow_down(now)
        backoff = min(_FIRST_BACKOFF * _GROWTH ** max(0, self.vain_pauses - 1), _LAST_BACKOFF)
        pause = min(backoff if retry_after is None else retry_after, _LONGEST_PAUSE)
        self.pause_until = max(self.pause_until, now + pause)
        if self._interval:
            # A limit that fills up steadily fills up during the pause; two less, or the first volley is refused again.
            missed = max(0, int(min(pause, self._catch_up) / self._interval) - 2)
            self._turn = max(self._turn, self.pause_until - missed * self._interval)

    def _slow_down(self, now: float) -> None:
        if self._a_minute:
            self._interval, self._guessed = 60 / self._a_minute * (1 + self._margin), False
        elif self._counted_from is None:
            self._counted_from, self._through = now, 0
        elif (observed := now - self._counted_from) >= _OBSERVED and self._through:
            self._interval, self._guessed, self._raised = observed / self._through, True, now
            self._counted_from, self._through = now, 0

    def _learn(self, now: float, ticket: int, allowances: Iterable[Allowance]) -> None:
        for one in allowances:
            if one.kind == "requests" and one.limit:
                self._a_minute = one.limit
            known = self._left.get(one.kind)
            if one.remaining is None or (known is not None and known.ticket > ticket):
                continue
            # Requests that went later are not in what the service counted.
            later = self._tickets - ticket
            soon = one.reset is not None and one.reset <= _LONGEST_PAUSE
            amount = one.remaining - (later if one.kind == "requests" else 0)
            self._left[one.kind] = _Left(amount, ticket, now + (one.reset or 0.0) if soon else None)


def _cost(kind: str, tokens: int) -> int:
    # How much a request will write is not known before; one that is left lets one more go.
    return tokens if kind in ("tokens", "input_tokens") else 1
