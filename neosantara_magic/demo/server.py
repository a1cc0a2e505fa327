"""The demo server: HTTP requests in, HTTP answers out, without a socket, a key or a network."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from ..api.wire import WireAnswer, WireRequest
from ..messages import Message, assistant_message
from . import faults, mind, reading, wire_chat, wire_responses
from .talk import CREATED, SERVICE, Asked, Refused, Reply, as_answer, limited

_PACE, _SLOW = 0.008, 0.2  # seconds between chunks: quick to read along, slow enough to see it stream
_KEPT = 4096  # stored responses; the oldest goes first, and its id is then unknown, as it would be anywhere


class Chunks:
    """The chunks of a stream, at a pace. `close` ends it from any thread, even in the middle of a pause."""

    def __init__(self, chunks: Iterable[bytes], pace: float, silence: float = 0.0) -> None:
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
            return as_answer(refused.status, {"error": refused.error}, headers)
        except (TypeError, ValueError, AttributeError, LookupError) as error:  # a field is not what it ought to be
            told = reading.bad(f"The request has a field of a wrong type: {error}.", "invalid_format")
            return as_answer(400, {"error": told.error}, headers)

    def _route(self, request: WireRequest, headers: dict[str, str]) -> WireAnswer:
        path = request.path.rstrip("/")
        if (request.method, path) == ("POST", "/v1/chat/completions"):
            return self._reply(wire_chat.read(reading.parsed(request.body)), headers, stored=False)
        if (request.method, path) == ("POST", "/v1/responses"):
            body = reading.parsed(request.body)
            previous = str(body.get("previous_response_id") or "")
            history = self._found(previous)[0] if previous else ()
            return self._reply(wire_responses.read(body, history), headers, stored=True)
        if (request.method, path) == ("GET", "/v1/models"):
            return as_answer(200, listing(request.query.get("capability", "")), headers)
        folder, _, name = path.rpartition("/")
        if request.method == "GET" and folder in {"/v1/models", "/v1/responses"}:
            return as_answer(200, _known(name) if folder == "/v1/models" else self._found(name)[1], headers)
        if path in {"/v1/chat/completions", "/v1/responses", "/v1/models"}:
            message = f"Method {request.method} is not allowed for {path}."
            raise Refused(405, message, "invalid_request_error", "method_not_allowed")
        raise Refused(404, f"Unknown request URL: {request.method} {path}.", "not_found_error", "unknown_url")

    def _reply(self, asked: Asked, headers: dict[str, str], *, stored: bool) -> WireAnswer:
        """Answer a prompt; ``stored`` is true on the endpoint that keeps its answers."""
        _known(asked.model)
        order = faults.ordered(asked)
        failure = faults.answer(order.kind, headers)
        if failure is not None and self._may_fail(asked, order):
            return failure
        reply = limited(mind.reply(asked), asked)
        fault = order.kind if order.kind in {"stream", "cut"} else ""
        body = wire_responses.body(asked, reply) if stored else wire_chat.body(asked, reply)
        if stored and not fault and asked.echo.get("store") is not False:
            self._keep(asked, reply, body)
        if not asked.echo.get("stream"):
            whole = as_answer(200, body, headers)
            return WireAnswer(200, whole.headers, Chunks(whole.body, 0.0, order.seconds))
        pace = max(_SLOW, self._pace) if order.kind == "slow" else self._pace
        events = (wire_responses if stored else wire_chat).events(asked, reply, fault=fault)
        sent = {**headers, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        return WireAnswer(200, sent, Chunks(events, pace, order.seconds))

    def _may_fail(self, asked: Asked, order: faults.Order) -> bool:
        """Whether an ordered error happens now: an error ordered ``once`` spares every second time."""
        with self._lock:
            self._failed_once ^= {asked.digest} if order.once else set()
            return not order.once or asked.digest in self._failed_once

    def _keep(self, asked: Asked, reply: Reply, body: dict[str, Any]) -> None:
        with self._lock:
            self._stored[body["id"]] = ((*asked.messages, assistant_message(reply.text, reply.calls)), body)
            if len(self._stored) > _KEPT:
                self._stored.popitem(last=False)

    def _found(self, name: str) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """Return the conversation that a stored response ends, and its body."""
        with self._lock:
            found = self._stored.get(name)
        if found is None:
            message = f"Response with id '{name}' not found."
            raise Refused(404, message, "not_found_error", "response_not_found", "previous_response_id")
        return found


def _known(model: str) -> dict[str, Any]:
    if not model:
        raise reading.bad("Missing required parameter: 'model'.", "missing_parameter", "model")
    if model not in MODELS:
        raise Refused(404, f"Model '{model}' not found.", "not_found_error", "model_not_found", "model")
    return MODELS[model]


_SPELLED = {"tools": "function_calling", "json": "structured_outputs"}


def _entry(name: str, row: list[Any]) -> dict[str, Any]:
    owner, window, able, price_in, price_out, currency = row
    can = ["text_generation", *(_SPELLED.get(word, word) for word in able.split())]
    price = {"currency": currency, "prompt": price_in, "completion": price_out}
    sizes = {"context_window": window, "max_output_tokens": min(window // 2, 65536)}
    told = {"id": name, "object": "model", "created": CREATED, "owned_by": owner, "capabilities": can, **sizes}
    return {**told, "deprecated": False, "listed": True, "pricing": price}


MODELS: dict[str, dict[str, Any]] = {name: _entry(name, row) for name, row in SERVICE["models"].items()}
"""Model id to its entry."""


def listing(capability: str = "") -> dict[str, Any]:
    """Return the list's body, narrowed to one capability when given."""
    wanted = "text_generation" if capability == "chat" else capability
    found = [entry for entry in MODELS.values() if not wanted or wanted in entry["capabilities"]]
    return {"object": "list", "data": found}
