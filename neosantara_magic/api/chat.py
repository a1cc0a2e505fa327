"""The dialect of ``/v1/chat/completions``: Request to keywords, stream or body to events.

For: the wire form of this endpoint, in every documented shape.
Not for: HTTP, the SDK, or what is done with tool calls. Pure: values in, values out.

The cap is ``max_tokens``: the seed's name for it; ``max_completion_tokens`` was once ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import APIError, StreamError
from ..events import Event, ReasoningDelta, RoundCompleted
from ..messages import Message, TextPart, ToolSpec, assistant_message
from ..request import Request
from . import failures, shapes
from .sse import DONE, ServerSentEvent

_REASONING = ("reasoning_content", "reasoning", "reasoning_text")
"""Names of the reasoning text. Some servers send two copies, so only the first one counts."""


def encode(request: Request) -> dict[str, Any]:
    """Return the keyword arguments for the SDK's ``chat.completions.create``."""
    keywords: dict[str, Any] = {
        "model": request.model,
        "messages": _messages(request),
        "max_tokens": request.max_tokens,
        **request.sampling,
        **_tools(request),
    }
    if request.stream:
        keywords |= {"stream": True, "stream_options": {"include_usage": True}}
    body: dict[str, Any] = {"reasoning": {"effort": request.reasoning}} if request.reasoning else {}
    body |= request.extra
    if body:
        keywords["extra_body"] = body
    return keywords


def _tools(request: Request) -> dict[str, Any]:
    if request.tools:
        choice: Any = request.tool_choice
        if choice not in ("auto", "none", "required"):
            choice = {"type": "function", "function": {"name": choice}}
        sent: dict[str, Any] = {"tools": [_tool(tool) for tool in request.tools]}
        return sent if choice == "auto" else {**sent, "tool_choice": choice}
    if request.answer_format:
        # json_schema is for /v1/responses only (the seed); here one forced tool records the answer.
        name = request.answer_format.name
        record = ToolSpec(name, "Record the answer as well-structured JSON.", request.answer_format.schema)
        return {"tools": [_tool(record)], "tool_choice": {"type": "function", "function": {"name": name}}}
    return {}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _messages(request: Request) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": request.instructions}] if request.instructions else []
    distinct = shapes.with_distinct_call_ids(request.messages)
    return [*system, *(_message(message) for message in shapes.with_images_after_results(distinct))]


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id or "", "content": message.text}
    if message.role == "assistant":
        sent: dict[str, Any] = {"role": "assistant", "content": message.text}
        if message.tool_calls:
            sent["content"] = message.text or None
            sent["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": shapes.sendable_name(call.name),
                        "arguments": shapes.sendable_arguments(call.arguments),
                    },
                }
                for call in message.tool_calls
            ]
        return sent
    if not message.images:
        return {"role": "user", "content": message.text}
    return {
        "role": "user",
        "content": [
            {"type": "text", "text": part.text}
            if isinstance(part, TextPart)
            else {"type": "image_url", "image_url": {"url": part.url}}
            for part in message.parts
        ],
    }


