"""Which endings pass for a whole answer, on both endpoints; everything else is an error that keeps the text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from neosantara_magic.api import chat, responses, wire
from neosantara_magic.errors import StreamError
from neosantara_magic.events import Event, RoundCompleted, TextDelta

HALF = {"type": "response.output_text.delta", "delta": "half"}
OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": "half"}]}]


def heard(dialect: Any, *said: Any) -> tuple[str, list[Event], StreamError | None]:
    """Decode a stream of these objects, or one whole body given as a list: text, events, error."""
    if isinstance(said[0], list):
        decoded = dialect.decode_body(said[0][0])
    else:
        decoded = dialect.decode([wire.ServerSentEvent("", json.dumps(one)) for one in said])
    events: list[Event] = []
    error = None
    try:
        for event in decoded:
            events.append(event)  # noqa: PERF402  (what came before an error counts)
    except StreamError as caught:
        error = caught
    return "".join(event.text for event in events if isinstance(event, TextDelta)), events, error


def choice(text: str = "", **more: Any) -> dict[str, Any]:
    """Build a chunk."""
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, **more}]}


def body(**more: Any) -> list[dict[str, Any]]:
    """Build a whole chat body that holds the half."""
    return [{"id": "c", "choices": [{"index": 0, "message": {"content": "half"}, **more}]}]


BOOM: dict[str, Any] = {"message": "upstream died", "code": "server_error"}
BROKEN: list[tuple[Any, tuple[Any, ...], str]] = [
    (chat, (choice("half"), choice(finish_reason="error", error=BOOM)), "upstream died"),
    (chat, (choice("half"), {**choice(finish_reason="error"), "error": BOOM}), "upstream died"),
    (chat, (choice("half"), choice(finish_reason="error"), {"error": BOOM}), "upstream died"),
    (chat, ({**choice("half"), "error": BOOM},), "upstream died"),
    (chat, (choice("half", error=BOOM),), "upstream died"),
    (chat, (choice("half"), {"choices": [{"index": 0, "delta": {"error": BOOM}}]}), "upstream died"),
    (chat, (choice("half"), {"object": "error", **BOOM}), "upstream died"),
    (chat, (choice("half"), {"errors": [BOOM]}), "upstream died"),
    (chat, (choice("half"), {"error": "upstream died", "choices": []}), "upstream died"),
    (chat, (choice("half"), choice(finish_reason=None, error=BOOM)), "upstream died"),
    (chat, (choice("half"), choice(finish_reason="error")), "'error'"),
    (chat, (choice("half"), choice(finish_reason="unknown")), "'unknown'"),
    (chat, (choice("half"), choice(finish_reason="other")), "'other'"),
    (chat, (choice("half"), choice(finish_reason="abort")), "'abort'"),
    (chat, (choice("half"), choice(finish_reason="insufficient_system_resource")), "'insufficient_system_resource'"),
    (chat, (choice("half"), choice(finish_reason={"type": "error"})), "error"),
    (chat, (choice("half"), choice(finish_reason="error"), choice(finish_reason="stop")), "'error'"),
    (chat, (body(finish_reason="error"),), "'error'"),
    (chat, (body(finish_reason="error", error=BOOM),), "upstream died"),
    (chat, ([{**body()[0], "error": BOOM}],), "upstream died"),
    (responses, (HALF, {"type": "response.failed", "response": {"status": "failed", "error": BOOM}}), "upstream died"),
    (responses, (HALF, {"type": "response.failed", "response": {"error": BOOM, "output": OUTPUT}}), "upstream died"),
    (responses, (HALF, {"type": "response.failed", "response": {"status": "in_progress"}}), "failed"),
    (responses, (HALF, {"type": "response.failed", "error": BOOM}), "upstream died"),
    (responses, (HALF, {"type": "response.failed"}), "failed"),
    (responses, (HALF, {"type": "response.error", "error": BOOM}), "upstream died"),
    (responses, (HALF, {"type": "response.cancelled", "response": {"status": "cancelled"}}), "cancelled"),
    (responses, (HALF, {"type": "response.canceled"}), "canceled"),
    (responses, (HALF, {"type": "response.in_progress", "response": {"status": "failed"}}), "failed"),
    (responses, (HALF, {"type": "error", **BOOM}), "upstream died"),
    (responses, (HALF, {"type": "error", "error": BOOM}), "upstream died"),
    (responses, (HALF, {"type": "x", "error": BOOM}), "upstream died"),
    (responses, (HALF, {"type": "response.completed", "response": {"status": "failed"}}), "failed"),
    (responses, (HALF, {"type": "response.completed", "response": {"error": BOOM}}), "upstream died"),
    (responses, (HALF, {"type": "response.completed", "response": {"status": "in_progress"}}), "'in_progress'"),
    (
        responses,
        (HALF, {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "upstream_error"}}}),
        "'upstream_error'",
    ),
    (
        responses,
        (HALF, {"type": "response.completed", "response": {"incomplete_details": {"reason": "gone"}}}),
        "'gone'",
    ),
    (responses, ([{"status": "failed", "error": BOOM, "output": OUTPUT}],), "upstream died"),
    (responses, ([{"status": "cancelled", "output": OUTPUT}],), "cancelled"),
    (responses, ([{"status": "queued", "output": OUTPUT}],), "'queued'"),
    (responses, ([{"status": "completed", "error": BOOM, "output": OUTPUT}],), "upstream died"),
    (responses, ([{"output_text": "half", "error": "upstream died"}],), "upstream died"),
    (responses, ([{"output_text": "half", "errors": [BOOM]}],), "upstream died"),
    (responses, (HALF, {"type": "response.in_progress", "response": {"errors": ["upstream died"]}}), "upstream died"),
]


@pytest.mark.parametrize(("dialect", "said", "why"), BROKEN)
def test_a_broken_ending_is_an_error_that_keeps_the_text(dialect: Any, said: tuple[Any, ...], why: str) -> None:
    """The server's words are quoted, and the half is kept."""
    text, events, error = heard(dialect, *said)
    assert error is not None
    assert why in error.what
    assert error.next_step
    assert text == "half"
    assert not any(isinstance(event, RoundCompleted) for event in events)


