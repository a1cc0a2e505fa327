"""Below the SDK: where the bytes of a request go, and how a blocked read is ended.

For: `OfflineTransport` (an answer from inside this process), `StoppableTransport` (the network,
with every socket known to the call that is waiting on it), `HeadedTransport` (nothing but our headers).
Not for: retries or meaning (``client.py``).

Why the sockets must be known: closing a response from another thread leaves a blocked read blocked
(measured: 15 s), while ``shutdown`` on its socket ends it in a millisecond and the server sees it.
A response tells its socket, but only after its headers came, and a Stop must also work before. So
each request gets a connection of its own from a small stack: a one-connection ``HTTPTransport``
whose socket was noted when it was opened. Only public interfaces of httpx2 and httpcore2 are used
(the ``trace`` extension tells of new connections).
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from . import limits
from .wire import WireHandler, WireRequest

_OF_PACKED_BODIES = (b"content-encoding", b"content-length")

_WAITED = 0.001
"""Seconds that a chunk took to come, if it was not there already."""
_WAITS_UNPAUSED = 8
"""Waits at the start of an answer without a pause after them: the first words, and all of a short answer."""
_PAUSE = 0.07
"""Seconds. Shorter than a frame (1/12 s), so nobody sees it; a Stop can wait for it."""
_STALE = 1.0
"""Seconds. A kept connection that breaks so soon, before any byte of an answer, was closed while it lay idle: nobody
read the request, so it is sent again on a new one. A later break may be of a server that works on it."""
_IDLE_KEPT = 64
"""Idle connections kept for later requests; a batch rarely has more calls in flight."""


class HeadedTransport(httpx2.BaseTransport):
    """Writes every header of every request anew, and bounds what every answer may bring.

    Below the SDK, because it marks its own requests with headers that it reads again afterwards.
    """

    def __init__(self, inner: httpx2.BaseTransport, headers: Callable[[httpx2.Request, bytes], dict[str, str]]) -> None:
        self._inner = inner
        self._headers = headers

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request with our headers and no others; the answer's body is unpacked below its readers.

        The readers, the SDK among them, would unpack without a limit.
        """
        body = request.read()
        headers = self._headers(request, body)
        sent = httpx2.Request(
            request.method, request.url, headers=headers, content=body or None, extensions=request.extensions
        )
        answer = self._inner.handle_request(sent)
        kept = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_PACKED_BODIES]
        stream = _Bounded(answer.stream, answer.headers.get("content-encoding", ""), error=answer.status_code >= 300)
        return httpx2.Response(answer.status_code, headers=kept, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
        """Close what is below."""
        self._inner.close()


class _Bounded(httpx2.SyncByteStream):
    """A body, unpacked and counted: of an error its beginning, of an answer all or an error of ours."""

    def __init__(self, stream: Any, encoding: str, *, error: bool) -> None:
        self._stream = stream
        self._encoding = encoding.strip().lower()
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        most = limits.MOST_OF_AN_ERROR if self._error else limits.MOST_BYTES
        yield from limits.unpacked(self._stream, self._encoding, most=most, cut=self._error)

    def close(self) -> None:
        self._stream.close()


class OfflineTransport(httpx2.BaseTransport):
    """Answers from a function instead of a network."""

    def __init__(self, handler: WireHandler) -> None:
        self._handler = handler

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Let the handler answer."""
        answer = self._handler(
            WireRequest(
                method=request.method,
                path=request.url.path,
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.read(),
                query=dict(request.url.params),
            )
        )
        return httpx2.Response(answer.status, headers=dict(answer.headers), stream=_Chunks(answer.body))


class _Chunks(httpx2.SyncByteStream):
    """The chunks of an offline answer; a broken pipe in them looks like one of the network."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except OSError as error:
            raise httpx2.ReadError(str(error)) from error

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


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
                # Not SSLSocket.shutdown: that takes the TLS layer away under the reader's feet.
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
    """The network, with a `Line` for each call.

    Args:
        proxy: URL of the proxy to go through.
        trust_env: Whether ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count.
    """

    def __init__(self, *, proxy: str | None = None, trust_env: bool = True) -> None:
        self.proxied = proxy is not None
        self._options = {"verify": httpx2.create_ssl_context(trust_env=trust_env), "proxy": proxy}
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
        stream = _Leased(response.stream, lambda: self._take_back(connection, reusable=True))
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


class _Leased(httpx2.SyncByteStream):
    """A response's bytes; gives its connection back when closed.

    A model's tokens come one by one, and waking up for each costs more than reading it. So a stream that goes on
    is read in sips: what had to be waited for is followed by a short pause, in which the next tokens gather in the
    socket. Nothing is lost or slowed down by it, and the first words come at once.
    """

    def __init__(self, stream: Any, give_back: Any) -> None:
        self._stream = stream
        self._give_back = give_back

    def __iter__(self) -> Iterator[bytes]:
        waits = 0
        chunks = iter(self._stream)
        while True:
            began = time.perf_counter()
            chunk = next(chunks, None)
            if chunk is None:
                return
            waited = time.perf_counter() - began > _WAITED
            yield chunk
            if waited:
                waits += 1
                if waits > _WAITS_UNPAUSED:
                    time.sleep(_PAUSE)

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            give_back, self._give_back = self._give_back, lambda: None
            give_back()