@dataclass
class _Round:
    """One choice as it grows."""

    text: shapes.GrowingText = field(default_factory=shapes.GrowingText)
    calls: shapes.GrowingCalls = field(default_factory=shapes.GrowingCalls)
    finish: str = ""
    usage: Any = None
    id: str | None = None
    model: str = ""
    raw: dict[str, Any] = field(default_factory=dict)
    """The chunk with the finish reason, or the whole body."""

    def take(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """Take one chunk, or a whole body: they differ only in ``delta`` and ``message``."""
        failures.raise_if_error(chunk)
        self.id = self.id or shapes.string(chunk.get("id")) or None
        self.model = self.model or shapes.string(chunk.get("model"))
        self.usage = chunk.get("usage") or self.usage
        for choice in shapes.objects(chunk.get("choices")):
            if choice.get("index") in (None, 0):  # n is 1; a second choice has no place to go
                yield from self._take_choice(choice, chunk)

    def _take_choice(self, choice: Mapping[str, Any], chunk: Mapping[str, Any]) -> Iterator[Event]:
        said = shapes.mapping(choice.get("delta") or choice.get("message"))
        self.usage = choice.get("usage") or self.usage
        thought = next((said[name] for name in _REASONING if shapes.string(said.get(name))), "")
        if thought:
            yield ReasoningDelta(thought)
        yield from self.text.grow(shapes.content_text(said.get("content")) or shapes.string(said.get("refusal")))
        whole = not choice.get("delta")
        for call in shapes.objects(said.get("tool_calls")):
            yield from self._take_call(call, whole=whole)
        if reason := shapes.string(choice.get("finish_reason")):
            self.finish = reason
            self.raw = dict(chunk)

    def _take_call(self, said: Mapping[str, Any], *, whole: bool) -> Iterator[Event]:
        function = shapes.mapping(said.get("function"))
        call_id, name = shapes.string(said.get("id")), shapes.string(function.get("name"))
        index = self.calls.open_new() if whole else self._index_of(said.get("index"), call_id, name)
        yield from self.calls.grow(index, call_id, name, function.get("arguments"))

    def _index_of(self, place: object, call_id: str, name: str) -> int:
        """Find the call that a piece belongs to.

        By ``index`` as documented. Some gateways leave it out, or give every parallel call the
        same one: then a new id, or a name where a name has been, starts a new call.
        """
        last = len(self.calls) - 1 if len(self.calls) else None
        if isinstance(place, int):
            found = self.calls.find(("index", place))
            if found is not None and call_id and self.calls.seen(found).id not in ("", call_id):
                found = self.calls.find(("id", call_id))
        elif call_id:
            found = self.calls.find(("id", call_id))
            if found is None and last is not None and not self.calls.seen(last).id and not name:
                found = last
        else:
            found = last
            if last is not None and name and self.calls.seen(last).name:
                same = self.calls.seen(last).name == name and not shapes.is_json(self.calls.seen(last).arguments)
                found = last if same else None
        if found is not None:
            return found
        return self.calls.open_new(
            ("index", place) if isinstance(place, int) else None, ("id", call_id) if call_id else None
        )

    def complete(self) -> Iterator[Event]:
        """End the round."""
        if self.finish == "network_error":
            raise failures.broken_stream("stream_failed", reason=self.finish)
        yield from self.calls.close()
        calls = self.calls.finished()
        if self.usage is not None:
            self.raw.setdefault("usage", self.usage)
        yield RoundCompleted(
            message=assistant_message(self.text.text, calls),
            finish_reason=shapes.finish_reason(self.finish, calls=bool(calls)),
            usage=shapes.usage(self.usage),
            id=self.id,
            model=self.model,
            raw=self.raw,
        )


def decode(items: Iterable[ServerSentEvent]) -> Iterator[Event]:
    """Yield the events of a streamed answer.

    It ends with ``[DONE]`` or the end of the stream; a finish reason must have come, or text
    before ``[DONE]``, else the stream was cut.

    Raises:
        StreamError: the server reported an error, or the stream broke.
    """
    answer = _Round()
    declared_done = False
    try:
        for item in items:
            if item.data.strip() == DONE:
                declared_done = True
                break
            chunk = failures.event_data(item)
            if chunk:
                yield from answer.take(chunk)
    except APIError as error:
        if not answer.finish:  # once the model has finished, only the usage can still be lost
            error.text = answer.text.text
            raise
    try:
        if not answer.finish and not (declared_done and (answer.text.text or len(answer.calls))):
            raise failures.broken_stream("stream_cut")
        yield from answer.complete()
    except StreamError as error:
        error.text = answer.text.text
        raise


def decode_body(body: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the events of an answer that came in one piece.

    Raises:
        StreamError: the body holds an error, or no choice.
    """
    answer = _Round()
    yield from answer.take(body)
    if not shapes.objects(body.get("choices")):
        raise failures.broken_stream("body_unreadable", quoted=json.dumps(body, ensure_ascii=False))
    answer.raw = dict(body)
    yield from answer.complete()
