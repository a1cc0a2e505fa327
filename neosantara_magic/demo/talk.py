"""What the demo model was asked and what it replies, in neither dialect.

For: the values between the wire (`wire_responses`, `wire_chat`) and the mind (`brain`), the ids derived
from them, the token counts, and where a reply is cut.
Not for: any meaning of the words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..messages import AnswerFormat, Message, ToolCall, ToolSpec, assistant_message

CREATED = 1760000000
"""The moment of every demo answer, in Unix seconds: the same request gives the same bytes."""

_CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_IMAGE = 258
_TOKENS_PER_MESSAGE = 4


class Refused(Exception):  # noqa: N818  (an answer, not a failure of ours)
    """The request is one the gateway would not take."""

    def __init__(self, status: int, message: str, kind: str, code: str | None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param


@dataclass(frozen=True, slots=True)
class Asked:
    """One request with its whole conversation."""

    model: str
    messages: tuple[Message, ...]
    instructions: str = ""
    tools: tuple[ToolSpec, ...] = ()
    choice: str = "auto"
    """``auto``, ``none``, ``required`` or a tool's name."""
    answer_format: AnswerFormat | None = None
    json_object: bool = False
    """Any JSON object will do (``json_object``)."""
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    effort: str = ""
    stream: bool = False
    store: bool = False
    previous: str | None = None
    echo: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The request as sent, for the fields that a body repeats."""

    @property
    def prompt(self) -> str:
        """Text of the last user message."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")

    @property
    def digest(self) -> str:
        """48 hex digits that stand for everything that decides the reply."""
        told = (self.model, self.instructions, self.choice, self.max_tokens, self.stop, self.effort, self.store)
        said = [
            (
                m.role,
                [getattr(part, "text", "") or getattr(part, "url", "") for part in m.parts],
                m.call_id,
                [(call.id, call.name, call.arguments) for call in m.tool_calls],
            )
            for m in self.messages
        ]
        offered = [(tool.name, tool.description, tool.parameters) for tool in self.tools]
        wanted = self.answer_format and self.answer_format.schema
        everything = json.dumps([told, said, offered, wanted, self.json_object], default=dict, sort_keys=True)
        return hashlib.sha256(everything.encode()).hexdigest()[:48]

    @property
    def input_tokens(self) -> int:
        """What the input counts: instructions, history, tools and images."""
        text = sum(len(m.text) + sum(len(call.name + call.arguments) for call in m.tool_calls) for m in self.messages)
        offered = sum(len(tool.name + tool.description + json.dumps(tool.parameters)) for tool in self.tools)
        wanted = len(json.dumps(self.answer_format.schema)) if self.answer_format else 0
        images = sum(len(m.images) for m in self.messages)
        letters = text + offered + wanted + len(self.instructions)
        return tokens(letters) + images * _TOKENS_PER_IMAGE + len(self.messages) * _TOKENS_PER_MESSAGE


@dataclass(frozen=True, slots=True)
class Reply:
    """What the demo model says."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    cut: bool = False
    """The token limit ended it."""

    @property
    def message(self) -> Message:
        """The reply as a message of the conversation."""
        return assistant_message(self.text, self.calls)

    @property
    def reasoning_tokens(self) -> int:
        """Tokens of the reasoning, which count as output."""
        return tokens(len(self.reasoning))

    @property
    def output_tokens(self) -> int:
        """All tokens said."""
        calls = sum(tokens(len(call.name) + len(call.arguments)) for call in self.calls)
        return self.reasoning_tokens + tokens(len(self.text)) + calls


def tokens(characters: int) -> int:
    """Return how many tokens so many characters count: about four a token."""
    return -(-characters // _CHARACTERS_PER_TOKEN)


def limited(reply: Reply, asked: Asked) -> Reply:
    """Return the reply as the request's ``stop`` and token limit let it end."""
    text = reply.text
    for mark in asked.stop:
        if mark and not reply.calls:
            text = text.split(mark, 1)[0]
    reply = replace(reply, text=text)
    if asked.max_tokens is None or reply.output_tokens <= asked.max_tokens:
        return reply
    room = asked.max_tokens * _CHARACTERS_PER_TOKEN
    reasoning = reply.reasoning[:room]
    room -= len(reasoning)
    text = reply.text[:room]
    room -= len(text)
    calls = []
    for call in reply.calls:
        kept = call.arguments[: max(0, room - len(call.name))]
        room -= len(call.name) + len(kept)
        if kept:
            calls.append(replace(call, arguments=kept))
        if kept != call.arguments:
            break
    return replace(reply, text=text, calls=tuple(calls), reasoning=reasoning, cut=True)


def pieces(text: str) -> list[str]:
    """Split text as a stream would: a word and the white space after it at a time."""
    found: list[str] = []
    start = 0
    for place in range(1, len(text)):
        if text[place - 1].isspace() and not text[place].isspace():
            found.append(text[start:place])
            start = place
    return [*found, text[start:]] if text else []
