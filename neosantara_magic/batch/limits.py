"""When the next request may go: what the service said about its limits, turned into waits.

One state for all rows of a batch, fed with tickets, allowances and refusals. The time is an argument.
Not for: waiting (``pacing.py``), nor for reading headers (``api/allowances.py``).

Three things hold a request back, and the longest counts: a *pause* (the service refused and said for how long), an
*allowance* that is used up until its reset, and a *pace*. There is no pace before the first 429: a service that lets
a whole minute's requests through at once may have them at once. After it the pace is the limit that the service names,
or, if it names none, the rate that got through; that pace rises while nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..messages import Allowance

LONGEST_PAUSE = 120.0
"""Seconds. The service counts by the minute, so a longer wait is about something else: a quota, not a pace."""
MOST_VAIN_PAUSES = 6
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
        self._pause_until = 0.0
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
        holds = [self._pause_until - now, self._turn - now]
        for kind, left in self._left.items():
            if left.until is not None and left.amount < _cost(kind, tokens):
                holds.append(left.until - now)
        return max(0.0, *holds)

    def pause_left(self, now: float) -> float:
        """Return the seconds that are left of the current pause."""
        return max(0.0, self._pause_until - now)

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
        pause = min(backoff if retry_after is None else retry_after, LONGEST_PAUSE)
        self._pause_until = max(self._pause_until, now + pause)
        if self._interval:
            # A limit that fills up steadily fills up during the pause; two less, or the first volley is refused again.
            missed = max(0, int(min(pause, self._catch_up) / self._interval) - 2)
            self._turn = max(self._turn, self._pause_until - missed * self._interval)

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
            soon = one.reset is not None and one.reset <= LONGEST_PAUSE
            amount = one.remaining - (later if one.kind == "requests" else 0)
            self._left[one.kind] = _Left(amount, ticket, now + (one.reset or 0.0) if soon else None)


def _cost(kind: str, tokens: int) -> int:
    # How much a request will write is not known before; one that is left lets one more go.
    return tokens if kind in ("tokens", "input_tokens") else 1
