"""The static twin: the form of an answer that a notebook stores, its footer, and the renderer that shows only these.

The same document gives the same bytes: no ids, no clock, no machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..beside import Source
from ..events import MOST_WAITS, Event, Waiting
from ..texts import decimal, language, number, printable, rupiah, say
from ..validators import shown
from .allowed import INLINE_IMAGE
from .cards import card_html, card_plain, cards_markdown, code_span
from .document import Document
from .forms import PLAIN_LOOK, Forms, Look, apart, forms, rendered
from .html import text_html
from .neutral import literal, neutralise
from .renderer import Outlet, Renderer
from .rounds import Card

if TYPE_CHECKING:
    from .blocks import LiveAnswer


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
        self._outlet, self._look = outlet, look

    def show(self, document: Document, event: Event) -> None:  # noqa: ARG002  (a Renderer gets both)
        """Show a wait; keep everything else for the end."""
        if isinstance(event, Waiting):
            self._outlet.show(quiet_line(wait_line(event)))

    def close(self, document: Document) -> None:
        """Paint the final form; nothing when there is nothing to show."""
        close_outlet(self._outlet, document, self._look)


def close_outlet(outlet: Outlet, document: Document, look: Look, live: LiveAnswer | None = None) -> None:
    """Paint the static twin, or take the display away when there is nothing to show. ``live``: see `bundle`."""
    if document.empty:
        outlet.clear()
    else:
        outlet.show(bundle(document, look, live))


def plain(document: Document) -> str:
    """Return the answer, its cards and its footer as plain text."""
    text = document.answer_plain
    cards = "\n".join(card_plain(card) for card in document.all_cards)
    parts = (printable(text).rstrip("\n"), images_plain(document), cards, *lines_below(document), footer(document))
    return "\n\n".join(part for part in parts if part)


def images_plain(document: Document) -> str:
    """Return the names of the answer's images, where none can be shown."""
    return "\n".join(f"[{name}]" for name, *_ in _images(document))


def lines_below(document: Document) -> list[str]:
    """Return what stands between cards and footer as text: sources, then remarks."""
    listed = [f"{at}. {' '.join(filter(None, _named(one)[:2]))}" for at, one in enumerate(document.sources, 1)]
    head = [say("answer.sources")] if listed else []
    return [line for line in ("\n".join(head + listed), "\n".join(remarks(document))) if line]


def sources_markdown(sources: Sequence[Source]) -> str:
    """Return sources as a Markdown list; only plain web addresses are links."""
    lines = []
    for at, source in enumerate(sources, 1):
        title, url, safe = _named(source)
        name, other = literal(title or url).replace("]", "&#93;"), f" {code_span(url)}" if title and url else ""
        lines.append(f"{at}. [{name}]({safe})" if safe else f"{at}. {name}{other}")
    return "\n".join([f"**{say('answer.sources')}**\n", *lines]) if lines else ""


def sources_html(sources: Sequence[Source]) -> str:
    """Return sources as an HTML list; only plain web addresses are links."""
    items = []
    for source in sources:
        title, url, safe = _named(source)
        name, other = text_html(title or url), f" <code>{text_html(url)}</code>" if title and url else ""
        items.append(f"<li>{_link(safe, name)}</li>" if safe else f"<li>{name}{other}</li>")
    return "\n".join([f"<p><strong>{say('answer.sources')}</strong></p>\n<ol>", *items, "</ol>"]) if items else ""


def _named(source: Source) -> tuple[str, str, str]:
    """Return title and address as one line each, and the address again if it may be a link."""
    title, url = (shown(printable(text), 1_000) for text in (source.title, source.url))
    return title, url, _plain_address(source.url) if len(source.url) <= 1_000 else ""


def quiet(line: str) -> str:
    """Return a line as small Markdown: emphasised, with Markdown's own characters escaped."""
    return f"*{literal(line)}*" if line else ""


def quiet_line(line: str, cards: Sequence[Card] = ()) -> Forms:
    """Return a display of one such line, and above it of calls that belong to no answer."""
    html = "\n".join([*map(card_html, cards), quiet_html(line)])
    markdown = "\n\n".join([*([cards_markdown(cards)] if cards else []), quiet(line)])
    return forms(html, markdown, "\n".join([*map(card_plain, cards), line]))


def _markdown(document: Document, answer: str, *, remote_images: bool) -> str:
    shown_or_linked = _images(document, remote_images=remote_images)
    images = "\n\n".join(f"{'!' if shows else ''}[{name}]({url})" for name, url, shows in shown_or_linked if url)
    lines = "\n\n".join(quiet(line) for line in remarks(document))
    # By itself first: a fence that the answer leaves open would take in what stands below.
    text = neutralise(answer, remote_images=remote_images)
    below = (cards_markdown(document.all_cards), sources_markdown(document.sources), lines, quiet(footer(document)))
    parts = (text, images, *below)
    return "\n\n".join(part for part in parts if part)


def _html(document: Document, answer: str, look: Look, live: LiveAnswer | None) -> str:
    parts: list[str] = []
    if document.reasoning:
        parts.append(reasoning_html(say("answer.reasoning"), rendered(document.reasoning, look)))
    shown = live.whole(document) if live is not None else ""
    parts.append(apart(shown) if shown else rendered(answer, look) if answer else "")
    parts += [card_html(card, remote_images=look.remote_images) for card in document.all_cards]
    parts += [*below_html(document, look.remote_images), quiet_html(footer(document))]
    return "\n".join(filter(None, parts))


