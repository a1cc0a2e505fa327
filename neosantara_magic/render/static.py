"""The static twin: the form of an answer that a notebook stores, and the renderer for runs that nobody watches.

The same document gives the same bytes: no ids, no clock, no machine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ..beside import Source
from ..events import Event, Waiting
from ..messages import ImagePart
from ..texts import language, say
from ..texts.printable import printable
from ..validators import shown
from .cards import INLINE_IMAGE, card_html, card_plain, cards_markdown, code_span
from .document import Document
from .footer import footer, remarks, wait_line
from .forms import PLAIN_LOOK, Forms, Look, apart, forms, rendered
from .neutral import neutralise
from .renderer import Outlet, Pane, Renderer
from .rounds import Card

if TYPE_CHECKING:
    from .live import LiveAnswer

_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~$&#!])")


def bundle(document: Document, look: Look = PLAIN_LOOK, live: LiveAnswer | None = None) -> dict[str, str]:
    """Return what a notebook stores for this document: its HTML as shown, the answer itself as Markdown and plain.

    ``live`` is what showed the answer while it grew: what it rendered is not rendered again.
    """
    answer = document.answer
    made_from = (look, language(), footer(document), answer)
    # A finished document is asked for its twin twice: by the renderer and for the Response.
    if document.twin is not None and document.twin[0] == made_from:
        return dict(document.twin[1])
    found = forms(
        _html(document, answer, look, live),
        _markdown(document, answer, remote_images=look.remote_images),
        plain(document),
        remote_images=look.remote_images,
    )
    if document.outcome is not None:
        document.twin = (made_from, found)
    return dict(found)


class StaticRenderer(Renderer):
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


def close_pane(pane: Pane, document: Document, look: Look, live: LiveAnswer | None = None) -> None:
    """Paint the static twin, or take the display away when there is nothing to show. ``live``: see `bundle`."""
    if document.empty:
        pane.wipe()
    else:
        pane.paint(bundle(document, look, live))


def plain(document: Document) -> str:
    """Return the answer, its cards and its footer as plain text."""
    text = document.answer_plain
    cards = "\n".join(card_plain(card) for card in document.all_cards)
    parts = (printable(text).rstrip("\n"), images_plain(document), cards, *lines_below(document), footer(document))
    return "\n\n".join(part for part in parts if part)


def images_plain(document: Document) -> str:
    """Return the names of the answer's images, where none can be shown."""
    return "\n".join(f"[{_image_name(number)}]" for number, _ in enumerate(document.images, 1))


def lines_below(document: Document) -> list[str]:
    """Return what stands between cards and footer as text: sources, then remarks."""
    listed = [f"{number}. {' '.join(filter(None, _named(one)[:2]))}" for number, one in enumerate(document.sources, 1)]
    head = [say("answer.sources")] if listed else []
    return [line for line in ("\n".join(head + listed), "\n".join(remarks(document))) if line]


def sources_markdown(sources: Sequence[Source]) -> str:
    """Return sources as a Markdown list; only plain web addresses are links."""
    lines = []
    for number, source in enumerate(sources, 1):
        title, url, safe = _named(source)
        name, other = _escaped(title or url), f" {code_span(url)}" if title and url else ""
        lines.append(f"{number}. [{name}]({safe})" if safe else f"{number}. {name}{other}")
    return "\n".join([f"**{say('answer.sources')}**\n", *lines]) if lines else ""


def sources_html(sources: Sequence[Source]) -> str:
    """Return sources as an HTML list; only plain web addresses are links."""
    from .html import text_html  # noqa: PLC0415  (loads the sanitiser)

    items = []
    for source in sources:
        title, url, safe = _named(source)
        name, other = text_html(title or url), f" <code>{text_html(url)}</code>" if title and url else ""
        items.append(f'<li><a href="{escape(safe)}">{name}</a></li>' if safe else f"<li>{name}{other}</li>")
    return "\n".join([f"<p><strong>{say('answer.sources')}</strong></p>\n<ol>", *items, "</ol>"]) if items else ""


def _named(source: Source) -> tuple[str, str, str]:
    """Return title and address as one line each, and the address again if it may be a link."""
    title, url = (shown(printable(text), 1_000) for text in (source.title, source.url))
    return title, url, _plain_address(source.url) if len(source.url) <= 1_000 else ""


