"""Server-sent events (WHATWG HTML, section 9.2.6): bytes in, events out, whatever the size of the chunks.

Unlike in the standard, the last event counts without a blank line after it when its data is a complete JSON object or
``[DONE]``: that server has said everything. Half an object is dropped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from ..validators import from_json
from . import limits

DONE = "[DONE]"
"""Data of the event that ends a stream by custom; not JSON."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_CHUNK_READ = "\n"  # no line holds its end


class ServerSentEvent(NamedTuple):
    """One event of the stream."""

    event: str
    """Its type; empty when the server named none."""
    data: str


PAUSE = ServerSentEvent("", "")
"""Nothing that the stream holds: what comes next may have to be waited for."""


def decode(chunks: Iterable[bytes], *, pauses: bool = False) -> Iterator[ServerSentEvent]:
    """Yield the events of a stream as soon as each is complete; with ``pauses``, `PAUSE` after those of each chunk.

    Bytes that are not UTF-8 become U+FFFD, as the standard says.
    Raises StreamError: a line or an event is longer than `limits.MOST_AT_ONCE`.
    """
    name = ""
    data: list[str] = []
    length = 0
    for line in _lines(chunks):
        if line is _CHUNK_READ:
            if pauses:
                yield PAUSE
        elif line is None:  # the stream ended without a blank line
            whole = "\n".join(data)
            if whole.strip() == DONE or isinstance(from_json(whole), dict):
                yield ServerSentEvent(name, whole)
        elif not line:
            if data:
                yield ServerSentEvent(name, "\n".join(data))
            name, data, length = "", [], 0
        else:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                length = limits.within(length + len(value))
                data.append(value)
            elif field == "event":
                name = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str | None]:
    """Yield the lines, `_CHUNK_READ` after those of each chunk, None at the end.

    A line that the stream left unfinished counts as a line.
    """
    utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
    unfinished: list[str] = []  # pieces of one line: joined once, so a long line costs linear time
    length = 0
    after_cr = False
    for chunk in chain(chunks, [None]):
        text = utf8.decode(chunk or b"", final=chunk is None)
        if after_cr and text:  # CR and LF of one line end came in two chunks
            text, after_cr = text.removeprefix("\n"), False
        after_cr = text.endswith("\r") or (after_cr and not text)
        *finished, rest = _LINE_END.split(text)
        if finished:
            finished[0] = "".join([*unfinished, finished[0]])
            unfinished, length = [], 0
            yield from finished
            yield _CHUNK_READ
        length = limits.within(length + len(rest))
        unfinished.append(rest)
    if last := "".join(unfinished):
        yield last
    yield None
