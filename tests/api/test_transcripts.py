"""Raw streams and bodies in, events out: both dialects over every documented shape.

The files of ``tests/transcripts`` are what a server sends, byte by byte, named by behaviour. A name
that stands in both folders holds the same answer from both endpoints.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neosantara_magic.api import chat, responses, wire
from neosantara_magic.errors import StreamError
from neosantara_magic.events import Event, ReasoningDelta, RoundCompleted, TextDelta, ToolCallDelta
from neosantara_magic.messages import ToolCall, Usage

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"
DIALECTS: dict[str, Any] = {"responses": responses, "chat": chat}
NAMES = sorted(f"{path.parent.name}/{path.name}" for path in TRANSCRIPTS.glob("*/*.*"))
STREAMS = [name for name in NAMES if name.endswith(".sse")]
BROKEN = ("cut", "error", "failed", "garbled", "network-error")

TEXT = "Ibu kota Indonesia: **Jakarta** 🇮🇩, né Batavia."
USAGE = Usage(12, 9, 21, 4, 0)
CALLS = (
    ToolCall("call_a", "get_weather", '{"location":"Jakarta"}'),
    ToolCall("call_b", "get_time", '{"timezone":"Asia/Jakarta"}'),
)


def is_broken(name: str) -> bool:
    """Whether the transcript holds an answer that fails."""
    return name.split("/")[1].startswith(BROKEN)


def events_of(name: str, chunks: Iterable[bytes] | None = None) -> tuple[list[Event], StreamError | None]:
    """Decode a transcript: its events, and the error it ended with."""
    dialect = DIALECTS[name.split("/", 1)[0]]
    raw = (TRANSCRIPTS / name).read_bytes()
    if name.endswith(".json"):
        decoded = dialect.decode_body(json.loads(raw))
    else:
        decoded = dialect.decode(wire.decode([raw] if chunks is None else chunks))
    events: list[Event] = []
    try:
        for event in decoded:
            events.append(event)  # noqa: PERF402  (what came before an error counts)
    except StreamError as error:
        return events, error
    return events, None


def completed(name: str) -> RoundCompleted:
    """Return how a transcript's round ended."""
    events, error = events_of(name)
    assert error is None
    assert isinstance(events[-1], RoundCompleted)
    return events[-1]


