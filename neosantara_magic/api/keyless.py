"""Answers without the key, while they stream: a server that repeats the key may send it in pieces.

Whole texts (messages, cards and files) go through ``redaction.py``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

from ..errors import APIError
from ..events import Event, ReasoningDelta, Retold, TextDelta, ToolCallDelta
from ..redaction import redact

_Delta = TextDelta | ReasoningDelta | ToolCallDelta
_LEAST = 3
"""Characters of a key that must stand in a delta before it is worth a closer look."""


def without_key(events: Iterable[Event], key: str) -> Generator[Event]:
    """Yield the events with the key taken out. The end of a delta that may begin the key waits for the next one."""
    waiting: _Delta | None = None
    try:
        for event in events:
            delta = event if isinstance(event, TextDelta | ReasoningDelta | ToolCallDelta) else None
            if waiting is not None and not (type(waiting) is type(delta) and _index(waiting) == _index(delta)):
                yield from _released(waiting, key)
                waiting = None
            if isinstance(event, Retold):
                yield Retold(redact(event.reasoning, key, forms=False), redact(event.text, key, forms=False))
            elif delta is None:
                yield event
            else:
                text = _text(delta) if waiting is None else _text(waiting) + _text(delta)
                sure = _before_a_key(text, key)
                named = isinstance(delta, ToolCallDelta) and bool(delta.name)
                if sure or named:
                    yield from _released(_with(delta, text[:sure]), key)
                rest = replace(delta, name="", id="") if isinstance(delta, ToolCallDelta) else delta
                waiting = _with(rest, text[sure:]) if sure < len(text) else None
    except APIError:
        yield from _released(waiting, key)
        raise
    yield from _released(waiting, key)


def _released(delta: _Delta | None, key: str) -> Iterator[_Delta]:
    if delta is not None:
        text = _text(delta)
        yield _with(delta, redact(text, key, forms=False)) if key[:_LEAST] in text else delta


def _index(delta: _Delta | None) -> int:
    return delta.index if isinstance(delta, ToolCallDelta) else 0


def _text(delta: _Delta) -> str:
    return delta.arguments if isinstance(delta, ToolCallDelta) else delta.text


def _with(delta: _Delta, text: str) -> _Delta:
    if text == _text(delta):
        return delta
    return replace(delta, arguments=text) if isinstance(delta, ToolCallDelta) else replace(delta, text=text)


def _before_a_key(text: str, key: str) -> int:
    """Return where the end of the text may begin the key; the text's length where it does not."""
    at = text.find(key[0], max(0, len(text) - len(key) + 1)) if key else -1
    while at >= 0 and not key.startswith(text[at:]):
        at = text.find(key[0], at + 1)
    return at if at >= 0 else len(text)
