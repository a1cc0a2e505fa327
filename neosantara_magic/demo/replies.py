"""The demo model's replies on the wire: whole or as a stream, on chat completions and as Open Responses says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from .requests import Asked, Reply, tokens

CREATED = 1760000000  # the moment of every answer, in Unix seconds: the same request gives the same bytes

_FAILED = "The upstream provider failed while it was answering."
_ECHOED: dict[str, Any] = {
    "background": False, "frequency_penalty": 0.0, "instructions": None, "max_tool_calls": None, "metadata": {},
    "parallel_tool_calls": True, "presence_penalty": 0.0, "prompt_cache_key": None, "safety_identifier": None,
    "service_tier": "default", "temperature": 0.7, "tool_choice": "auto", "top_logprobs": 0, "top_p": 1.0,
    "truncation": "disabled", "user": None,
}  # fmt: skip
"""Fields that a response repeats, with what they are when they were not sent."""


def body(asked: Asked, reply: Reply) -> dict[str, Any]:
    """Return the reply in one piece."""
    if not asked.chat:
        return _response(asked, "incomplete" if reply.cut else "completed", reply)
    content = reply.text if reply.text or not reply.calls else None
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = _calls(reply)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return {**_completion(asked, "chat.completion", choice), "usage": _usage(asked, reply, "prompt", "completion")}


def events(asked: Asked, reply: Reply, *, fault: str = "") -> Iterator[bytes]:
    """Yield the reply as a stream: with `fault` ``stream`` it fails half-way, with ``cut`` nothing more comes."""
    told = list(_chunks(asked, reply) if asked.chat else _response_events(asked, reply))
    if fault:
        told = told[: max(3, len(told) // 2)]
    if fault == "stream" and asked.chat:
        told.append({"error": {"message": _FAILED, "type": "server_error", "code": "internal_error", "param": None}})
    elif fault == "stream":
        failed = {**_response(asked, "failed"), "error": {"code": "server_error", "message": _FAILED}}
        told.append({"type": "response.failed", "response": failed})
    for number, event in enumerate(told):
        named = "type" in event  # those of a response have names and numbers
        head, data = (f"event: {event['type']}\n", {**event, "sequence_number": number}) if named else ("", event)
        yield f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
    if not fault or (fault == "stream" and not asked.chat):
        yield b"data: [DONE]\n\n"


def _pieces(text: str, form: str = r"\s*\S+\s*|\s+") -> list[str]:
    """Split text as a stream would: a word and the white space after it at a time, or as ``form`` says."""
    return re.findall(form, text, re.DOTALL)


def _usage(asked: Asked, reply: Reply, given: str, said: str) -> dict[str, Any]:
    """Return the usage block in an endpoint's two words for what goes in and what comes out."""
    return {
        f"{given}_tokens": asked.input_tokens,
        f"{given}_tokens_details": {"cached_tokens": 0},
        f"{said}_tokens": reply.output_tokens,
        f"{said}_tokens_details": {"reasoning_tokens": tokens(len(reply.reasoning))},
        "total_tokens": asked.input_tokens + reply.output_tokens,
    }


def _completion(asked: Asked, kind: str, *choices: Mapping[str, Any]) -> dict[str, Any]:
    name = f"chatcmpl-{asked.digest[:24]}"
    return {"id": name, "object": kind, "created": CREATED, "model": asked.model, "choices": choices}


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.calls
    ]


def _finish(reply: Reply) -> str:
    return "length" if reply.cut else "tool_calls" if reply.calls else "stop"


def _chunks(asked: Asked, reply: Reply) -> Iterator[dict[str, Any]]:
    for delta in _deltas(reply):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None if delta else _finish(reply)}
        yield _completion(asked, "chat.completion.chunk", choice)
    options = asked.echo.get("stream_options")
    if isinstance(options, Mapping) and options.get("include_usage"):
        counted = {"usage": _usage(asked, reply, "prompt", "completion")}
        yield {**_completion(asked, "chat.completion.chunk"), **counted}


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    """Yield what each chunk adds; the last, which tells the reason of the end, adds nothing."""
    yield {"role": "assistant", "content": ""}
    yield from ({"reasoning_content": piece} for piece in _pieces(reply.reasoning))
    yield from ({"content": piece} for piece in _pieces(reply.text))
    for index, call in enumerate(_calls(reply)):
        yield {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for piece in _pieces(call["function"]["arguments"], ".{1,12}"):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
    yield {}


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


def _response(asked: Asked, status: str, reply: Reply | None = None) -> dict[str, Any]:
    """Return a response's body, without output when there is no reply yet."""
    sent = asked.echo
    return {
        "id": f"resp_{asked.digest}",
        "object": "response",
        "created_at": CREATED,
        "completed_at": CREATED if status == "completed" else None,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "model": asked.model,
        "output": _items(asked, reply) if reply else [],
        "max_output_tokens": asked.max_tokens,
        "previous_response_id": sent.get("previous_response_id") or None,
        "reasoning": {"effort": asked.effort or None, "summary": "auto" if asked.effort else None},
        "store": sent.get("store") is not False,
        "text": {"format": {"type": "text"}, **(sent.get("text") or {})},
        "tools": [{"type": "function", "strict": False, **asdict(tool)} for tool in asked.tools],
        **{name: default if sent.get(name) is None else sent[name] for name, default in _ECHOED.items()},
        "usage": _usage(asked, reply, "input", "output") if reply else None,
    }


def _response_events(asked: Asked, reply: Reply) -> Iterator[dict[str, Any]]:
    begun, whole = _response(asked, "in_progress"), body(asked, reply)
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    empty: dict[str, dict[str, Any]]
    empty = {"reasoning": {"summary": []}, "message": {"content": []}, "function_call": {"arguments": ""}}
    for index, item in enumerate(whole["output"]):
        opened = {**item, **empty[item["type"]], **({"status": "in_progress"} if "status" in item else {})}
        yield {"type": "response.output_item.added", "output_index": index, "item": opened}
        for event in _item_events(item):
            yield {**event, "item_id": item["id"], "output_index": index}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{whole['status']}", "response": whole}


def _item_events(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of a call's arguments, or of a text: a message's, or the summary of a reasoning."""
    if item["type"] == "function_call":
        for piece in _pieces(item["arguments"], ".{1,12}"):
            yield {"type": "response.function_call_arguments.delta", "delta": piece}
        done = {"name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **done}
        return
    field, name, holder, more = "content", "output_text", "content_part", {"logprobs": list[Any]()}
    if item["type"] == "reasoning":
        field, name, holder, more = "summary", "reasoning_summary_text", "reasoning_summary_part", {}
    part, here = item[field][0], {f"{field}_index": 0}
    yield {"type": f"response.{holder}.added", **here, "part": {**part, "text": ""}}
    for piece in _pieces(part["text"]):
        yield {"type": f"response.{name}.delta", **here, "delta": piece, **more}
    yield {"type": f"response.{name}.done", **here, "text": part["text"], **more}
    yield {"type": f"response.{holder}.done", **here, "part": part}
