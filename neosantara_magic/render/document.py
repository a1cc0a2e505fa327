"""Document: the state of one ask while it runs, for every renderer.

One thread folds; another (a renderer's timer) may read at any moment. So nothing here is rewritten in place that a
reader could catch half-done: text grows by appending pieces, everything else changes by one assignment.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from .. import events
from ..beside import Beside, ServiceCall, Source, Unshown
from ..describe.cells import fenced
from ..messages import Api, CodeBlock, FinishReason, ImagePart, Message, TextPart, ToolCall, Usage
from .rounds import Card, Growing, Round, card_for

Outcome = Literal["completed", "stopped", "failed"]

BETWEEN_ROUNDS = "\n\n"
"""The same blank line that ``messages.Turn.text`` puts between the texts of two rounds."""
_LANGUAGE = re.compile(r"[^\s,:{}]+")


class Document:
    """Everything one ask has produced. Fold events in, call `finish` once, read anything at any time."""

    def __init__(self) -> None:
        self.model = ""
        self.api: Api = "responses"
        self.cards: list[Card] = []  # all tool calls of the turn, in order
        self.usage: Usage | None = None  # the sum over the rounds that reported any
        self.held_tokens = 0  # of the history that ends in the last round; 0 when the server does not say
        self.rounds = 0  # API calls that the server accepted
        self.finish_reason: FinishReason | None = None
        self.response_id: str | None = None
        self.stored = False
        self.request_id: str | None = None
        self.raw: list[Any] = []
        self.billed_idr: list[float] = []  # one figure for each round that named one
        self.notes: list[str] = []
        self.waits: list[events.Waiting] = []  # every wait of the turn, once
        self.cells = 0  # how many cells of the notebook went along
        self.waiting: events.Waiting | None = None  # the wait that is going on
        self.outcome: Outcome | None = None  # None until `finish`
        self.error: BaseException | None = None
        # `asking.py` sets these.
        self.cost_idr: float | None = None
        self.cost_estimated = False
        self.max_tokens: int | None = None
        self.conversation: str | None = None
        self.parsed: Any = None  # with a schema: the validated data
        self.structured = False  # a schema was asked for, so the text is JSON and is shown as such
        self.next_cell = ""  # with ``--code``: the code for a cell below
        self.rewritten = 0  # how often the text was replaced instead of extended; see `text_after`
        self.twin: tuple[object, dict[str, str]] | None = None  # arguments and result of `static.bundle` at the end
        self._labels: list[str] = []
        self._text = Growing()
        self._reasoning = Growing()
        self._rounds: list[Round] = []

    @property
    def text(self) -> str:
        """The text of the answer that has arrived; a blank line stands between two rounds."""
        return str(self._text)

    def text_after(self, position: int) -> tuple[str, int]:
        """Return the text after ``position`` and the new position. Positions hold until `rewritten` changes."""
        return self._text.after(position)

    @property
    def reasoning(self) -> str:
        """The model's reasoning that has arrived."""
        return str(self._reasoning)

    @property
    def label(self) -> str:
        """``demo`` or ``recorded`` when every round was; empty when one came from the service."""
        labels = set(self._labels)
        return labels.pop() if len(labels) == 1 else ""

    @property
    def messages(self) -> list[Message]:
        """The replies: each assistant message, directly followed by the answers to its calls in their order."""
        complete = self._rounds if self.outcome else [r for r in self._rounds if r.message is not None]
        return [message for one in complete for message in one.replies()]

    @property
    def brought(self) -> list[ImagePart | Beside]:
        """What the service brought beside text and calls for us, in order."""
        return [thing for one in self._rounds for thing in [*one.brought.values()]]

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """Images in the answer itself."""
        return tuple(thing for thing in self.brought if isinstance(thing, ImagePart))

    @property
    def sources(self) -> list[Source]:
        """What the service named as its sources, each once."""
        return [*dict.fromkeys(thing for thing in self.brought if isinstance(thing, Source))]

    @property
    def unshown(self) -> list[str]:
        """Kinds of what no form of an answer can show, each once."""
        return [*dict.fromkeys(thing.kind for thing in self.brought if isinstance(thing, Unshown))]

    @property
    def all_cards(self) -> list[Card]:
        """The cards to show: what the service ran itself, and our tool calls."""
        ran = [thing for thing in self.brought if isinstance(thing, ServiceCall)]
        return [*(Card.of_service(one, ended=self.outcome is not None) for one in ran), *self.cards]

    @property
    def data(self) -> bool:
        """Whether the answer is data: its last text is JSON, to be shown as such."""
        return self.structured or self.parsed is not None

    @property
    def said(self) -> list[str]:
        """The texts to show, one a round that said anything.

        With a schema, a record that had to be repaired is left out: only the last one counts.
        """
        texts = [text for one in self._rounds if (text := str(one.text))]
        if not self.data:
            return texts
        return [text for text in texts[:-1] if not text.lstrip().startswith(("{", "["))] + texts[-1:]

    @property
    def answer(self) -> str:
        """The answer as Markdown to show: the text; data as a fenced JSON block, and a list of records as a table."""
        if not self.data:
            return self.text
        said = self.said
        shown = [_fenced_json(text) for text in said[-1:]] if self.parsed is None else [self._data_forms()[1]]
        return BETWEEN_ROUNDS.join([*said[:-1], *shown])

    @property
    def answer_plain(self) -> str:
        """The same as text without markup of ours."""
        said = self.said
        return BETWEEN_ROUNDS.join(said if self.parsed is None else [*said[:-1], self._data_forms()[0]])

    def _data_forms(self) -> tuple[str, str]:
        """Return the validated data as plain text and Markdown."""
        from .forms import data_forms, data_json  # noqa: PLC0415  (only answers with a schema need it)

        forms = data_forms(self.parsed)
        if forms is None:
            text = data_json(self.parsed)
            forms = (text, _fenced_json(text))
        return forms

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see, so that painting would leave a blank output (above an error, say)."""
        if self.text or self.cards or self.reasoning or self.brought:
            return False
        return self.waiting is None if self.outcome is None else self.outcome != "completed" and not self.waits

    def fold(self, event: events.Event) -> None:  # noqa: C901, PLR0912  (one case for each event)
        """Take one event in. After `finish` nothing changes any more."""
        if self.outcome is not None:
            return
        match event:
            case events.RoundStarted():
                self._start_round(event)
            case events.TextDelta():
                self._add_text(event.text)
            case events.ReasoningDelta():
                self._add_reasoning(event.text)
            case events.ToolCallDelta():
                self._grow_call(event)
            case events.Brought():
                self._open.brought = {**self._open.brought, event.index: event.thing}
                self.waiting = None
            case events.Retold():
                self._forget_reasoning(self._open)
                if event.reasoning:
                    self._add_reasoning(event.reasoning)
                self._replace_text(self._open, event.text)
            case events.Dropped():
                one = self._rounds.pop()
                self.cards = self.cards[: len(self.cards) - len(one.cards)]
                self._forget_reasoning(one)
                self._replace_text(one, "")
            case events.RoundCompleted():
                self._complete_round(event)
            case events.Waiting():
                self._wait(event)
            case events.Noted():
                self.notes += [event.text] if event.text not in self.notes else []
            case events.Parsed():
                self.parsed = event.value
            case events.Prompted():
                self._begin_round(event.message)
            case events.ToolAsked():
                card = self._card_of(event.call)
                card.asked, card.state = True, "waiting"
            case events.ToolStarted():
                card = self._card_of(event.call)
                card.progress, card.state = event.progress, "running"
            case events.ToolReturned():
                card = self._card_of(event.result.call)
                card.result, card.state = event.result, event.result.status

    def finish(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """End the document; the first call counts.

        The partial text of an open round becomes an assistant message. Calls without an answer leave the messages, so
        nothing dangles; their cards stay, as unfinished.
        """
        if self.outcome is not None:
            return
        for card in self.cards:
            if card.result is None:
                card.state = "unfinished"
        self.error = error
        self.request_id = getattr(error, "request_id", None) or self.request_id
        self.waiting = None
        self.outcome = outcome

    @property
    def _open(self) -> Round:
        """The round that is arriving; one is begun when a delta comes without `RoundStarted`."""
        if not self._rounds or self._rounds[-1].message is not None:
            self._begin_round()
        return self._rounds[-1]

    def _begin_round(self, prompt: Message | None = None) -> None:
        self._rounds.append(Round(prompt, len(self.reasoning)))

    def _start_round(self, event: events.RoundStarted) -> None:
        if self._open.text:
            self._begin_round()
        self.rounds += 1
        self.model = event.model or self.model
        self.api = event.api
        self._labels.append(event.label)
        self.waiting = None

    def _add_text(self, text: str) -> None:
        one = self._open
        if not one.text and self._text:
            self._text.append(BETWEEN_ROUNDS)
        one.text.append(text)
        self._text.append(text)
        self.waiting = None

    def _add_reasoning(self, text: str) -> None:
        if self._reasoning.size == self._open.thought_from > 0:
            self._reasoning.append(BETWEEN_ROUNDS)
        self._reasoning.append(text)

    def _forget_reasoning(self, one: Round) -> None:
        self._reasoning = Growing(self.reasoning[: one.thought_from])

    def _replace_text(self, one: Round, whole: str) -> None:
        one.text = Growing(whole)
        self._text = Growing(BETWEEN_ROUNDS.join(text for r in self._rounds if (text := str(r.text))))
        self.rewritten += 1

    def _grow_call(self, event: events.ToolCallDelta) -> None:
        one = self._open
        card = one.arriving.get(event.index)
        if card is None:
            card = one.arriving[event.index] = Card(ToolCall("", "", ""))
            one.cards.append(card)
            self.cards.append(card)
        card.grow(event)

    def _complete_round(self, event: events.RoundCompleted) -> None:
        one = self._open
        message = event.message
        self._settle_text(one, message.text)
        self._settle_calls(one, message.tool_calls)
        if not message.text and one.text:
            message = replace(message, parts=(TextPart(str(one.text)), *message.parts))
        one.message = message
        one.brought = dict(enumerate((*message.images, *message.beside)))
        self.finish_reason = event.finish_reason
        if event.usage is not None:
            self.usage = event.usage if self.usage is None else self.usage + event.usage
        self.held_tokens = event.usage.held if event.usage else 0
        self.response_id = event.id
        self.stored = event.stored
        self.model = event.model or self.model
        self.request_id = event.request_id
        if event.billed_idr is not None:
            self.billed_idr.append(event.billed_idr)
        if event.raw is not None:
            self.raw.append(event.raw)

    def _settle_text(self, one: Round, whole: str) -> None:
        """Correct the streamed text by the complete one."""
        streamed = str(one.text)
        if whole and not whole.startswith(streamed):
            self._replace_text(one, whole)
        elif more := whole[len(streamed) :]:
            self._add_text(more)

    def _settle_calls(self, one: Round, calls: tuple[ToolCall, ...]) -> None:
        """Give each complete call its card: by position one that arrived, else a new one."""
        arrived = [one.arriving[index] for index in sorted(one.arriving)]
        before = len(self.cards) - len(arrived)
        arrived += [Card(ToolCall("", "", "")) for _ in calls[len(arrived) :]]
        for card, call in zip(arrived, calls, strict=False):
            card.settle(call)
        one.cards = arrived
        self.cards = [*self.cards[:before], *arrived]

    def _wait(self, event: events.Waiting) -> None:
        # A client may count down by saying the same wait again with fewer seconds.
        if event.id:
            self.response_id, self.stored = event.id, False
        elif self.waiting is None or self.waiting.attempt != event.attempt:
            self.waits.append(event)
        self.waiting = event

    def _card_of(self, call: ToolCall) -> Card:
        """Return the open card of a call; a new card when no event announced the call."""
        card = card_for(call, self.cards)
        if card is None:
            card = Card(call, "waiting")
            self.cards.append(card)
        return card


def code_blocks(text: str) -> tuple[CodeBlock, ...]:
    """Return the fenced blocks of a Markdown text, also in lists and quotes; an unfinished one as far as it goes."""
    if "```" not in text and "~~~" not in text:
        return ()
    from markdown_it import MarkdownIt  # noqa: PLC0415  (a parser that most asks never need)

    # Fences are block structure: nothing inside paragraphs has to be parsed.
    tokens = MarkdownIt("commonmark").disable("inline").parse(text)
    return tuple(
        CodeBlock(word.group() if (word := _LANGUAGE.search(token.info)) else "", token.content.removesuffix("\n"))
        for token in tokens
        if token.type == "fence"
    )


def _fenced_json(text: str) -> str:
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return fenced(text, "json")
