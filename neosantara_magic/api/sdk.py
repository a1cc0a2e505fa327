"""The SDK's client, made so that only what we write reaches the wire, and the network below it.

Importing it takes 0.6 s. It never holds our key: below it, every header is written anew, so nothing of ``OPENAI_*`` and
no key goes astray.

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
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import openai

from ..errors import APIConnectionError
from ..redaction import environment
from ..texts import two_lines
from ..validators import shown
from . import wire

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
WAY = (*_CERTIFICATES, *_PROXIES, *(name.lower() for name in _PROXIES))
"""The variables that say how to get there. An error may advise to set one, so they are read anew when they change."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
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


class _Wire(openai.OpenAI):
    """The SDK without its headers: OPENAI_CUSTOM_HEADERS may hold what no request can carry."""

    proxied = False

    @property
    def default_headers(self) -> dict[str, Any]:
        return {"Accept": "application/json", "Content-Type": "application/json"}


def make(key: str, base_url: str, handler: wire.WireHandler | None) -> _Wire:
    """Return the SDK's client. A ``handler`` answers instead of the network.

    Raises APIConnectionError: what the environment says of the way there cannot be used (see `WAY`).
    """
    below = _network(base_url) if handler is None else _Handled(handler)
    http = httpx2.Client(
        transport=_HeadedTransport(below, key),
        follow_redirects=False,  # our key goes to no other address
        trust_env=False,  # no .netrc; proxies are the transport's
    )
    # Not None, which would mean "look into OPENAI_*"; the real ones are written below.
    sdk = _Wire(
        api_key="none", admin_api_key="none", base_url=base_url, http_client=http, max_retries=0,
        organization="", project="", webhook_secret="none",  # noqa: S106  (no secret: the word "none")
    )  # fmt: skip
    sdk.proxied = isinstance(below, StoppableTransport) and below.proxied
    return sdk


def _headers(request: httpx2.Request, body: bytes, key: str) -> dict[str, str]:
    """Return all headers of a request: nothing of the SDK's or the environment's."""
    streamed = b'"stream":true' in body
    written = {
        "Host": request.url.netloc.decode("ascii"),
        "Accept": "text/event-stream, application/json" if streamed else "application/json",
        # A compressed stream waits in the compressor's buffer instead of on the screen.
        "Accept-Encoding": "identity" if streamed else "gzip",
        "Connection": "keep-alive",
        "User-Agent": "neosantara-magic",
    }
    if key:
        written["Authorization"] = f"Bearer {key}"
    if request.headers.get("x-guard") == "on":
        written["X-Guard"] = "on"
    if body:
        written["Content-Type"] = "application/json"
    return written


def _network(base_url: str) -> StoppableTransport:
    proxy = _proxy_for(base_url)
    try:
        return StoppableTransport(proxy=proxy)
    except OSError as fault:
        # The file counts first; a folder that is not there is no error.
        place = next((f"{name}={environment[name]}" for name in _CERTIFICATES if environment.get(name)), "-")
        told = {"place": shown(place, 200), "reason": fault.strerror or str(fault)}
        raise APIConnectionError(*two_lines("certificates_unreadable", **told)) from None


def _proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; never one for loopback."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK or host.startswith("127.") or proxy_bypass(host):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found:
        return None
    found = found if "://" in found else f"http://{found}"
    try:
        httpx2.Proxy(found)
    except (ValueError, httpx2.InvalidURL):
        bare = f"{found.partition('://')[0]}://{found.rpartition('@')[2].rpartition('://')[2]}"  # without a password
        raise APIConnectionError(*two_lines("proxy_failed", host=host, reason=shown(bare))) from None
    return found


class _Body(httpx2.SyncByteStream):
    """The bytes of a body, and what closes it."""

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], None]) -> None:
        self._chunks, self._close = chunks, close

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._close()