WHOLE: list[tuple[Any, tuple[Any, ...], str]] = [
    *((chat, (choice("half"), choice(finish_reason=said)), ours) for said, ours in (
        ("stop", "stop"), ("STOP", "stop"), ("end", "stop"), ("end_turn", "stop"), ("eos", "stop"), ("COMPLETE", "stop"),
        ("stop_sequence", "stop"), ("length", "length"), ("MAX_TOKENS", "length"), ("model_length", "length"),
        ("content_filter", "content_filter"), ("SAFETY", "content_filter"),
    )),
    (chat, (choice("half"), choice(finish_reason="length"), choice(finish_reason="stop")), "length"),
    (chat, (body(finish_reason=None),), "stop"),
    (chat, (body(finish_reason="stop", error=None),), "stop"),
    (chat, (choice("half"), choice(finish_reason="stop"), {"error": BOOM}), "stop"),
    (responses, (HALF, {"type": "response.incomplete", "response": {}}), "length"),
    (responses, (HALF, {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "content_filter"}}}),
     "content_filter"),
    (responses, (HALF, {"type": "response.completed", "response": {"status": "completed", "output": [
        {**OUTPUT[0], "status": "incomplete"}]}}), "length"),
    (responses, (HALF, {"type": "response.completed", "response": {"status": "completed", "error": None}}), "stop"),
    (responses, ([{"status": "incomplete", "output": OUTPUT}],), "length"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "said", "ours"), WHOLE)
def test_a_known_ending_is_one(dialect: Any, said: tuple[Any, ...], ours: str) -> None:
    """Each spelling that servers use, in any case; what comes after a whole answer takes nothing from it."""
    text, events, error = heard(dialect, *said)
    assert error is None
    assert text == "half"
    assert isinstance(events[-1], RoundCompleted)
    assert events[-1].finish_reason == ours


@pytest.mark.parametrize("dialect", [chat, responses])
@pytest.mark.parametrize(
    "foreign",
    [{"errors": [BOOM]}, {"error": "upstream died"}, {"message": ["upstream died"]}, {"detail": "upstream died"},
     {"status": 500, "message": "upstream died"}, {"object": "error", **BOOM}],
)  # fmt: skip
def test_a_body_that_is_an_error_says_so(dialect: Any, foreign: dict[str, Any]) -> None:
    """With status 200 too, in the forms that servers give their errors."""
    _, _, error = heard(dialect, [foreign])
    assert error is not None
    assert "broke the answer off: upstream died" in error.what
