"""What the events of a round pass on their way up: a wait for what is made in the background, no key, no thoughts.

A server that repeats the key may send it in pieces; whole texts (messages, cards, files) go through ``redaction.py``.
Some servers leave reasoning in the text, between ``<think>`` and ``</think>``. Sometimes only its end is there: some
chat templates write the beginning into the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..errors import APIError, Stopped, StreamError
from ..events import Event, ReasoningDelta, Retold, RoundCompleted, RoundStarted, TextDelta, ToolCallDelta, Waiting
from ..messages import TextPart
from ..redaction import redact
from ..scope import Cancel
from ..texts import two_lines
from .failures import FETCH_FAULTS, passes_soon

_GROWS = {TextDelta: "text", ReasoningDelta: "text", ToolCallDelta: "arguments"}
"""Events of which many make one text, and the field that holds their piece of it."""
_LEAST = 3
"""Characters of a key that must stand in a delta before it is worth a closer look."""
Asking = Callable[[str], list[Event]]
_TAGS = ("think", "thinking", "thought", "reasoning")
_OPENS = re.compile(rf"\s*<({'|'.join(_TAGS)})>", re.IGNORECASE)
_LONE_END = "</think>"
_HEAD, _INSIDE, _GAP, _ANSWER = range(4)


def joined(events: Iterable[Event]) -> Iterator[Event]:
    """Join texts that came in one chunk: what follows costs by the event. An empty one stands where a chunk ends."""
    text: list[str] = []
    try:
        for event in events:
            if isinstance(event, TextDelta) and event.text:
                text.append(event.text)
                continue
            if text:
                yield TextDelta("".join(text))
                text.clear()
            if not isinstance(event, TextDelta):
                yield event
    except APIError:
        if text:
            yield TextDelta("".join(text))
        raise


def without_key(events: Iterable[Event], key: str) -> Generator[Event]:
    """Yield the events with the key taken out. The end of a delta that may begin the key waits for the next one."""
    waiting: Any = None
    try:
        for event in events:
            name: Any = _GROWS.get(type(event))
            same = type(waiting) is type(event) and getattr(waiting, "index", 0) == getattr(event, "index", 0)
            if waiting is not None and not same:
                yield _clear(waiting, key)
                waiting = None
            if isinstance(event, Retold):
                yield Retold(redact(event.reasoning, key, forms=False), redact(event.text, key, forms=False))
            elif name is None:
                yield event
            else:
                text = getattr(event, name) if waiting is None else getattr(waiting, name) + getattr(event, name)
                sure = len(text) - _begun(text, key)
                if sure or (isinstance(event, ToolCallDelta) and event.name):
                    yield _clear(event, key, text[:sure])
                waiting = None
                if sure < len(text):
                    rest = replace(event, name="", id="") if isinstance(event, ToolCallDelta) else event
                    waiting = replace(rest, **{name: text[sure:]})
    except APIError:
        if waiting is not None:
            yield _clear(waiting, key)
        raise
    if waiting is not None:
        yield _clear(waiting, key)


def _clear(delta: Any, key: str, text: str | None = None) -> Event:
    """Return a delta without the key, with another text if one is given."""
    name = _GROWS[type(delta)]
    said = getattr(delta, name)
    text = said if text is None else text
    text = redact(text, key, forms=False) if key[:_LEAST] in text else text
    clear: Event = delta if text == said else replace(delta, **{name: text})
    return clear


def _begun(text: str, whole: str) -> int:
    """Return how many characters at the end of ``text`` may begin ``whole``, a key or a tag."""
    at = text.find(whole[0], max(0, len(text) - len(whole) + 1)) if whole else -1
    while at >= 0 and not whole.startswith(text[at:]):
        at = text.find(whole[0], at + 1)
    return len(text) - at if at >= 0 else 0


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
        for event in _heard(begun, ask, cancel):
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


def _heard(begun: Iterable[Event], ask: Asking, cancel: Cancel) -> Iterator[Event]:
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
            if faults > FETCH_FAULTS or not passes_soon(error, billed=False):
                raise
        else:
            faults = 0
            yield from (*events, event)


def apart(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events of one round with a leading ``<think>…</think>`` as reasoning.

    One that never closes is reasoning while it streams, and the answer when nothing else came.
    """
    reader = _Reader()
    try:
        for event in events:
            if isinstance(event, TextDelta):
                yield from reader.take(event)
            elif isinstance(event, RoundCompleted):
                yield from reader.end(event)
            else:
                if isinstance(event, ReasoningDelta):
                    reader.apart.append(event.text)
                yield event
    except APIError as error:
        yield from reader.release()
        if reader.changed:
            error.text = "".join(reader.text)
        raise