def quiet(line: str) -> str:
    """Return a line as small Markdown: emphasised, with Markdown's own characters escaped."""
    return f"*{_escaped(line)}*" if line else ""


def _escaped(line: str) -> str:
    return _MARKDOWN_SIGNS.sub(r"\\\1", line)


def quiet_line(line: str) -> Forms:
    """Return a display of one such line."""
    return calls([], line)


def calls(cards: Sequence[Card], line: str) -> Forms:
    """Return a display of calls that belong to no answer, and of such a line below them."""
    html = "\n".join([*map(card_html, cards), quiet_html(line)])
    markdown = "\n\n".join([*([cards_markdown(cards)] if cards else []), quiet(line)])
    return forms(html, markdown, "\n".join([*map(card_plain, cards), line]))


def _markdown(document: Document, answer: str, *, remote_images: bool) -> str:
    images = "\n\n".join(
        f"![{_image_name(number)}]({image.url})" if _shows(image, remote_images) else f"[{_image_name(number)}]({url})"
        for number, image in enumerate(document.images, 1)
        if (url := _plain_url(image))
    )
    lines = "\n\n".join(quiet(line) for line in remarks(document))
    # By itself first: a fence that the answer leaves open would take in what stands below.
    text = neutralise(answer, remote_images=remote_images)
    below = (cards_markdown(document.all_cards), sources_markdown(document.sources), lines, quiet(footer(document)))
    parts = (text, images, *below)
    return "\n\n".join(part for part in parts if part)


def _html(document: Document, answer: str, look: Look, live: LiveAnswer | None) -> str:
    parts = ['<div class="neosantara-answer">']
    if document.reasoning:
        parts.append(reasoning_html(say("answer.reasoning"), rendered(document.reasoning, look)))
    shown = live.whole(document) if live is not None else ""
    parts.append(apart(shown) if shown else rendered(answer, look) if answer else "")
    parts += [card_html(card, remote_images=look.remote_images) for card in document.all_cards]
    parts += [*below_html(document, look.remote_images), quiet_html(footer(document))]
    return "\n".join([*(part for part in parts if part), "</div>"])


def below_html(document: Document, remote_images: bool) -> list[str]:
    """Return what stands below the cards: images, sources, remarks."""
    parts = [_image_html(image, number, remote_images) for number, image in enumerate(document.images, 1)]
    return [*parts, sources_html(document.sources), *map(quiet_html, remarks(document))]


def reasoning_html(summary: str, body: str) -> str:
    """Return folded reasoning; ``body`` must be safe already."""
    quote = f"<blockquote>\n{body}\n</blockquote>"  # where it ends is seen in every front end
    return f'<details class="neosantara-reasoning">\n<summary>{escape(summary)}</summary>\n{quote}\n</details>'


def quiet_html(line: str) -> str:
    """Return a line of ours as small HTML."""
    from .html import text_html  # noqa: PLC0415  (loads the sanitiser)

    return f'<p class="neosantara-footer"><small><em>{text_html(line)}</em></small></p>' if line else ""


def _image_name(number: int) -> str:
    return say("answer.image", number=number)


def _shows(image: ImagePart, remote_images: bool) -> bool:
    return INLINE_IMAGE.fullmatch(image.url) is not None or (remote_images and image.url.startswith("https://"))


def _plain_url(image: ImagePart) -> str:
    """Return the URL when it is one that may stand in an answer: an inlined image or plain https; else nothing."""
    plain = image.url.startswith("https://") and _plain_address(image.url) == image.url
    return image.url if plain or INLINE_IMAGE.fullmatch(image.url) else ""


def _plain_address(url: str) -> str:
    """Return a web address, with signs that could end a link spelled otherwise; nothing for any other."""
    if not url.startswith(("https://", "http://")):
        return ""
    return re.sub(r"[\s<>()\"'`\\\x00-\x1f\x7f\[\]$]", lambda sign: "".join(f"%{b:02X}" for b in sign[0].encode()), url)


def _image_html(image: ImagePart, number: int, remote_images: bool) -> str:
    url = escape(_plain_url(image))
    if not url:
        return ""
    name, shows = escape(_image_name(number)), _shows(image, remote_images)
    link = f'<a href="{url}" rel="noreferrer" target="_blank">{name}</a>'
    return f'<p><img src="{url}" alt="{name}"></p>' if shows else f"<p>{link}</p>"
