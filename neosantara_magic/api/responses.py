"""The dialect of ``/v1/responses``: Request to body, stream or body to events, in every documented shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from ..events import Event, ReasoningDelta, RoundCompleted, TextDelta, Waiting
from ..messages import APPROVED, Message, TextPart, assistant_message
from ..request import Request
from . import brought, endings, failures, shapes
from .sse import DONE, PAUSE, ServerSentEvent

_FAILED = ("failed", "cancelled", "canceled", "expired", "error")
_FAILURES = [f"response.{status}" for status in _FAILED]
_STATUSES = ("completed", "incomplete", *_FAILED)  # of a body that may hold no output
_ADDRESSABLE = re.compile(r"\w[\w.:-]*", re.ASCII)  # an id that can stand in the address of its response
_APPROVAL = "mcp_approval_request"
"""An item by which the service asks whether it may run a tool of an MCP server: a call that the user decides about."""


def encode(request: Request) -> dict[str, Any]:
    """Return the JSON body of a request, without what ``--param`` adds."""
    wanted = request.answer_format
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
        **_tools(request),
        **request.sampling,
        **shapes.forced_format(request),
    }


def _tools(request: Request) -> dict[str, Any]:
    tools: list[dict[str, Any]] = [{"type": "web_search"}] if request.web else []
    tools += [
        {"type": "function", "name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
        for tool in request.tools
    ]
    choice: Any = request.tool_choice
    if choice not in ("auto", "none", "required"):
        choice = {"type": "function", "name": choice}
    sent: dict[str, Any] = {"tools": tools} if tools else {}
    return sent if choice == "auto" or not tools else {**sent, "tool_choice": choice}


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
        name, arguments = shapes.sendable_name(call.name), shapes.sendable_arguments(call.arguments)
        if call.server:
            label = {"id": call.id, "server_label": call.server}
            yield {"type": _APPROVAL, **label, "name": call.name, "arguments": arguments}
        else:
            yield {"type": "function_call", "call_id": call.id, "name": name, "arguments": arguments}


class _Round:
    """One response as it grows."""

    def __init__(self) -> None:
        self.text, self.calls, self.things = shapes.GrowingText(), shapes.GrowingCalls(), brought.Things()
        self.reasoned = ""  # the type of event that brings it: some servers send it twice, as text and as summary
        self._reasoning_part: object = None
        self._part: tuple[str, ...] = ()
        self._part_pieces: list[str] = []
        self._parts_done: set[tuple[str, ...]] = set()
        self._calls_done: set[int] = set()
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
            return self.text.grow(piece)
        gap = self.text.grow("\n\n") if self._writing is not None and self.text.text else ()
        self._writing = message
        return (*gap, *self.text.grow(piece))

    def _text_done(self, event: Mapping[str, Any]) -> Iterator[Event]:
        part = _part_of(event)
        whole = shapes.string(event.get("text")) or shapes.string(event.get("refusal"))
        # Only the part that is being written can go on: text added to an older one would stand in the wrong place.
        so_far = "".join(self._part_pieces) if part == self._part else ""
        repeated = part != self._part and self.text.text.endswith(whole)  # its deltas had other signs
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
            self._writing = self._message if self._writing is None and not self.text.text else self._writing or ""
        yield from self._beside(event, item, done=False)
        if _is_call(item):
            keys, called = _call_keys(event, item), _called(item)
            index = self._told_before(keys, called[1])
            index = self.calls.open_new(*keys) if index is None else index
            yield from self.calls.grow(index, *called)

    def _told_before(self, keys: list[tuple[str, object]], name: object) -> int | None:
        """Return the call that has one of these ids and this name. A place is no id: all calls may have the same."""
        index = self.calls.find(*(key for key in keys if key[0] != "place"))
        return index if index is not None and self.calls.seen(index).name == name else None

    def _arguments_delta(self, event: Mapping[str, Any]) -> Iterable[Event]:
        return self.calls.grow(self._growing(event), piece=event.get("delta"))

    def _arguments_done(self, event: Mapping[str, Any]) -> Iterable[Event]:
        return self.calls.settle(self._growing(event), name=event.get("name"), whole=event.get("arguments"))

    def _growing(self, event: Mapping[str, Any]) -> int:
        """Find the call that a piece of arguments belongs to: the named one, else the open one."""
        keys = _call_keys(event, {})
        found = self.calls.find(*keys)
        if found is None and len(self.calls) and len(self.calls) - 1 not in self._calls_done:
            found = len(self.calls) - 1
        return self.calls.open_new(*keys) if found is None else found

    def _item_done(self, event: Mapping[str, Any]) -> Iterator[Event]:
        item = shapes.mapping(event.get("item"))
        self.items.append(item)
        yield from self._beside(event, item)
        if item.get("type") == "reasoning":
            yield from self._reasoning_item(item)
        elif _is_call(item):
            keys, called = _call_keys(event, item), _called(item)
            index = self._told_before(keys, called[1])
            index = self.calls.match(keys, called[1], self._calls_done) if index is None else index
            index = self.calls.open_new(*keys) if index is None else self.calls.name_also(index, *keys)
            self._calls_done.add(index)
            yield from self.calls.settle(index, *called)

    def _beside(self, event: Mapping[str, Any], item: Mapping[str, Any], *, done: bool = True) -> Iterator[Event]:
        keys = ("item", event.get("item_id") or item.get("id")), ("place", event.get("output_index"))
        if not done and keys == (("item", None), ("place", None)):
            return  # nothing would tell that its end is the same item
        yield from self.things.take(brought.of_item(item, done=done), *keys)

    def _annotation(self, event: Mapping[str, Any]) -> Iterator[Event]:
        yield from self.things.take(brought.of_annotations([event.get("annotation")]))

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
        "response.function_call_arguments.delta": _arguments_delta,
        "response.function_call_arguments.done": _arguments_done,
    }

    def complete(self, response: Mapping[str, Any]) -> Iterator[Event]:
        """End the round with the response as the server shows it at the end, or a whole body."""
        output = shapes.objects(response.get("output")) or self.items
        for place, item in enumerate(output):
            if item.get("type") == "reasoning":
                yield from self._reasoning_item(item)
            yield from self._beside({"output_index": place if output is not self.items else None}, item)
        yield from self.text.settle(_text_of(output) or shapes.string(response.get("output_text")))
        if _failed(response):
            raise failures.failed_response(response)
        yield from self.calls.settle_all((_call_keys({}, one), *_called(one)) for one in output if _is_call(one))
        yield from self.calls.close()
        finish = endings.ended(_reason(response, output), calls=len(self.calls) > 0)
        asking = [item for item in output if item.get("type") == _APPROVAL]
        servers = {_called(item)[0]: shapes.string(item.get("server_label")) or "mcp" for item in asking}
        finished = self.calls.finished(cut=finish == "length")
        calls = tuple(replace(call, server=servers.get(call.id, "")) for call in finished)
        yield RoundCompleted(
            message=assistant_message(self.text.text, calls, self.things),
            finish_reason=finish,
            usage=shapes.usage(response.get("usage")),
            id=shapes.string(response.get("id")) or shapes.string(self.opened.get("id")) or None,
            model=shapes.string(response.get("model")) or shapes.string(self.opened.get("model")),
            stored=response.get("store", self.opened.get("store")) is True,
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


def _call_keys(event: Mapping[str, Any], item: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return all names by which later events may mean this call."""
    named = (
        ("item", event.get("item_id") or item.get("id")),
        ("place", event.get("output_index")),
        ("call", event.get("call_id") or item.get("call_id")),
    )
    return [(kind, value) for kind, value in named if isinstance(value, str | int) and value != ""]


def _text_of(output: list[Mapping[str, Any]]) -> str:
    """Return the text of output items: of messages, else of items that hold it themselves, as in old bodies."""
    messages = (shapes.answer_text(item.get("content")) for item in output if item.get("type") == "message")
    direct = (shapes.string(item.get("text")) for item in output if item.get("type") in brought.TEXTS | {None})
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
        if kind in _FAILURES or _failed(response):
            failed = response or event
            status = {} if _failed(failed) else {"status": kind.removeprefix("response.")}
            yield from answer.complete({**failed, **status})
            return
        if kind in ("response.completed", "response.incomplete"):
            cut = {"status": "incomplete"} if kind == "response.incomplete" else {}
            yield from answer.complete({**cut, **response})
            return
        if (kind == "response.queued" or response.get("background") is True) and (pending := _pending(response)):
            yield pending
        yield from answer.take(kind, event)
    begun = answer.text.text or len(answer.calls) or answer.things
    if not (done and begun):
        raise failures.broken_stream("stream_cut" if begun else "stream_empty")
    yield from answer.complete({"id": answer.opened.get("id"), "model": answer.opened.get("model")})


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
