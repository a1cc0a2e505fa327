"""What both endpoints share: usage, text parts and tool calls, read in every spelling, written for any server.

Everything a server sends may be missing or of another type, so each reader checks before it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

from ..events import TextDelta, ToolCallDelta
from ..messages import ImagePart, Message, TextPart, ToolCall, Usage
from ..request import Request
from ..texts.utf8 import encodable
from ..validators import from_json, is_amount

_SURELY_A_COPY = 16
"""Characters. A piece that repeats all text before it is a copy if it is this long; "ha" may follow "h" and "a"."""
_DECODER = json.JSONDecoder()
THOUGHTS = ("reasoning", "reasoning_text", "thinking", "redacted_thinking")
"""Types of the parts of a message that are no answer."""


def mapping(value: object) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects of a list; an empty list for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return ``value`` if it is text, as UTF-8 can carry it; else an empty string."""
    return encodable(value) if isinstance(value, str) else ""


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
    parts = content if isinstance(content, list) else [content]
    return "".join(part if isinstance(part, str) else _part_text(mapping(part)) for part in parts)


def _part_text(part: Mapping[str, Any]) -> str:
    return string(part.get("text")) or string(part.get("refusal")) or string(part.get("reasoning"))


def answer_text(content: object) -> str:
    """Return the text of an answer's ``content``: not the parts that are reasoning."""
    if isinstance(content, list):
        content = [part for part in content if mapping(part).get("type") not in THOUGHTS]
    return content_text(content)


def thought_text(content: object) -> str:
    """Return the reasoning that stands among the parts of an answer's ``content``."""
    parts = [part for part in objects(content) if part.get("type") in THOUGHTS]
    return "\n\n".join(filter(None, (_part_text(part) or content_text(part.get("thinking")) for part in parts)))


class GrowingText:
    """The text of a round, joined from its pieces and from full copies that the server sends later."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def grow(self, piece: str) -> Iterable[TextDelta]:
        """Take one more piece. Called for every token, so no generator."""
        if not piece or (len(piece) == self._length >= _SURELY_A_COPY and len(self._pieces) > 1 and piece == self.text):
            return ()
        self._pieces.append(piece)
        self._length += len(piece)
        return (TextDelta(piece),)

    def settle(self, whole: str) -> Iterable[TextDelta]:
        """Take the full text as the server repeats it at the end. What was shown stands; only what goes on is added."""
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
    joined: list[str] = field(default_factory=list)  # the pieces of the arguments as they came
    restated: list[str] = field(default_factory=list)  # the same, begun anew with each piece that repeats all before it
    length: int = 0  # characters of ``restated``
    shown: bool = False
    settled: str | None = None

    def add(self, piece: str) -> str:
        """Take a piece of the arguments; return what it adds."""
        self.joined.append(piece)
        before = self.length
        if len(piece) >= before and piece.startswith("".join(self.restated)):
            self.restated, self.length = [piece], len(piece)
            return piece[before:]
        self.restated.append(piece)
        self.length += len(piece)
        return piece

    @property
    def arguments(self) -> str:
        """The arguments that have arrived, once, however often the server repeated them."""
        if self.settled is not None:
            return self.settled
        joined, restated = "".join(self.joined), "".join(self.restated)
        return joined if is_json(joined) else restated if is_json(restated) else _told_once(joined)

    @property
    def whole(self) -> bool:
        """Whether the arguments are whole. Asked for many pieces, so what cannot be is not parsed."""
        return bool(self.joined) and self.joined[-1].rstrip().endswith("}") and is_json(self.arguments)


class GrowingCalls:
    """The tool calls of a round, while their pieces arrive under whatever key the endpoint uses."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_key: dict[object, _Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def open_new(self, *keys: object) -> int:
        """Open a call and let ``keys`` mean it from now on."""
        self._calls.append(_Call(len(self._calls)))
        return self.name_also(len(self._calls) - 1, *keys)

    def name_also(self, index: int, *keys: object) -> int:
        """Let ``keys`` mean a call from now on; return its index."""
        self._by_key.update(dict.fromkeys(keys, self._calls[index]))
        return index

    def find(self, *keys: object) -> int | None:
        """Return the index of the call known by one of ``keys``."""
        return next((self._by_key[key].index for key in keys if key in self._by_key), None)

    def seen(self, index: int) -> _Call:
        """Return a call as far as it has arrived."""
        return self._calls[index]

    def grow(self, index: int, call_id: object = "", name: object = "", piece: object = "") -> Iterator[ToolCallDelta]:
        """Take what one event adds to a call: of its name too, in pieces or whole again, until the arguments begin."""
        call = self._calls[index]
        call.id = call.id or string(call_id)
        more = string(name)
        if not call.joined or not call.name:
            call.name = more if more.startswith(call.name) else call.name + more
        added = call.add(text) if (text := json_text(piece)) else ""
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
        goes_on = full.startswith(so_far)
        yield from self.grow(index, call_id, name, full[len(so_far) :] if goes_on else "")
        if full and not goes_on and not is_json(so_far) and is_json(full):
            self._calls[index].settled = full

    def settle_all(self, said: Iterable[tuple[Sequence[object], object, object, object]]) -> Iterator[ToolCallDelta]:
        """Take all calls of a message as the server repeats them at its end: keys, id, name and arguments of each."""
        met: set[int] = set()
        for place, (keys, call_id, name, whole) in enumerate(said):
            known = self.find(*keys)
            same = self._calls[known] if known is not None and known in met else None
            if same and (same.id, same.name, same.arguments) == (call_id, name, json_text(whole)):
                continue  # one call that the server lists twice
            index = self.match(keys, name, met, place)
            index = self.open_new(*keys) if index is None else index
            met.add(index)
            yield from self.settle(index, call_id, name, whole)

    def match(self, keys: Iterable[object], name: object, taken: Container[int], place: int = 0) -> int | None:
        """Return which call a full copy repeats: by key, else by its place and name, for ids may be made anew."""
        known = self.find(*keys)
        near = sorted(range(len(self._calls)), key=lambda index: (index != known, index != place))
        return next((i for i in near if i not in taken and (not name or self._calls[i].name in ("", name))), None)

    def close(self) -> Iterator[ToolCallDelta]:
        """Show what never got a name, so that every call of the message was announced."""
        for call in self._calls:
            if not call.shown:
                call.shown = True
                yield ToolCallDelta(call.index, call.id, call.name, call.arguments)

    def finished(self, *, cut: bool = False) -> tuple[ToolCall, ...]:
        """Return the calls in order, each with an id of its own.

        When the round was ``cut``, a call without arguments is one whose arguments are missing: no tool reads "{".
        """
        calls: dict[str, ToolCall] = {}
        for call in self._calls:
            own = _free(call.id or f"call_{call.index}", calls)
            calls[own] = ToolCall(own, call.name, call.arguments or ("{" if cut else ""))
        return tuple(calls.values())


