"""One API call of an ask: its text, its tool cards, and the replies that may be kept.

A reader's thread may look at any moment, so text grows by appending and everything else changes by one assignment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ..beside import Beside, ServiceCall
from ..events import Progress, ToolCallDelta
from ..messages import ImagePart, Message, ToolCall, ToolResult, assistant_message, tool_message

CardState = Literal["arriving", "waiting", "running", "done", "failed", "refused", "unfinished"]


class Growing:
    """Text that only grows. Appending costs the piece, not the whole; reading joins only what is new."""

    __slots__ = ("_joined", "_pieces", "size")

    def __init__(self, text: str = "") -> None:
        self._pieces = [text] if text else []
        self.size = len(text)
        self._joined = (0, "")

    def append(self, piece: str) -> None:
        """Add a piece at the end."""
        self._pieces.append(piece)
        self.size += len(piece)

    def after(self, position: int) -> tuple[str, int]:
        """Return the text after ``position`` and the new position; 0 is the start."""
        end = len(self._pieces)
        return "".join(self._pieces[position:end]), end

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def __str__(self) -> str:
        # Position and text change together, in one assignment: two threads may read at once.
        position, joined = self._joined
        new, end = self.after(position)
        if new:
            joined += new
            self._joined = (end, joined)
        return joined


@dataclass(slots=True, eq=False)
class Card:
    """One tool call, its state and its result."""

    _call: ToolCall
    state: CardState = "arriving"
    progress: Progress = field(default_factory=Progress)  # what is said while it runs
    result: ToolResult | None = None
    asked: bool = False  # whether the user has to decide, or had to
    services: bool = False  # whether the service ran it, and no function of the notebook
    _arguments: Growing | None = None  # while they arrive

    @classmethod
    def of_service(cls, ran: ServiceCall, *, ended: bool) -> Card:
        """Return the card of what the service ran itself. ``ended``: nothing more can come of it."""
        states: dict[str, CardState] = {"running": "unfinished" if ended else "running", "failed": "failed"}
        card = cls(ToolCall("", ran.name, ran.written), states.get(ran.status, "done"), services=True)
        if ran.output or ran.error:
            told = "\n".join(filter(None, (ran.error, ran.output)))
            card.result = ToolResult(card.call, told, "failed" if ran.error else "done")
        return card

    @property
    def call(self) -> ToolCall:
        """The call, as far as it has arrived."""
        growing = self._arguments
        return self._call if growing is None else replace(self._call, arguments=str(growing))

    def grow(self, delta: ToolCallDelta) -> None:
        """Add what a delta brings; the first name and id stay."""
        if self._arguments is None:
            self._arguments = Growing(self._call.arguments)
        if delta.arguments:
            self._arguments.append(delta.arguments)
        self._call = replace(self._call, id=self._call.id or delta.id, name=self._call.name or delta.name)

    def settle(self, call: ToolCall) -> None:
        """Take the complete call."""
        self._call, self._arguments, self.state = call, None, "waiting"


@dataclass(slots=True, eq=False)
class Round:
    """One API call: its text, its cards, and its message once that is complete."""

    prompt: Message | None = None  # the message of the loop to the model before this round
    thought_from: int = 0  # characters of reasoning that earlier rounds brought
    text: Growing = field(default_factory=Growing)
    arriving: dict[int, Card] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    message: Message | None = None
    brought: dict[int, ImagePart | Beside] = field(default_factory=dict)  # what came beside text and calls

    def replies(self) -> list[Message]:
        """Return the messages for a conversation: no call without an answer, no empty message."""
        said = self._said()
        return [self.prompt, *said] if said and self.prompt is not None else said

    def _said(self) -> list[Message]:
        if self.message is None:
            text, things = str(self.text), tuple(self.brought.values())
            return [assistant_message(text, (), things)] if text or things else []
        # The message's own calls are the first cards of the round, in the same order.
        own = self.cards[: len(self.message.tool_calls)]
        answered = [(card.call, card.result) for card in own if card.result is not None]
        message = replace(self.message, tool_calls=tuple(call for call, _ in answered))
        if not message.parts and not answered and not message.beside:
            return []
        return [message, *(tool_message(replace(result, call=call)) for call, result in answered)]


def card_for(call: ToolCall, cards: Sequence[Card]) -> Card | None:
    """Return the card of a call among those without an answer: its own, an equal one, one with its id, its name.

    Models send the same call twice, the same id twice and calls without an id, so one test alone loses answers.
    """
    open_cards = [card for card in cards if card.result is None]
    tests: tuple[Callable[[ToolCall], bool], ...] = (
        lambda mine: mine is call,
        lambda mine: mine == call,
        lambda mine: bool(call.id) and mine.id == call.id,
        lambda mine: mine.name == call.name,
    )
    return next((card for same in tests for card in open_cards if same(card.call)), None)