def text_of(events: list[Event]) -> str:
    """Join the streamed text."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reasoning_of(events: list[Event]) -> str:
    """Join the streamed reasoning."""
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def calls_of(events: list[Event]) -> list[tuple[str, str]]:
    """Put the streamed calls together: name and arguments."""
    calls: dict[int, list[str]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            name, arguments = calls.get(event.index, ["", ""])
            calls[event.index] = [name or event.name, arguments + event.arguments]
    return [(name, arguments) for name, arguments in calls.values()]


PLAIN = [
    "responses/plain.sse",
    "responses/done-after-completed.sse",
    "responses/crlf.sse",
    "responses/cr.sse",
    "responses/comments-and-bom.sse",
    "responses/minimal-order.sse",
    "responses/minimal-order-empty-output.sse",
    "responses/type-only-in-event-line.sse",
    "responses/unknown-events.sse",
    "responses/no-deltas.sse",
    "responses/only-item-done.sse",
    "responses/deltas-lack-the-end.sse",
    "responses/completed-has-top-level-output-text.sse",
    "responses/prompt-completion-usage.sse",
    "responses/missing-total.sse",
    "responses/unterminated-last-event.sse",
    "responses/plain.json",
    "responses/top-level-output-text.json",
    "responses/top-level-output-text-empty-output.json",
    "responses/content-of-type-text.json",
    "chat/plain.sse",
    "chat/no-done.sse",
    "chat/crlf.sse",
    "chat/usage-in-choice.sse",
    "chat/usage-with-finish.sse",
    "chat/usage-null-until-the-end.sse",
    "chat/input-output-usage.sse",
    "chat/finish-reason-end.sse",
    "chat/finish-with-last-piece.sse",
    "chat/done-instead-of-finish.sse",
    "chat/whole-message-in-stream.sse",
    "chat/second-choice.sse",
    "chat/plain.json",
    "chat/content-parts.json",
]


@pytest.mark.parametrize("name", PLAIN)
def test_every_shape_of_one_answer_gives_the_same_end(name: str) -> None:
    """One answer in every documented shape: same text, usage, model and finish reason."""
    events, error = events_of(name)
    assert error is None
    end = events[-1]
    assert isinstance(end, RoundCompleted)
    assert text_of(events) == end.message.text == TEXT
    assert (end.usage, end.model, end.finish_reason) == (USAGE, "nusantara-base", "stop")
    assert end.id
    assert end.raw


def test_the_seed_body_is_read() -> None:
    """The oldest body: text directly in output items, usage without a total, no status."""
    end = completed("responses/seed-body.json")
    assert end.message.text == TEXT
    assert end.usage == Usage(12, 9, 21)
    assert end.finish_reason == "stop"


@pytest.mark.parametrize("name", ["responses/missing-usage.sse", "responses/done-instead-of-completed.sse"])
def test_no_usage_is_none_and_not_zero(name: str) -> None:
    """A server that reports no usage leaves it unknown."""
    end = completed(name)
    assert end.message.text == TEXT
    assert end.usage is None


PAIRS = sorted({name.split("/")[1] for name in NAMES if name.startswith("chat/")} & {
    name.split("/")[1] for name in NAMES if name.startswith("responses/")
})  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_both_dialects_tell_the_same_story(name: str) -> None:
    """The same answer from both endpoints gives equal events, ids and storage aside."""

    def story(folder: str) -> tuple[list[Event], str | None]:
        events, error = events_of(f"{folder}/{name}")
        plain = [replace(e, id=None, stored=False) if isinstance(e, RoundCompleted) else e for e in events]
        return plain, text_of(events) if error else None

    assert story("responses") == story("chat")


def test_there_are_pairs_for_every_kind_of_answer() -> None:
    """The paired test compares text, reasoning, calls, cuts and errors, streamed and whole."""
    assert {
        "plain.sse",
        "plain.json",
        "reasoning.sse",
        "tool-calls.sse",
        "length.sse",
        "cut.sse",
        "error-object.sse",
    } < set(PAIRS)


@settings(max_examples=15)
@given(st.data())
@pytest.mark.parametrize("name", STREAMS)
def test_chunks_may_be_cut_anywhere(name: str, data: st.DataObject) -> None:
    """Any chunking of any transcript gives the same events and the same error."""
    raw = (TRANSCRIPTS / name).read_bytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    chunks = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    (events, error), (expected, expected_error) = events_of(name, chunks), events_of(name)
    assert events == expected
    assert str(error) == str(expected_error)


@pytest.mark.parametrize("name", STREAMS)
def test_bytes_may_come_one_by_one(name: str) -> None:
    """The smallest chunks give the same events as one big one."""
    raw = (TRANSCRIPTS / name).read_bytes()
    assert events_of(name, (raw[i : i + 1] for i in range(len(raw))))[0] == events_of(name)[0]


@pytest.mark.parametrize("name", NAMES)
def test_no_delta_is_empty_and_deltas_add_up(name: str) -> None:
    """What was streamed is what the final message holds; nothing empty is announced."""
    events, error = events_of(name)
    assert all(event.text for event in events if isinstance(event, TextDelta | ReasoningDelta))
    assert (error is not None) == is_broken(name)
    if error is not None:
        assert not any(isinstance(event, RoundCompleted) for event in events)
        return
    end = events[-1]
    assert isinstance(end, RoundCompleted)
    assert text_of(events) == end.message.text
    assert calls_of(events) == [(call.name, call.arguments) for call in end.message.tool_calls]


@pytest.mark.parametrize("name", [name for name in NAMES if is_broken(name) and name.endswith(".sse")])
def test_a_broken_stream_keeps_what_came(name: str) -> None:
    """Errors in a stream, cuts and silent ends raise after the text so far."""
    events, error = events_of(name)
    assert error is not None
    assert TEXT.startswith(text_of(events))
    assert len(text_of(events)) > 10
    assert error.next_step
    if "cut" in name:
        assert error.what == "The stream ended before the answer was complete."


@pytest.mark.parametrize("name", [name for name in NAMES if "/error" in name or "/failed" in name])
def test_the_servers_own_words_are_quoted(name: str) -> None:
    """An error of the server inside a stream says why, and keeps its code."""
    _, error = events_of(name)
    assert error is not None
    assert "Upstream provider error" in error.what
    assert error.code == "server_error"


@pytest.mark.parametrize("name", [name for name in NAMES if "/length" in name])
def test_a_cut_answer_is_a_normal_end(name: str) -> None:
    """A token limit ends the round with ``length``; nothing is raised."""
    end = completed(name)
    assert end.finish_reason == "length"
    assert end.message.text == "Ibu kota Indonesia: "


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in NAMES
        if "/tool-calls" in name and not name.endswith(("same-id.json", "without-ids.json", "without-ids.sse"))
    ],
)
def test_tool_calls_in_every_shape(name: str) -> None:
    """Two calls arrive whole and in order however their pieces are labelled."""
    end = completed(name)
    assert [(call.id, call.name, json.loads(call.arguments)) for call in end.message.tool_calls] == [
        (call.id, call.name, json.loads(call.arguments)) for call in CALLS
    ]
    assert end.finish_reason == "tool_calls"


@pytest.mark.parametrize("name", [name for name in NAMES if "without-ids" in name])
def test_missing_call_ids_are_made_up(name: str) -> None:
    """A server that gives no ids gets deterministic ones back."""
    assert [call.id for call in completed(name).message.tool_calls] == ["call_0", "call_1"]


@pytest.mark.parametrize("name", [name for name in NAMES if "same-id" in name])
def test_two_calls_with_one_id_are_told_apart(name: str) -> None:
    """Each answer must find its own call, so the second one is renamed."""
    assert [(call.id, call.name) for call in completed(name).message.tool_calls] == [("call_x", "f"), ("call_x_2", "g")]


@pytest.mark.parametrize("name", [name for name in NAMES if "/reasoning" in name])
def test_reasoning_is_told_once(name: str) -> None:
    """Reasoning comes from the first field that has any, and never twice."""
    events, _ = events_of(name)
    expected = "Satu.\n\nDua." if "summary" in name or "only-at-the-end" in name else "Dua kali dua puluh satu."
    assert reasoning_of(events) == expected
    assert text_of(events) == "42"
    end = events[-1]
    assert isinstance(end, RoundCompleted)
    assert end.usage is not None
    assert end.usage.reasoning_tokens == 20


def test_a_refusal_is_text() -> None:
    """What the model says instead of an answer is shown as the answer."""
    assert completed("responses/refusal.sse").message.text == "Tidak bisa."


def test_deltas_win_over_another_text_at_the_end() -> None:
    """What has been shown stands, even when the final copy differs."""
    raw = (TRANSCRIPTS / "responses/plain.sse").read_bytes().replace(b"Ibu kota Indonesia:", b"Something else:")
    events, error = events_of("responses/plain.sse", [raw])
    assert error is None
    assert text_of(events) == TEXT


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"object": "list", "data": []}, {"choices": "x"}])
@pytest.mark.parametrize("dialect", DIALECTS.values())
def test_a_foreign_body_is_refused(dialect: Any, body: dict[str, Any]) -> None:
    """JSON that is no answer of the endpoint is an error, never an empty answer."""
    with pytest.raises(StreamError, match="no answer of this endpoint"):
        list(dialect.decode_body(body))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "delta", "item", "response", "output", "content", "text", "id", "call_id", "choices", "message",
         "tool_calls", "function", "name", "arguments", "index", "usage", "finish_reason", "summary", "status",
         "output_index", "item_id", "input_tokens", "prompt_tokens_details", "error", "code"]), inner, max_size=5),
    max_leaves=15,
)  # fmt: skip
TYPES = st.sampled_from(
    [*responses._Round._readers, "response.created", "response.completed", "response.incomplete", "error", "x"]
)


@example([("response.output_text.done", {}, {"output_index": []})])
@example([("response.output_text.delta", {}, {"item_id": []})])
@example([("x", {}, [{"type": []}])])
@given(
    st.lists(st.tuples(TYPES, st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=2), JSON_VALUES), max_size=5)
)
def test_no_json_crashes_a_dialect(drawn: list[tuple[str, dict[str, Any], Any]]) -> None:
    """Whatever the types of the fields, a dialect yields events or raises a StreamError."""
    for dialect in DIALECTS.values():
        items = []
        for kind, more, value in drawn:
            shaped = value if isinstance(value, dict) else {"item": value, "choices": [value], "response": value}
            items.append(wire.ServerSentEvent(kind, json.dumps({**more, **shaped, "type": kind})))
        with contextlib.suppress(StreamError):
            list(dialect.decode(items))
        for kind, _, value in drawn:
            with contextlib.suppress(StreamError):
                list(dialect.decode_body({"type": kind, "output": value, "choices": value, "usage": value}))
