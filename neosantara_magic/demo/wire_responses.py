"""The server's side of ``/v1/responses``: a request read, a reply written, as the Open Responses specification says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ..messages import Message, ToolCall
from . import reading
from .talk import CREATED, DONE, Asked, Reply, as_event, pieces, usage

_ECHOED: dict[str, Any] = {
    "background": False, "frequency_penalty": 0.0, "instructions": None, "max_tool_calls": None, "metadata": {},
    "parallel_tool_calls": True, "presence_penalty": 0.0, "prompt_cache_key": None, "safety_identifier": None,
    "service_tier": "default", "temperature": 0.7, "tool_choice": "auto", "top_logprobs": 0, "top_p": 1.0,
    "truncation": "disabled", "user": None,
}  # fmt: skip
"""Fields that a body repeats, with what they are when they were not sent."""


def read(body: Mapping[str, Any], history: Sequence[Message]) -> Asked:
    """Return what was asked after a stored `history`; raise `Refused` for a request that the gateway would not take."""
    given = body.get("input")
    if not given:
        raise reading.bad("Missing required parameter: 'input'.", "missing_parameter", "input")
    instructions = [str(body.get("instructions") or "")]
    said: list[Message] = list(history)
    for place, item in enumerate([{"role": "user", "content": given}] if isinstance(given, str) else given):
        _add(item, f"input[{place}]", said, instructions)
    return reading.asked(body, said, instructions, (body.get("text") or {}).get("format"), "input")


def _add(item: Mapping[str, Any], where: str, said: list[Message], instructions: list[str]) -> None:
    kind, role = item.get("type", "message"), item.get("role")
    if kind == "function_call":
        call = ToolCall(*(str(item[name]) for name in ("call_id", "name", "arguments")))
        last = said.pop() if said and said[-1].role == "assistant" else Message("assistant")
        said.append(replace(last, tool_calls=(*last.tool_calls, call)))
    elif kind == "function_call_output":
        output = item.get("output", "")
        told = output if isinstance(output, str | list) else json.dumps(output, ensure_ascii=False)
        said.append(Message("tool", reading.parts(told, where), call_id=str(item["call_id"])))
    elif kind == "message" and role in ("system", "developer"):
        instructions.append(reading.words(item["content"], where))
    elif kind == "message":
        said.append(Message(reading.role(role, where), reading.parts(item["content"], where)))


def _items(asked: Asked, reply: Reply) -> list[dict[str, Any]]:
    tail = asked.digest[:24]
    found: list[dict[str, Any]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        found.append({"type": "reasoning", "id": f"rs_{tail}", "summary": summary})
    status = "incomplete" if reply.cut else "completed"
    if reply.text or not reply.calls:
        content = [{"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}]
        told = {"status": status, "role": "assistant", "content": content}
        found.append({"type": "message", "id": f"msg_{tail}", **told})
    for place, call in enumerate(reply.calls):
        named = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        found.append({"type": "function_call", "id": f"fc_{place}_{tail}", **named, "status": status})
    return found


def body(asked: Asked, reply: Reply) -> dict[str, Any]:
    """Return the reply in one piece."""
    return {
        **_frame(asked, "incomplete" if reply.cut else "completed"),
        "completed_at": None if reply.cut else CREATED,
        "incomplete_details": {"reason": "max_output_tokens"} if reply.cut else None,
        "output": _items(asked, reply),
        "usage": usage(asked, reply, "input", "output"),
    }


def _frame(asked: Asked, status: str) -> dict[str, Any]:
    """Return a body without output yet."""
    sent = asked.echo
    echoed = {name: default if sent.get(name) is None else sent[name] for name, default in _ECHOED.items()}
    return {
        "id": f"resp_{asked.digest}",
        "object": "response",
        "created_at": CREATED,
        "completed_at": None,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": asked.model,
        "output": [],
        "max_output_tokens": asked.max_tokens,
        "previous_response_id": sent.get("previous_response_id") or None,
        "reasoning": {"effort": asked.effort or None, "summary": "auto" if asked.effort else None},
        "store": sent.get("store") is not False,
        "text": {"format": {"type": "text"}, **(sent.get("text") or {})},
        "tools": [{"type": "function", "strict": False, **asdict(tool)} for tool in asked.tools],
        **echoed,
        "usage": None,
    }


def events(asked: Asked, reply: Reply, *, fault: str = "") -> Iterator[bytes]:
    """Yield the reply as a stream: with `fault` ``stream`` it fails half-way, with ``cut`` nothing more comes."""
    told = list(_events(asked, reply))
    if fault:
        told = told[: max(3, len(told) // 2)]
    if fault == "stream":
        error = {"code": "server_error", "message": "The upstream provider failed while it was answering."}
        told.append({"type": "response.failed", "response": {**_frame(asked, "failed"), "error": error}})
    for number, event in enumerate(told):
        yield as_event({**event, "sequence_number": number}, event["type"])
    if fault != "cut":
        yield DONE


def _events(asked: Asked, reply: Reply) -> Iterator[dict[str, Any]]:
    frame = _frame(asked, "in_progress")
    yield {"type": "response.created", "response": frame}
    yield {"type": "response.in_progress", "response": frame}
    empty: dict[str, dict[str, Any]]
    empty = {"reasoning": {"summary": []}, "message": {"content": []}, "function_call": {"arguments": ""}}
    for index, item in enumerate(_items(asked, reply)):
        kind = item["type"]
        opened = {**item, **empty[kind], **({"status": "in_progress"} if "status" in item else {})}
        yield {"type": "response.output_item.added", "output_index": index, "item": opened}
        for event in _arguments(item) if kind == "function_call" else _text(item, kind):
            yield {**event, "item_id": item["id"], "output_index": index}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.incomplete" if reply.cut else "response.completed", "response": body(asked, reply)}


def _text(item: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the events of a text: a message's, or the summary of a reasoning."""
    field, name, holder, more = "content", "output_text", "content_part", {"logprobs": list[Any]()}
    if kind == "reasoning":
        field, name, holder, more = "summary", "reasoning_summary_text", "reasoning_summary_part", {}
    part, here = item[field][0], {f"{field}_index": 0}
    yield {"type": f"response.{holder}.added", **here, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": f"response.{name}.delta", **here, "delta": piece, **more}
    yield {"type": f"response.{name}.done", **here, "text": part["text"], **more}
    yield {"type": f"response.{holder}.done", **here, "part": part}


def _arguments(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    written = item["arguments"]
    for at in range(0, len(written), 12):
        yield {"type": "response.function_call_arguments.delta", "delta": written[at : at + 12]}
    yield {"type": "response.function_call_arguments.done", "name": item["name"], "arguments": written}
