"""The server's side of ``/v1/chat/completions``: a request read, a reply written.

For: bytes in, `Asked` out; `Reply` in, a body or the chunks of a stream out.
Not for: what to say (`brain`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..messages import AnswerFormat, ImagePart, Message, Part, TextPart, ToolCall
from . import reading
from .shapes import CREATED, DONE, Shape, as_event, metadata, usage_of
from .talk import Asked, Reply, pieces


def read(body: Mapping[str, Any], shape: Shape) -> Asked:
    """Return what was asked.

    Raises:
        Refused: the gateway would not take this request.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise reading.bad("Missing required parameter: 'messages'.", "missing_parameter", "messages")
    system: list[str] = []
    said: list[Message] = []
    for place, message in enumerate(messages):
        if not isinstance(message, Mapping):
            raise reading.bad(f"'messages[{place}]' must be an object.", "invalid_messages", f"messages[{place}]")
        if message.get("role") in {"system", "developer"}:
            system.append("".join(part.text for part in _parts(message, place) if isinstance(part, TextPart)))
        else:
            said.append(_message(message, place))
    reading.check_answered(said, "messages")
    reading.checked_sampling(body)
    offered = reading.tools(body)
    wanted = body.get("response_format") or {}
    schema = wanted.get("json_schema") if isinstance(wanted, Mapping) and shape.body == "full" else None
    return Asked(
        model=reading.text_field(body, "model"),
        messages=tuple(said),
        instructions="\n\n".join(system),
        tools=offered,
        choice=reading.choice(body, offered),
        answer_format=AnswerFormat(str(schema.get("name", "answer")), schema.get("schema") or {}) if schema else None,
        json_object=isinstance(wanted, Mapping) and wanted.get("type") == "json_object",
        max_tokens=reading.token_limit(body, "max_tokens", "max_completion_tokens", "max_output_tokens"),
        stop=reading.stops(body),
        effort=reading.effort(body),
        stream=bool(body.get("stream")),
        echo=body,
    )


def _message(message: Mapping[str, Any], place: int) -> Message:
    role = message.get("role")
    if role not in {"user", "assistant", "tool"}:
        raise reading.bad(
            f"Unknown role {role!r} in 'messages[{place}]'.", "invalid_messages", f"messages[{place}].role"
        )
    calls = []
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        calls.append(
            ToolCall(str(call.get("id", "")), str(function.get("name", "")), str(function.get("arguments", "")))
        )
    call_id = str(message.get("tool_call_id", "")) if role == "tool" else None
    return Message(role, _parts(message, place), tuple(calls), call_id)


def _parts(message: Mapping[str, Any], place: int) -> tuple[Part, ...]:
    content = message.get("content")
    if isinstance(content, str):
        return (TextPart(content),)
    if content is None and message.get("role") == "assistant":
        return ()
    if not isinstance(content, list):
        raise reading.bad(f"'messages[{place}].content' is missing.", "invalid_messages", f"messages[{place}].content")
    found: list[Part] = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in {"text", "input_text", "output_text"}:
            found.append(TextPart(str(part.get("text", ""))))
        elif kind in {"image_url", "input_image"}:
            url = part.get("image_url")
            found.append(ImagePart(str(url.get("url", "") if isinstance(url, Mapping) else url)))
        else:
            raise reading.bad(
                f"Unknown content type {kind!r} in 'messages[{place}]'.", "invalid_messages", f"messages[{place}]"
            )
    return tuple(found)


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.calls
    ]


def _finish(reply: Reply) -> str:
    if reply.cut:
        return "length"
    return "tool_calls" if reply.calls else "stop"


def body(asked: Asked, reply: Reply, shape: Shape, request_id: str) -> dict[str, Any]:
    """Return the reply in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text if reply.text or not reply.calls else None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = _calls(reply)
    answer: dict[str, Any] = {
        "id": f"chatcmpl-{asked.digest[:24]}",
        "object": "chat.completion",
        "created": CREATED,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}],
        "usage": usage_of(shape, "chat", asked.input_tokens, reply),
    }
    if shape.body == "seed":
        answer["_metadata"] = metadata(request_id, "neosantara.xyz")
    return answer


def events(asked: Asked, reply: Reply, shape: Shape, *, fault: str = "") -> Iterator[bytes]:
    """Yield the reply as the chunks of a stream.

    Args:
        asked: The request.
        reply: What to say.
        shape: Which documented shape.
        fault: ``stream``: an error half-way; ``cut``: the stream just ends half-way.
    """
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": piece} for piece in pieces(reply.reasoning)]
    deltas += [{"content": piece} for piece in pieces(reply.text)]
    for index, call in enumerate(_calls(reply)):
        arguments = call["function"]["arguments"]
        first = {**call, "function": {"name": call["function"]["name"], "arguments": ""}}
        deltas.append({"tool_calls": [{"index": index, **first}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + 12]}}]}
            for at in range(0, len(arguments), 12)
        ]
    if fault:
        deltas = deltas[: max(2, len(deltas) // 2)]
    for delta in deltas:
        yield as_event(_chunk(asked, [{"index": 0, "delta": delta, "finish_reason": None}]))
    if fault == "stream":
        failure = {"message": "The upstream provider failed while it was answering.", "type": "server_error"}
        yield as_event({"error": {**failure, "code": "internal_error", "param": None}})
    if fault:
        return
    yield as_event(_chunk(asked, [{"index": 0, "delta": {}, "finish_reason": _finish(reply)}]))
    options = asked.echo.get("stream_options") or {}
    usage = usage_of(shape, "chat", asked.input_tokens, reply)
    if options.get("include_usage") and usage is not None:
        yield as_event({**_chunk(asked, []), "usage": usage})
    if shape.done is not False:
        yield DONE


def _chunk(asked: Asked, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{asked.digest[:24]}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": asked.model,
        "choices": choices,
    }
