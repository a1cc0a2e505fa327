"""The demo server: HTTP requests in, HTTP answers out, without a socket, a key or a network.

For: routes, errors on request, and the pace of a stream. Hand `DemoServer().handle` to anything that takes a
`WireHandler`.
Not for: the two endpoints' words (`wire_chat`, `wire_responses`) and not for what to say (`mind`).
"""

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
from .models import MODELS, listing
from .talk import Asked, Refused, Reply, as_json, limited

_PACE = 0.008
"""Seconds between chunks: quick to read along, slow enough to see it stream."""

_SLOW = 0.2
_KEPT = 4096
"""Stored responses; the oldest goes first, and its id is then unknown, as it would be anywhere."""


class Chunks:
    """The chunks of a stream, at a pace. `close` ends it from any thread, even in the middle of a pause."""

    def __init__(self, chunks: Iterable[bytes], pace: float, silence: float = 0.0) -> None:
        self._chunks = iter(chunks)
        self._pace = pace
        self._pause = silence
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
    """An offline stand-in for the service. Deterministic: the same conversation gives the same bytes.

    ``pace`` is the time between chunks in seconds, by default ``NEOSANTARA_DEMO_PACE``, else 0.008.
    """

    def __init__(self, *, pace: float | None = None) -> None:
        self._pace = _pace_from_environment() if pace is None else pace
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
            return faults.refusal(refused, headers)
        except (TypeError, ValueError, AttributeError, LookupError) as error:  # a field is not what it ought to be
            told = reading.bad(f"The request has a field of a wrong type: {error}.", "invalid_format")
            return faults.refusal(told, headers)

    def _route(self, request: WireRequest, headers: dict[str, str]) -> WireAnswer:
        path = request.path.rstrip("/")
        if (request.method, path) == ("POST", "/v1/chat/completions"):
            return self._reply(wire_chat.read(reading.parsed(request.body)), headers, stored=False)
        if (request.method, path) == ("POST", "/v1/responses"):
            body = reading.parsed(request.body)
            previous = str(body.get("previous_response_id") or "")
            history = self._found(previous)[0] if previous else ()
            return self._reply(wire_responses.read(body, history), headers, stored=True)
        if request.method == "GET" and path == "/v1/models":
            return _json(listing(request.query.get("capability", "")), headers)
        if request.method == "GET" and path.startswith("/v1/models/"):
            return _json(_known(path.removeprefix("/v1/models/")), headers)
        if request.method == "GET" and path.startswith("/v1/responses/"):
            return _json(self._found(path.removeprefix("/v1/responses/"))[1], headers)
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
        if not asked.echo.get("stream"):
            body = wire_responses.body(asked, reply) if stored else wire_chat.body(asked, reply)
            self._keep(asked, reply, body)
            chunks = Chunks([as_json(body)], 0.0, order.seconds)
            return WireAnswer(200, {**headers, "Content-Type": "application/json"}, chunks)
        fault = order.kind if order.kind in {"stream", "cut"} else ""
        pace = max(_SLOW, self._pace) if order.kind == "slow" else self._pace
        events = self._kept_events(asked, reply, fault) if stored else wire_chat.events(asked, reply, fault=fault)
        sent = {**headers, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        return WireAnswer(200, sent, Chunks(events, pace, order.seconds))

    def _may_fail(self, asked: Asked, order: faults.Order) -> bool:
        """Whether an ordered error happens now: an error ordered ``once`` spares every second time."""
        with self._lock:
            self._failed_once ^= {asked.digest} if order.once else set()
            return not order.once or asked.digest in self._failed_once

    def _kept_events(self, asked: Asked, reply: Reply, fault: str) -> Iterator[bytes]:
        for chunk in wire_responses.events(asked, reply, fault=fault):
            # Kept before the last event leaves: a client may continue as soon as it sees it.
            if chunk.startswith((b"event: response.completed", b"event: response.incomplete")):
                self._keep(asked, reply, wire_responses.body(asked, reply))
            yield chunk

    def _keep(self, asked: Asked, reply: Reply, body: dict[str, Any]) -> None:
        if asked.store and body["object"] == "response":
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


def _pace_from_environment() -> float:
    try:
        return max(0.0, float(os.environ.get("NEOSANTARA_DEMO_PACE", _PACE)))
    except ValueError:
        return _PACE


def _known(model: str) -> dict[str, Any]:
    if not model:
        raise reading.bad("Missing required parameter: 'model'.", "missing_parameter", "model")
    if model not in MODELS:
        raise Refused(404, f"Model '{model}' not found.", "not_found_error", "model_not_found", "model")
    return MODELS[model]


def _json(value: dict[str, Any], headers: dict[str, str]) -> WireAnswer:
    return WireAnswer(200, {**headers, "Content-Type": "application/json"}, [as_json(value)])
