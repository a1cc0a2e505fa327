"""A Client that sends when the service's limits allow, and asks again what the service refused for now.

All rows stand in one line: pauses, pace, who goes next, what is worth another try.
Not for: the arithmetic of limits (``limits.py``), nor for how a request travels (``api/client.py``, ``workers.py``).
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator

from ..api.failures import QUOTA_CODES
from ..cancel import Cancel
from ..costs import estimate
from ..errors import APIConnectionError, APIError, APIStatusError, APITimeoutError, Stopped
from ..events import Event, RoundCompleted
from ..request import Request
from ..texts import two_lines
from .limits import LONGEST_PAUSE, MOST_VAIN_PAUSES, Limits

_MOST_REFUSALS = 30
"""So many refusals (429 or 503) of one row while others get through: it asks for more than the limit ever gives."""
_FAULTS = 2
"""Further tries after a fault of the server or the network, before the answer began."""
_AFTER_FAULT = 2.0


class Limiter:
    """Lets requests go one by one, the oldest row first. For any number of threads."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._clock = time.monotonic
        self._changed = threading.Condition()
        self._line: set[int] = set()

    def enter(self, place: int, tokens: int, cancel: Cancel) -> int:
        """Wait for the turn of a request of about ``tokens`` input tokens; return its ticket.

        The smallest ``place`` goes first, so a refused row is not overtaken for ever.
        Raises Stopped: ``cancel`` was set.
        """
        with self._changed:
            delay = self.limits.delay(self._clock(), tokens)
            if not delay and not self._line:
                return self.limits.take(self._clock(), tokens)
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

    def accepted(self, ticket: int, event: RoundCompleted) -> None:
        """Note an answer."""
        with self._changed:
            self.limits.accepted(self._clock(), ticket, event.allowances)

    def refused(self, ticket: int, error: APIStatusError) -> bool:
        """Note a refusal; return whether waiting can help."""
        if error.code in QUOTA_CODES or (error.retry_after or 0.0) > LONGEST_PAUSE:
            return False
        with self._changed:
            self.limits.refused(self._clock(), ticket, error.status or 0, error.retry_after, error.allowances)
            self._changed.notify_all()
            return self.limits.vain_pauses <= MOST_VAIN_PAUSES

    def pause_left(self) -> float:
        """Return the seconds that are left of the current pause."""
        return self.limits.pause_left(self._clock())


class PacedClient:
    """A `request.Client` for many threads at once. ``send`` yields one round's events and never waits."""

    def __init__(self, send: Callable[[Request, Cancel], Iterator[Event]], limiter: Limiter) -> None:
        self._send = send
        self._limiter = limiter
        self._places = itertools.count()

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round. Raises APIError: asking again is of no use; Stopped: ``cancel`` was set."""
        place, tokens = next(self._places), estimate.input_tokens(request)
        refusals = faults = 0
        while True:
            ticket = self._limiter.enter(place, tokens, cancel)
            begun = False
            try:
                for event in self._send(request, cancel):
                    begun = True
                    if isinstance(event, RoundCompleted):
                        self._limiter.accepted(ticket, event)
                    yield event
            except APIError as error:
                if begun:
                    raise
                pause = 0.0
                if isinstance(error, APIStatusError) and error.status in (429, 503):
                    refusals += 1
                    again = self._limiter.refused(ticket, error) and refusals <= _MOST_REFUSALS
                else:
                    faults += 1
                    again, pause = _passing(error) and faults <= _FAULTS, _AFTER_FAULT * faults
                if not again:
                    raise
                if cancel.wait(pause):
                    raise Stopped(*two_lines("stopped")) from None
            else:
                return


def _passing(error: APIError) -> bool:
    """Whether an error may pass soon, and nothing was answered (and so billed) yet."""
    if isinstance(error, APIStatusError):
        return error.status in (408, 409) or (error.status or 0) >= 500
    return isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError)
