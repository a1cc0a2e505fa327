"""Asking the demo model over a real socket, with nothing but `http.client`.

For: the tests of this folder. Not for: the client, which has its own tests.
"""

from __future__ import annotations

import http.client
import json
from typing import Any

from wire.server import ScriptedServer, events_of


def request(server: ScriptedServer, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
    """Send one request; return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    sent = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    connection.request(method, path, sent, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.status, dict(answer.headers.items()), answer.read()
    connection.close()
    return told


def chat(server: ScriptedServer, *messages: Any, **fields: Any) -> dict[str, Any]:
    """Ask on chat completions; a string is a user message. Return the body."""
    said = [{"role": "user", "content": message} if isinstance(message, str) else message for message in messages]
    status, _, body = request(
        server, "POST", "/v1/chat/completions", {"model": "nusantara-base", "messages": said, **fields}
    )
    assert status == 200, body
    return json.loads(body)


def responses(server: ScriptedServer, given: Any, **fields: Any) -> dict[str, Any]:
    """Ask on responses. Return the body."""
    status, _, body = request(server, "POST", "/v1/responses", {"model": "nusantara-base", "input": given, **fields})
    assert status == 200, body
    return json.loads(body)


def text_of(body: dict[str, Any]) -> str:
    """Return the text of either endpoint's body."""
    if "choices" in body:
        return body["choices"][0]["message"]["content"] or ""
    return "".join(part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"])


def calls_of(body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return name and parsed arguments of each tool call in either endpoint's body."""
    if "choices" in body:
        calls = [call["function"] for call in body["choices"][0]["message"].get("tool_calls", [])]
    else:
        calls = [item for item in body["output"] if item["type"] == "function_call"]
    return [(call["name"], json.loads(call["arguments"])) for call in calls]


def stream(server: ScriptedServer, path: str, **fields: Any) -> list[Any]:
    """Ask for a stream; return the data of its events."""
    status, headers, body = request(server, "POST", path, {"model": "nusantara-base", "stream": True, **fields})
    assert status == 200, body
    assert headers["Content-Type"].startswith("text/event-stream")
    return [data for _, data in events_of(body)]
