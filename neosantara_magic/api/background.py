"""A response that the server makes in the background: asked for until it is there, called off by a Stop.

For: the time between the first answer, which only names the response, and the whole one.
Not for: HTTP (``client.py``) and how a response says that it is not ready (``responses.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import APIConnectionError, APIError, APIStatusError, Stopped, StreamError
from ..events import Event, RoundCompleted, Waiting
from ..texts import two_lines

if TYPE_CHECKING:
    from ..cancel import Cancel

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two questions; each pause is half as long again as the last."""
_MOST_FAULTS = 5
"""Questions in a row that may fail for a reason that may pass."""


class Background:
    """One round, which may go on at the server without us.

    Args:
        ask: Asks for the response of an id: its events, or one `Waiting`.
        call_off: Tells the server that nobody wants the response of an id any more.
        cancel: The user's Stop.
    """

    def __init__(self, ask: Callable[[str], list[Event]], call_off: Callable[[str], None], cancel: Cancel) -> None:
        self._ask = ask
        self._call_off = call_off
        self._cancel = cancel
        self._pending: Waiting | None = None
        self._pause = _FIRST_PAUSE
        self._faults = 0

    def events(self, begun: Iterable[Event]) -> Generator[Event]:
        """Yield the events of the first answer, and of the response that it only names.

        Raises:
            StreamError: the response cannot be had, or failed; it names the id, and nobody sends the request again.
            APIError: whatever ``begun`` raises, when nothing is made in the background.
            Stopped: the user stopped; the server was told.
        """
        try:
            yield from self._first(begun)
            while self._pending is not None:
                yield from self._later(self._pending)
        except (GeneratorExit, KeyboardInterrupt):
            self._leave()
            raise
        except APIError as error:
            if self._pending is None or self._cancel.stopped:
                self._leave()
                raise
            said = two_lines("background_lost", id=self._pending.id, reason=error.what)
            raise StreamError(*said, status=error.status, code=error.code, text=error.text) from None

    def _first(self, begun: Iterable[Event]) -> Iterator[Event]:
        shown = False
        try:
            for event in begun:
                yield self._noted(event)
                shown = shown or (self._pending is not None and not isinstance(event, Waiting))
        except APIError:
            # A stream that broke before it said anything was only another way to wait.
            if self._pending is None or shown or self._cancel.stopped:
                raise

    def _later(self, pending: Waiting) -> Iterator[Event]:
        if self._cancel.wait(self._pause):
            raise Stopped(*two_lines("stopped"))
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        try:
            events = self._ask(pending.id)
        except APIError as error:
            self._faults += 1
            if self._faults > _MOST_FAULTS or not _passing(error):
                raise
            return
        self._faults = 0
        if events != [pending]:
            yield from map(self._noted, events)

    def _noted(self, event: Event) -> Event:
        if isinstance(event, Waiting | RoundCompleted):
            self._pending = event if isinstance(event, Waiting) else None
        return event

    def _leave(self) -> None:
        if self._pending is not None:
            self._call_off(self._pending.id)


def _passing(error: APIError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status in (408, 429) or (error.status or 0) >= 500
    return isinstance(error, APIConnectionError)
