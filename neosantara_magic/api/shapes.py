"""The shapes that both endpoints share.

For: reading usage, text parts, tool calls that grow and finish reasons, in every documented
spelling; writing tool calls that any server can read.
Not for: one endpoint's own form (``responses.py``, ``chat.py``), not for HTTP.
Everything a server sends may be missing or of another type, so each reader checks before it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..events import TextDelta, ToolCallDelta
from ..messages import ImagePart, Message, TextPart, ToolCall, Usage
from ..texts.utf8 import encodable
from ..values import is_amount

_FINISH_REASONS = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "incomplete": "length",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "completed": "stop",
    "end": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "": "stop",
}


def mapping(value: object) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects of a list; an empty list for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return ``value`` if it is text, as UTF-8 can carry it; else an empty string."""
    return encodable(value) if isinstance(value, str) else ""


def finish_reason(said: object, *, calls: bool) -> str:
    """Return the reason in our spelling. A round that ended well and holds calls ended for them."""
    reason = string(said)
    reason = _FINISH_REASONS.get(reason, reason)
    return "tool_calls" if calls and reason == "stop" else reason


def usage(said: object) -> Usage | None:
    """Read usage in either endpoint's spelling; None when there is none."""
    counts = mapping(said)
    read = _count(counts, "input_tokens", "prompt_tokens")
    written = _count(counts, "output_tokens", "completion_tokens")
    if read is None and written is None:
        return None
    into = mapping(counts.get("input_tokens_details") or counts.get("prompt_tokens_details"))
    out = mapping(counts.get("output_tokens_details") or counts.get("completion_tokens_details"))
    total = _count(counts, "total_tokens")
    return Usage(
        input_tokens=read or 0,
        output_tokens=written or 0,
        total_tokens=(read or 0) + (written or 0) if total is None else total,
        cached_tokens=_count(into, "cached_tokens") or 0,
        reasoning_tokens=_count(out, "reasoning_tokens") or 0,
    )


def _count(counts: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = counts.get(name)
        if is_amount(value):
            return int(value)
    return None


def content_text(content: object) -> str:
    """Return the text of a message's ``content``: a string, or a list of parts of any name."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(
        part if isinstance(part, str) else string(mapping(part).get("text")) or string(mapping(part).get("refusal"))
        for part in content
    )


class GrowingText:
    """The text of a round: what came so far, and what a later full copy adds to it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def grow(self, piece: str) -> Iterable[TextDelta]:
        """Take one more piece. Called for every token, so no generator."""
        if not piece:
            return ()
        self._pieces.append(piece)
        return (TextDelta(piece),)

    def settle(self, whole: str) -> Iterable[TextDelta]:
        """Take the full text as the server repeats it at the end.

        What was streamed has been shown, so it stands; only a text that merely goes on is added.
        """
        so_far = self.text
        return self.grow(whole[len(so_far) :]) if whole.startswith(so_far) else ()

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self._pieces)


@dataclass(slots=True)
class _Call:
    index: int
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    shown: bool = False
    settled: str | None = None

    @property
    def arguments(self) -> str:
        return self.settled if self.settled is not None else "".join(self.pieces)


