"""The server's side of ``/v1/responses``: a request read, a reply written.

For: bytes in, `Asked` out; `Reply` in, a body or the events of a stream out.
Not for: what to say (`brain`) and not for keeping what was said (`server`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..messages import AnswerFormat, ImagePart, Message, Part, TextPart, ToolCall
from . import reading
from .shapes import CREATED, DONE, Shape, as_event, metadata, usage_of
from .talk import Asked, Reply, pieces

_ECHOED: dict[str, Any] = {
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "reasoning": {"effort": None, "summary": None},
    "temperature": 0.7,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""Fields that a body repeats, with what they are when they were not sent."""


def read(body: Mapping[str, Any], history: Sequence[Message], shape: Shape) -> Asked:
    """Return what was asked.

    Args:
        body: The request.
        history: The messages that ``previous_response_id`` stands for.
        shape: In the seed's shape tools are ignored, as its page says.

    Raises:
        Refused: the gateway would not take this request.
    """
    given = body.get("input")
    if given is None or given in ("", []):
        raise reading.bad("Missing required parameter: 'input'.", "missing_parameter", "input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not isinstance(items, list):
        raise reading.bad("'input' must be a string or a list of items.", param="input")
    instructions = [reading.text_field(body, "instructions")]
    said: list[Message] = list(history)
    for place, item in enumerate(items):
        _add(item, place, said, instructions)
    reading.check_answered(said, "input")
    reading.checked_sampling(body)
    offered = reading.tools(body) if shape.body == "full" else ()
    wanted = (body.get("text") or {}).get("format") or {}
    schema = wanted.get("schema") if wanted.get("type") == "json_schema" else None
    return Asked(
        model=reading.text_field(body, "model"),
        messages=tuple(said),
        instructions="\n\n".join(text for text in instructions if text),
        tools=offered,
        choice=reading.choice(body, offered) if offered else "auto",
        answer_format=AnswerFormat(str(wanted.get("name", "answer")), schema) if isinstance(schema, Mapping) else None,
        json_object=wanted.get("type") == "json_object",
        max_tokens=reading.token_limit(body, "max_output_tokens", "max_tokens"),
        stop=reading.stops(body),
        effort=reading.effort(body),
        stream=bool(body.get("stream")),
        store=body.get("store") is not False,
        previous=reading.text_field(body, "previous_response_id") or None,
        echo=body,
    )


def _add(item: object, place: int, said: list[Message], instructions: list[str]) -> None:
    where = f"input[{place}]"
    if not isinstance(item, Mapping):
        raise reading.bad(f"'{where}' must be an object.", "invalid_messages", where)
    kind = item.get("type", "message")
    if kind == "function_call":
        call = ToolCall(str(item.get("call_id", "")), str(item.get("name", "")), str(item.get("arguments", "")))
        if said and said[-1].role == "assistant":
            said[-1] = Message("assistant", said[-1].parts, (*said[-1].tool_calls, call))
        else:
            said.append(Message("assistant", (), (call,)))
    elif kind == "function_call_output":
        output = item.get("output", "")
        parts = _parts(output, where) if isinstance(output, list) else (TextPart(_plain(output)),)
        said.append(Message("tool", parts, call_id=str(item.get("call_id", ""))))
    elif kind == "message" and item.get("role") in {"system", "developer"}:
        instructions.append(
            "".join(part.text for part in _parts(item.get("content"), where) if isinstance(part, TextPart))
        )
    elif kind == "message" and item.get("role") in {"user", "assistant"}:
        said.append(Message(item["role"], _parts(item.get("content"), where)))
    elif kind == "message":
        raise reading.bad(f"Unknown role {item.get('role')!r} in '{where}'.", "invalid_messages", f"{where}.role")


def _plain(output: object) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)


def _parts(content: object, where: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    if not isinstance(content, list):
        raise reading.bad(f"'{where}.content' is missing.", "invalid_messages", f"{where}.content")
    found: list[Part] = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in {"input_text", "output_text", "text"}:
            found.append(TextPart(str(part.get("text", ""))))
        elif kind in {"input_image", "image_url"}:
            url = part.get("image_url")
            found.append(ImagePart(str(url.get("url", "") if isinstance(url, Mapping) else url)))
        else:
            raise reading.bad(f"Unknown content type {kind!r} in '{where}'.", "invalid_messages", where)
    return tuple(found)


def id_of(asked: Asked) -> str:
    """Return the response's id: ``resp_`` and 48 hex digits."""
    return f"resp_{asked.digest}"


def _items(asked: Asked, reply: Reply) -> list[dict[str, Any]]:
    tail = asked.digest[:24]
    found: list[dict[str, Any]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        found.append({"type": "reasoning", "id": f"rs_{tail}", "summary": summary})
    status = "incomplete" if reply.cut else "completed"
    if reply.text or not reply.calls:
        content = [{"type": "output_text", "text": reply.text, "annotations": []}]
        message = {"type": "message", "id": f"msg_{tail}", "status": status, "role": "assistant", "content": content}
        found.append(message)
    for place, call in enumerate(reply.calls):
        named = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        found.append({"type": "function_call", "id": f"fc_{place}_{tail}", **named, "status": status})
    return found


def body(asked: Asked, reply: Reply, shape: Shape, request_id: str) -> dict[str, Any]:
    """Return the reply in one piece."""
    usage = usage_of(shape, "responses", asked.input_tokens, reply)
    if shape.body == "seed":
        output = [{"type": "output_text", "text": reply.text}]
        head = {"id": id_of(asked), "type": "message", "role": "assistant", "model": asked.model, "output": output}
        cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}} if reply.cut else {}
        # "noesantara" is how that page spells it.
        return {**head, **cut, "usage": usage, "_metadata": metadata(request_id, "noesantara.xyz")}
    return {
        **_frame(asked, "incomplete" if reply.cut else "completed"),
        "incomplete_details": {"reason": "max_output_tokens"} if reply.cut else None,
        "output": _items(asked, reply),
        "usage": usage,
    }


