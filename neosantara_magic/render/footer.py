"""The quiet lines below an answer, and the line that shows a wait: plain text, which each form of it escapes."""

from __future__ import annotations

from collections.abc import Iterator

from ..events import Waiting
from ..texts import say
from ..texts.numbers import decimal, number, rupiah
from ..texts.printable import printable
from .document import Document

MOST_WAITS = 2
"""How often an ask waits at most (contract, *Errors*)."""


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