class _Reader:
    """The text of a round on its way to the reader."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.changed = False  # whether the text is not what the server called so
        self.apart: list[str] = []  # reasoning that the server told apart itself
        self._thought: list[str] = []
        self._held = self._end = self._last = ""
        self._at = _HEAD

    def take(self, event: TextDelta) -> Iterator[Event]:
        if self._at == _ANSWER:
            self.text.append(event.text)
            window, self._last = self._last + event.text, (self._last + event.text)[-len(_LONE_END) :]
            if _LONE_END in window and not self.changed:
                yield from self._lone_end(event)
            else:
                yield event
            return
        self._held += event.text
        if self._at == _HEAD:
            opened = _OPENS.match(self._held)
            if opened is None:
                begun = self._held.lstrip().lower()
                if not any(f"<{tag}>".startswith(begun) for tag in _TAGS):
                    yield from self.release()
                return
            self._at, self.changed, self._end = _INSIDE, True, f"</{opened[1].lower()}>"
            self._held = self._held[opened.end() :]
        if self._at == _INSIDE:
            end = self._held.lower().find(self._end)
            keep = end if end >= 0 else len(self._held) - _begun(self._held.lower(), self._end)
            thought = self._held[:keep] if self._thought else self._held[:keep].lstrip()
            if thought:
                self._thought.append(thought)
                yield ReasoningDelta(thought)
            self._held = self._held[keep:]
            if end < 0:
                return
            self._held, self._at = self._held[len(self._end) :], _GAP
        if self._held.strip():
            self._held = self._held.lstrip()
            yield from self.release()

    def release(self) -> Iterator[Event]:
        """Yield the text that was held back."""
        held, self._held = self._held, ""
        if self._at == _INSIDE:
            if held:
                self._thought.append(held)
                yield ReasoningDelta(held)
        elif held and not (self._at == _GAP and not held.strip()):
            self._at = _ANSWER
            yield from self.take(TextDelta(held))

    def _lone_end(self, event: TextDelta) -> Iterator[Event]:
        so_far = "".join(self.text)
        before, _, after = so_far.partition(_LONE_END)
        self._last = ""
        # Words about the tag are no tag: in code, in data, after another one.
        if before.count("`") % 2 or before.lstrip().startswith(("{", "[")) or "<think" in before:
            yield event
            return
        self.changed = True
        self._thought, self.text = [before], []
        yield Retold("\n\n".join(filter(None, ("".join(self.apart), before.strip()))), "")
        self._at, self._held = _GAP, ""
        yield from self.take(TextDelta(after))

    def end(self, event: RoundCompleted) -> Iterator[Event]:
        yield from self.release()
        message = event.message
        if self._at == _INSIDE and not message.tool_calls and not message.images:
            self.text = ["".join(self._thought).strip()]
            if self.text[0]:
                yield Retold("".join(self.apart), self.text[0])
        if self.changed:
            text = "".join(self.text)
            rest = tuple(part for part in message.parts if not isinstance(part, TextPart))
            event = replace(event, message=replace(message, parts=((TextPart(text),) if text else ()) + rest))
        yield event
