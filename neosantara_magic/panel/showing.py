"""How a conversation is shown: the panel's one widget, an answer that grows, a finished turn, the stored transcript.

Not for: what a message means (``session.py``), or how an answer looks: ``render/answer.js`` draws it here as in a cell.
A user or a model wrote what a turn holds, so all of it goes through the gates of ``render/``.

    turns.js   the conversation: questions, answers, what a tool asks
    tools.js   the input, its images, the model and the tools to pick
    mount.js   where the panel stands in the page, and what the kernel tells it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..cancel import Cancel
from ..events import Prompted, RoundCompleted, RoundStarted, ToolReturned
from ..messages import Message, ToolCall, ToolResult, Turn
from ..render import static
from ..render.cards import card_html
from ..render.document import Document
from ..render.forms import HTML, MARKDOWN, PLAIN, Look, forms, rendered
from ..render.html import text_html
from ..render.neutral import neutralise
from ..render.widget import ANSWER, PAGE, AnswerWidget, WidgetRenderer, joined
from ..texts import say
from ..texts.printable import printable

Channel = Callable[[Mapping[str, Any]], None]
_HERE = Path(__file__).parent


ESM = joined(PAGE, ANSWER, *(_HERE / name for name in ("turns.js", "tools.js", "mount.js")))
"""The browser's side of a panel."""


class PanelWidget(anywidget.AnyWidget):
    """The state of a panel when it opens; everything later is sent as messages."""

    _esm = ESM
    _css = AnswerWidget._css + (_HERE / "panel.css").read_text("utf-8")  # noqa: SLF001  (anywidget's name for styles)
    labels = traitlets.Dict().tag(sync=True)
    opening = traitlets.Dict().tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    """Class of the stored output that the panel stands in; empty: it is displayed as a widget."""


class _Answer:
    """One answer of the panel, with the interfaces of `WidgetRenderer`'s widget and outlet."""

    def __init__(self, channel: Channel, turn: str) -> None:
        self._channel = channel
        self._turn = turn

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a frame of this answer."""
        self._channel({"kind": "frame", **message, "turn": self._turn})

    @property
    def snapshot(self) -> Mapping[str, Any]:
        """All of it so far; only ever set."""
        return {}

    @snapshot.setter
    def snapshot(self, value: Mapping[str, Any]) -> None:
        self.send({"kind": "snapshot", **value})

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show nothing: an answer of the panel has no display of its own."""

    def clear(self) -> None:
        """Clear nothing."""


class PanelRenderer(WidgetRenderer):
    """Streams the answer of one turn into the panel."""

    def __init__(self, channel: Channel, turn: str, cancel: Cancel, look: Look) -> None:
        self._answer_of_turn = _Answer(channel, turn)
        super().__init__(self._answer_of_turn, cancel, look=look)
        self.finished: Document | None = None
        """The answer once it has ended, unless it is empty."""

    def close(self, document: Document) -> None:
        """Keep the finished answer."""
        self._pace.stop()
        if not document.empty:
            self.finished = document

    def show_again(self) -> None:
        """Send all of the answer so far, for a page that was loaded meanwhile."""
        if self._live is not None and self._widget is not None:
            self._around = {"cards": "", "footer": ""}
            self._widget.snapshot = self._live.snapshot

    def _open(self) -> Any:
        return self._answer_of_turn


def document_of(turn: Turn) -> Document:
    """Return the document of a turn, as far as the turn holds it.

    Seconds, reasoning and what functions displayed are gone: the conversation keeps what was sent to the model.
    """
    document = Document()
    document.max_tokens = None
    calls: dict[str, ToolCall] = {}
    for message in turn.replies:
        if message.role == "assistant":
            calls |= {call.id: call for call in message.tool_calls}
            document.fold(RoundStarted(turn.model, turn.api, turn.label))
            document.fold(RoundCompleted(message, model=turn.model))
        elif message.role == "tool":
            call = calls.get(message.call_id or "", ToolCall(message.call_id or "", "", ""))
            document.fold(ToolReturned(ToolResult(call, message.text, images=message.images)))
        else:
            document.fold(Prompted(message))
    document.usage = turn.usage
    document.cost_idr = turn.cost_idr
    document.model, document.api = turn.model, turn.api
    document.finish(turn.outcome)
    return document


def answer_of(document: Document, look: Look) -> dict[str, Any]:
    """Return a finished answer as the browser takes it: blocks of safe HTML, cards, footer, and its source to copy."""
    blocks: list[str] = []
    if document.reasoning:
        blocks.append(static.reasoning_html(say("answer.reasoning"), rendered(document.reasoning, look)))
    if document.answer:
        blocks.append(rendered(document.answer, look))
    remote = look.remote_images
    cards = [card_html(card, live_seconds=True, remote_images=remote) for card in document.all_cards]
    return {
        "blocks": blocks,
        "cards": "\n".join(cards + static.below_html(document, remote)),
        "footer": static.footer(document),
        "copy": document.answer_plain,
    }


def question_of(prompt: Message) -> dict[str, Any]:
    """Return a question as the browser takes it: plain text, and the images that may be shown.

    An image from elsewhere is only named: loading it would tell its server that the notebook was opened.
    """
    inline = [image.url for image in prompt.images if image.url.startswith("data:image/")]
    linked = [image.url for image in prompt.images if image.url.startswith("https://")]
    return {"question": prompt.text, "images": inline, "links": linked}


def transcript(
    turns: Iterable[tuple[Turn, Mapping[str, str]]], name: str, look: Look, *, place: str = ""
) -> dict[str, str]:
    """Return the whole conversation ``name`` as the notebook stores it, readable without a kernel.

    Each turn comes with its static twin. ``place`` is the class name by which a live panel finds this output.
    """
    markdown, plain, html = [], [], []
    for number, (turn, kept) in enumerate(turns, 1):
        twin = dict(kept)
        question = printable(turn.prompt.text).strip() or say("panel.no_text")
        pictures = len(turn.prompt.images)
        head = say("panel.question", number=number)
        head += f" · {say('panel.images', count=pictures)}" if pictures else ""
        quoted = "\n".join(f"> {line}".rstrip() for line in neutralise(question).split("\n"))  # ends before the answer
        markdown += [f"**{head}**", quoted, twin[MARKDOWN]]
        plain += [f"{head}: {question}", twin[PLAIN]]
        html += [
            f"<p><strong>{text_html(head)}</strong></p>",
            f"<blockquote><p>{text_html(question).replace(chr(10), '<br>')}</p></blockquote>",
            twin[HTML],
        ]
    if not markdown:
        line = say("panel.empty", name=name)
        markdown, plain, html = [static.quiet(line)], [line], [static.quiet_html(line)]
    classes = " ".join(filter(None, ("neosantara-transcript", place)))
    html = [f'<div class="{classes}">', *html, "</div>"]
    texts = ("\n".join(html), "\n\n".join(markdown), "\n\n".join(plain))
    return forms(*texts, remote_images=look.remote_images)
