"""Request: one API call, fully resolved, in nobody's wire form.

For: the frozen Request, the Client who answers it, and building the first Request of a turn.
Not for: the wire (``api/responses.py``, ``api/chat.py``) and not for running the turn (``loop.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .cancel import Cancel
    from .events import Event
    from .messages import AnswerFormat, Api, Message, ToolSpec


@dataclass(frozen=True, slots=True)
class Request:
    """One API call. A dialect's ``encode`` turns it into the SDK's keywords."""

    model: str
    api: Api
    messages: tuple[Message, ...]
    """The whole local transcript this call stands on: history, prompt, rounds so far."""
    instructions: str | None = None
    known: int = 0
    """How many leading messages the server already holds under ``previous_response_id``."""
    previous_response_id: str | None = None
    """Responses only. When set, only ``messages[known:]`` travel."""
    store: bool = False
    """Responses only; always sent."""
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    """``auto``, ``none``, ``required`` or a tool's name."""
    answer_format: AnswerFormat | None = None
    max_tokens: int = 2048
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Only what the user gave: ``temperature top_p stop presence_penalty frequency_penalty``."""
    reasoning: str | None = None
    """Effort: ``low``, ``medium``, ``high`` or what the model takes."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """``--param``: sent as it is, and wins over everything above."""
    stream: bool = True
    timeout: float = 60.0
    """Seconds without a byte."""
    fresh: bool = False
    """``--fresh``: a recording must not answer this."""


class Client(Protocol):
    """Whoever answers a Request: the service, a recording, a test."""

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round, the last one `RoundCompleted`.

        Raises:
            APIError: the service or the way to it failed.
            Stopped: ``cancel`` was set.
        """
        ...
