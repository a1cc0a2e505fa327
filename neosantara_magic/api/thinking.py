"""Reasoning that a server leaves in the text, between ``<think>`` and ``</think>``, told from the answer as it streams.

Sometimes only its end is there: some chat templates write the beginning into the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..errors import APIError
from ..events import Event, ReasoningDelta, Retold, RoundCompleted, TextDelta
from ..messages import TextPart

_TAGS = ("think", "thinking", "thought", "reasoning")
_OPENS = re.compile(rf"\s*<({'|'.join(_TAGS)})>", re.IGNORECASE)
_LONE_END = "</think>"
_HEAD, _INSIDE, _GAP, _ANSWER = range(4)


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
        if self._at != _ANSWER:
            self._held += event.text
            yield from self._move()
            return
        self.text.append(event.text)
        window, self._last = self._last + event.text, (self._last + event.text)[-len(_LONE_END) :]
        if _LONE_END in window and not self.changed:
            yield from self._lone_end(event)
        else:
            yield event

    def _move(self) -> Iterator[Event]:
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
            self.changed = False
            yield event
            return
        self.changed = True
        self._thought, self.text = [before], []
        yield Retold("\n\n".join(filter(None, ("".join(self.apart), before.strip()))), "")
        self._at, self._held = _GAP, after
        if after.strip():
            yield from self._move()

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


def _begun(text: str, end: str) -> int:
    """Return how many characters at the end of ``text`` may begin ``end``."""
    return next((n for n in range(len(end) - 1, 0, -1) if text.endswith(end[:n])), 0)