class GrowingCalls:
    """The tool calls of a round, while their pieces arrive under whatever key the endpoint uses."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_key: dict[object, _Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def open_new(self, *keys: object) -> int:
        """Open a call and let ``keys`` mean it from now on."""
        call = _Call(len(self._calls))
        self._calls.append(call)
        for key in keys:
            if key not in (None, ""):
                self._by_key[key] = call
        return call.index

    def find(self, *keys: object) -> int | None:
        """Return the index of the call known by one of ``keys``."""
        return next((self._by_key[key].index for key in keys if key in self._by_key), None)

    def seen(self, index: int) -> ToolCall:
        """Return a call as far as it has come."""
        call = self._calls[index]
        return ToolCall(call.id, call.name, call.arguments)

    def grow(self, index: int, call_id: object = "", name: object = "", piece: object = "") -> Iterator[ToolCallDelta]:
        """Take what one event adds to a call. Shown once its name is known."""
        call = self._calls[index]
        call.id = call.id or string(call_id)
        call.name = call.name or string(name)
        added = json_text(piece)
        if added:
            call.pieces.append(added)
        if not call.name:
            return
        if not call.shown:
            call.shown = True
            yield ToolCallDelta(index, call.id, call.name, call.arguments)
        elif added:
            yield ToolCallDelta(index, arguments=added)

    def settle(
        self, index: int, call_id: object = "", name: object = "", whole: object = ""
    ) -> Iterator[ToolCallDelta]:
        """Take a call as the server repeats it in full."""
        so_far, full = self._calls[index].arguments, json_text(whole)
        if full.startswith(so_far):
            yield from self.grow(index, call_id, name, full[len(so_far) :])
            return
        yield from self.grow(index, call_id, name)
        if full and not is_json(so_far) and is_json(full):
            self._calls[index].settled = full

    def close(self) -> Iterator[ToolCallDelta]:
        """Show what never got a name, so that every call of the message was announced."""
        for call in self._calls:
            if not call.shown:
                call.shown = True
                yield ToolCallDelta(call.index, call.id, call.name, call.arguments)

    def finished(self) -> tuple[ToolCall, ...]:
        """Return the calls in order, each with an id of its own."""
        taken: set[str] = set()
        calls = []
        for call in self._calls:
            own = _free(call.id or f"call_{call.index}", taken)
            taken.add(own)
            calls.append(ToolCall(own, call.name, call.arguments))
        return tuple(calls)


def _free(wanted: str, taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}_{number}" in taken:
        number += 1
    return f"{wanted}_{number}"


def json_text(value: object) -> str:
    """Return arguments as JSON text, also when a server sends them as an object."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_json(text: str) -> bool:
    """Whether ``text`` is one JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def sendable_arguments(written: str) -> str:
    """Return a call's arguments as the text of a JSON object.

    History goes back to servers that parse it, and one call whose arguments were cut must not make
    every later request of the conversation fail: what is no object travels inside one.
    """
    try:
        value = json.loads(written or "{}")
        if isinstance(value, str):
            written, value = value, json.loads(value)
    except (ValueError, RecursionError):
        value = None
    return (written or "{}") if isinstance(value, dict) else json.dumps({"unreadable_arguments": written})


def sendable_name(written: str) -> str:
    """Return a called name as servers take it back: A-Z, a-z, 0-9, _ and -, 64 at most.

    A model may make up any name. It is told that there is no such tool, and the request that tells it must not
    be refused for the name itself.
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", written)[:64] or "unnamed"


def with_distinct_call_ids(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Rename call ids that an earlier message used, in the calls and in their answers.

    Ids that we made up for a server that gives none start at ``call_0`` in every round.
    """
    taken: set[str] = set()
    renamed: dict[str, str] = {}
    distinct = []
    for message in messages:
        if message.tool_calls:
            renamed = {call.id: _free(call.id, taken) for call in message.tool_calls}
            taken.update(renamed.values())
            calls = tuple(replace(call, id=renamed[call.id]) for call in message.tool_calls)
            distinct.append(replace(message, tool_calls=calls))
        elif message.role == "tool" and message.call_id in renamed:
            distinct.append(replace(message, call_id=renamed[message.call_id]))
        else:
            distinct.append(message)
    return tuple(distinct)


def with_images_after_results(messages: tuple[Message, ...]) -> Iterator[Message]:
    """Yield the messages; images of tool results move to one user message after their batch.

    A tool message takes text only, on both endpoints.
    """
    waiting: list[ImagePart] = []
    for message in messages:
        if message.role == "tool":
            waiting.extend(message.images)
            yield replace(message, parts=(TextPart(message.text),))
            continue
        if waiting:
            yield _shown(waiting)
            waiting = []
        yield message
    if waiting:
        yield _shown(waiting)


def _shown(images: list[ImagePart]) -> Message:
    return Message("user", (TextPart("Images returned by the tool calls above:"), *images))
