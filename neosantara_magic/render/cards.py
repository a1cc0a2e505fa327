"""Tool cards: one call and what became of it, as HTML, as Markdown quote lines and as plain lines.

A tool's name and arguments come from the model, results often from the web: all of it is escaped or sanitised here.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from ..texts import decimal, encodable, number, printable, say
from .allowed import INLINE_IMAGE
from .forms import HTML, MARKDOWN, PLAIN
from .html import sanitise, text_html
from .rounds import Card, CardState

MOST_IN_CARD = 20_000
"""Characters of one field in an HTML card; results were cut at the same length before."""
MOST_IN_LINE = 160
"""Characters of one field in a card of one line."""
MOST_IN_SUMMARY = 60
"""Characters of the arguments, of an error and of progress in the line of a folded card."""

_SIGNS: dict[CardState, str] = {
    "arriving": "⋯", "waiting": "⋯", "running": "▸", "done": "✓", "failed": "✗", "refused": "⊘", "unfinished": "■",
}  # fmt: skip
_NOTHING = {"", "{}"}
_BAD = {"failed", "refused", "unfinished"}

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_SVG_TEXT = "image/svg+xml"


def card_html(card: Card, *, live_seconds: bool = False, remote_images: bool = False) -> str:
    """Return a folded card. It stands open when the function drew something, which the reader came to see.

    ``live_seconds`` names how long the call took: only for what is not stored. ``remote_images`` lets displays of the
    function load images from elsewhere.
    """
    call, result = card.call, card.result
    shown = _shown(card, remote_images=remote_images)
    drawn = any("<img " in one for one in shown)
    display = [_part(say("card.shown"), "\n".join(shown))] if shown else []
    fields = []
    # Not whole above, or spelled in codes there.
    if call.arguments.strip() not in {*_NOTHING, _one_line(call.arguments, MOST_IN_SUMMARY)} or "\\u" in call.arguments:
        fields.append((say("card.arguments"), _code(pretty(call.arguments))))
    if _told(card):
        fields.append((say("card.result" if card.state == "done" else "card.error"), _code(pretty(_told(card)))))
    details = [_part(*field) for field in fields]
    if result is not None and result.note:
        details.append(_part("", f"<p><em>{text_html(result.note)}</em></p>"))
    if not shown and len(fields) == len(details) == 1 and _told(card):
        details = [fields[0][1]]  # a result alone needs no name
    body = [*display, *details] if drawn else [*details, *display]
    return "\n".join([f"<details{' open' * drawn}>", _summary(card, live_seconds), *body, "</details>"])


def _summary(card: Card, live_seconds: bool) -> str:
    """Return the line of a folded card: a sign, the call, what became of it. Its words say all; no colour is needed."""
    name = text_html(_one_line(card.call.name))
    parts = [f'<span aria-hidden="true">{_SIGNS[card.state]}</span> <code>{name}</code>']
    if card.call.arguments.strip() not in _NOTHING:
        parts.append(f"<small>{text_html(_one_line(card.call.arguments, MOST_IN_SUMMARY))}</small>")
    state = text_html(_state(card))
    parts.append(f"· <strong>{state}</strong>" if card.state in _BAD else f"· {state}")
    more = {"failed": card.result.result if card.result else "", "running": card.progress.text}.get(card.state)
    if more:
        parts.append(f"<small>{text_html(_one_line(more, MOST_IN_SUMMARY))}</small>")
    if live_seconds and card.result is not None:
        parts.append(f"· {escape(say('footer.seconds', seconds=decimal(card.result.seconds)))}")
    return f"<summary>{' '.join(parts)}</summary>"


def card_plain(card: Card) -> str:
    """Return a card as one line of text."""
    line = f"[{_one_line(card.call.name)}({_one_line(card.call.arguments)})] {_state(card)}"
    told = _told_in_line(card)
    return f"{line}: {told}" if told else line


def cards_markdown(cards: Iterable[Card]) -> str:
    """Return cards as one Markdown quote, a line for each; everything foreign stands in code spans."""
    lines = []
    for card in cards:
        told = _told_in_line(card)
        arguments = f" {code_span(_one_line(card.call.arguments))}" if card.call.arguments.strip() else ""
        line = f"> {code_span(_cut(card.call.name, MOST_IN_LINE))}{arguments} · {_state(card)}"
        lines.append(f"{line}: {code_span(told)}" if told else line)
    return "\n>\n".join(lines)


def _told_in_line(card: Card) -> str:
    return _one_line(_told(card) or (card.result.note if card.result else ""))


def pretty(text: str) -> str:
    """Return a JSON object or array indented, anything else as it came."""
    if len(text) > MOST_IN_CARD or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def code_span(text: str) -> str:
    """Return text as a Markdown code span that it cannot get out of."""
    if not text.strip():
        return "` `"
    runs = {len(run) for run in re.findall(r"`+", text)}
    ticks = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    return f"{ticks} {text} {ticks}" if text.startswith("`") or text.endswith("`") else f"{ticks}{text}{ticks}"


def _told(card: Card) -> str:
    """Return what a call returned. What the model is told of a refusal is English; the note says it to the reader."""
    result = card.result
    return "" if result is None or (card.state == "refused" and result.note) else result.result.strip()


def _state(card: Card) -> str:
    state = say("card.asked") if card.state == "waiting" and card.asked else say(f"card.{card.state}")
    return say("card.services", state=state) if card.services else state


def _one_line(text: str, most: int = MOST_IN_LINE) -> str:
    # Cut before the whitespace is folded, so that ten megabytes of arguments cost nothing.
    return _cut(" ".join(printable(text[: 20 * MOST_IN_LINE]).split()), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _code(text: str) -> str:
    rest = len(text) - MOST_IN_CARD
    more = f"\n{say('card.more', count=number(rest))}" if rest > 0 else ""
    return f"<pre>{escape(printable(text[:MOST_IN_CARD]))}{escape(more)}</pre>"


def _part(caption: str, body: str) -> str:
    """Return a part of a card, below its caption: a quote is set off in every front end, with no style of ours."""
    head = f"<small>{escape(caption)}</small>" if caption else ""
    return "\n".join(filter(None, ("<blockquote>", head, body, "</blockquote>")))


def _shown(card: Card, *, remote_images: bool) -> list[str]:
    """Return what the function displayed; where that was no picture, also the pictures that it returned."""
    result = card.result
    if result is None:
        return []
    shown = [one for bundle in result.shown if (one := _shown_html(bundle, remote_images=remote_images))]
    if not any("<img " in one for one in shown):
        shown += [f'<img src="{image.url}" alt="">' for image in result.images if INLINE_IMAGE.fullmatch(image.url)]
    return shown


def _shown_html(bundle: Mapping[str, Any], *, remote_images: bool) -> str:
    """Return what a function displayed: its image, else its HTML made safe, else its text."""
    for mime in _IMAGES:
        if mime in bundle:
            return f'<img src="data:{mime};base64,{_base64(bundle[mime])}" alt="">'
    if _SVG_TEXT in bundle:
        # Inside <img> an SVG can neither run scripts nor load anything.
        encoded = base64.b64encode(_joined(bundle[_SVG_TEXT]).encode()).decode()
        return f'<img src="data:{_SVG_TEXT};base64,{encoded}" alt="">'
    if HTML in bundle:
        return sanitise(_joined(bundle[HTML]), remote_images=remote_images)
    text = _joined(bundle.get(PLAIN) or bundle.get(MARKDOWN) or "")
    return f"<pre>{escape(_cut(printable(text), MOST_IN_CARD))}</pre>" if text.strip() else ""


def _joined(value: Any) -> str:
    # Notebook files keep texts as lists of lines.
    return encodable("".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _NOT_BASE64.sub("", _joined(value))
