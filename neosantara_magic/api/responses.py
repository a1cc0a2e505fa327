"""The dialect of ``/v1/responses``: Request to body, stream or body to events, in every documented shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from ..events import Event, ReasoningDelta, TextDelta, Waiting
from ..messages import APPROVED, Message, TextPart
from ..request import Request
from . import failures, growing, shapes
from .wire import DONE, PAUSE, ServerSentEvent

_FAILED = ("failed", "cancelled", "canceled", "expired", "error")
_STATUSES = ("completed", "incomplete", *_FAILED)  # of the last event, and of a body that may hold no output
_ADDRESSABLE = re.compile(r"\w[\w.:-]*", re.ASCII)  # an id that can stand in the address of its response
_APPROVAL = "mcp_approval_request"
"""An item by which the service asks whether it may run a tool of an MCP server: a call that the user decides about."""


def encode(request: Request) -> dict[str, Any]:
    """Return the JSON body of a request, without what ``--param`` adds."""
    wanted = request.answer_format
    search = [{"type": "web_search"}] if request.web else []
    form = wanted and {"type": "json_schema", "name": wanted.name, "schema": dict(wanted.schema), "strict": True}
    optional: dict[str, Any] = {  # never null: not every server takes that for absent
        "instructions": request.instructions,
        "previous_response_id": request.previous_response_id,
        "stream": request.stream,
        "reasoning": request.reasoning and {"effort": request.reasoning},
        "text": form and {"format": form},
    }
    return {
        "model": request.model,
        "input": _input(request),
        "max_output_tokens": request.max_tokens,
        "store": request.store,
        **{name: value for name, value in optional.items() if value},
        **shapes.offered(request.tools, request.tool_choice, lambda one: {"type": "function", **one}, *search),
        **request.sampling,
        **shapes.forced_format(request),
    }


def _input(request: Request) -> str | list[dict[str, Any]]:
    distinct = shapes.with_distinct_call_ids(request.messages)
    asked = {call.id for message in distinct for call in message.tool_calls if call.server}
    fresh = distinct[request.known :] if request.previous_response_id else distinct
    if len(fresh) == 1 and fresh[0].role == "user" and not fresh[0].images:
        return fresh[0].text
    return [item for message in shapes.with_images_after_results(fresh) for item in _items(message, asked)]


def _items(message: Message, asked: Container[str | None]) -> Iterator[dict[str, Any]]:
    if message.role == "tool" and message.call_id in asked:
        approved = message.text == APPROVED
        yield {"type": "mcp_approval_response", "approval_request_id": message.call_id, "approve": approved}
    elif message.role == "tool":
        yield {"type": "function_call_output", "call_id": message.call_id or "", "output": message.text}
    elif message.role == "user":
        content = [
            {"type": "input_text", "text": part.text}
            if isinstance(part, TextPart)
            else {"type": "input_image", "image_url": part.url, "detail": "auto"}
            for part in message.parts
        ]
        yield {"type": "message", "role": "user", "content": content}
    elif message.text or not message.tool_calls:
        text = {"type": "output_text", "text": message.text, "annotations": []}
        yield {"type": "message", "role": "assistant", "content": [text]}
    for call in message.tool_calls:
        sent = shapes.sendable(call)
        if call.server:
            yield {"type": _APPROVAL, "id": call.id, "server_label": call.server, **sent, "name": call.name}
        else:
            yield {"type": "function_call", "call_id": call.id, **sent}


class _Round(growing.Round):
    """One response as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self.reasoned = ""  # the type of event that brings it: some servers send it twice, as text and as summary
        self._reasoning_part: object = None
        self._part: tuple[str, ...] = ()
        self._part_pieces: list[str] = []
        self._parts_done: set[tuple[str, ...]] = set()
        self._calls_done: set[growing.Call] = set()
        self._messages: dict[object, object] = {}  # places of the announced messages, by their ids
        self._message: object = None  # place of the newest
        self._writing: object = None  # place of the one that is being written: a blank line stands between two
        self.items: list[Mapping[str, Any]] = []  # output items as they were completed
        self.opened: Mapping[str, Any] = {}  # the response as ``response.created`` showed it

    def take(self, kind: str, event: Mapping[str, Any]) -> Iterable[Event]:
        """Take one stream event; unknown kinds are ignored."""
        if kind == "response.created":
            self.opened = self.opened or shapes.mapping(event.get("response"))
        reader = self._readers.get(kind)
        return () if reader is None else reader(self, event)

    def _text_delta(self, event: Mapping[str, Any]) -> Iterable[Event]:
        part, piece = _part_of(event), shapes.string(event.get("delta"))
        if part != self._part:
            self._part, self._part_pieces = part, []
        self._part_pieces.append(piece)
        place, item = event.get("output_index"), event.get("item_id")
        known = self._messages.get(item, self._message) if isinstance(item, str) else self._message
        message = place if isinstance(place, int) else known
        if not piece or message == self._writing:
            return self.grow(piece)
        gap = self.grow("\n\n") if self._writing is not None and self.text else ()
        self._writing = message
        return (*gap, *self.grow(piece))

    def _text_done(self, event: Mapping[str, Any]) -> Iterator[Event]:
        part = _part_of(event)
        whole = shapes.string(event.get("text")) or shapes.string(event.get("refusal"))
        # Only the part that is being written can go on: text added to an older one would stand in the wrong place.
        so_far = "".join(self._part_pieces) if part == self._part else ""
        repeated = part != self._part and self.text.endswith(whole)  # its deltas had other signs
        if part not in self._parts_done and whole.startswith(so_far) and not repeated:
            yield from self._text_delta({**event, "delta": whole[len(so_far) :]})
        self._parts_done.add(part)

    def _reasoning_delta(self, event: Mapping[str, Any]) -> Iterator[Event]:
        kind, piece = shapes.string(event.get("type")), shapes.string(event.get("delta"))
        if not piece or self.reasoned not in ("", kind):
            return
        part = (event.get("output_index"), event.get("summary_index"))
        new_paragraph = self.reasoned and part != self._reasoning_part
        self.reasoned, self._reasoning_part = kind, part
        yield ReasoningDelta("\n\n" + piece if new_paragraph else piece)

    def _item_added(self, event: Mapping[str, Any]) -> Iterator[Event]:
        item = shapes.mapping(event.get("item"))
        if item.get("type") == "message":
            place = event.get("output_index")
            self._message = place if isinstance(place, int) else len(self._messages) + 1
            self._messages[shapes.string(item.get("id"))] = self._message
            self._writing = self._message if self._writing is None and not self.text else self._writing or ""
        yield from self._beside(event, item, done=False)
        if _is_call(item):
            keys, called = _keys(event, item), _called(item)
            # A place is no id: all calls may have the same.
            known = self.find(*(key for key in keys if key[0] != "place"))
            call = self.known_as(known if known and known.name == called[1] else None, keys)
            yield from call.grow(*called)

    def _arguments(self, event: Mapping[str, Any]) -> Iterable[Event]:
        """Take arguments, a piece or all, of the call that the event names, else of the open one."""
        keys = _keys(event, {})
        newest = self.calls[-1] if self.calls else None
        call = self.find(*keys) or (newest if newest not in self._calls_done else None)
        call = call or self.known_as(None, keys)
        if event.get("arguments"):
            return call.settle(name=event.get("name"), whole=event["arguments"])
        return call.grow(name=event.get("name"), piece=event.get("delta"))

    def _item_done(self, event: Mapping[str, Any]) -> Iterator[Event]:
        item = shapes.mapping(event.get("item"))
        self.items.append(item)
        yield from self._beside(event, item)
        if item.get("type") == "reasoning":
            yield from self._reasoning_item(item)
        elif _is_call(item):
            keys, called = _keys(event, item), _called(item)
            told = self.find(*(key for key in keys if key[0] != "place"))  # all calls may have the same place
            if told is None or told.name != called[1]:
                yield from self.repeat(keys, called, self._calls_done)
                return
            self._calls_done.add(self.known_as(told, keys))
            yield from told.settle(*called)

    def _beside(self, event: Mapping[str, Any], item: Mapping[str, Any], *, done: bool = True) -> Iterator[Event]:
        keys = [key for key in _keys(event, item) if key[0] != "call"]
        if done or keys:  # else nothing would tell that its end is the same item
            yield from self.things.take(shapes.of_item(item, done=done), *keys)

    def _annotation(self, event: Mapping[str, Any]) -> Iterator[Event]:
        yield from self.things.take(shapes.of_annotations([event.get("annotation")]))

    def _reasoning_item(self, item: Mapping[str, Any]) -> Iterator[Event]:
        parts = (shapes.content_text([part]) for part in shapes.objects(item.get("summary")))
        thought = shapes.content_text(item.get("content")) or "\n\n".join(part for part in parts if part)
        if thought and not self.reasoned:
            self.reasoned = "response.output_item.done"
            yield ReasoningDelta(thought)

    _readers: ClassVar[dict[str, Callable[[_Round, Mapping[str, Any]], Iterable[Event]]]] = {
        "response.output_text.delta": _text_delta,
        "response.output_text.done": _text_done,
        "response.refusal.delta": _text_delta,
        "response.refusal.done": _text_done,
        "response.output_text.annotation.added": _annotation,
        "response.reasoning.delta": _reasoning_delta,
        "response.reasoning_text.delta": _reasoning_delta,
        "response.reasoning_summary_text.delta": _reasoning_delta,
        "response.output_item.added": _item_added,
        "response.output_item.done": _item_done,
        "response.function_call_arguments.delta": _arguments,
        "response.function_call_arguments.done": _arguments,
    }

    def complete(self, response: Mapping[str, Any]) -> Iterator[Event]:
        """End the round with the response as the server shows it at the end, or a whole body."""
        output = shapes.objects(response.get("output")) or self.items
        for place, item in enumerate(output):
            if item.get("type") == "reasoning":
                yield from self._reasoning_item(item)
            yield from self._beside({"output_index": place if output is not self.items else None}, item)
        yield from self.settle(_text_of(output) or shapes.string(response.get("output_text")))
        if _failed(response):
            told = response.get("error") or response.get("errors") or response.get("last_error")
            raise failures.reported({"error": told or {"message": shapes.string(response.get("status"))}})
        met: set[growing.Call] = set()
        for place, item in enumerate(filter(_is_call, output)):
            yield from self.repeat(_keys({}, item), _called(item), met, place)
            call = self.find(*_keys({}, item))
            if call and item.get("type") == _APPROVAL:
                call.server = shapes.string(item.get("server_label")) or "mcp"
        yield from self.end(
            _reason(response, output),
            usage=shapes.usage(response.get("usage")),
            id=shapes.string(response.get("id")) or shapes.string(self.opened.get("id")) or None,
            model=shapes.string(response.get("model")) or shapes.string(self.opened.get("model")),
            raw=dict(response),
        )


