"""How a conversation is shown: the panel's one widget, an answer that grows, a finished turn, the stored transcript.

Not for: what a message means (``session.py``), or how an answer looks: ``render/answer.js`` draws it here as in a cell.
A user or a model wrote what a turn holds, so all of it goes through the gates of ``render/``.

    turns.js   the conversation: questions, answers, what a tool asks
    tools.js   the input, its images, the model and the tools to pick
    mount.js   where the panel stands in the page, and what the kernel tells it

In JupyterLab and Notebook 7 the only stored output is the static conversation. The widget is not displayed: its model
finds that output by a class name and stands in front of it while the kernel lives (decision 13). Front ends that open
no model without a view (VS Code, Colab) get two outputs: the widget, and the conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import anywidget
import traitlets

from ..events import Prompted, RoundCompleted, RoundStarted, ToolReturned
from ..ipython.notebook import DisplayOutlet, Notebook
from ..messages import Message, ToolCall, ToolResult, Turn
from ..render import static
from ..render.cards import card_html
from ..render.document import Document
from ..render.forms import HTML, MARKDOWN, PLAIN, Look, forms, rendered
from ..render.html import text_html
from ..render.neutral import neutralise
from ..render.renderer import Outlet
from ..render.widget import ANSWER, PAGE, AnswerWidget, WidgetRenderer, joined
from ..scope import Cancel
from ..texts import printable, say
from ..turns import CellKey

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


@dataclass
class Place:
    """Where a panel stands: the output that stores its conversation, and one for its widget where that needs one."""

    kept: DisplayOutlet
    mark: str = ""  # the class by which the live panel finds the stored conversation, to stand in front of it
    live: bool = True
    """Whether there is a live panel; not under nbclient, papermill and nbval, nor in front ends without panels."""
    view: DisplayOutlet | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    _through_the_page: bool = False
    """Whether the page was loaded again since the panel was shown. The page then knows none of our displays, so what
    is sent to a display reaches neither the screen nor the file."""

    def store(self, bundle: Mapping[str, str], tell: Callable[..., None]) -> None:
        """Store the conversation, if it changed; ``tell`` sends a message to the browser."""
        if bundle != self.stored:
            self.stored = bundle
            self.kept.show(bundle)
            if self._through_the_page:
                tell("keep", bundle=bundle)

    def reloaded(self, tell: Callable[..., None]) -> None:
        """Store the conversation through the live panel from now on: the page was loaded again."""
        if not self.mark:  # the panel does not know where its stored output is
            tell("notice", text=say("panel.reloaded"))
            return
        self._through_the_page = True
        tell("keep", bundle=self.stored)

    def close(self) -> None:
        """Leave only the stored conversation."""
        if self.view is not None:
            self.view.clear()


def place_for(notebook: Notebook, mark: str) -> Place:
    """Choose how a panel stands in this front end."""
    panel = notebook.front_end.panel
    view = notebook.outlet() if panel == "apart" else None
    return Place(notebook.outlet(), mark if panel == "inside" else "", panel != "none", view)


def new_key() -> CellKey:
    """Return a key for a turn that no cell owns. No two are alike, so a new turn goes to the end."""
    return (f"panel-{uuid4().hex}", 0)


def spelled(key: CellKey) -> str:
    """Return a key as the browser has it."""
    return f"{key[0]}:{key[1]}"


class PanelRenderer(WidgetRenderer):
    """Streams the answer of one turn into the panel; it is its own widget, with ``send`` and ``snapshot``."""

    def __init__(self, channel: Channel, turn: str, cancel: Cancel, look: Look) -> None:
        self._channel, self._turn = channel, turn
        super().__init__(cast("Outlet", None), cancel, look=look)  # it has no display of its own
        self.finished: Document | None = None  # the answer once it has ended, unless it is empty

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a frame of this answer."""
        self._channel({"kind": "frame", **message, "turn": self._turn})

    snapshot = property(fset=lambda self, value: self.send({"kind": "snapshot", **value}))
    """All of it so far; only ever set."""

    def close(self, document: Document) -> None:
        """Keep the finished answer."""
        self._pace.stop()
        if not document.empty:
            self.finished = document

    def show_again(self) -> None:
        """Send all of the answer so far, for a page that was loaded meanwhile."""
        if self._live is not None and self._widget is not None:
            self._around = {"cards": "", "footer": ""}
            self.snapshot = self._live.snapshot

    def _open(self) -> Any:
        return self


def document_of(turn: Turn) -> Document:
    """Return the document of a turn, as far as the turn holds it.

    Seconds, reasoning and what functions displayed are gone: the conversation keeps what was sent to the model.
    """
    document = Document()
    calls: dict[str, ToolCall] = {}
    for message in turn.replies:
        if message.role == "assistant":
            calls |= {call.id: call for call in message.tool_calls}
            document.fold(RoundStarted(turn.model, turn.api, turn.label))
            document.fold(RoundCompleted(message, model=turn.model))
        elif message.role == "tool":
            call = calls.get(message.call_id or "", ToolCall(message.call_id or "", "", ""))
            document.fold(ToolReturned(ToolResult(call, message.text, message.status, images=message.images)))
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
    for number, (turn, twin) in enumerate(turns, 1):
        question = printable(turn.prompt.text).strip() or say("panel.no_text")
        pictures = len(turn.prompt.images)
        head = say("panel.question", number=number)
        head += f" · {say('panel.images', count=pictures)}" if pictures else ""
        quoted = "\n".join(f"> {line}".rstrip() for line in neutralise(question).split("\n"))  # ends before the answer
        markdown += [f"**{head}**", quoted, twin[MARKDOWN]]
        plain += [f"{head}: {question}", twin[PLAIN]]
        asked = text_html(question).replace("\n", "<br>")
        html += [f"<p><strong>{text_html(head)}</strong></p>", f"<blockquote><p>{asked}</p></blockquote>", twin[HTML]]
    if not markdown:
        line = say("panel.empty", name=name)
        markdown, plain, html = [static.quiet(line)], [line], [static.quiet_html(line)]
    classes = " ".join(filter(None, ("neosantara-transcript", place)))
    whole = "\n".join([f'<div class="{classes}">', *html, "</div>"])
    return forms(whole, "\n\n".join(markdown), "\n\n".join(plain), remote_images=look.remote_images)