class _HeadedTransport(httpx2.BaseTransport):
    """Writes every header of every request anew, and bounds what every answer may bring.

    Below the SDK, because it marks its own requests with headers that it reads again afterwards.
    """

    def __init__(self, inner: httpx2.BaseTransport, key: str) -> None:
        self._inner, self._key = inner, key

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request with our headers and no others; unpack the answer: the SDK would do so without a limit."""
        body = request.read()
        headers = httpx2.Headers(_headers(request, body, self._key))  # its repr hides the key from tracebacks
        more: dict[str, Any] = {"headers": headers, "extensions": request.extensions}
        answer = self._inner.handle_request(httpx2.Request(request.method, request.url, content=body or None, **more))
        inner: Any = answer.stream
        # Of an error the beginning, of an answer all or an error of ours.
        error = answer.status_code >= 300
        most = wire.MOST_OF_AN_ERROR if error else wire.MOST_BYTES
        packing = answer.headers.pop("content-encoding", "").strip().lower()
        answer.headers.pop("content-length", None)  # of the packed body
        answer.stream = _Body(wire.unpacked(inner, packing, most=most, cut=error), inner.close)
        return answer

    def close(self) -> None:
        """Close what is below."""
        self._inner.close()


class _Handled(httpx2.BaseTransport):
    """Answers from a function instead of a network."""

    def __init__(self, handler: wire.WireHandler) -> None:
        self._handler = handler

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        asked = wire.WireRequest(request.method, request.url.path, dict(request.headers), request.read())
        answer = self._handler(asked)
        stream = _Body(iter(answer.body), getattr(answer.body, "close", lambda: None))
        return httpx2.Response(answer.status, headers=dict(answer.headers), stream=stream)


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
            self._shut()

    def cut(self) -> None:
        """End the call's blocked read or write at once, now or as soon as it has a socket."""
        with self._lock:
            self.was_cut = True
            self._shut()

    def _shut(self) -> None:
        if self.was_cut and self._socket is not None:
            with contextlib.suppress(OSError):  # closed a moment ago: then nothing is blocked
                # Not SSLSocket.shutdown: that closes TLS while another thread is reading.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_thread = threading.local()


@contextlib.contextmanager
def calling(line: Line) -> Iterator[None]:
    """While the block runs, requests of this thread connect ``line``."""
    _thread.line = line
    try:
        yield
    finally:
        _thread.line = None


class _Connection:
    """One connection and the socket it runs on."""

    def __init__(self, **options: Any) -> None:
        self.transport = httpx2.HTTPTransport(limits=httpx2.Limits(max_connections=1), **options)
        self.socket: socket.socket | None = None

    def notice(self, line: Line, event: str, info: dict[str, Any]) -> None:
        """Take httpcore2's trace: a new TCP connection, or TLS on top of it."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self.socket = info["return_value"].get_extra_info("socket")
            line.connect(self.socket)


class StoppableTransport(httpx2.BaseTransport):
    """The network, with a `Line` for each call. ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count."""

    def __init__(self, *, proxy: str | None = None) -> None:
        self.proxied = proxy is not None
        self._options = {"verify": httpx2.create_ssl_context(trust_env=True), "proxy": proxy}
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request over a connection that nobody else uses until its response is closed."""
        line: Line = getattr(_thread, "line", None) or Line()
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        connection = kept or _Connection(**self._options)
        began = time.monotonic()
        try:
            response = self._sent(connection, request, line)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            if kept is None or time.monotonic() - began > _STALE or line.was_cut:
                raise
            connection = _Connection(**self._options)
            response = self._sent(connection, request, line)
        inner: Any = response.stream
        at_close = contextlib.ExitStack()  # runs everything once, the last first
        at_close.callback(self._take_back, connection, line, reusable=True)
        at_close.callback(inner.close)
        response.stream = _Body(_gathered(inner), at_close.close)
        return response

    def _sent(self, connection: _Connection, request: httpx2.Request, line: Line) -> httpx2.Response:
        line.connect(connection.socket)
        request.extensions["trace"] = partial(connection.notice, line)
        try:
            return connection.transport.handle_request(request)
        except BaseException:
            self._take_back(connection, line, reusable=False)
            raise

    def _take_back(self, connection: _Connection, line: Line, *, reusable: bool) -> None:
        line.connect(None)  # a late Stop must not hit the next call on this socket
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