def _part_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what names the part of the answer; as text, for a server may send anything there."""
    return tuple(f"{event.get(name)}" for name in ("item_id", "output_index", "content_index"))


def _is_call(item: Mapping[str, Any]) -> bool:
    return item.get("type") in ("function_call", "tool_call", _APPROVAL)


def _called(item: Mapping[str, Any]) -> tuple[object, object, object]:
    """Return id, name and arguments: flat as documented, or nested as in a ``tool_call`` item."""
    told = {**shapes.mapping(item.get("function")), **{name: one for name, one in item.items() if one}}
    return item.get("call_id") or item.get("id"), told.get("name"), told.get("arguments")


def _keys(event: Mapping[str, Any], item: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return all names by which later events may mean this item."""
    named = (
        ("item", event.get("item_id") or item.get("id")),
        ("place", event.get("output_index")),
        ("call", event.get("call_id") or item.get("call_id")),
    )
    return [(kind, value) for kind, value in named if isinstance(value, str | int) and value != ""]


def _text_of(output: list[Mapping[str, Any]]) -> str:
    """Return the text of output items: of messages, else of items that hold it themselves, as in old bodies."""
    messages = (shapes.answer_text(item.get("content")) for item in output if item.get("type") == "message")
    direct = (shapes.string(item.get("text")) for item in output if shapes.string(item.get("type")) in shapes.TEXTS)
    return "\n\n".join(filter(None, messages)) or "".join(direct)