def _free(wanted: str, taken: Container[str]) -> str:
    numbered = (f"{wanted}_{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


def json_text(value: object) -> str:
    """Return arguments as JSON text, also when a server sends them as an object."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_json(text: str) -> bool:
    """Whether ``text`` is one JSON value."""
    return from_json(text, ...) is not ...


def _told_once(joined: str) -> str:
    """Return the one JSON object that a text repeats, or that follows empty ones; else the text as it is."""
    found: dict[str, str] = {}
    text, begin = joined.rstrip(), 0
    try:
        while begin < len(text):
            value, end = _DECODER.raw_decode(text, begin)
            found[json.dumps(value, sort_keys=True)] = text[begin:end]
            while text[end : end + 1].isspace():
                end += 1
            begin = end
    except (ValueError, RecursionError):
        return joined
    full = [text for value, text in found.items() if value != "{}"]
    return full[0] if len(full) == 1 else joined


def sendable_arguments(written: str) -> str:
    """Return a call's arguments as the text of a JSON object; what is no object travels inside one.

    Servers parse the history: a call whose arguments were cut must not make every later request fail.
    """
    value = from_json(written or "{}")
    if isinstance(value, str) and isinstance(from_json(value), dict):  # JSON in a JSON string
        return value
    return (written or "{}") if isinstance(value, dict) else json.dumps({"unreadable_arguments": written})


def sendable_name(written: str) -> str:
    """Return a called name as servers take it back: A-Z, a-z, 0-9, _ and -, 64 at most. A model may make up any."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", written)[:64] or "unnamed"


def forced_format(request: Request) -> dict[str, Any]:
    """Return the schema as ``response_format``, which some servers enforce on both endpoints, where it is wanted."""
    form = request.answer_format
    if form is None or not request.forced:
        return {}
    schema = {"name": form.name, "schema": dict(form.schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


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
    for message in (*messages, None):
        if message is not None and message.role == "tool":
            waiting += message.images
            yield replace(message, parts=(TextPart(message.text),))
            continue
        if waiting:
            yield Message("user", (TextPart("Images returned by the tool calls above:"), *waiting))
            waiting = []
        if message is not None:
            yield message
