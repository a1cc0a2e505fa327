"""The dialect of ``/v1/chat/completions``: Request to body, stream or body to events, in every documented shape.

The longest answer is ``max_tokens``: older versions of the service ignored ``max_completion_tokens``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import APIError
from ..events import Event, ReasoningDelta, RoundCompleted, TextDelta
from ..messages import Message, TextPart, ToolSpec, assistant_message
from ..request import Request
from . import brought, endings, failures, shapes
from .sse import DONE, PAUSE, ServerSentEvent

_REASONING = ("reasoning_content", "reasoning", "reasoning_text")
"""Names of the reasoning text. Some servers send two copies, so only the first one counts."""
_ORDINARY = (None, "stop", "tool_calls")


def encode(request: Request) -> dict[str, Any]:
    """Return the JSON body of a request, without what ``--param`` adds."""
    system = [{"role": "system", "content": request.instructions}] if request.instructions else []
    distinct = shapes.with_distinct_call_ids(request.messages)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [*system, *map(_message, shapes.with_images_after_results(distinct))],
        "max_tokens": request.max_tokens,
        **request.sampling,
        **_tools(request),
    }
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.reasoning:
        body["reasoning"] = {"effort": request.reasoning}
    return body | shapes.forced_format(request)


def _tools(request: Request) -> dict[str, Any]:
    if request.tools:
        choice: Any = request.tool_choice
        if choice not in ("auto", "none", "required"):
            choice = {"type": "function", "function": {"name": choice}}
        sent: dict[str, Any] = {"tools": [_tool(tool) for tool in request.tools]}
        return sent if choice == "auto" else {**sent, "tool_choice": choice}
    if request.answer_format and not request.forced:
        # json_schema is documented for /v1/responses only; here one forced tool records the answer.
        name = request.answer_format.name
        record = ToolSpec(name, "Record the answer as well-structured JSON.", request.answer_format.schema)
        return {"tools": [_tool(record)], "tool_choice": {"type": "function", "function": {"name": name}}}
    return {}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id or "", "content": message.text}
    if message.role == "assistant":
        calls = []
        for call in message.tool_calls:
            name, arguments = shapes.sendable_name(call.name), shapes.sendable_arguments(call.arguments)
            calls.append({"id": call.id, "type": "function", "function": {"name": name, "arguments": arguments}})
        sent: dict[str, Any] = {"role": "assistant", "content": message.text}
        return {**sent, "tool_calls": calls} if calls else sent
    parts = [
        {"type": "text", "text": part.text}
        if isinstance(part, TextPart)
        else {"type": "image_url", "image_url": {"url": part.url}}
        for part in message.parts
    ]
    return {"role": "user", "content": parts if message.images else message.text}


@dataclass
class _Round:
    """One choice as it grows."""

    text: shapes.GrowingText = field(default_factory=shapes.GrowingText)
    calls: shapes.GrowingCalls = field(default_factory=shapes.GrowingCalls)
    things: brought.Things = field(default_factory=brought.Things)
    finish: Any = None  # the server's finish reason; a later good one does not replace a bad one
    by_deltas: bool = False
    usage: Any = None
    id: str | None = None
    model: str = ""
    raw: dict[str, Any] = field(default_factory=dict)  # the chunk with the finish reason, or the whole body

    def take(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """Take one chunk, or a whole body: they differ only in ``delta`` and ``message``.

        Raises StreamError: it holds an error; the text beside it was taken.
        """
        self.id = self.id or shapes.string(chunk.get("id")) or None
        self.model = self.model or shapes.string(chunk.get("model"))
        self.usage = chunk.get("usage") or self.usage
        for choice in shapes.objects(chunk.get("choices")):
            if choice.get("index") in (None, 0):  # n is 1; a second choice has no place to go
                yield from self._take_choice(choice, chunk)
        yield from self.things.take(brought.of_citations(chunk))
        failures.raise_if_error(chunk)

    def _take_choice(self, choice: Mapping[str, Any], chunk: Mapping[str, Any]) -> Iterator[Event]:
        self.usage = choice.get("usage") or self.usage
        delta, message = shapes.mapping(choice.get("delta")), shapes.mapping(choice.get("message"))
        yield from self._thought(delta)
        yield from self.text.grow(_text(delta))
        met: set[int] = set()
        for call in shapes.objects(delta.get("tool_calls")):
            yield from self._take_piece(call, met)
        if message:
            yield from self._take_message(message, after_deltas=bool(delta) or self.by_deltas)
        self.by_deltas = self.by_deltas or bool(delta)
        yield from self.things.take(brought.of_message(delta) + brought.of_message(message))
        if (reason := choice.get("finish_reason")) and self.finish in _ORDINARY:
            self.finish, self.raw = reason, dict(chunk)
        for part in (choice, delta, message):
            failures.raise_if_error(part)

    def _take_message(self, said: Mapping[str, Any], *, after_deltas: bool) -> Iterator[Event]:
        """Take a whole message. Some servers repeat it after the deltas, some send nothing but growing ones."""
        if not after_deltas:
            yield from self._thought(said)
        text = _text(said)
        goes_on = after_deltas or text.startswith(self.text.text)
        yield from self.text.settle(text) if goes_on else self.text.grow(text)
        yield from self.calls.settle_all(
            ([("id", call_id)] if call_id else [], call_id, name, arguments)
            for call_id, name, arguments in map(_called, shapes.objects(said.get("tool_calls")))
        )

    def _thought(self, said: Mapping[str, Any]) -> Iterator[Event]:
        named = (shapes.string(said.get(name)) for name in _REASONING)
        thought = next(filter(None, named), "") or shapes.thought_text(said.get("content"))
        if thought:
            yield ReasoningDelta(thought)

    def _take_piece(self, said: Mapping[str, Any], met: set[int]) -> Iterator[Event]:
        call_id, name, arguments = _called(said)
        place = said.get("index")
        at = ("index", place) if isinstance(place, int | str) else None
        index = self._call_of(at, call_id, name, shapes.json_text(arguments), met)
        keys = [key for key in (at, call_id and ("id", call_id)) if key]
        index = self.calls.open_new(*keys) if index is None else self.calls.name_also(index, *keys)
        met.add(index)
        yield from self.calls.grow(index, call_id, name, arguments)

    def _call_of(self, at: object, call_id: str, name: str, piece: str, met: set[int]) -> int | None:
        """Find the call that a piece belongs to; None when it begins another one.

        Gateways number their calls wrongly, give all of them one index or one id, or each piece a new one, or
        nothing at all. So index and id only propose a call, the open one where neither is known, and what a name
        says beside the arguments so far decides.
        """
        found, by_id = self.calls.find(at), self.calls.find(("id", call_id))
        if found is None or (by_id is not None and self.calls.seen(found).id not in ("", call_id)):
            found = by_id
            if found in met and at is not None:
                return None  # one list names two places under one id
        if found is None and len(self.calls) and (not name or at is None) and (piece or not call_id):
            found = len(self.calls) - 1
        return None if found is not None and self._begins_another(found, call_id, name, piece, met) else found

    def _begins_another(self, found: int, call_id: str, name: str, piece: str, met: set[int]) -> bool:
        call = self.calls.seen(found)
        same_id, other_id = call_id == call.id != "", call_id not in ("", call.id) and call.id != ""
        if not name:
            return other_id and not piece and call.whole
        if not call.name:
            return False
        if found in met and not same_id:
            return True  # one list names two calls
        if name != call.name:
            return other_id or call.whole
        if other_id:
            return not piece or call.whole
        repeats = same_id or not piece.strip()
        return not repeats and call.whole and call.arguments not in (piece, "{}")  # {} may hold a place

    def complete(self) -> Iterator[Event]:
        """End the round."""
        yield from self.calls.close()
        finish = endings.ended(self.finish, calls=len(self.calls) > 0)
        calls = self.calls.finished(cut=finish == "length")
        if self.usage is not None:
            self.raw.setdefault("usage", self.usage)
        yield RoundCompleted(
            message=assistant_message(self.text.text, calls, self.things),
            finish_reason=finish,
            usage=shapes.usage(self.usage),
            id=self.id,
            model=self.model,
            raw=self.raw,
        )


def decode(items: Iterable[ServerSentEvent]) -> Iterator[Event]:
    """Yield the events of a streamed answer.

    It ends with ``[DONE]`` or the end of the stream; a finish reason must have come, or text
    before ``[DONE]``, else the stream was cut.
    Raises StreamError: the server reported an error, or the stream broke.
    """
    answer = _Round()
    declared_done = False
    try:
        for item in items:
            if item is PAUSE:
                yield TextDelta("")
                continue
            if item.data.strip() == DONE:
                declared_done = True
                break
            chunk = failures.event_data(item)
            if chunk:
                yield from answer.take(chunk)
    except APIError:
        if not endings.is_whole(answer.finish):  # else only the usage can still be lost
            raise
    begun = bool(answer.text.text or len(answer.calls) or answer.things)
    if not answer.finish and not (declared_done and begun):
        raise failures.broken_stream("stream_cut" if begun else "stream_empty")
    yield from answer.complete()


def decode_body(body: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the events of an answer that came in one piece.

    Raises StreamError: the body holds an error, or no choice.
    """
    answer = _Round()
    yield from answer.take(body)
    if not shapes.objects(body.get("choices")):
        raise failures.no_answer(body)
    answer.raw = dict(body)
    yield from answer.complete()


def _text(said: Mapping[str, Any]) -> str:
    return shapes.answer_text(said.get("content")) or shapes.string(said.get("refusal"))


def _called(said: Mapping[str, Any]) -> tuple[str, str, object]:
    """Return id, name and arguments of a tool call or of a piece of one."""
    function = shapes.mapping(said.get("function"))
    return shapes.string(said.get("id")), shapes.string(function.get("name")), function.get("arguments")
