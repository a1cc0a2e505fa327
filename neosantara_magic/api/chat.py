"""The dialect of ``/v1/chat/completions``: Request to body, stream or body to events, in every documented shape.

The longest answer is ``max_tokens``: older versions of the service ignored ``max_completion_tokens``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import APIError
from ..events import Event, ReasoningDelta, TextDelta
from ..messages import Message, TextPart, ToolSpec
from ..request import Request
from . import failures, growing, shapes
from .wire import DONE, PAUSE, ServerSentEvent

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
    tools, choice, record = request.tools, request.tool_choice, request.answer_format
    if record and not tools and not request.forced:
        # json_schema is documented for /v1/responses only; here one forced tool records the answer.
        tools = (ToolSpec(record.name, "Record the answer as well-structured JSON.", record.schema),)
        choice = record.name
    return shapes.offered(tools, choice, lambda function: {"type": "function", "function": function})


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id or "", "content": message.text}
    if message.role == "assistant":
        calls = [{"id": call.id, "type": "function", "function": shapes.sendable(call)} for call in message.tool_calls]
        sent: dict[str, Any] = {"role": "assistant", "content": message.text}
        return {**sent, "tool_calls": calls} if calls else sent
    parts = [
        {"type": "text", "text": part.text}
        if isinstance(part, TextPart)
        else {"type": "image_url", "image_url": {"url": part.url}}
        for part in message.parts
    ]
    return {"role": "user", "content": parts if message.images else message.text}


class _Round(growing.Round):
    """One choice as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self.finish: Any = None  # the server's finish reason; a later good one does not replace a bad one
        self._by_deltas = False
        self._usage: Any = None
        self._id = self._model = ""
        self.raw: dict[str, Any] = {}  # the chunk with the finish reason, or the whole body

    def take(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """Take one chunk, or a whole body: they differ only in ``delta`` and ``message``.

        Raises StreamError: it holds an error; the text beside it was taken.
        """
        self._id = self._id or shapes.string(chunk.get("id"))
        self._model = self._model or shapes.string(chunk.get("model"))
        self._usage = chunk.get("usage") or self._usage
        for choice in shapes.objects(chunk.get("choices")):
            if choice.get("index") in (None, 0):  # n is 1; a second choice has no place to go
                yield from self._take_choice(choice, chunk)
        yield from self.things.take(shapes.of_citations(chunk))
        failures.raise_if_error(chunk)

    def _take_choice(self, choice: Mapping[str, Any], chunk: Mapping[str, Any]) -> Iterator[Event]:
        self._usage = choice.get("usage") or self._usage
        delta, message = shapes.mapping(choice.get("delta")), shapes.mapping(choice.get("message"))
        yield from self._thought(delta)
        yield from self.grow(_text(delta))
        met: set[growing.Call] = set()
        for call in shapes.objects(delta.get("tool_calls")):
            yield from self._take_piece(call, met)
        if message:
            yield from self._take_message(message, after_deltas=bool(delta) or self._by_deltas)
        self._by_deltas = self._by_deltas or bool(delta)
        yield from self.things.take(shapes.of_message(delta) + shapes.of_message(message))
        if (reason := choice.get("finish_reason")) and self.finish in _ORDINARY:
            self.finish, self.raw = reason, dict(chunk)
        for part in (choice, delta, message):
            failures.raise_if_error(part)

    def _take_message(self, said: Mapping[str, Any], *, after_deltas: bool) -> Iterator[Event]:
        """Take a whole message. Some servers repeat it after the deltas, some send nothing but growing ones."""
        if not after_deltas:
            yield from self._thought(said)
        text = _text(said)
        goes_on = after_deltas or text.startswith(self.text)
        yield from self.settle(text) if goes_on else self.grow(text)
        met: set[growing.Call] = set()
        for place, called in enumerate(map(_called, shapes.objects(said.get("tool_calls")))):
            yield from self.repeat([("id", called[0])] if called[0] else [], called, met, place)

    def _thought(self, said: Mapping[str, Any]) -> Iterator[Event]:
        named = (shapes.string(said.get(name)) for name in _REASONING)
        thought = next(filter(None, named), "") or shapes.thought_text(said.get("content"))
        if thought:
            yield ReasoningDelta(thought)

    def _take_piece(self, said: Mapping[str, Any], met: set[growing.Call]) -> Iterator[Event]:
        call_id, name, arguments = called = _called(said)
        place = said.get("index")
        at = ("index", place) if isinstance(place, int | str) else None
        found = self._call_of(at, call_id, name, shapes.json_text(arguments), met)
        call = self.known_as(found, [key for key in (at, call_id and ("id", call_id)) if key])
        met.add(call)
        yield from call.grow(*called)

    def _call_of(self, at: object, call_id: str, name: str, piece: str, met: set[growing.Call]) -> growing.Call | None:
        """Find the call that a piece belongs to; None when it begins another one.

        Gateways number their calls wrongly, give all of them one index or one id, or each piece a new one, or
        nothing at all. So index and id only propose a call, the open one where neither is known, and what a name
        says beside the arguments so far decides.
        """
        found, by_id = self.find(at), self.find(("id", call_id))
        if found is None or (by_id is not None and found.id not in ("", call_id)):
            found = by_id
            if found in met and at is not None:
                return None  # one list names two places under one id
        if found is None and self.calls and (not name or at is None) and (piece or not call_id):
            found = self.calls[-1]
        return None if found is None or _begins_another(found, call_id, name, piece, found in met) else found

    def complete(self) -> Iterator[Event]:
        """End the round."""
        if self._usage is not None:
            self.raw.setdefault("usage", self._usage)
        usage = shapes.usage(self._usage)
        yield from self.end(self.finish, usage=usage, id=self._id or None, model=self._model, raw=self.raw)


def _begins_another(call: growing.Call, call_id: str, name: str, piece: str, met: bool) -> bool:
    same_id, other_id = call_id == call.id != "", call_id not in ("", call.id) and call.id != ""
    if not name:
        return other_id and not piece and call.whole
    if not call.name:
        return False
    if met and not same_id:
        return True  # one list names two calls
    if name != call.name:
        return other_id or call.whole
    if other_id:
        return not piece or call.whole
    repeats = same_id or not piece.strip()
    return not repeats and call.whole and call.arguments not in (piece, "{}")  # {} may hold a place


def decode(items: Iterable[ServerSentEvent]) -> Iterator[Event]:
    """Yield the events of a streamed answer.

    It ends with ``[DONE]`` or the end of the stream; a finish reason must have come, or text
    before ``[DONE]``, else the stream was cut.
    Raises StreamError: the server reported an error, or the stream broke.
    """
    answer, done = _Round(), False
    try:
        for item in items:
            if item is PAUSE:
                yield TextDelta("")
                continue
            if done := item.data.strip() == DONE:
                break
            yield from answer.take(failures.event_data(item))
    except APIError:
        if not answer.finish or not growing.ending(answer.finish):  # else only the usage can still be lost
            raise
    if not answer.finish:
        answer.need_ending(done=done)
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
