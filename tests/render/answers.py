"""Event lists that every renderer is tried with, and the fakes they paint on.

For: tests of this folder.
Not for: wire formats (``tests/transcripts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neosantara_magic.events import (
    Event,
    Noted,
    ReasoningDelta,
    RoundCompleted,
    RoundStarted,
    TextDelta,
    ToolAsked,
    ToolCallDelta,
    ToolReturned,
    ToolStarted,
    Waiting,
)
from neosantara_magic.messages import ToolCall, ToolResult, Usage, assistant_message
from neosantara_magic.render.document import Document, Outcome
from neosantara_magic.render.renderer import Renderer

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def streamed(text: str, size: int = 3) -> list[Event]:
    """Cut a text into deltas."""
    return [TextDelta(text[at : at + size]) for at in range(0, len(text), size)]


def one_round(text: str, **completed: Any) -> list[Event]:
    """Build the events of a round that says something."""
    usage = Usage(12, 34, 46)
    return [
        RoundStarted("nusantara-base", "responses"),
        *streamed(text),
        RoundCompleted(assistant_message(text), **{"usage": usage, "id": "resp_1", **completed}),
    ]


WEATHER = ToolCall("call_1", "get_weather", '{"location": "Jakarta"}')
TIME = ToolCall("call_2", "get_time", '{"zone": "Asia/Jakarta"}')


def with_tools(*, results: tuple[ToolResult, ...] | None = None) -> list[Event]:
    """Build the events of a turn with two calls."""
    if results is None:
        results = (ToolResult(WEATHER, "31 °C", seconds=0.2), ToolResult(TIME, "09:00", seconds=0.1))
    return [
        RoundStarted("nusantara-base", "chat"),
        TextDelta("Let me look."),
        ToolCallDelta(0, "call_1", "get_weather", '{"location"'),
        ToolCallDelta(1, "call_2", "get_time", ""),
        ToolCallDelta(0, "", "", ': "Jakarta"}'),
        ToolCallDelta(1, "", "", TIME.arguments),
        RoundCompleted(assistant_message("Let me look.", (WEATHER, TIME)), "tool_calls", Usage(100, 20, 120)),
        ToolStarted(WEATHER),
        ToolStarted(TIME),
        *(ToolReturned(result) for result in results),
        RoundStarted("nusantara-base", "chat"),
        *streamed("It is **31 °C** at 09:00."),
        RoundCompleted(assistant_message("It is **31 °C** at 09:00."), "stop", Usage(150, 30, 180)),
    ]


MIXED = (
    "# Heading\n\nSome *text* with `code`.\n\n- one\n- two\n\n```python\nprint('<b>')\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end."
)

ANSWERS: dict[str, tuple[list[Event], Outcome]] = {
    "plain": (one_round("Hello, **world**!"), "completed"),
    "mixed": (one_round(MIXED), "completed"),
    "long": (one_round("\n\n".join(f"Paragraph {n} says a little more." for n in range(60))), "completed"),
    "tools": (with_tools(), "completed"),
    "reasoning": (
        [
            RoundStarted("garda-core", "chat"),
            ReasoningDelta("Think "),
            ReasoningDelta("hard."),
            *streamed("So: 42."),
            RoundCompleted(assistant_message("So: 42.")),
        ],
        "completed",
    ),
    "waited": ([Waiting(20.0, 1, 429), *one_round("After a wait.")], "completed"),
    "cut": (one_round("One, two, th", finish_reason="length"), "completed"),
    "noted": ([Noted("3 rounds reached"), *one_round("Enough.")], "completed"),
    "stopped in a fence": (
        [RoundStarted("garda-core", "responses"), *streamed("Here:\n\n```python\nfor x in range(")],
        "stopped",
    ),
    "stopped in a tool": ([*with_tools()[:8], ToolAsked(TIME)], "stopped"),
    "failed half-way": ([RoundStarted("garda-core", "responses"), *streamed("Half an ans")], "failed"),
    "no deltas": (
        [RoundStarted("garda-core", "responses"), RoundCompleted(assistant_message("All at once."))],
        "completed",
    ),
}


def folded(events: list[Event], outcome: Outcome = "completed", error: BaseException | None = None) -> Document:
    """Fold all events and finish."""
    document = Document()
    for event in events:
        document.fold(event)
    document.finish(outcome, error)
    return document


def play(renderer: Renderer, events: list[Event], outcome: Outcome = "completed") -> Document:
    """Do with a renderer what an ask does."""
    document = Document()
    for event in events:
        document.fold(event)
        renderer.show(document, event)
    document.finish(outcome)
    renderer.close(document)
    return document


@dataclass
class FakeOutlet:
    """An outlet that remembers everything."""

    painted: list[dict[str, Any]] = field(default_factory=list)
    clears: int = 0

    @property
    def now(self) -> dict[str, Any] | None:
        """What is to be seen."""
        return self.painted[-1] if self.painted else None

    def show(self, bundle: Mapping[str, Any]) -> None:
        self.painted.append(dict(bundle))

    def clear(self) -> None:
        if self.painted:
            self.clears += 1
            self.painted.append({})


@dataclass
class FakeClock:
    """Time that passes when a test says so, and rings the last alarm that was set when it falls due."""

    now: float = 1000.0
    set: tuple[float, Callable[[], None]] | None = None

    def __call__(self) -> float:
        return self.now

    def alarm(self, seconds: float, call: Callable[[], None]) -> None:
        """Stand in for `pace.Clock.alarm`."""
        self.set = (self.now + seconds, call)

    def cancel(self) -> None:
        """Stand in for `pace.Clock.cancel`."""
        self.set = None

    @property
    def waiting(self) -> int:
        """How many alarms would still ring."""
        return 0 if self.set is None else 1

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self.set is not None and self.set[0] <= end:
            (when, call), self.set = self.set, None
            self.now = max(self.now, when)
            call()
        self.now = end
