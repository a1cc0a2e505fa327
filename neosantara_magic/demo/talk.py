"""What the demo model was asked and what it replies, in the words of neither endpoint."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..api.wire import WireAnswer
from ..messages import Message, ToolCall, ToolSpec

SERVICE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "service.toml").read_text(encoding="utf-8"))

CREATED = 1760000000  # the moment of every answer, in Unix seconds: the same request gives the same bytes

_CHARACTERS_PER_TOKEN, _TOKENS_PER_IMAGE, _TOKENS_PER_MESSAGE = 4, 258, 4


class Refused(Exception):  # noqa: N818  (an answer, not a failure of ours)
    """The request is one the gateway would not take."""

    def __init__(self, status: int, message: str, kind: str, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "code": code, "param": param}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request with its whole conversation."""

    model: str
    messages: tuple[Message, ...]
    instructions: str = ""
    tools: tuple[ToolSpec, ...] = ()
    choice: str = "auto"  # or none, required, or a tool's name
    schema: Mapping[str, Any] | None = None  # JSON Schema of the answer, when it has to have one
    json_object: bool = False  # any JSON object will do
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    effort: str = ""
    echo: Mapping[str, Any] = field(default_factory=dict)  # the request as sent, for the fields that a body repeats

    @property
    def prompt(self) -> str:
        """Text of the last user message."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")

    @property
    def images(self) -> tuple[str, ...]:
        """URLs of the last user message's images."""
        last = next((m for m in reversed(self.messages) if m.role == "user"), None)
        return tuple(image.url for image in last.images) if last else ()

    @property
    def digest(self) -> str:
        """48 hex digits that stand for everything that decides the reply."""
        sent = {name: value for name, value in self.echo.items() if name not in {"stream", "stream_options"}}
        everything = f"{self.messages}\n{json.dumps(sent, sort_keys=True)}"
        return hashlib.sha256(everything.encode()).hexdigest()[:48]

    @property
    def input_tokens(self) -> int:
        """What the input counts: instructions, history, tools and images."""
        calls = [call for m in self.messages for call in m.tool_calls]
        letters = sum(len(m.text) for m in self.messages) + sum(len(call.name + call.arguments) for call in calls)
        letters += sum(len(tool.name + tool.description + json.dumps(tool.parameters)) for tool in self.tools)
        letters += len(self.instructions) + (len(json.dumps(self.schema)) if self.schema else 0)
        images = sum(len(m.images) for m in self.messages)
        return tokens(letters) + images * _TOKENS_PER_IMAGE + len(self.messages) * _TOKENS_PER_MESSAGE


@dataclass(frozen=True, slots=True)
class Reply:
    """What the demo model says."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    cut: bool = False  # by the token limit

    @property
    def output_tokens(self) -> int:
        """Tokens of reasoning, text and calls."""
        calls = sum(tokens(len(call.name) + len(call.arguments)) for call in self.calls)
        return tokens(len(self.reasoning)) + tokens(len(self.text)) + calls


def tokens(characters: int) -> int:
    """Return how many tokens so many characters count: about four a token."""
    return -(-characters // _CHARACTERS_PER_TOKEN)


def limited(reply: Reply, asked: Asked) -> Reply:
    """Return the reply as the request's ``stop`` and token limit let it end."""
    for mark in asked.stop if not reply.calls else ():
        reply = replace(reply, text=reply.text.split(mark, 1)[0] if mark else reply.text)
    if asked.max_tokens is None or reply.output_tokens <= asked.max_tokens:
        return reply
    room = asked.max_tokens * _CHARACTERS_PER_TOKEN
    reasoning, text = reply.reasoning[:room], reply.text[: max(0, room - len(reply.reasoning))]
    room -= len(reasoning + text)
    calls: list[ToolCall] = []
    for call in reply.calls:
        kept = call.arguments[: max(0, room - len(call.name))]
        room -= len(call.name + call.arguments)
        calls += [replace(call, arguments=kept)] if kept else []
    return replace(reply, text=text, calls=tuple(calls), reasoning=reasoning, cut=True)


def pieces(text: str) -> list[str]:
    """Split text as a stream would: a word and the white space after it at a time."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def as_answer(status: int, value: Mapping[str, Any], headers: Mapping[str, str]) -> WireAnswer:
    """Return a body as an answer."""
    sent = {**headers, "Content-Type": "application/json"}
    return WireAnswer(status, sent, [json.dumps(value, ensure_ascii=False).encode()])


def as_event(data: Mapping[str, Any], name: str | None = None) -> bytes:
    """Return one event of an event stream."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


DONE = b"data: [DONE]\n\n"  # the last event of every stream


def usage(asked: Asked, reply: Reply, given: str, said: str) -> dict[str, Any]:
    """Return the usage block in an endpoint's two words for what goes in and what comes out."""
    return {
        f"{given}_tokens": asked.input_tokens,
        f"{given}_tokens_details": {"cached_tokens": 0},
        f"{said}_tokens": reply.output_tokens,
        f"{said}_tokens_details": {"reasoning_tokens": tokens(len(reply.reasoning))},
        "total_tokens": asked.input_tokens + reply.output_tokens,
    }
