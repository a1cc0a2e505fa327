"""The demo server: HTTP requests in, HTTP answers out, without a socket, a key or a network."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import tomllib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..api.wire import WireAnswer, WireRequest
from ..messages import Message, assistant_message
from . import mind
from .replies import CREATED, body, events
from .requests import Asked, Refused, limited, parsed, read

_SERVICE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "service.toml").read_text(encoding="utf-8"))
_PACE, _SLOW = 0.008, 0.2  # seconds between chunks: quick to read along, slow enough to see it stream
_KEPT = 4096  # stored responses; the oldest goes first, and its id is then unknown, as it would be anywhere


class Chunks:
    """The chunks of a stream, at a pace. `close` ends it from any thread, even in the middle of a pause."""

    def __init__(self, chunks: Iterable[bytes], pace: float, silence: float) -> None:
        self._chunks, self._pace, self._pause = iter(chunks), pace, silence
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._pause > 0:
            self._closed.wait(self._pause)
        if self._closed.is_set():
            raise StopIteration
        self._pause = self._pace
        return next(self._chunks)

    def close(self) -> None:
        """Give no further chunk."""
        self._closed.set()


class DemoServer:
    """An offline, deterministic stand-in; ``pace``: seconds between chunks, else ``NEOSANTARA_DEMO_PACE``."""

    def __init__(self, *, pace: float | None = None) -> None:
        try:
            self._pace = max(0.0, float(os.environ.get("NEOSANTARA_DEMO_PACE", _PACE))) if pace is None else pace
        except ValueError:
            self._pace = _PACE
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
        told = body(asked, reply)
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
        return WireAnswer(200, sent, Chunks(events(asked, reply, fault=fault), pace, order.seconds))

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
    """Return a body as an answer."""
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
    """Return a model as the list has it."""
    owner, window, able, price_in, price_out, currency = _SERVICE["models"][model]
    spelled = {"tools": "function_calling", "json": "structured_outputs"}
    return {
        "id": model,
        "object": "model",
        "created": CREATED,
        "owned_by": owner,
        "capabilities": ["text_generation", *(spelled.get(word, word) for word in able.split())],
        "context_window": window,
        "max_output_tokens": min(window // 2, 65536),
        "deprecated": False,
        "listed": True,
        "pricing": {"currency": currency, "prompt": price_in, "completion": price_out},
    }
