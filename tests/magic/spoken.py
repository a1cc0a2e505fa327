"""What the scripted server says in these tests, and a kernel that talks to it.

For: answers of both endpoints in a line each, and `Asked`: the extension loaded and pointed at a server.
Not for: odd shapes of the wire (`tests/transcripts`, `tests/api`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kernels import Kernel, Run
from wire.server import Recorded, ScriptedServer

KEY = "nsk_" + "5ec2e7" * 5 + "42"
"""A key as the service makes them, and nobody's. The secret tests look for it."""

MODEL = "nusantara-base"
USAGE = {"input_tokens": 12, "output_tokens": 7, "total_tokens": 19}


def answer_events(
    text: str, *, response_id: str = "resp_1", pieces: int = 3, reasoning: str = "", **body: Any
) -> list[dict[str, Any]]:
    """Return the events of one answer on `/v1/responses`, in the full order the service sends."""
    step = max(1, -(-len(text) // pieces))
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]
    whole = {
        "id": response_id,
        "object": "response",
        "model": MODEL,
        "status": "completed",
        "output": output,
        "usage": USAGE,
    }
    return [
        {
            "type": "response.created",
            "response": {"id": response_id, "model": MODEL, "status": "in_progress", "output": []},
        },
        *([{"type": "response.reasoning_text.delta", "delta": reasoning}] if reasoning else []),
        *(
            {"type": "response.output_text.delta", "delta": text[at : at + step], "output_index": 0}
            for at in range(0, len(text), step)
        ),
        {"type": "response.completed", "response": whole | body},
    ]


def chat_events(text: str = "", *calls: tuple[str, Mapping[str, Any] | str], finish: str = "") -> list[dict[str, Any]]:
    """Return the chunks of one answer on `/v1/chat/completions`: text, then calls (name, arguments)."""

    def chunk(delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "model": MODEL,
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
            **more,
        }

    spelled = [(name, given if isinstance(given, str) else json.dumps(given)) for name, given in calls]
    return [
        chunk({"role": "assistant", "content": ""}),
        *([chunk({"content": text})] if text else []),
        *(
            chunk(
                {
                    "tool_calls": [
                        {
                            "index": at,
                            "id": f"call_{name}_{at}",
                            "type": "function",
                            "function": {"name": name, "arguments": arguments},
                        }
                    ]
                }
            )
            for at, (name, arguments) in enumerate(spelled)
        ),
        chunk({}, finish or ("tool_calls" if calls else "stop"), usage={"prompt_tokens": 12, "completion_tokens": 7}),
    ]


def problem(message: str, code: str = "some_code", type_: str = "some_error", **more: Any) -> dict[str, Any]:
    """Return an error body in the service's form."""
    return {"error": {"message": message, "type": type_, "code": code, **more}}


class Asked:
    """A kernel with the extension loaded, and the scripted server it asks."""

    def __init__(self, kernel: Kernel, server: ScriptedServer) -> None:
        self.kernel = kernel
        self.server = server

    def cell(self, flags: str = "", prompt: str = "hello", **how: Any) -> Run:
        """Run a `%%neosantara` cell."""
        return self.kernel.execute(f"%%neosantara {flags}\n{prompt}", **how)

    def start(self, flags: str = "", prompt: str = "hello", **how: Any) -> Run:
        """Start a `%%neosantara` cell."""
        return self.kernel.start(f"%%neosantara {flags}\n{prompt}", **how)

    def run(self, code: str, **how: Any) -> Run:
        """Run any cell; it must not fail."""
        run = self.kernel.execute(code, **how)
        assert run.error is None, run.error
        return run

    def value(self, expression: str) -> str:
        """Return the repr of an expression."""
        return self.kernel.value(expression)

    def says(self, *texts: str, **body: Any) -> None:
        """Script answers of `/v1/responses`: ids resp_1, resp_2 ... in the order of the requests."""
        for text in texts:
            self._count = getattr(self, "_count", 0) + 1
            self.server.stream(answer_events(text, response_id=f"resp_{self._count}", **body))

    def chats(self, *answers: str | Iterable[tuple[str, Any]]) -> None:
        """Script answers of `/v1/chat/completions`: a text, or a list of calls (name, arguments)."""
        for one in answers:
            events = chat_events(one) if isinstance(one, str) else chat_events("", *one)
            self.server.stream(events, done=True)

    @property
    def requests(self) -> list[Recorded]:
        """What the server was asked so far."""
        return self.server.requests

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of what the server was asked so far."""
        return [request.json for request in self.server.requests]


def texts_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (role, text) of everything a request says, on either endpoint."""
    said = body.get("input", body.get("messages"))
    if isinstance(said, str):
        return [("user", said)]
    return [(item.get("role", item.get("type", "")), _text(item.get("content", ""))) for item in said or []]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or [])
