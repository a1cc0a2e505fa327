"""The demo server: HTTP requests in, HTTP answers out, without a socket, a key or a network.

Replies come whole or as a stream, on chat completions and as Open Responses says.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from ..api.wire import WireAnswer, WireRequest
from ..errors import attempt
from ..messages import Message, assistant_message
from . import mind
from .reading import book
from .requests import Asked, Refused, Reply, limited, parsed, read, tokens

_SERVICE = book("service")
_PACE, _SLOW = 0.008, 0.2  # seconds between chunks: quick to read along, slow enough to see it stream
_KEPT = 4096  # stored responses; the oldest goes first, and its id is then unknown, as it would be anywhere
_CREATED = 1760000000  # the moment of every answer, in Unix seconds: the same request gives the same bytes

_FAILED = "The upstream provider failed while it was answering."
_ECHOED: dict[str, Any] = {
    "background": False, "frequency_penalty": 0.0, "instructions": None, "max_tool_calls": None, "metadata": {},
    "parallel_tool_calls": True, "presence_penalty": 0.0, "prompt_cache_key": None, "safety_identifier": None,
    "service_tier": "default", "temperature": 0.7, "tool_choice": "auto", "top_logprobs": 0, "top_p": 1.0,
    "truncation": "disabled", "user": None,
}  # fmt: skip
"""Fields that a response repeats, with what they are when they were not sent."""


class Chunks:
    """The chunks of a stream, at a pace. `close` ends it from any thread, even in the middle of a pause."""

    def __init__(self, chunks: Iterable[bytes], pace: float, silence: float) -> None:
        self._chunks, self._pace, self._silence = chunks, pace, silence
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        pause = self._silence
        for chunk in self._chunks:
            if self._closed.wait(pause):
                return
            yield chunk
            pause = self._pace

    def close(self) -> None:
        """Give no further chunk."""
        self._closed.set()


class DemoServer:
    """An offline, deterministic stand-in; ``pace``: seconds between chunks, else ``NEOSANTARA_DEMO_PACE``."""

    def __init__(self, *, pace: float | None = None) -> None:
        told = attempt(_PACE, float, os.environ.get("NEOSANTARA_DEMO_PACE", _PACE))
        self._pace = max(0.0, told) if pace is None else pace
        self._lock = threading.Lock()
        self._stored: OrderedDict[str, tuple[tuple[Message, ...], dict[str, Any]]] = OrderedDict()
        self._failed_once: set[str] = set()

    def handle(self, request: WireRequest) -> WireAnswer:
        """Answer one request. Safe to call from several threads."""
        seen = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
        headers = {"X-Request-Id": f"req_{seen[:24]}", "X-Neosantara-Billed-IDR": "0"}
        try:
            return self._route(request, headers)
        except Refused as refused:
            return _as_answer(refused.status, {"error": refused.error}, headers)
        except (TypeError, ValueError, AttributeError, LookupError) as error:  # a field is not what it ought to be
            told = Refused(f"The request has a field of a wrong type: {error}.", "invalid_format")
            return _as_answer(400, {"error": told.error}, headers)

    def _route(self, request: WireRequest, headers: dict[str, str]) -> WireAnswer:
        path = request.path.rstrip("/")
        folder, _, name = path.rpartition("/")
        match request.method, path:
            case "POST", "/v1/chat/completions":
                return self._reply(read(parsed(request.body), "messages"), headers)
            case "POST", "/v1/responses":
                sent = parsed(request.body)
                previous = str(sent.get("previous_response_id") or "")
                history = self._found(previous)[0] if previous else ()
                return self._reply(read(sent, "input", history), headers)
            case "GET", "/v1/models":
                listed = {"object": "list", "data": [_entry(name) for name in _SERVICE["models"]]}
                return _as_answer(200, listed, headers)
            case "GET", _ if folder == "/v1/responses":
                return _as_answer(200, self._found(name)[1], headers)
        raise Refused(f"Unknown request URL: {request.method} {path}.", "unknown_url", status=404)

    def _reply(self, asked: Asked, headers: dict[str, str]) -> WireAnswer:
        if not asked.model:
            raise Refused("Missing required parameter: 'model'.", "missing_parameter", "model")
        if asked.model not in _SERVICE["models"]:
            raise Refused(f"Model '{asked.model}' not found.", "model_not_found", "model", 404)
        order = asked.order
        failure = _failure(order.kind, headers)
        if failure is not None and self._may_fail(asked):
            return failure
        reply = limited(mind.reply(asked), asked)
        fault = order.kind if order.kind in {"stream", "cut"} else ""
        told = _body(asked, reply)
        if not asked.chat and not fault and told["store"]:
            with self._lock:
                self._stored[told["id"]] = ((*asked.messages, assistant_message(reply.text, reply.calls)), told)
                if len(self._stored) > _KEPT:
                    self._stored.popitem(last=False)
        if not asked.echo.get("stream"):
            whole = _as_answer(200, told, headers)
            return WireAnswer(200, whole.headers, Chunks(whole.body, 0.0, order.seconds))
        pace = max(_SLOW, self._pace) if order.kind == "slow" else self._pace
        sent = {**headers, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        return WireAnswer(200, sent, Chunks(_events(asked, reply, fault=fault), pace, order.seconds))

    def _may_fail(self, asked: Asked) -> bool:
        """Whether an ordered error happens now: an error ordered ``once`` spares every second time."""
        with self._lock:
            self._failed_once ^= {asked.digest} if asked.order.once else set()
            return not asked.order.once or asked.digest in self._failed_once

    def _found(self, name: str) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """Return the conversation that a stored response ends, and its body."""
        with self._lock:
            found = self._stored.get(name)
        if found is None:
            message = f"Response with id '{name}' not found."
            raise Refused(message, "response_not_found", "previous_response_id", 404)
        return found


def _as_answer(status: int, value: Mapping[str, Any], headers: Mapping[str, str]) -> WireAnswer:
    sent = {**headers, "Content-Type": "application/json"}
    return WireAnswer(status, sent, [json.dumps(value, ensure_ascii=False).encode()])


def _failure(kind: str, headers: Mapping[str, str]) -> WireAnswer | None:
    """Return the error answer that an order names, as the gateway is documented; None when it names none."""
    if kind not in _SERVICE["errors"]:
        return None
    type_, code, message, *wait = _SERVICE["errors"][kind]
    error: dict[str, Any] = {"message": message, "type": type_, "code": code, "param": None}
    if wait:
        headers = {**headers, "Retry-After": str(wait[0])}
        error["details"] = {"limit": 10, "remaining": 0, "retry_after": wait[0]}
    return _as_answer(int(kind), {"error": error}, headers)


def _entry(model: str) -> dict[str, Any]:
    owner, window, able, price_in, price_out, currency = _SERVICE["models"][model]
    spelled = {"tools": "function_calling", "json": "structured_outputs"}
    return {
        "id": model,
        "object": "model",
        "created": _CREATED,
        "owned_by": owner,
        "capabilities": ["text_generation", *(spelled.get(word, word) for word in able.split())],
        "context_window": window,
        "max_output_tokens": min(window // 2, 65536),
        "deprecated": False,
        "listed": True,
        "pricing": {"currency": currency, "prompt": price_in, "completion": price_out},
    }


# -- replies


def _body(asked: Asked, reply: Reply) -> dict[str, Any]:
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


def _events(asked: Asked, reply: Reply, *, fault: str = "") -> Iterator[bytes]:
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
    return {"id": name, "object": kind, "created": _CREATED, "model": asked.model, "choices": choices}


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
    if (asked.echo.get("stream_options") or {}).get("include_usage"):
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
        "created_at": _CREATED,
        "completed_at": _CREATED if status == "completed" else None,
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
    begun, whole = _response(asked, "in_progress"), _body(asked, reply)
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
        name, arguments = "response.function_call_arguments", item["arguments"]
        yield from ({"type": f"{name}.delta", "delta": piece} for piece in _pieces(arguments, ".{1,12}"))
        yield {"type": f"{name}.done", "name": item["name"], "arguments": arguments}
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
