"""Tool cards: one call and what became of it, in each form that an answer takes.

For: cards as HTML, as Markdown quote lines and as plain lines.
Not for: running tools, asking for approval, or anything else of the answer.

A tool's name and arguments come from the model, results often from the web: all of it is escaped or sanitised here.
"""

from __future__ import annotations

import base64
import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from ..texts import say
from ..texts.numbers import decimal, number
from .printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .rounds import Card

MOST_IN_CARD = 20_000
"""Characters of one field in an HTML card; results were cut at the same length before."""
MOST_IN_LINE = 160
"""Characters of one field in a card of one line."""

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_SVG_TEXT = "image/svg+xml"


def card_html(card: Card, *, live_seconds: bool = False, remote_images: bool = False) -> str:
    """Return a folded card. It stands open when the function drew something, which the reader came to see.

    Args:
        card: The call.
        live_seconds: Name how long the call took. Only for what is not stored.
        remote_images: Let displays of the function load images from elsewhere.
    """
    call = card.call
    state = _state(card)
    if live_seconds and card.result is not None:
        state = f"{state} · {say('footer.seconds', seconds=decimal(card.result.seconds))}"
    shown = [_shown_html(bundle, remote_images=remote_images) for bundle in card.result.shown] if card.result else []
    opened = " open" if any("<img " in one for one in shown) else ""
    parts = [
        f'<details class="neosantara-card neosantara-{card.state}"{opened}>',
        f"<summary><code>{escape(_cut(call.name, MOST_IN_LINE))}</code> · {escape(state)}</summary>",
    ]
    if call.arguments.strip():
        parts.append(_field(say("card.arguments"), arguments_text(call.arguments)))
    if card.result is not None:
        label = "card.result" if card.state == "done" else "card.error"
        parts.append(_field(say(label), card.result.result))
        if card.result.note:
            parts.append(f"<p><em>{escape(card.result.note)}</em></p>")
    if shown:
        parts += [f"<p><small>{escape(say('card.shown'))}</small></p>", *shown]
    return "\n".join([*parts, "</details>"])


def card_markdown(card: Card) -> str:
    """Return a card as one Markdown quote line; everything foreign stands in code spans."""
    line = f"> {code_span(_cut(card.call.name, MOST_IN_LINE))}"
    if card.call.arguments.strip():
        line += f" {code_span(_one_line(card.call.arguments))}"
    line += f" · {_state(card)}"
    if card.result is not None and card.result.result.strip():
        line += f": {code_span(_one_line(card.result.result))}"
    return line


def card_plain(card: Card) -> str:
    """Return a card as one line of text."""
    line = f"[{_one_line(card.call.name)}({_one_line(card.call.arguments)})] {_state(card)}"
    if card.result is not None and card.result.result.strip():
        line += f": {_one_line(card.result.result)}"
    return line


def cards_markdown(cards: Iterable[Card]) -> str:
    """Return cards as one Markdown quote."""
    return "\n>\n".join(card_markdown(card) for card in cards)


def arguments_text(arguments: str) -> str:
    """Return a call's arguments as indented JSON, or as they came while they are not JSON."""
    if len(arguments) > MOST_IN_CARD:
        return arguments
    try:
        return json.dumps(json.loads(arguments), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return arguments


def code_span(text: str) -> str:
    """Return text as a Markdown code span that it cannot get out of."""
    if not text.strip():
        return "` `"
    runs = {len(run) for run in re.findall(r"`+", text)}
    ticks = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    return f"{ticks} {text} {ticks}" if text.startswith("`") or text.endswith("`") else f"{ticks}{text}{ticks}"


def _state(card: Card) -> str:
    return say("card.asked") if card.state == "waiting" and card.asked else say(f"card.{card.state}")


def _one_line(text: str) -> str:
    # Cut before the whitespace is folded, so that ten megabytes of arguments cost nothing.
    return _cut(" ".join(printable(text[: 20 * MOST_IN_LINE]).split()), MOST_IN_LINE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _field(label: str, text: str) -> str:
    rest = len(text) - MOST_IN_CARD
    more = f"\n{say('card.more', count=number(rest))}" if rest > 0 else ""
    return f"<p><small>{escape(label)}</small></p>\n<pre>{escape(text[:MOST_IN_CARD])}{escape(more)}</pre>"


def _shown_html(bundle: Mapping[str, Any], *, remote_images: bool) -> str:
    """Return what a function displayed: its image, else its HTML made safe, else its text."""
    for mime in _IMAGES:
        if mime in bundle:
            return f'<img src="data:{mime};base64,{_base64(bundle[mime])}" alt="">'
    if _SVG_TEXT in bundle:
        # Inside <img> an SVG can neither run scripts nor load anything.
        encoded = base64.b64encode(_joined(bundle[_SVG_TEXT]).encode()).decode()
        return f'<img src="data:{_SVG_TEXT};base64,{encoded}" alt="">'
    if "text/html" in bundle:
        from .html import sanitise  # noqa: PLC0415  (the sanitiser is loaded when there is HTML to clean)

        return sanitise(_joined(bundle["text/html"]), remote_images=remote_images)
    text = _joined(bundle.get("text/plain") or bundle.get("text/markdown") or "")
    return f"<pre>{escape(_cut(printable(text), MOST_IN_CARD))}</pre>" if text.strip() else ""


def _joined(value: Any) -> str:
    # Notebook files keep texts as lists of lines.
    return "".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _NOT_BASE64.sub("", _joined(value))