def _frame(asked: Asked, status: str) -> dict[str, Any]:
    echoed = {name: asked.echo.get(name, default) for name, default in _ECHOED.items()}
    return {
        "id": id_of(asked),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "max_output_tokens": asked.max_tokens,
        "model": asked.model,
        "output": [],
        "previous_response_id": asked.previous,
        "store": asked.store,
        **echoed,
        "usage": None,
    }


def events(asked: Asked, reply: Reply, shape: Shape, request_id: str, *, fault: str = "") -> Iterator[bytes]:
    """Yield the reply as the events of a stream.

    Args:
        asked: The request.
        reply: What to say.
        shape: Which documented shape.
        request_id: For bodies that repeat it.
        fault: ``stream``: ``response.failed`` half-way; ``cut``: the stream just ends half-way.
    """
    told = list(_events(asked, reply, shape, request_id))
    if fault:
        told = told[: max(3, len(told) // 2)]
    if fault == "stream":
        error = {"code": "server_error", "message": "The upstream provider failed while it was answering."}
        told.append({"type": "response.failed", "response": {**_frame(asked, "failed"), "error": error}})
    for number, event in enumerate(told):
        if shape.events == "full":
            event = {**event, "sequence_number": number}  # noqa: PLW2901  (the same event, numbered)
        yield as_event(event, event["type"])
    if shape.done and not fault:
        yield DONE


def _events(asked: Asked, reply: Reply, shape: Shape, request_id: str) -> Iterator[dict[str, Any]]:
    full = shape.events == "full"
    frame = _frame(asked, "in_progress")
    yield {"type": "response.created", "response": frame}
    if full:
        yield {"type": "response.in_progress", "response": frame}
    for index, item in enumerate(_items(asked, reply)):
        for event in _item_events(index, item, full=full):
            place = {"output_index": index} if full else {}
            yield {**event, **place}
    kind = "response.incomplete" if reply.cut else "response.completed"
    yield {"type": kind, "response": body(asked, reply, shape, request_id)}


def _item_events(index: int, item: dict[str, Any], *, full: bool) -> Iterator[dict[str, Any]]:
    at: dict[str, Any] = {"item_id": item["id"]} if full else {}
    nothing: dict[str, dict[str, Any]] = {
        "reasoning": {"summary": []},
        "message": {"content": []},
        "function_call": {"arguments": ""},
    }
    opened = {**item, **nothing[item["type"]], **({"status": "in_progress"} if "status" in item else {})}
    yield {"type": "response.output_item.added", "item": opened}
    if item["type"] == "reasoning":
        yield from _reasoning_events(item, at, full=full)
    elif item["type"] == "message":
        yield from _text_events(item, at, full=full)
    else:
        # Without an item id the index is what ties a delta to its call, so even the minimal form has it.
        at = at or {"output_index": index}
        arguments = item["arguments"]
        for start in range(0, len(arguments), 12):
            yield {"type": "response.function_call_arguments.delta", **at, "delta": arguments[start : start + 12]}
        yield {"type": "response.function_call_arguments.done", **at, "arguments": arguments}
    # The minimal form shows no end of a message; a call's end it needs.
    if full or item["type"] == "function_call":
        yield {"type": "response.output_item.done", "item": item}


def _text_events(item: dict[str, Any], at: dict[str, Any], *, full: bool) -> Iterator[dict[str, Any]]:
    part = item["content"][0]
    here = {**at, "content_index": 0} if full else {}
    if full:
        yield {"type": "response.content_part.added", **here, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", **here, "delta": piece}
    if full:
        yield {"type": "response.output_text.done", **here, "text": part["text"]}
        yield {"type": "response.content_part.done", **here, "part": part}


def _reasoning_events(item: dict[str, Any], at: dict[str, Any], *, full: bool) -> Iterator[dict[str, Any]]:
    part = item["summary"][0]
    here = {**at, "summary_index": 0} if full else {}
    if full:
        yield {"type": "response.reasoning_summary_part.added", **here, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.reasoning_summary_text.delta", **here, "delta": piece}
    if full:
        yield {"type": "response.reasoning_summary_text.done", **here, "text": part["text"]}
        yield {"type": "response.reasoning_summary_part.done", **here, "part": part}
