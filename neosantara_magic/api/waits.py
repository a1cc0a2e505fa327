"""Waits: after 429 and 503 before asking again, and for a response that the server makes in the background."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Iterator

from ..cancel import Cancel
from ..errors import APIConnectionError, APIError, APIStatusError, Stopped, StreamError
from ..events import Event, RoundCompleted, RoundStarted, Waiting
from ..texts import two_lines
from .failures import QUOTA_CODES

MOST_WAITS = 2
"""Waits for one request."""
LONGEST_WAIT = 120.0
"""Seconds. The service counts per minute, so a longer request to wait is about something else."""
_UNASKED, _MOST_UNASKED = 4.0, 60.0


def seconds_to_wait(
    error: APIStatusError, attempt: int, patience: float | None = None, waited: float = 0.0
) -> float | None:
    """Return the seconds to wait before asking again; None when that would be no use.

    ``attempt`` is 1 for the first wait of this request, which has ``waited`` so many seconds. All its waits may take
    ``patience`` seconds; None: `MOST_WAITS`, whatever they take.
    """
    if error.status not in (429, 503) or error.code in QUOTA_CODES:
        return None
    if patience is not None:
        least = _UNASKED if error.retry_after is None else error.retry_after
        longest = max(least, min(_MOST_UNASKED, least * 1.6**attempt), 1.0)
        # Those that were refused together must not come back together: a class shares one limit.
        left = patience - waited
        return None if least > left or left <= 0 else min(left, random.uniform(least, longest))  # noqa: S311
    if attempt > MOST_WAITS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else None
    # Nobody said how long: grow, and spread out those that were refused together.
    return _UNASKED * 3.0 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311


Asking = Callable[[str], list[Event]]


def followed(begun: Iterable[Event], ask: Asking, call_off: Callable[[str], None], cancel: Cancel) -> Generator[Event]:
    """Yield the events of the first answer, and of the response that it only names.

    ``ask`` gives the events of the response of an id, or one `Waiting`; ``call_off`` tells the server to drop it.

    Raises:
        StreamError: the response cannot be had, or failed; it names the id, and nobody sends the request again.
        APIError: whatever ``begun`` raises, when nothing is made in the background.
        Stopped: the user stopped; the server was told.
    """
    pending: Waiting | None = None
    try:
        for event in _all(begun, ask, cancel):
            if event == pending:
                continue
            if isinstance(event, Waiting | RoundCompleted):
                pending = event if isinstance(event, Waiting) else None
            yield event
    except (APIError, GeneratorExit, KeyboardInterrupt) as error:
        if pending is None:
            raise
        if isinstance(error, APIError) and not cancel.stopped:
            said = two_lines("background_lost", id=pending.id, reason=error.what)
            raise StreamError(*said, status=error.status, code=error.code, text=error.text) from None
        call_off(pending.id)
        raise


def _all(begun: Iterable[Event], ask: Asking, cancel: Cancel) -> Iterator[Event]:
    name, shown = "", False
    try:
        for event in begun:
            yield event
            name = event.id if isinstance(event, Waiting) else name
            shown = shown or not isinstance(event, RoundStarted | Waiting)
    except APIError:
        # A stream that broke before it said anything was only another way to wait.
        if not name or shown or cancel.stopped:
            raise
    pause, faults = 0.5, 0
    while name and not isinstance(event, RoundCompleted):
        if cancel.wait(pause):
            raise Stopped(*two_lines("stopped"))
        pause = min(pause * 1.5, 5.0)
        try:
            *events, event = ask(name)
        except APIError as error:
            faults += 1
            passing = error.status in (408, 429) or (error.status or 0) >= 500 or isinstance(error, APIConnectionError)
            if faults > 5 or not passing:
                raise
        else:
            faults = 0
            yield from (*events, event)