def below_html(document: Document, remote_images: bool) -> list[str]:
    """Return what stands below the cards: images, sources, remarks."""
    images = [
        f'<p><img src="{escape(url)}" alt="{escape(name)}"></p>' if shows else f"<p>{_link(url, escape(name))}</p>"
        for name, url, shows in _images(document, remote_images=remote_images)
        if url
    ]
    return [*images, sources_html(document.sources), *map(quiet_html, remarks(document))]


def reasoning_html(summary: str, body: str) -> str:
    """Return folded reasoning; ``body`` must be safe already."""
    quote = f"<blockquote>\n{body}\n</blockquote>"  # where it ends is seen in every front end
    return f"<details>\n<summary>{escape(summary)}</summary>\n{quote}\n</details>"


def quiet_html(line: str) -> str:
    """Return a line of ours as small HTML."""
    return f"<p><small><em>{text_html(line)}</em></small></p>" if line else ""


def _images(document: Document, *, remote_images: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Yield the name of each image, its address if that may stand in an answer, and whether the image is shown."""
    for at, image in enumerate(document.images, 1):
        inlined = INLINE_IMAGE.fullmatch(image.url) is not None
        linked = image.url.startswith("https://") and _plain_address(image.url) == image.url
        url = image.url if inlined or linked else ""
        yield say("answer.image", number=at), url, inlined or (linked and remote_images)


def _plain_address(url: str) -> str:
    """Return a web address, with signs that could end a link spelled otherwise; nothing for any other."""
    if not url.startswith(("https://", "http://")):
        return ""
    return re.sub(r"[\s<>()\"'`\\\x00-\x1f\x7f\[\]$]", lambda sign: "".join(f"%{b:02X}" for b in sign[0].encode()), url)


def _link(url: str, name: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer" target="_blank">{name}</a>'


def footer(document: Document, *, live_seconds: float | None = None) -> str:
    """Return the line below an answer, finished or not.

    ``live_seconds`` (since the ask began) is never given for what is stored: the same server bytes must give the same
    stored bytes.
    """
    return printable(" · ".join(_segments(document, live_seconds)))


def _segments(document: Document, live_seconds: float | None) -> Iterator[str]:
    if document.model:
        yield " ".join(document.model.split())
        yield document.api
    if (usage := document.usage) is not None:
        yield say("footer.tokens", input=number(usage.input_tokens), output=number(usage.output_tokens))
    if document.cost_idr is not None:
        yield rupiah(document.cost_idr, estimated=document.cost_estimated)
    if document.label:
        yield say(f"footer.{document.label}")
    if document.cells:
        yield say("footer.cell") if document.cells == 1 else say("footer.cells", count=number(document.cells))
    if document.cards:
        count = len(document.cards)
        yield say("footer.tool") if count == 1 else say("footer.tools", count=number(count))
    if live_seconds is not None:
        seconds = number(live_seconds) if isinstance(live_seconds, int) else decimal(live_seconds)
        yield say("footer.seconds", seconds=seconds)
    yield from _ending(document)
    for note in document.notes:
        yield " ".join(note.split())


def _ending(document: Document) -> Iterator[str]:
    if document.outcome == "stopped" or (document.outcome == "failed" and document.finish_reason != "length"):
        yield say(f"footer.{document.outcome}")
    elif document.finish_reason == "length":
        # Also of data that was cut: that it failed to parse follows from this.
        limit = document.max_tokens
        yield say("footer.cut_somewhere") if limit is None else say("footer.cut", count=number(limit))
    elif document.finish_reason == "content_filter":
        yield say("footer.filtered")


def wait_line(waiting: Waiting, remaining: float | None = None) -> str:
    """Return the line that shows a wait, with the seconds ``remaining`` when something counts down."""
    if waiting.id:
        return printable(say("wait.background", id=waiting.id, status=waiting.code))
    seconds = waiting.seconds if remaining is None else remaining
    key = "wait.now" if waiting.attempt <= MOST_WAITS else "wait.turn"  # the setting ``patience`` allows more
    return say(key, status=waiting.status, seconds=_seconds(seconds), attempt=waiting.attempt, most=MOST_WAITS)


def remarks(document: Document) -> list[str]:
    """Return the quiet lines above the last one: what cannot be shown, why nothing is, what was waited for."""
    kinds = document.unshown
    kinds[10:] = [f"+ {len(kinds) - 10}"] if len(kinds) > 10 else []
    lines = [say("answer.unshown", kind=" ".join(printable(kind).split())[:80]) for kind in kinds]
    seen = document.text.strip() or document.images or document.data or document.cards
    if document.outcome == "completed" and not seen:
        lines.append(say("answer.only_reasoning" if document.reasoning.strip() else "answer.none"))
    if document.outcome in ("stopped", "failed"):
        lines += [say("wait.done", status=one.status, seconds=_seconds(one.seconds)) for one in document.waits]
    return lines


def _seconds(value: float) -> str:
    return number(round(value)) if value >= 1 or value == 0 else decimal(value)
