"""A conversation as a page: Markdown, or a notebook of Markdown cells. Nothing here loads again.

What a model wrote is made harmless as in a cell's output. The notebook is nbformat 4.5, written by hand: plain JSON
with the same cell ids each time, so that two saves of one conversation are equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..beside import ServiceCall
from ..describe.cells import fenced
from ..messages import ImagePart, Message, Turn, brought_in
from ..render.neutral import neutralise
from ..render.static import quiet, sources_markdown
from ..texts import number, printable, rupiah, say
from ..turns import Asked

_KIND = "neosantara-conversation"
_MARK = f"[//]: # ({_KIND})"
"""A link definition that no link uses: Markdown parsers show nothing for it."""
_DATA_URL = re.compile(r"data:(image/(png|jpeg|gif|webp));base64,([A-Za-z0-9+/=]*)")


class _Cell(NamedTuple):
    """A piece of the page: one cell of the notebook."""

    id: str
    text: str
    images: Sequence[ImagePart] = ()


def markdown(name: str, turns: Sequence[Turn], asks: Sequence[Asked] | None = None) -> str:
    """Return the conversation as Markdown; attached images are named, not embedded."""
    return "\n\n".join(map(_source, _cells(name, turns, asks))) + "\n"


def page(name: str, turns: Sequence[Turn], asks: Sequence[Asked] | None = None) -> str:
    """Return a Markdown page with an invisible line by which `save` recognises its own pages."""
    return f"{markdown(name, turns, asks)}\n{_MARK}\n"


def is_markdown(content: bytes) -> bool:
    """Whether a file is a page that `page` made."""
    return content.rstrip().endswith(_MARK.encode())


def is_notebook(content: bytes) -> bool:
    """Whether a file is a notebook that `notebook` made, and no cell of another kind was added."""
    try:
        found = json.loads(content)
        return _KIND in found["metadata"] and all(cell["cell_type"] == "markdown" for cell in found["cells"])
    except (ValueError, RecursionError, TypeError, KeyError):
        return False


def plain(name: str, turns: Sequence[Turn]) -> str:
    """Return the conversation as text without markup; images and calls are named in brackets."""
    pieces = [f"{say('page.title')} {_one_line(name)}"]
    for at, turn in enumerate(turns, 1):
        pieces.append(f"{at}. {_said(turn.prompt)}")
        for reply, calls in _replies(turn, " → "):
            pieces += [_said(reply), *(f"[{call}]" for call in calls)]
        pieces += [_one_line(f"{source.title} {source.url}") for source in brought_in(turn.replies)["sources"]]
        pieces.append(" · ".join(_facts(turn)))
    return "\n\n".join(piece for piece in pieces if piece)


def _said(message: Message) -> str:
    images = [f"[{_label(at)}]" for at, _ in enumerate(message.images, 1)]
    return "\n".join(piece for piece in (printable(message.text).strip(), *images) if piece)


def notebook(name: str, turns: Sequence[Turn], asks: Sequence[Asked] | None = None) -> str:
    """Return the conversation as a notebook of Markdown cells; attached images are embedded."""
    content = {
        "cells": [_markdown_cell(cell) for cell in _cells(name, turns, asks)],
        "metadata": {_KIND: {"page": 1}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    # ASCII only: a lone surrogate of a model's answer has no other spelling.
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _markdown_cell(cell: _Cell) -> dict[str, Any]:
    attachments: dict[str, dict[str, str]] = {}
    source = _source(cell, attachments).splitlines(keepends=True)
    made = {"cell_type": "markdown", "id": cell.id, "metadata": {}, "source": source}
    return made | ({"attachments": attachments} if attachments else {})


def _source(cell: _Cell, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """Return a piece as Markdown, its images named; those that are not elsewhere are put into ``attachments``."""
    pieces = [cell.text]
    for at, image in enumerate(cell.images, 1):
        data = _DATA_URL.fullmatch(image.url)
        if data is None or attachments is None:
            pieces.append(_address(image) or f"*{_label(at)}*")
        else:
            file = f"image{at}.{data[2]}"
            attachments[file] = {data[1]: data[3]}
            pieces.append(f"![{_label(at)}](attachment:{file})")
    return "\n\n".join(filter(None, pieces))


def _cells(name: str, turns: Sequence[Turn], asks: Sequence[Asked] | None = None) -> Iterator[_Cell]:
    yield _Cell("title", f"# {say('page.title')} {quiet(_one_line(name))}")
    instructions: str | None = None
    for at, turn in enumerate(turns, 1):
        pieces = [f"## {at}. {say('page.prompt')}"]
        if asks:
            time, conversation, answered_by, _ = asks[at - 1]
            pieces.append(quiet(" · ".join((time, _one_line(conversation or say("usage.once")), answered_by))))
        if turn.instructions and turn.instructions != instructions:
            pieces.append(quiet(say("page.instructions")) + "\n\n" + _fenced(turn.instructions))
        instructions = turn.instructions
        pieces.append(_harmless(turn.prompt.text))
        yield _Cell(f"turn-{at}-prompt", "\n\n".join(piece for piece in pieces if piece), turn.prompt.images)
        yield _Cell(f"turn-{at}-answer", _answer(turn), [image for reply in turn.replies for image in reply.images])


def _answer(turn: Turn) -> str:
    pieces = [f"### {say('page.answer')}"]
    for reply, calls in _replies(turn, "\n→ "):
        pieces += [_harmless(reply.text), *map(_fenced, calls)]
    pieces.append(sources_markdown(brought_in(turn.replies)["sources"]))
    pieces.append(quiet(" · ".join(_facts(turn))))
    return "\n\n".join(piece for piece in pieces if piece)


def _facts(turn: Turn) -> Iterator[str]:
    if turn.model:
        yield _one_line(turn.model)
        yield turn.api
    if turn.usage is not None:
        yield say("footer.tokens", input=number(turn.usage.input_tokens), output=number(turn.usage.output_tokens))
    if turn.cost_idr is not None:
        yield rupiah(turn.cost_idr)
    if turn.label:
        yield say(f"footer.{turn.label}")
    if turn.outcome != "completed":
        yield say(f"footer.{turn.outcome}")


def _replies(turn: Turn, gap: str) -> Iterator[tuple[Message, list[str]]]:
    """Yield each assistant message with its calls and those that the service ran itself, each with its result."""
    results = {reply.call_id: reply.text for reply in turn.replies if reply.role == "tool"}
    for reply in turn.replies:
        if reply.role == "assistant":
            calls = [_spelled(gap, call.name, call.arguments, results.get(call.id)) for call in reply.tool_calls]
            ran = [one for one in reply.beside if isinstance(one, ServiceCall)]
            yield reply, [*calls, *(_spelled(gap, one.name, one.written, one.error, one.output) for one in ran)]


def _spelled(gap: str, name: str, arguments: str, *told: str | None) -> str:
    return gap.join(filter(None, (f"{_one_line(name)}({_one_line(arguments)})", *told)))


def _harmless(text: str) -> str:
    return neutralise(text).strip("\n") if text.strip() else ""


def _fenced(text: str) -> str:
    return fenced(printable(text), "text")


def _label(at: int) -> str:
    return say("answer.image", number=at)


def _address(image: ImagePart) -> str:
    """Return a link to an image elsewhere; characters that could end the link are escaped."""
    if not image.url.startswith("https://"):
        return ""
    return "<" + re.sub(r"[\s<>\x00-\x1f\x7f]", lambda sign: f"%{ord(sign[0]):02X}", image.url) + ">"


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())