def _failed(response: Mapping[str, Any]) -> bool:
    return bool(response.get("error") or response.get("errors")) or response.get("status") in _FAILED


def _reason(response: Mapping[str, Any], output: list[Mapping[str, Any]]) -> object:
    """Return what tells how the response ended: a cut shows in its details, its status, or only in an item's."""
    details, status = shapes.mapping(response.get("incomplete_details")), response.get("status")
    cut = status == "completed" and any(item.get("status") == "incomplete" for item in output)
    return details.get("reason") or ("incomplete" if cut else status)


def decode(items: Iterable[ServerSentEvent]) -> Iterator[Event]:
    """Yield the events of a streamed answer, up to its completion event.

    ``[DONE]`` also ends an answer that has begun: the service's first pages allow that.
    Raises StreamError: the server reported an error, or the stream ended without its completion.
    """
    answer, done = _Round(), False
    for item in items:
        if item is PAUSE:
            yield TextDelta("")
            continue
        if done := item.data.strip() == DONE:
            break
        event = failures.event_data(item)
        kind = shapes.string(event.get("type")) or item.event
        response = shapes.mapping(event.get("response"))
        failures.raise_if_error(event, certain=kind == "error")
        status = kind.removeprefix("response.")
        if status in _STATUSES or _failed(response):
            body = response or event
            ended = {} if status == "completed" or _failed(body) else {"status": status}
            yield from answer.complete({**body, **ended})
            return
        if (kind == "response.queued" or response.get("background") is True) and (pending := _pending(response)):
            yield pending
        yield from answer.take(kind, event)
    answer.need_ending(done=done)
    yield from answer.complete({})


def _pending(response: Mapping[str, Any]) -> Waiting | None:
    """Return the wait for a response that the server makes in the background, if this is one that can be asked for."""
    status, name = response.get("status"), shapes.string(response.get("id"))
    pending = status in ("queued", "in_progress") and _ADDRESSABLE.fullmatch(name)
    return Waiting(0.0, 0, 200, f"{status}", name) if pending else None


def decode_body(body: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the events of an answer that came in one piece; of one that the server still makes, only the wait for it.

    Raises StreamError: the body holds an error, or nothing that could be an answer.
    """
    if pending := _pending(body):
        yield pending
        return
    answer = _Round()
    if "output" not in body and "output_text" not in body and body.get("status") not in _STATUSES:
        raise failures.no_answer(body)
    yield from answer.complete(body)
