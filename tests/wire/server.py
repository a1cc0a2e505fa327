"""A real HTTP/1.1 server on 127.0.0.1 whose answers a test scripts.

For: everything that must be seen on a socket: what was sent, header by header, and how the client
takes chunks, pauses, cuts and silence.
Not for: what the answers mean (each test says that), and not for anything but loopback.

Use::

    with ScriptedServer() as server:
        server.answer(200, body={"id": "resp_1", "output": []})
        server.stream([{"type": "response.created"}], hang=True)
        ...  # a client talks to server.base_url
        assert server.requests[0].json["model"] == "garda-core"

or ``ScriptedServer(DemoServer(pace=0).handle)`` to serve a `WireHandler`.
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from neosantara_magic.api.wire import WireAnswer, WireHandler, WireRequest

EVENT_STREAM = {"Content-Type": "text/event-stream"}


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    """Below the host, without the query: ``/v1/responses``."""
    headers: Mapping[str, str]
    """Names exactly as the client wrote them."""
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The parsed body; None when there is none."""
        return json.loads(self.body) if self.body else None

    def header(self, name: str) -> str | None:
        """Return a header whatever its case; None when it was not sent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


class Closes:
    """Counts the connections that a client closed in the middle of an answer."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def add(self) -> None:
        """Count one more."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def is_set(self) -> bool:
        """Whether there was one at all."""
        return self.count > 0

    def wait(self, timeout: float = 10.0, *, count: int = 1) -> bool:
        """Wait until there were ``count``; return whether there were. ``timeout`` is in seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.count >= count, timeout)


@dataclass(frozen=True)
class _Scripted:
    """One answer in the queue."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterable[bytes]
    """Bytes go out with a Content-Length, chunks in chunked encoding."""
    delay: float
    delay_between: float
    hang: bool
    cut: bool
    mute: bool
    path: str


def _as_bytes(piece: object) -> bytes:
    if isinstance(piece, bytes):
        return piece
    return piece.encode() if isinstance(piece, str) else json.dumps(piece).encode()


def sse(*events: object, named: bool = True, done: bool = False) -> list[bytes]:
    """Return one chunk per event of an event stream.

    Args:
        events: Objects, each sent as JSON; a string is sent as it is.
        named: Whether an ``event:`` line carries the object's ``type``, when it has one.
        done: Whether ``data: [DONE]`` ends the stream.
    """
    chunks = []
    for event in events:
        name = event.get("type") if named and isinstance(event, Mapping) else None
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
        chunks.append(((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode())
    return [*chunks, b"data: [DONE]\n\n"] if done else chunks


class ScriptedServer:
    """Answers requests in the order scripted, or by a `WireHandler`, and remembers them all.

    Attributes:
        requests: Every request so far, in the order of arrival.
        closed_early: Counts clients that left in the middle of an answer.
        echoes: Whether scripted answers echo the ``previous_response_id`` that was sent.
    """

    def __init__(self, handle: WireHandler | None = None) -> None:
        self.requests: list[Recorded] = []
        self.closed_early = Closes()
        self.echoes = True
        self._handle = handle
        self._script: list[_Scripted] = []
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._open: set[socket.socket] = set()
        self._answering: list[WireAnswer] = []
        self._leaving = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _Connection)
        self._http.scripted = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="scripted", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        """What a client is given, ending in ``/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._leaving.set()
        self._http.shutdown()
        with self._lock:
            still_open = list(self._open)
            answering = list(self._answering)
        for answer in answering:
            _close(answer)  # ends its pause
        for connection in still_open:
            # Wakes a thread that waits for the next request of a kept-alive connection.
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._http.server_close()
        self._thread.join(5)

    def serve(self, handle: WireHandler) -> None:
        """Answer with ``handle`` whatever the script does not."""
        self._handle = handle

    def answer(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = b"",
        *,
        delay: float = 0.0,
        delay_between: float = 0.0,
        hang: bool = False,
        cut: bool = False,
        mute: bool = False,
        path: str = "",
    ) -> None:
        """Script the next answer.

        Args:
            status: HTTP status.
            headers: Headers; a Content-Type is added when none is given.
            body: A mapping (sent as JSON), text or bytes (sent whole), or any other iterable of these (sent as chunks).
            delay: Seconds before anything is sent.
            delay_between: Seconds before each chunk but the first.
            hang: After the body, say nothing more until the client leaves.
            cut: Close after the body without finishing it.
            mute: Send nothing at all, not even a status, until the client leaves.
            path: Only for a request whose path ends so; by default for any.
        """
        whole = isinstance(body, (bytes, str, Mapping))
        kind = "application/json" if isinstance(body, Mapping) else "text/plain" if whole else "text/event-stream"
        sent = dict(headers or {})
        if not any(name.lower() == "content-type" for name in sent):
            sent["Content-Type"] = kind
        payload: bytes | Iterable[bytes]
        if not whole:
            payload = (_as_bytes(piece) for piece in body)  # type: ignore[attr-defined]
        elif hang or cut:
            payload = [_as_bytes(body)]
        else:
            payload = _as_bytes(body)
        with self._lock:
            self._script.append(_Scripted(status, sent, payload, delay, delay_between, hang, cut, mute, path))

    def stream(self, events: Iterable[object], *, named: bool = True, done: bool = False, **how: Any) -> None:
        """Script an event stream: see `sse` and `answer`."""
        self.answer(200, EVENT_STREAM, sse(*events, named=named, done=done), **how)

    def wait_for_requests(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until ``count`` requests have arrived; return whether they have. ``timeout`` is in seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.requests) >= count, timeout)

    def _take(self, request: Recorded) -> _Scripted | None:
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
            for place, scripted in enumerate(self._script):
                if request.path.endswith(scripted.path):
                    return self._script.pop(place)
        return None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128
    scripted: ScriptedServer


