"""What goes over a wire: how much a server may send, how long nothing of use, a stream's lines, requests and answers.

Server-sent events (WHATWG HTML, section 9.2.6) are read whatever the size of the chunks. Unlike in the standard, the
last event counts without a blank line after it when its data is a complete JSON object or ``[DONE]``: that server has
said everything. Half an object is dropped.
"""

from __future__ import annotations

import codecs
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, Self

from ..errors import StreamError
from ..events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..texts import say, two_lines
from ..validators import from_json

MOST_BYTES = 64_000_000
"""Bytes of one answer, unpacked. An answer of 100,000 tokens takes about 30 MB of events."""
MOST_AT_ONCE = 32_000_000
"""Bytes that are read as one JSON text, a line or a body. Ten pictures fit; reading takes several times the memory."""
MOST_OF_AN_ERROR = 1_000_000
"""Bytes of an error's body; the rest is not read. Only a line of it is shown."""
MOST_TEXT = 4_000_000
"""Characters of text and reasoning. The longest answers of models (128,000 tokens) have about 600,000."""
MOST_CALLS = 128
"""Tool calls in one message. Nobody reads or approves more, and models make a handful."""
SILENCES = 10
"""How many times the allowed silence may pass while bytes come and nothing of an answer: comments of a queue, pings,
one byte at a time. Ten minutes as a rule, for slow machines say only that they are alive while they read a prompt."""

_PIECE = 65_536
_PACKED = ("gzip", "x-gzip", "deflate")
DONE = "[DONE]"
"""Data of the event that ends a stream by custom; not JSON."""
_CHUNK_READ = "\n"  # no line holds its end


def too_much(most: str) -> StreamError:
    """Return the error for what passed a limit, in words: ``64 MB``."""
    return StreamError(*two_lines("too_much", most=most))


def within(length: int) -> int:
    """Return the length of what is read as one JSON text; raise `StreamError` when it is too long."""
    if length > MOST_AT_ONCE:
        raise too_much(f"{MOST_AT_ONCE // 1_000_000} MB")
    return length


def bounded(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events of a round; raise `StreamError` at too many calls, or after as much text as is allowed."""
    left = MOST_TEXT
    for event in events:
        if isinstance(event, ToolCallDelta) and event.index >= MOST_CALLS:
            raise too_much(f"{MOST_CALLS} tool_calls")
        if isinstance(event, TextDelta | ReasoningDelta):
            left -= len(event.text)
            if left < 0:
                yield replace(event, text=event.text[:left])
                raise too_much(say("most_text", n=MOST_TEXT // 1_000_000))
        yield event


def unpacked(chunks: Iterable[bytes], encoding: str, *, most: int, cut: bool) -> Iterator[bytes]:
    """Yield the bytes of a body, unpacked in small pieces, so that a small body cannot become gigabytes.

    Raises StreamError: there are more than ``most`` bytes (with ``cut``, they end there), or they cannot be unpacked.
    """
    for piece in _pieces(chunks, encoding):
        most -= len(piece)
        if most < 0:
            yield piece[:most]
            if cut:
                return
            raise too_much(f"{MOST_BYTES // 1_000_000} MB")
        yield piece


def _pieces(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in _PACKED:
        raise StreamError(*two_lines("body_unreadable", quoted=encoding[:60]))
    unzip = zlib.decompressobj(wbits=47)  # gzip or zlib, as its head says
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield unzip.decompress(rest, _PIECE)
                rest = unzip.unconsumed_tail
        yield unzip.flush()
    except zlib.error as fault:
        raise StreamError(*two_lines("body_unreadable", quoted=f"{encoding} ({fault})")) from None


class ServerSentEvent(NamedTuple):
    """One event of the stream."""

    event: str  # its type; empty when the server named none
    data: str


PAUSE = ServerSentEvent("", "")
"""Nothing that the stream holds: what comes next may have to be waited for."""


def decode(chunks: Iterable[bytes], *, pauses: bool = False) -> Iterator[ServerSentEvent]:
    """Yield the events of a stream as soon as each is complete; with ``pauses``, `PAUSE` after those of each chunk.

    Bytes that are not UTF-8 become U+FFFD, as the standard says.
    Raises StreamError: a line or an event is longer than `MOST_AT_ONCE`.
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
            kind, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if kind == "data":
                length = within(length + len(value))
                data.append(value)
            elif kind == "event":
                name = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str | None]:
    """Yield the lines, `_CHUNK_READ` after those of each chunk, None at the end.

    A line that the stream left unfinished counts as a line.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    unfinished: list[str] = []  # pieces of one line: joined once, so a long line costs linear time
    length, after_cr = 0, False
    for chunk in chain(chunks, [None]):
        text = decoder.decode(chunk or b"", final=chunk is None)
        if text and (after_cr or "\r" in text):
            # A CR ends its line at once; an LF that comes one chunk later is of the same line end.
            text, after_cr = text.removeprefix("\n") if after_cr else text, text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *finished, rest = text.split("\n")
        if finished:
            finished[0] = "".join([*unfinished, finished[0]])
            unfinished, length = [], 0
            yield from finished
            yield _CHUNK_READ
        length = within(length + len(rest))
        unfinished.append(rest)
    if last := "".join(unfinished):
        yield last
    yield None


class Watch:
    """Cuts a connection that brings bytes for a time but nothing of an answer, while a block runs."""

    def __init__(self, seconds: float, cut: Callable[[], None]) -> None:
        self.seconds, self.fired, self._cut = seconds, False, cut
        self._over = threading.Event()
        self.progress()

    def progress(self) -> None:
        """Note that a part of the answer arrived."""
        self._until = time.monotonic() + self.seconds

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, name="neosantara-watch", daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()

    def _run(self) -> None:
        while (left := self._until - time.monotonic()) > 0:
            if self._over.wait(min(left, threading.TIMEOUT_MAX)):
                return
        self.fired = True
        self._cut()


@dataclass(frozen=True)
class WireRequest:
    """An HTTP request as a server sees it."""

    method: str
    path: str  # below the host, such as ``/v1/responses``
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""


@dataclass(frozen=True)
class WireAnswer:
    """An HTTP answer as a server gives it."""

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]  # chunks; an event stream yields them as they come into being


@dataclass(frozen=True)
class Connection:
    """How a worker of a batch makes a client of its own. The key is in no repr; it travels where this is pickled."""

    base_url: str
    key: str = field(repr=False)
    label: str = ""  # ``demo`` for the demo model, which needs no network


WireHandler = Callable[[WireRequest], WireAnswer]
