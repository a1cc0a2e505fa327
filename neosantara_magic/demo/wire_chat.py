"""The server's side of ``/v1/chat/completions``: a request read, a reply written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..messages import Message, ToolCall
from . import reading
from .talk import CREATED, DONE, Asked, Reply, as_event, pieces, usage


def read(body: Mapping[str, Any]) -> Asked:
    """Return what was asked; raise `Refused` for a request that the gateway would not take."""
    if not body.get("messages"):
        raise reading.bad("Missing required parameter: 'messages'.", "missing_parameter", "messages")
    system: list[str] = []
    said: list[Message] = []
    for place, message in enumerate(body["messages"]):
        where, content = f"messages[{place}]", message.get("content")
        if message.get("role") in ("system", "developer"):
            system.append(reading.words(content, where))
            continue
        calls = []
        for call in message.get("tool_calls") or []:
            function = call["function"]
            calls.append(ToolCall(str(call["id"]), str(function["name"]), str(function.get("arguments", ""))))
        role = reading.role(message.get("role"), where)
        parts = () if content is None and role == "assistant" else reading.parts(content, where)
        said.append(Message(role, parts, tuple(calls), message.get("tool_call_id")))
    form = body.get("response_format") or {}
    return reading.asked(body, said, system, form.get("json_schema") or form, "messages")


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.calls
    ]


def _finish(reply: Reply) -> str:
    return "length" if reply.cut else "tool_calls" if reply.calls else "stop"


def body(asked: Asked, reply: Reply) -> dict[str, Any]:
    """Return the reply in one piece."""
    content = reply.text if reply.text or not reply.calls else None
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = _calls(reply)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return {**_head(asked, "chat.completion", [choice]), "usage": usage(asked, reply, "prompt", "completion")}


def events(asked: Asked, reply: Reply, *, fault: str = "") -> Iterator[bytes]:
    """Yield the reply as a stream: with `fault` ``stream`` an error comes half-way, with ``cut`` nothing more."""
    deltas = list(_deltas(reply))
    if fault:
        deltas = deltas[: max(2, len(deltas) // 2)]
    for delta in deltas:
        yield _chunk(asked, delta, None)
    if fault == "stream":
        failure = {"message": "The upstream provider failed while it was answering.", "type": "server_error"}
        yield as_event({"error": {**failure, "code": "internal_error", "param": None}})
    if fault:
        return
    yield _chunk(asked, {}, _finish(reply))
    options = asked.echo.get("stream_options")
    if isinstance(options, Mapping) and options.get("include_usage"):
        counted = {"usage": usage(asked, reply, "prompt", "completion")}
        yield as_event({**_head(asked, "chat.completion.chunk", []), **counted})
    yield DONE


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    yield from ({"reasoning_content": piece} for piece in pieces(reply.reasoning))
    yield from ({"content": piece} for piece in pieces(reply.text))
    for index, call in enumerate(_calls(reply)):
        arguments = call["function"]["arguments"]
        yield {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for at in range(0, len(arguments), 12):
            yield {"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + 12]}}]}


def _chunk(asked: Asked, delta: Mapping[str, Any], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return as_event(_head(asked, "chat.completion.chunk", [choice]))


def _head(asked: Asked, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    name = f"chatcmpl-{asked.digest[:24]}"
    return {"id": name, "object": kind, "created": CREATED, "model": asked.model, "choices": choices}
