"""The static twin: the form of an answer that a notebook stores.

For: one bundle that reads everywhere without a kernel, and the renderer for runs that nobody watches.
Not for: anything that moves. The same document gives the same bytes: no ids, no clock, no machine.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from ..events import Waiting
from ..texts import language, say
from .cards import card_html, card_plain, cards_markdown
from .footer import footer, wait_line, waited_lines
from .forms import PLAIN_LOOK, Forms, Look, forms, rendered
from .neutral import neutralise
from .printable import printable
from .renderer import Pane

if TYPE_CHECKING:
    from ..events import Event
    from ..messages import ImagePart
    from .document import Document
    from .renderer import Outlet

_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~$&#!])")
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+\Z")


def bundle(document: Document, look: Look = PLAIN_LOOK) -> dict[str, str]:
    """Return what a notebook stores for this document.

    ``text/html`` is what was shown live; ``text/markdown`` and ``text/plain`` both hold the answer itself.

    Args:
        document: The document, usually finished.
        look: How its Markdown is rendered.
    """
    answer = document.answer
    made_from = (look, language(), footer(document), answer)
    # A finished document is asked for its twin twice: by the renderer and for the Response.
    if document.twin is not None and document.twin[0] == made_from:
        return dict(document.twin[1])
    found = forms(
        _html(document, answer, look),
        _markdown(document, answer, remote_images=look.remote_images),
        plain(document),
        remote_images=look.remote_images,
    )
    if document.outcome is not None:
        document.twin = (made_from, found)
    return dict(found)


class StaticRenderer:
    """Shows nothing until the end, visible waits aside. For nbclient, papermill, nbval."""

    def __init__(self, outlet: Outlet, *, look: Look = PLAIN_LOOK) -> None:
        self._pane = Pane(outlet)
        self._look = look

    def show(self, document: Document, event: Event) -> None:  # noqa: ARG002  (a Renderer gets both)
        """Show a wait; keep everything else for the end."""
        if isinstance(event, Waiting):
            self._pane.paint(quiet_line(wait_line(event)))

    def close(self, document: Document) -> None:
        """Paint the final form; nothing when there is nothing to show."""
        close_pane(self._pane, document, self._look)


def close_pane(pane: Pane, document: Document, look: Look) -> None:
    """Paint the static twin, or take the display away when there is nothing to show."""
    if document.empty:
        pane.wipe()
        return
    pane.paint(bundle(document, look))


def plain(document: Document) -> str:
    """Return the answer, its cards and its footer as plain text."""
    text = document.answer_plain
    cards = "\n".join(card_plain(card) for card in document.cards)
    images = "\n".join(f"[{_image_name(number)}]" for number, _ in enumerate(document.images, 1))
    waits = "\n".join(waited_lines(document))
    parts = (printable(text).rstrip("\n"), images, cards, waits, footer(document))
    return "\n\n".join(part for part in parts if part)


def quiet(line: str) -> str:
    """Return a line as small Markdown: emphasised, with Markdown's own characters escaped."""
    escaped = _MARKDOWN_SIGNS.sub(r"\\\1", line)
    return f"*{escaped}*" if line else ""


def quiet_line(line: str) -> Forms:
    """Return a display of one such line."""
    return forms(quiet_html(line), quiet(line), line)


def _markdown(document: Document, answer: str, *, remote_images: bool) -> str:
    images = "\n\n".join(
        f"![{_image_name(number)}]({image.url})" if _shows(image, remote_images) else f"[{_image_name(number)}]({url})"
        for number, image in enumerate(document.images, 1)
        if (url := _plain_url(image))
    )
    waits = "\n\n".join(quiet(line) for line in waited_lines(document))
    # By itself first: a fence that the answer leaves open would take in what stands below.
    text = neutralise(answer, remote_images=remote_images)
    parts = (text, images, cards_markdown(document.cards), waits, quiet(footer(document)))
    return "\n\n".join(part for part in parts if part)


def _html(document: Document, answer: str, look: Look) -> str:
    parts = ['<div class="neosantara-answer">']
    if document.reasoning:
        parts.append(reasoning_html(say("answer.reasoning"), rendered(document.reasoning, look)))
    if answer:
        parts.append(rendered(answer, look))
    parts += [_image_html(image, number, look.remote_images) for number, image in enumerate(document.images, 1)]
    parts += [card_html(card, remote_images=look.remote_images) for card in document.cards]
    parts += [quiet_html(line) for line in (*waited_lines(document), footer(document)) if line]
    return "\n".join([*(part for part in parts if part), "</div>"])


def reasoning_html(summary: str, body: str) -> str:
    """Return folded reasoning; ``body`` must be safe already."""
    return f'<details class="neosantara-reasoning">\n<summary>{escape(summary)}</summary>\n{body}\n</details>'


def quiet_html(line: str) -> str:
    """Return a line of ours as small HTML."""
    from .html import text_html  # noqa: PLC0415  (loads the sanitiser)

    return f'<p class="neosantara-footer"><small><em>{text_html(line)}</em></small></p>'


def _image_name(number: int) -> str:
    return say("answer.image", number=number)


def _shows(image: ImagePart, remote_images: bool) -> bool:
    return _DATA_IMAGE.match(image.url) is not None or (remote_images and image.url.startswith("https://"))


def _plain_url(image: ImagePart) -> str:
    """Return the URL when it is one that may stand in an answer: an inlined image or plain https; else nothing."""
    if _DATA_IMAGE.match(image.url):
        return image.url
    fits = image.url.startswith("https://") and not re.search(r"[\s<>()\"'`\\]", image.url)
    return image.url if fits else ""


def _image_html(image: ImagePart, number: int, remote_images: bool) -> str:
    url = escape(_plain_url(image))
    if not url:
        return ""
    name = escape(_image_name(number))
    if _shows(image, remote_images):
        return f'<p><img src="{url}" alt="{name}"></p>'
    return f'<p><a href="{url}" rel="noreferrer" target="_blank">{name}</a></p>'