class _ClientLeft(Exception):  # noqa: N818  (it ends an answer; nothing failed)
    """The client closed the connection."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a chunk must arrive when it is sent
    server: _Http

    def setup(self) -> None:
        super().setup()
        with self.server.scripted._lock:
            self.server.scripted._open.add(self.connection)

    def finish(self) -> None:
        with self.server.scripted._lock:
            self.server.scripted._open.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name in the standard library)
        """Say nothing: a test reads `ScriptedServer.requests` instead."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        request = Recorded(
            self.command, parts.path, dict(self.headers.items()), self.rfile.read(length), dict(parse_qsl(parts.query))
        )
        scripted = self.server.scripted._take(request)
        try:
            if scripted is not None:
                self._play(scripted, request if self.server.scripted.echoes else None)
            else:
                self._pass_on(request)
        except (_ClientLeft, ConnectionError):
            self.server.scripted.closed_early.add()
            self.close_connection = True

    def _play(self, scripted: _Scripted, echoed: Recorded | None) -> None:
        if scripted.mute:
            self._pause(None)
        self._pause(scripted.delay)
        body = scripted.body if echoed is None else _echoing(scripted.body, echoed)
        whole = body if isinstance(body, bytes) else None
        self._start(scripted.status, scripted.headers, whole)
        if whole is not None:
            return
        for place, chunk in enumerate(body):
            self._pause(scripted.delay_between if place else 0.0)
            self._chunk(chunk)  # type: ignore[arg-type]
        if scripted.hang:
            self._pause(None)
        if scripted.cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _pass_on(self, request: Recorded) -> None:
        handle = self.server.scripted._handle
        if handle is None:
            said = json.dumps({"error": {"message": "the script has no answer left", "type": "test", "code": None}})
            self._start(500, {"Content-Type": "application/json"}, said.encode())
            return
        lower = {name.lower(): value for name, value in request.headers.items()}
        answer = handle(WireRequest(request.method, request.path, lower, request.body))
        with self.server.scripted._lock:
            self.server.scripted._answering.append(answer)
        self._start(answer.status, answer.headers, None)
        try:
            for chunk in answer.body:
                self._pause(0.0)
                self._chunk(chunk)
        finally:
            _close(answer)
            with self.server.scripted._lock:
                self.server.scripted._answering.remove(answer)
        self.wfile.write(b"0\r\n\r\n")

    def _start(self, status: int, headers: Mapping[str, str], whole: bytes | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if whole is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        if whole:
            self.wfile.write(whole)
        self.wfile.flush()

    def _chunk(self, chunk: bytes) -> None:
        if chunk:
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            self.wfile.flush()

    def _pause(self, seconds: float | None) -> None:
        """Wait so long, for ever when None; end at once when the client leaves or the test is over."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = 0.05 if until is None else min(0.05, max(0.0, until - time.monotonic()))
            readable, _, _ = select.select([self.connection], [], [], left)
            if self.server.scripted._leaving.is_set():
                raise ConnectionAbortedError
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise _ClientLeft
            if until is not None and time.monotonic() >= until:
                return


def _echoing(body: bytes | Iterable[bytes], request: Recorded) -> bytes | Iterable[bytes]:
    """Put the ``previous_response_id`` that was sent into an answer, as the specification wants of every server."""
    try:
        sent = request.json.get("previous_response_id")
    except (ValueError, AttributeError):
        sent = None
    if not sent or not request.path.endswith("/responses"):
        return body
    echo = f'"previous_response_id": {json.dumps(sent)}, '.encode()

    def told(piece: bytes) -> bytes:
        if b"previous_response_id" in piece:
            return piece
        if piece.startswith(b"{") and b'"output"' in piece:
            return b"{" + echo + piece[1:]
        return piece.replace(b'"response": {"', b'"response": {' + echo + b'"')

    return told(body) if isinstance(body, bytes) else map(told, body)


def _close(answer: WireAnswer) -> None:
    close = getattr(answer.body, "close", None)
    if close is not None:
        close()


def events_of(body: bytes) -> Iterator[tuple[str | None, Any]]:
    """Yield (event name, parsed data) of an event stream's bytes; ``[DONE]`` comes as that string."""
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        lines = block.split("\n")
        name = next((line[6:].strip() for line in lines if line.startswith("event:")), None)
        data = "\n".join(line[5:].strip() for line in lines if line.startswith("data:"))
        if data:
            yield name, (data if data == "[DONE]" else json.loads(data))
