"""Pieces of tool calls under wrong signs, and what servers say twice: nothing doubles, nothing is lost, nothing is made up.

The shapes are those of public reports: agno#8879, openai-python#3201, maka#1976, LocalAI#9722, hermes-agent#35592,
hermes-browser-extension#11, codex-lb#284, Bamboo-agent#237.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from batch_servers import echo, service
from neosantara_magic import ask
from neosantara_magic.api import chat, responses, wire
from neosantara_magic.events import RoundCompleted, TextDelta
from wire.server import ScriptedServer

__all__ = ["echo", "service"]

F = ("f", {"a": 1})
G = ("g", {"b": "}{"})
TEXT = "Harga beras hari ini 15.000 rupiah."


def ended(dialect: Any, said: list[dict[str, Any]]) -> RoundCompleted:
    """Decode a stream; its streamed text must be the message's."""
    events = list(dialect.decode([wire.ServerSentEvent("", json.dumps(one)) for one in said]))
    end = events[-1]
    assert isinstance(end, RoundCompleted)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == end.message.text
    return end


def calls(end: RoundCompleted) -> list[tuple[str, Any]]:
    """Return names and read arguments; arguments that are no JSON as they are."""

    def read(text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return text

    return [(call.name, read(call.arguments)) for call in end.message.tool_calls]


def piece(index: int | None = None, id: str = "", name: str = "", args: Any = "") -> dict[str, Any]:  # noqa: A002
    """Build one entry of ``tool_calls``; what is empty is left out."""
    function = {key: value for key, value in (("name", name), ("arguments", args)) if value != ""}
    signs = {key: value for key, value in (("index", index), ("id", id)) if value not in (None, "")}
    return {**signs, "function": function}


def chunks(*entries: Any, message: Any = None) -> list[dict[str, Any]]:
    """Build a chat stream of these entries, one or a list of them a chunk."""
    deltas = [{"tool_calls": one if isinstance(one, list) else [one]} for one in entries]
    last = {"delta": {}, "finish_reason": "tool_calls"} | ({"message": message} if message else {})
    return [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas] + [{"choices": [{"index": 0, **last}]}]


A1, A2, B1, B2 = '{"a"', ": 1}", '{"b": ', '"}{"}'
A, B = A1 + A2, B1 + B2

PIECES: dict[str, tuple[list[Any], list[Any]]] = {
    "second head under the first index, its tail under its own": (
        [piece(0, "A", "f", A1), piece(0, args=A2), piece(0, "B", "g", B1), piece(1, args=B2)], [F, G]),
    "the same with three calls": (
        [piece(0, "A", "f", A), piece(0, "B", "g", B1), piece(1, args=B2), piece(1, "C", "f", A1), piece(2, args=A2)],
        [F, G, F]),
    "three calls of one function under one index": (
        [piece(0, "A", "f", A), piece(0, "B", "f", '{"a": 2}'), piece(0, "C", "f", '{"a": 3}')],
        [F, ("f", {"a": 2}), ("f", {"a": 3})]),
    "heads first, all under one index, pieces by id": (
        [piece(0, "A", "f"), piece(0, "B", "f"), piece(0, "A", args=A), piece(0, "B", args='{"a": 2}')],
        [F, ("f", {"a": 2})]),
    "tails under ever new indices": (
        [piece(0, "A", "f"), piece(1, args=A1), piece(2, args=A2)], [F]),
    "no index": ([piece(None, "A", "f", A1), piece(None, args=A2), piece(None, "B", "g", B)], [F, G]),
    "no index, the id in each": (
        [piece(None, "A", "f", A1), piece(None, "B", "g", B1), piece(None, "A", args=A2), piece(None, "B", args=B2)],
        [F, G]),
    "neither index nor id": ([piece(name="f", args=A1), piece(args=A2), piece(name="g", args=B)], [F, G]),
    "neither, twice the same call in one list": ([[piece(name="f", args=A), piece(name="f", args=A)]], [F, F]),
    "neither, the whole call again later": ([piece(name="f", args=A), piece(name="f", args=A)], [F]),
    "no id, one index": ([piece(0, "", "f", A), piece(0, "", "g", B)], [F, G]),
    "no id, one index, one function": ([piece(0, "", "f", A), piece(0, "", "f", '{"a": 2}')], [F, ("f", {"a": 2})]),
    "a new id with each piece": ([piece(0, "A", "f"), piece(0, "A2", args=A1), piece(0, "A3", args=A2)], [F]),
    "a new id and the name with each piece": (
        [piece(0, "A", "f", A1), piece(0, "A2", "f", A2), piece(1, "B", "g", B)], [F, G]),
    "a new id with each piece, no index": ([piece(None, "A", "f"), piece(None, "A2", args=A)], [F]),
    "everything in each piece": ([piece(0, "A", "f"), piece(0, "A", "f", A1), piece(0, "A", "f", A2)], [F]),
    "the name in each piece, no id": ([piece(0, "", "f", A1), piece(0, "", "f", A2), piece(1, "", "g", B)], [F, G]),
    "a name in pieces": ([piece(0, "A", "get_"), piece(0, name="f"), piece(0, args=A)], [("get_f", F[1])]),
    "a growing name": ([piece(0, "A", "get_"), piece(0, "A", "get_f"), piece(0, args=A)], [("get_f", F[1])]),
    "the id after the head": ([piece(0, "", "f"), piece(0, "A", args=A)], [F]),
    "the name after the arguments": ([piece(0, "A", args=A1), piece(0, args=A2), piece(0, name="f")], [F]),
    "one id for two calls": (
        [piece(0, "A", "f", A1), piece(0, "A", args=A2), piece(1, "A", "g", B1), piece(1, "A", args=B2)], [F, G]),
    "one call under several indices": ([piece(0, "A", "f", A), piece(1, "A", "f", A)], [F]),
    "head and piece in one list": ([[piece(0, "A", "f"), piece(0, args=A1)], piece(0, args=A2)], [F]),
    "whole arguments again at the end": ([piece(0, "A", "f", A1), piece(0, args=A2), piece(0, args=A)], [F]),
    "whole arguments again, written otherwise": ([piece(0, "A", "f", A1), piece(0, args=A2), piece(0, args='{"a":1}')], [F]),
    "whole arguments again under a new id": ([piece(0, "A", "f", A), piece(0, "A2", args=A)], [F]),
    "whole arguments after a part": ([piece(0, "A", "f", A1), piece(0, args=":"), piece(0, args='{"a":1}')], [F]),
    "whole arguments three times": ([piece(0, "A", "f", A), piece(0, args=A), piece(0, args=A)], [F]),
    "arguments that grow in each piece": (
        [piece(0, "A", "f", "{"), piece(0, args=A1), piece(0, args=A1 + ":"), piece(0, args=A)], [F]),
    "empty arguments hold the place": ([piece(0, "A", "f", "{}"), piece(0, args=A1), piece(0, args=A2)], [F]),
    "arguments that look repeated and are not": (
        [piece(0, "A", "f", '{"a":'), piece(0, args='{"a":'), piece(0, args="1}}")], [("f", {"a": {"a": 1}})]),
    "repeated words are no copy": ([piece(0, "A", "f", '{"a": "'), piece(0, args="ha"), piece(0, args="ha"), piece(0, args='"}')],
        [("f", {"a": "haha"})]),
    "an object instead of text": ([piece(0, "A", "f", {"a": 1}), piece(0, args="")], [F]),
    "what cannot be put together is left as it came": (
        [piece(0, "A", "f", A), piece(0, args='{"a": 2}')], [("f", A + '{"a": 2}')]),
}  # fmt: skip


@pytest.mark.parametrize("name", PIECES)
def test_pieces_find_their_call(name: str) -> None:
    """Each call once, with its own arguments, in order."""
    said, expected = PIECES[name]
    end = ended(chat, chunks(*said))
    assert calls(end) == expected
    assert len({call.id for call in end.message.tool_calls}) == len(expected)


def entry(id: str, name: str, args: Any) -> dict[str, Any]:  # noqa: A002
    """Build a whole call of a message."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": args}}


STREAMED = [piece(0, "A", "f", A1), piece(0, args=A2), piece(1, "B", "g", B)]
MESSAGES: dict[str, tuple[list[Any], list[dict[str, Any]], list[Any]]] = {
    "the same": (STREAMED, [entry("A", "f", A), entry("B", "g", B)], [F, G]),
    "with other ids": (STREAMED, [entry("X", "f", A), entry("Y", "g", B)], [F, G]),
    "without ids": (STREAMED, [entry("", "f", A), entry("", "g", B)], [F, G]),
    "in another order": (STREAMED, [entry("Y", "g", B), entry("X", "f", A)], [F, G]),
    "written otherwise": (STREAMED, [entry("A", "f", '{"a":1}'), entry("B", "g", json.dumps(G[1]))], [F, G]),
    "as objects": (STREAMED, [entry("A", "f", F[1]), entry("B", "g", G[1])], [F, G]),
    "one twice": (STREAMED, [entry("A", "f", A), entry("A", "f", A), entry("B", "g", B)], [F, G]),
    "more than was streamed": (STREAMED[:2], [entry("A", "f", A), entry("B", "g", B)], [F, G]),
    "what a cut left out": (STREAMED[:1], [entry("A", "f", A), entry("B", "g", B)], [F, G]),
    "nothing streamed": ([], [entry("A", "f", A), entry("A", "f", A), entry("B", "g", B)], [F, G]),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_whole_message_at_the_end_repeats_the_deltas(name: str) -> None:
    """Chat: the text does not double, and each call stands once."""
    streamed, told, expected = MESSAGES[name]
    words = [{"choices": [{"index": 0, "delta": {"content": bit}}]} for bit in (TEXT[:9], TEXT[9:])]
    end = ended(chat, words + chunks(*streamed, message={"role": "assistant", "content": TEXT, "tool_calls": told}))
    assert end.message.text == TEXT
    assert calls(end) == expected


@pytest.mark.parametrize(
    "last",
    [{"message": {"content": TEXT}}, {"delta": {"content": TEXT}}, {"delta": {}, "message": {"content": TEXT + " "}},
     {"message": {"content": "Something else."}}, {"message": {"content": [{"type": "text", "text": TEXT}]}}],
)  # fmt: skip
def test_a_text_that_is_said_again_stands_once(last: dict[str, Any]) -> None:
    """As a message, as one more delta, in parts: what was shown stands."""
    said: list[dict[str, Any]] = [{"choices": [{"delta": {"content": bit}}]} for bit in (TEXT[:9], TEXT[9:])]
    assert ended(chat, [*said, {"choices": [{"finish_reason": "stop", **last}]}]).message.text.strip() == TEXT


@pytest.mark.parametrize("bits", [(TEXT[:9], TEXT[9:]), (TEXT[:9], TEXT[:20], TEXT), (TEXT,)])
def test_messages_may_come_instead_of_deltas(bits: tuple[str, ...]) -> None:
    """In pieces or growing."""
    said = [{"choices": [{"index": 0, "message": {"content": bit}}]} for bit in bits]
    assert ended(chat, [*said, {"choices": [{"finish_reason": "stop"}]}]).message.text == TEXT


def item(id: str, call_id: str, name: str, args: str) -> dict[str, Any]:  # noqa: A002
    """Build a function_call item; what is empty is left out."""
    found = {"type": "function_call", "id": id, "call_id": call_id, "name": name, "arguments": args}
    return {key: value for key, value in found.items() if value or key == "arguments"}


def added(place: int | None, call: dict[str, Any]) -> dict[str, Any]:
    """Build the event that opens a call."""
    return {"type": "response.output_item.added", "output_index": place, "item": call}


def grown(delta: str, **signs: Any) -> dict[str, Any]:
    """Build the event of a piece of arguments."""
    return {"type": "response.function_call_arguments.delta", "delta": delta, **signs}


def done(place: int | None, call: dict[str, Any]) -> dict[str, Any]:
    """Build the event that closes a call."""
    return {"type": "response.output_item.done", "output_index": place, "item": call}


FI, GI = item("i1", "A", "f", A), item("i2", "B", "g", B)
OPEN = [added(0, {**FI, "arguments": ""}), added(1, {**GI, "arguments": ""})]
ITEMS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[Any]]] = {
    "everything twice": (
        [*OPEN, grown(A1, item_id="i1"), grown(A2, item_id="i1"), grown(B, item_id="i2"), done(0, FI), done(1, GI)],
        [FI, GI], [F, G]),
    "each event twice": ([OPEN[0], OPEN[0], grown(A, item_id="i1"), done(0, FI), done(0, FI)], [FI, FI], [F]),
    "other ids in done and at the end": (
        [*OPEN, grown(A, output_index=0), grown(B, output_index=1), done(None, item("x", "X", "f", A)),
         done(None, item("y", "Y", "g", B))], [item("z", "Z", "f", A), item("", "", "g", B)], [F, G]),
    "one place for all": ([done(0, FI), done(0, GI), done(0, item("i3", "C", "f", '{"a": 2}'))], [],
        [F, G, ("f", {"a": 2})]),
    "one place, opened": (
        [OPEN[0], grown(A, output_index=0), done(0, FI), added(0, {**GI, "arguments": ""}), grown(B, output_index=0)],
        [FI, GI], [F, G]),
    "whole from the start, then in pieces": ([added(0, FI), grown(A1, item_id="i1"), grown(A2, item_id="i1")], [], [F]),
    "begun, then gone on": ([added(0, {**FI, "arguments": A1}), grown(A2, item_id="i1")], [], [F]),
    "growing pieces": ([OPEN[0], grown(A1, item_id="i1"), grown(A, item_id="i1")], [FI], [F]),
    "all arguments beside an empty delta": (
        [OPEN[0], {**grown("", item_id="i1"), "type": "response.function_call_arguments.done", "arguments": A}], [], [F]),
    "one place for two that are open, and no item ids": (
        [added(0, item("", "A", "f", "")), added(0, item("", "B", "f", "")), done(0, item("", "A", "f", A)),
         done(0, item("", "B", "f", '{"a": 2}'))], [], [F, ("f", {"a": 2})]),
    "done without arguments, then with them": ([OPEN[0], done(0, item("i1", "A", "f", "")), done(0, FI)], [FI], [F]),
    "ids that nobody knows": ([OPEN[0], grown(A1, item_id="q"), grown(A2, item_id="r")], [], [F]),
}  # fmt: skip


@pytest.mark.parametrize("name", ITEMS)
def test_items_that_are_told_again_stand_once(name: str) -> None:
    """Responses: added, pieces, done and the completed body hold the same calls."""
    said, output, expected = ITEMS[name]
    last = {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": output}}
    assert calls(ended(responses, [*said, last])) == expected


@pytest.mark.parametrize("signs", [{}, {"item_id": "m"}, {"item_id": "x", "output_index": 3, "content_index": 0}])
def test_a_text_is_told_in_every_event_and_stands_once(signs: dict[str, Any]) -> None:
    """Responses: deltas, text.done under other signs, item.done, and the completed body."""
    message = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": TEXT}]}
    said = [
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": bit}
        for bit in (TEXT[:9], TEXT[9:])
    ]
    said += [{"type": "response.output_text.done", "text": TEXT, **signs}, done(0, message)]
    last = {"type": "response.completed", "response": {"output": [message], "output_text": TEXT}}
    assert ended(responses, [*said, last]).message.text == TEXT


def paid(server: ScriptedServer, *streams: list[dict[str, Any]]) -> tuple[list[int], str]:
    """Let a model call ``pay`` as these streams say, then end; return what was paid and what the model was told."""
    ran: list[int] = []

    def pay(amount: int = 5) -> str:
        """Pay."""
        ran.append(amount)
        return "paid"

    for stream in streams:
        server.stream(stream, done=True)
    server.stream([{"choices": [{"delta": {"content": "Done."}, "finish_reason": "stop"}]}], done=True)
    assert ask("x", tools=[pay], once=True, show="none").text.endswith("Done.")
    return ran, str(server.requests[-1].json["messages"][-1]["content"])


def test_a_call_runs_once(service: ScriptedServer) -> None:
    """However often the server says it."""
    call = piece(0, "A", "pay", '{"amount": 7}')
    told = {"tool_calls": [entry("B", "pay", '{"amount":7}')]}
    assert paid(service, chunks(call, piece(0, args='{"amount": 7}'), message=told)) == ([7], "paid")


def test_a_call_that_cannot_be_put_together_is_told(service: ScriptedServer) -> None:
    """Two arguments in one, a call without a name, and one whose arguments were cut off: none of them runs."""
    both = chunks(piece(0, "A", "pay", '{"amount": 7}'), piece(0, args='{"amount": 8}'))
    ran, told = paid(service, both)
    assert (ran, told.splitlines()[0]) == ([], "The arguments do not fit, so the function was not called.")
    ran, told = paid(service, chunks(piece(0, "A", "", '{"amount": 7}')))
    assert ran == []
    assert told.startswith("There is no tool named ''.")
    cut = chunks(piece(0, "A", "pay"))
    cut[-1]["choices"][0]["finish_reason"] = "length"
    ran, told = paid(service, cut)
    assert ran == []
    assert "it ends before it is complete" in told


@pytest.mark.parametrize("signs", [{"index": 0}, {"index": 0, "id": "A", "name": "f"}, {}])
def test_long_arguments_in_small_pieces_take_no_long_time(signs: dict[str, Any]) -> None:
    """A page of code in an argument comes in tens of thousands of pieces."""
    text = json.dumps({"a": "word { } \\" * 8_000})
    said = chunks(piece(0, "A", "f"), *(piece(args=text[i : i + 8], **signs) for i in range(0, len(text), 8)))
    began = time.process_time()
    assert calls(ended(chat, said)) == [("f", json.loads(text))]
    assert time.process_time() - began < 8
