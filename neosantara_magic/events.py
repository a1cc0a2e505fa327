"""What just happened: the one vocabulary between the wire, the loop and the screen.

A dialect (``api/``) yields the events of a round, the loop adds the others, ``render.document.Document`` folds both.

Order of one round: ``RoundStarted (ReasoningDelta | TextDelta | ToolCallDelta | Brought | Retold)* RoundCompleted``;
``Waiting`` may come before a round's first byte. After a round with tool calls, for each call
``ToolAsked? ToolStarted ToolReturned``, then the next round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .beside import Beside
from .messages import Allowance, Api, FinishReason, ImagePart, Message, ToolCall, ToolResult, Usage

MOST_WAITS = 2  # of one ask, whose user looks on; the setting ``patience`` allows more


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """The server accepted the request; an answer is on its way."""

    model: str
    api: Api
    label: str = ""
    """``demo`` or ``recorded`` when the answer does not come from the service itself."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer. Never empty, except between a dialect and `api.filters.joined`: there a chunk ends."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's reasoning. Never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A tool call grows. The first delta of an index has the name; later ones only arguments."""

    index: int
    """Position of the call in its round, from 0."""
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """The service brought something beside text: new, or further along."""

    index: int
    """Position in its round, from 0. What comes again under it takes the old one's place."""
    thing: ImagePart | Beside


@dataclass(frozen=True, slots=True)
class Retold:
    """Text of this round turned out to be reasoning: these are the reasoning and the text so far."""

    reasoning: str
    text: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The round that just ended was answered without the history: it is asked again, and only its cost counts."""


@dataclass(frozen=True, slots=True)
class RoundCompleted:
    """One API call ended as it should (also when cut at its token limit)."""

    message: Message
    """The assistant message: all text and all tool calls of the round."""
    finish_reason: FinishReason = "stop"
    usage: Usage | None = None
    id: str | None = None
    model: str = ""
    stored: bool = False
    """The server keeps this response, so its id may be continued."""
    request_id: str | None = None
    billed_idr: float | None = None
    """``X-Neosantara-Billed-IDR``, when the server sent it."""
    allowances: tuple[Allowance, ...] = field(default=(), compare=False)
    """What is left of the service's limits, when the server said so."""
    raw: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visible wait before asking again, after 429 or 503, or for a response that is made in the background."""

    seconds: float
    attempt: int
    """1 for the first wait."""
    status: int
    code: str | None = None
    id: str = ""
    """Of a response in the background, whose status is then the code."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark for the footer, such as a lost conversation id or the last round reached."""

    text: str


@dataclass(frozen=True, slots=True)
class Prompted:
    """The loop itself says something to the model: a request to record or to repair an answer."""

    message: Message


@dataclass(frozen=True, slots=True)
class ToolAsked:
    """A call waits for the user's decision."""

    call: ToolCall


@dataclass(slots=True)
class Progress:
    """How far a running call is, in its tool's words. The newest replaces the one before, and no event tells of it."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool is running."""

    call: ToolCall
    progress: Progress = field(default_factory=Progress, compare=False)


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A tool call has its answer: returned, failed or refused."""

    result: ToolResult


@dataclass(frozen=True, slots=True)
class Parsed:
    """With a schema: the answer as validated data."""

    value: Any


Event = (
    RoundStarted | TextDelta | ReasoningDelta | ToolCallDelta | Brought | Retold | RoundCompleted | Waiting
    | Dropped | Noted | Prompted | ToolAsked | ToolStarted | ToolReturned | Parsed
)  # fmt: skip
