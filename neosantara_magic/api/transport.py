"""Below the SDK: where the bytes of a request go, and how a blocked read is ended.

Closing a response from another thread leaves a blocked read blocked (measured: 15 s), while ``shutdown`` on its socket
ends it in a millisecond and the server sees it. A response tells its socket only after its headers came, and a Stop
must work before. So each request has a connection of its own from a small stack: a one-connection ``HTTPTransport``
whose socket was noted when it was opened, which the ``trace`` extension tells.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx2

from . import limits
from .wire import WireHandler, WireRequest

_OF_PACKED_BODIES = (b"content-encoding", b"content-length")
_WAITED = 0.001
"""Seconds that a chunk took to come, if it was not there already."""
_WAITS_UNPAUSED = 8
"""Waits at the start of an answer without a pause after them: the first words, and all of a short answer."""
_PAUSE = 0.09
"""Seconds. Shorter than a frame (1/10 s), so nobody sees it; a Stop can wait for it."""
_STALE = 1.0
"""Seconds. A kept connection that breaks so soon, before any byte of an answer, was closed while it lay idle: nobody
read the request, so it is sent again on a new one. A later break may be of a server that works on it."""
_IDLE_KEPT = 64
"""Idle connections kept for later requests; a batch rarely has more calls in flight."""


class _Body(httpx2.SyncByteStream):
    """The bytes of a body, and what closes it."""

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], None]) -> None:
        self._chunks, self._close = chunks, close

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._close()


class HeadedTransport(httpx2.BaseTransport):
    """Writes every header of every request anew, and bounds what every answer may bring.

    Below the SDK, because it marks its own requests with headers that it reads again afterwards.
    """

    def __init__(self, inner: httpx2.BaseTransport, headers: Callable[[httpx2.Request, bytes], dict[str, str]]) -> None:
        self._inner, self._headers = inner, headers

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request with our headers and no others; unpack the answer: the SDK would do so without a limit."""
        body = request.read()
        more: dict[str, Any] = {"headers": self._headers(request, body), "extensions": request.extensions}
        sent = httpx2.Request(request.method, request.url, content=body or None, **more)
        answer = self._inner.handle_request(sent)
        inner: Any = answer.stream
        kept = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_PACKED_BODIES]
        # Of an error the beginning, of an answer all or an error of ours.
        error = answer.status_code >= 300
        most = limits.MOST_OF_AN_ERROR if error else limits.MOST_BYTES
        packing = answer.headers.get("content-encoding", "").strip().lower()
        stream = _Body(limits.unpacked(inner, packing, most=most, cut=error), inner.close)
        return httpx2.Response(answer.status_code, headers=kept, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
        """Close what is below."""
        self._inner.close()


class OfflineTransport(httpx2.BaseTransport):
    """Answers from a function instead of a network."""

    def __init__(self, handler: WireHandler) -> None:
        self._handler = handler

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Let the handler answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(request.url.params)
        answer = self._handler(WireRequest(request.method, request.url.path, headers, request.read(), query))
        stream = _Body(_as_of_a_network(answer.body), getattr(answer.body, "close", lambda: None))
        return httpx2.Response(answer.status, headers=dict(answer.headers), stream=stream)


def _as_of_a_network(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks; a broken pipe in them looks like one of the network."""
    try:
        yield from chunks
    except OSError as error:
        raise httpx2.ReadError(str(error)) from error


class Line:
    """What one call is connected to right now; `cut` may be called from any thread, at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.was_cut = False

    def connect(self, sock: socket.socket | None) -> None:
        """Note the socket that the call waits on; None when it waits on none any more."""
        with self._lock:
            self._socket = sock
            if self.was_cut:
                self._shut()

    def cut(self) -> None:
        """End the call's blocked read or write at once, now or as soon as it has a socket."""
        with self._lock:
            self.was_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # closed a moment ago: then nothing is blocked
                # Not SSLSocket.shutdown: that closes TLS while another thread is reading.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Connection:
    """One connection and the socket it runs on."""

    def __init__(self, **options: Any) -> None:
        self.transport = httpx2.HTTPTransport(limits=httpx2.Limits(max_connections=1), **options)
        self.socket: socket.socket | None = None
        self.line: Line | None = None

    def notice(self, event: str, info: dict[str, Any]) -> None:
        """Take httpcore2's trace: a new TCP connection, or TLS on top of it."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self.socket = info["return_value"].get_extra_info("socket")
            if self.line is not None:
                self.line.connect(self.socket)


class StoppableTransport(httpx2.BaseTransport):
    """The network, with a `Line` for each call. ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count."""

    def __init__(self, *, proxy: str | None = None) -> None:
        self.proxied = proxy is not None
        self._options = {"verify": httpx2.create_ssl_context(trust_env=True), "proxy": proxy}
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._calling = threading.local()

    @contextlib.contextmanager
    def calling(self, line: Line) -> Iterator[None]:
        """While the block runs, requests of this thread connect ``line``."""
        self._calling.line = line
        try:
            yield
        finally:
            self._calling.line = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request over a connection that nobody else uses until its response is closed."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        connection = kept or _Connection(**self._options)
        began = time.monotonic()
        try:
            response = self._sent(connection, request)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            line: Line | None = getattr(self._calling, "line", None)
            if kept is None or time.monotonic() - began > _STALE or (line is not None and line.was_cut):
                raise
            connection = _Connection(**self._options)
            response = self._sent(connection, request)
        inner: Any = response.stream
        at_close = contextlib.ExitStack()  # runs everything once, the last first
        at_close.callback(self._take_back, connection, reusable=True)
        at_close.callback(inner.close)
        stream = _Body(_gathered(inner), at_close.close)
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    def _sent(self, connection: _Connection, request: httpx2.Request) -> httpx2.Response:
        connection.line = getattr(self._calling, "line", None)
        if connection.line is not None:
            connection.line.connect(connection.socket)
        request.extensions["trace"] = connection.notice
        try:
            return connection.transport.handle_request(request)
        except BaseException:
            self._take_back(connection, reusable=False)
            raise

    def _take_back(self, connection: _Connection, *, reusable: bool) -> None:
        if connection.line is not None:
            connection.line.connect(None)  # a late Stop must not hit the next call on this socket
            connection.line = None
        with self._lock:
            keep = reusable and not self._closed and len(self._idle) < _IDLE_KEPT
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.transport.close()

    def close(self) -> None:
        """Close the idle connections; those in use close when their response does."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for connection in idle:
            connection.transport.close()


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks; those of a long stream are gathered into larger pieces.

    A model's tokens come one by one, and waking up for each costs more than reading it. So a short pause follows what
    had to be waited for: the next tokens gather in the socket. The first words come at once.
    """
    waits = 0
    began = time.perf_counter()
    for chunk in chunks:
        waited = time.perf_counter() - began > _WAITED
        yield chunk
        waits += waited
        if waited and waits > _WAITS_UNPAUSED:
            time.sleep(_PAUSE)
        began = time.perf_counter()
