"""What both endpoints share: usage, text parts and messages, read in every spelling, written for any server.

Everything a server sends may be missing or of another type, so each reader checks before it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, count
from typing import Any

from ..messages import ImagePart, Message, TextPart, ToolCall, ToolSpec, Usage
from ..request import Request
from ..texts.utf8 import encodable
from ..validators import from_json, is_amount

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


def free(wanted: str, taken: Container[str]) -> str:
    """Return an id that is not taken: the wanted one, or that with a number."""
    numbered = (f"{wanted}_{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


def json_text(value: object) -> str:
    """Return arguments as JSON text, also when a server sends them as an object."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def sendable(call: ToolCall) -> dict[str, str]:
    """Return a call's name and arguments as servers take them back.

    A model may make up any name: of A-Z, a-z, 0-9, _ and -, 64 pass. Servers parse the history, so arguments that were
    cut must not make every later request fail: what is no JSON object travels inside one.
    """
    name, written = re.sub(r"[^A-Za-z0-9_-]", "_", call.name)[:64] or "unnamed", call.arguments or "{}"
    value = from_json(written)
    if isinstance(value, str) and isinstance(from_json(value), dict):  # JSON in a JSON string
        written = value
    elif not isinstance(value, dict):
        written = json.dumps({"unreadable_arguments": call.arguments})
    return {"name": name, "arguments": written}


def offered(
    tools: Iterable[ToolSpec], choice: str, form: Callable[[dict[str, Any]], dict[str, Any]], *ready: dict[str, Any]
) -> dict[str, Any]:
    """Return tools and their choice for a body; ``form`` writes a function as the endpoint wants it."""
    told = ({"name": one.name, "description": one.description, "parameters": dict(one.parameters)} for one in tools)
    sent: dict[str, Any] = {"tools": [*ready, *map(form, told)]}
    if choice != "auto":
        sent["tool_choice"] = choice if choice in ("none", "required") else form({"name": choice})
    return sent if sent["tools"] else {}


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
    renamed: dict[str | None, str] = {}
    distinct = []
    for message in messages:
        if message.tool_calls:
            renamed = {call.id: free(call.id, taken) for call in message.tool_calls}
            taken.update(renamed.values())
        calls = tuple(replace(call, id=renamed[call.id]) for call in message.tool_calls)
        distinct.append(replace(message, tool_calls=calls, call_id=renamed.get(message.call_id, message.call_id)))
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
