"""The three files that outlive a kernel, as version 0.1.0 writes them: read the same, and written the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neosantara_magic.batch import answers
from neosantara_magic.events import Event, ReasoningDelta, RoundCompleted, RoundStarted, TextDelta, ToolCallDelta
from neosantara_magic.messages import (
    CodeBlock,
    ImagePart,
    Message,
    Response,
    TextPart,
    ToolCall,
    ToolResult,
    ToolSpec,
    Turn,
    Usage,
    assistant_message,
    user_message,
)
from neosantara_magic.recordings.entry import canonical, freeze
from neosantara_magic.recordings.store import Recording, RecordingClient
from neosantara_magic.request import Request
from neosantara_magic.scope import Cancel
from neosantara_magic.transcript_files import encode, load

GOLDEN = Path(__file__).parent / "golden"
CALL = ToolCall("call_1", "get_weather", '{"location": "Bogor"}')
USAGE = Usage(1200, 34, 1234, 1000, 5)
TURNS = (
    Turn(
        prompt=user_message("Rain in Bogor? 🌧", ImagePart("data:image/png;base64,iVBORw0KGgo=")),
        replies=(
            assistant_message("Let me look.", (CALL,)),
            Message("tool", (TextPart("31 °C\nrain"), ImagePart("https://example.org/a.png")), call_id="call_1"),
            assistant_message("Yes: **31 °C** and rain."),
        ),
        instructions="Answer briefly.",
        api="chat",
        model="nusantara-base",
        usage=USAGE,
        cost_idr=0.69,
        response_id="resp_1",
        stands_for="server abc",
    ),
    Turn(prompt=user_message("Halo"), model="half \ud800", outcome="failed", label="demo", cost_idr=0.0),
    Turn(
        prompt=user_message("Stop"), replies=(assistant_message("On"),), outcome="stopped", label="recorded", cost_idr=2
    ),
)
ROWS = (
    (
        "0" * 64,
        Response(
            text="```python\nprint(1)\n```",
            usage=USAGE,
            cost_idr=0.69,
            cost_estimated=True,
            model="garda-core",
            id="resp_1",
            request_id="req_1",
            finish_reason="stop",
            code=(CodeBlock(source="print(1)", language="python"),),
            messages=(user_message("Print 1"), assistant_message("```python\nprint(1)\n```")),
        ),
    ),
    (
        "1" * 64,
        Response(
            text="Rain.",
            tool_calls=(ToolResult(CALL, "31 °C, rain"), ToolResult(CALL, "No.", "refused")),
            api="chat",
            reasoning="Hm \ud800",
            messages=(
                user_message("Rain?", ImagePart("https://example.org/a.png")),
                assistant_message("", (CALL,)),
                Message("tool", (TextPart("31 °C, rain"),), call_id="call_1"),
                assistant_message("Rain."),
            ),
        ),
    ),
)
REQUEST = Request(
    api="responses",
    model="nusantara-base",
    instructions="Be brief.",
    messages=(user_message("Halo", ImagePart("data:image/png;base64,AA==")),),
    tools=(ToolSpec("get_weather", "Weather.", {"type": "object"}),),
    max_tokens=64,
)
EVENTS: tuple[tuple[float, Event], ...] = (
    (0.0, RoundStarted("nusantara-base", "responses")),
    (0.1, ReasoningDelta("Hm")),
    (0.2, TextDelta("Ha")),
    (0.3, ToolCallDelta(0, "call_1", "get_weather")),
    (0.4, ToolCallDelta(0, arguments='{"location": "Bogor"}')),
    (0.5, RoundCompleted(assistant_message("Ha", (CALL,)), "tool_calls", USAGE, model="nusantara-base")),
)


def test_saved_conversation() -> None:
    """Each turn comes back whole, and is written as it was."""
    path = GOLDEN / "conversation-1.jsonl"
    assert load(path) == ("main", TURNS)
    assert encode("main", TURNS).encode() == path.read_bytes()


def test_rows_of_a_batch() -> None:
    """Each row comes back whole, and is written as it was."""
    held = (GOLDEN / "batch-1.jsonl").read_bytes().splitlines(keepends=True)
    assert [(answers.key_in(line), answers.read(line, None)) for line in held] == list(ROWS)
    assert [answers.write(key, response) for key, response in ROWS] == held


def test_recording(tmp_path: Path) -> None:
    """The events come back, free and labelled, and are written as they were."""
    path = GOLDEN / "recording-1.jsonl"
    client = RecordingClient(Recording(path, pytest.fail), "replay", pytest.fail)
    started, *others = client.stream(REQUEST, Cancel())
    assert started == RoundStarted("nusantara-base", "responses", "recorded")
    completed = RoundCompleted(
        assistant_message("Ha", (CALL,)), "tool_calls", USAGE, model="nusantara-base", billed_idr=0.0
    )
    assert others == [*(event for _, event in EVENTS[1:-1]), completed]
    new = tmp_path / "new.jsonl"
    Recording(new).keep(canonical(REQUEST), [{"at": at, **(freeze(event) or {})} for at, event in EVENTS])
    written, held = (json.loads(file.read_bytes()) for file in (new, path))
    assert written.pop("key") != held.pop("key"), "the key no longer depends on versions of libraries"
    assert written == held
