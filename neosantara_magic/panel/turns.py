"""A finished turn as safe HTML for the browser, and a whole conversation as the notebook stores it.

Not for: answers that still grow (``showing.py``), or asking (``session.py``).
A user or a model wrote everything here, so all of it goes through the gates of ``render/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..events import Prompted, RoundCompleted, RoundStarted, ToolReturned
from ..messages import Message, ToolCall, ToolResult, Turn
from ..render import static
from ..render.cards import card_html
from ..render.document import Document
from ..render.footer import footer
from ..render.forms import HTML, MARKDOWN, PLAIN, Look, forms, rendered
from ..render.html import text_html
from ..render.neutral import neutralise
from ..texts import say
from ..texts.printable import printable


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
        "footer": footer(document),
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
