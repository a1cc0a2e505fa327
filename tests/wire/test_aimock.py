"""The foreign server starts, answers on both endpoints and tells what it was asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

import pytest

from wire.aimock import Aimock
from wire.server import events_of

pytestmark = pytest.mark.node


def _post(aimock: Aimock, path: str, body: dict[str, object]) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", aimock.port, timeout=10)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    told = connection.getresponse().read()
    connection.close()
    return told


def test_it_answers_on_both_endpoints(aimock: Callable[..., Aimock]) -> None:
    """A fixture is answered as a chat body and as a stream of response events."""
    running = aimock({"match": {"userMessage": "hello"}, "response": {"content": "Hi there, streaming."}})
    chat = json.loads(
        _post(running, "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "hello"}]})
    )
    assert chat["choices"][0]["message"]["content"] == "Hi there, streaming."
    events = [
        data for _, data in events_of(_post(running, "/v1/responses", {"model": "m", "input": "hello", "stream": True}))
    ]
    assert (
        "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
        == "Hi there, streaming."
    )
    assert [request["path"] for request in running.requests] == ["/v1/chat/completions", "/v1/responses"]
