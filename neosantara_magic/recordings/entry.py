"""One recorded round as one JSON object: the request, in a form that is the same on every machine, and its events.

No key, no header, no server id decides anything. The key by which an entry is found again: ``portable.py``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, astuple, fields
from itertools import zip_longest
from typing import Any

from ..beside import read_row, row
from ..events import Event, ReasoningDelta, RoundCompleted, RoundStarted, TextDelta, ToolCallDelta
from ..messages import ImagePart, Message, ToolCall, Usage, assistant_message
from ..request import Request
from ..validators import from_json
from .nearest import shared
from .portable import portable_key

VERSION = 1
_KINDS = {kind.__name__: kind for kind in (RoundStarted, TextDelta, ReasoningDelta, ToolCallDelta)}
_SHOWN = 120
"""Characters of each of two requests that differ."""


def canonical(request: Request) -> dict[str, Any]:
    """Return what a request asks, without anything that changes from run to run.

    Server ids, streaming and time-outs are left out; call ids become positions; images become
    hashes, so that a recording stays readable and small.
    """
    ids: dict[str, str] = {}
    for message in request.messages:
        for call in message.tool_calls:
            ids.setdefault(call.id, f"call {len(ids) + 1}")
    asked: dict[str, Any] = {
        "model": request.model,
        "api": request.api,
        "instructions": request.instructions,
        "messages": [_message(message, ids) for message in request.messages],
        "tools": [[tool.name, tool.description, tool.parameters] for tool in request.tools],
        "web": request.web or None,
        "guard": request.guard or None,
        "tool_choice": request.tool_choice if request.tools else None,
        "schema": request.answer_format and [request.answer_format.name, request.answer_format.schema],
        "max_tokens": request.max_tokens,
        "sampling": dict(request.sampling),
        "reasoning": request.reasoning,
        "extra": dict(request.extra),
    }
    return {name: value for name, value in asked.items() if value not in (None, [], {})}


def _message(message: Message, ids: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "text": message.text}
    if message.images:
        said["images"] = [hashed(part) for part in message.images]
    if message.tool_calls:
        said["calls"] = [[ids[call.id], call.name, call.arguments] for call in message.tool_calls]
    if message.call_id is not None:
        said["answers"] = ids.get(message.call_id, message.call_id)
    return said


def hashed(part: ImagePart) -> str:
    """Return an image's address; of one that is embedded, the hash."""
    if not part.url.startswith("data:"):
        return part.url
    return f"sha256:{hashlib.sha256(part.url.encode()).hexdigest()}"


def key_of(asked: Mapping[str, Any]) -> str:
    """Return the short name of exactly this canonical request: the SHA-256 of its JSON, in hexadecimal."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def freeze(event: Event) -> dict[str, Any] | None:
    """Write an event as JSON; None for an event of the loop.

    Values of this run only (ids, billing, raw bodies) are left out.
    """
    if isinstance(event, RoundCompleted):
        said = event.message
        more = {"images": [image.url for image in said.images], "beside": [*map(row, said.beside)]}
        return {
            "type": "RoundCompleted",
            "text": said.text,
            "calls": [[one.id, one.name, one.arguments, *([one.server] * bool(one.server))] for one in said.tool_calls],
            "finish_reason": event.finish_reason,
            "usage": event.usage and asdict(event.usage),
            "model": event.model,
            **{name: told for name, told in more.items() if told},
        }
    if type(event).__name__ not in _KINDS:
        return None
    return {"type": type(event).__name__, **{name: value for name, value in asdict(event).items() if value != ""}}


def thaw(line: Mapping[str, Any]) -> Event:
    """Read an event back. A replayed round is stored nowhere and costs nothing."""
    values = {name: value for name, value in line.items() if name not in {"type", "at"}}
    if line["type"] != "RoundCompleted":
        kind: Any = _KINDS[line["type"]]
        event: Event = kind(**values)
        return event
    return RoundCompleted(
        assistant_message(
            values["text"],
            tuple(ToolCall(*call) for call in values["calls"]),
            [*map(ImagePart, values.get("images", ())), *map(read_row, values.get("beside", ()))],
        ),
        values["finish_reason"],
        Usage(**values["usage"]) if values["usage"] else None,
        None,
        values["model"],
        billed_idr=0.0,
    )


def parse(line: bytes) -> dict[str, Any] | None:
    """Read a line; None when it is no JSON object."""
    entry = from_json(line, None)
    return entry if isinstance(entry, dict) else None


def is_newer(entry: Mapping[str, Any]) -> bool:
    """Whether an entry was written by a later version of this package."""
    version = entry.get("version")
    return type(version) is int and version > VERSION and "key" in entry


def can_replay(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is whole: lessons are edited by hand and merged by tools, so nothing is taken for granted."""
    key, asked, events = (entry.get(name) for name in ("key", "request", "events"))
    named = type(entry.get("version")) is int and isinstance(key, str)
    if not (named and isinstance(asked, dict) and isinstance(asked.get("messages"), list)):
        return False
    if not isinstance(events, list) or not events or not all(isinstance(line, dict) for line in events):
        return False
    try:
        portable_key(asked)
    except (KeyError, TypeError, AttributeError, IndexError):
        return False
    *before, last = (line.get("type") for line in events)
    return last == "RoundCompleted" and "RoundCompleted" not in before and all(map(_can_thaw, events))


def _can_thaw(line: Mapping[str, Any]) -> bool:
    try:
        if not math.isfinite(line.get("at", 0.0)):
            return False
        event = thaw(line)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return False
    if isinstance(event, RoundCompleted):
        texts = [line["text"], event.finish_reason, event.model]
        texts += [image.url for image in event.message.images]
        texts += [part for call in event.message.tool_calls for part in (call.id, call.name, call.arguments)]
        counts = astuple(event.usage) if event.usage else ()
        return all(isinstance(text, str) for text in texts) and all(type(count) is int for count in counts)
    return all(type(getattr(event, f.name)) is (int if f.name == "index" else str) for f in fields(event))


def outline(asked: Mapping[str, Any]) -> list[str]:
    """Return the parts of a request as lines, to compare two of them."""
    lines = [f"{name}: {value}" for name, value in sorted(asked.items()) if name != "messages"]
    return [*lines, *(json.dumps(message, sort_keys=True, ensure_ascii=False) for message in asked["messages"])]


def difference(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str]:
    """Return where two canonical requests first differ, as one short text for each."""
    old, new = outline(recorded), outline(now)
    for a, b in zip_longest(old, new, fillvalue="-"):
        if a != b:
            start = shared(a, b) - _SHOWN // 3 if "-" not in (a, b) else 0
            return _cut(a, max(0, start)), _cut(b, max(0, start))
    return "-", ""


def _cut(text: str, start: int) -> str:
    end = start + _SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
