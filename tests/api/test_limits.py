"""What a server may send at most and how long it may take, on a real socket: bounded memory, two lines, the text kept."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neosantara_magic.api import client as client_module
from neosantara_magic.api import wire
from neosantara_magic.api.client import ServiceClient
from neosantara_magic.errors import (
    APIError,
    APITimeoutError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    Stopped,
    StreamError,
)
from neosantara_magic.events import Event, RoundCompleted, TextDelta, Waiting
from neosantara_magic.messages import Api, user_message
from neosantara_magic.request import Request
from neosantara_magic.scope import Cancel
from wire.server import ScriptedServer, sse

HALF = {"type": "response.output_text.delta", "delta": "half "}
DONE = {"type": "response.completed", "response": {"id": "r", "usage": {"input_tokens": 1, "output_tokens": 2}}}
BODY = {"output": [{"type": "message", "content": [{"type": "output_text", "text": "whole"}]}]}
JSON = {"Content-Type": "application/json"}
EVENTS = {"Content-Type": "text/event-stream"}
GZIP = {"Content-Encoding": "gzip"}


@pytest.fixture
def service(server: ScriptedServer) -> Iterator[ServiceClient]:
    """Give a client of that server."""
    client = ServiceClient(key="", base_url=server.base_url)
    yield client
    client.close()


def ask(api: Api = "responses", **more: Any) -> Request:
    """Build a small request."""
    return Request("nusantara-base", api, (user_message("x"),), **more)


def answered(service: ServiceClient, request: Request) -> list[Event]:
    """Collect the events of one round."""
    return list(service.stream(request, Cancel()))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait half a second for progress, and two for a byte: a busy machine makes no test fail."""
    monkeypatch.setattr(wire, "SILENCES", 0.25)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all limits small, so that a test need not send megabytes."""
    for name, most in {"MOST_BYTES": 200_000, "MOST_AT_ONCE": 100_000, "MOST_TEXT": 50_000}.items():
        monkeypatch.setattr(wire, name, most)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "GZIP", "identity"])
@pytest.mark.parametrize("streamed", [True, False])
def test_packed_answers_are_read(
    server: ScriptedServer, service: ServiceClient, encoding: str, *, streamed: bool
) -> None:
    """A server may pack what it sends, asked or not."""
    pack = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding.lower(), bytes)
    raw = b"".join(sse(HALF, DONE)) if streamed else json.dumps(BODY).encode()
    server.answer(200, {**(EVENTS if streamed else JSON), "Content-Encoding": encoding}, pack(raw))
    end = answered(service, ask(stream=streamed))[-1]
    assert isinstance(end, RoundCompleted)
    assert end.message.text == ("half " if streamed else "whole")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("br", b"x"), ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))), ("gzip", b"no gzip")],
    ids=["unknown", "twice", "damaged"],
)
@pytest.mark.parametrize("status", [200, 500])
def test_what_cannot_be_unpacked_is_said(
    server: ScriptedServer, service: ServiceClient, encoding: str, body: bytes, status: int
) -> None:
    """Also packed twice: nobody asked for that."""
    server.answer(status, {**JSON, "Content-Encoding": encoding}, body)
    with pytest.raises(StreamError, match=f"no answer of this endpoint: {encoding}"):
        answered(service, ask(stream=False))


def bomb(megabytes: int, head: bytes = b"") -> bytes:
    """Pack so much of nothing."""
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(head)] + [packer.compress(b" " * 1_000_000) for _ in range(megabytes)]
    return b"".join([*packed, packer.flush()])


KINDS: list[tuple[int, dict[str, str], bytes]] = [
    (200, JSON, b"["),
    (200, EVENTS, b"".join(sse(HALF)) + b"data: "),
    (200, {"Content-Type": "text/html"}, b"<html>"),
]


@pytest.mark.parametrize(("status", "headers", "head"), KINDS)
def test_a_bomb_ends_in_two_lines(
    server: ScriptedServer, service: ServiceClient, status: int, headers: dict[str, str], head: bytes
) -> None:
    """300 MB in a small body: an error, little memory, and the text so far."""
    packed = bomb(300, head)
    server.answer(status, {**headers, **GZIP}, packed)
    tracemalloc.start()
    with pytest.raises(StreamError, match=r"sent more than \d+ MB") as caught:
        answered(service, ask())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * wire.MOST_AT_ONCE
    assert caught.value.text == ("half " if headers is EVENTS else "")


def test_a_bomb_for_an_error_page_is_cut(server: ScriptedServer, service: ServiceClient) -> None:
    """Its beginning tells enough; the rest is not read."""
    server.answer(500, {"Content-Type": "text/html", **GZIP}, bomb(300, b"<title>Overloaded</title>"))
    tracemalloc.start()
    with pytest.raises(InternalServerError, match="Overloaded"):
        answered(service, ask())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * wire.MOST_OF_AN_ERROR


def test_a_list_of_models_has_the_same_limits(server: ScriptedServer, service: ServiceClient) -> None:
    """The SDK reads it, and our error comes through."""
    server.answer(200, {**JSON, **GZIP}, bomb(100, b"["))
    with pytest.raises(StreamError, match="sent more than 64 MB"):
        service.models()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize(
    ("many", "size", "said"),
    [(40, 2_000, "characters"), (1, 60_000, "characters"), (1, 150_000, "MB")],
)
def test_a_long_stream_keeps_its_beginning(
    server: ScriptedServer, service: ServiceClient, api: Api, many: int, size: int, said: str
) -> None:
    """Many pieces, one long one, a line without an end."""

    def delta(text: str) -> dict[str, Any]:
        if api == "chat":
            return {"choices": [{"index": 0, "delta": {"content": text}}]}
        return {**HALF, "delta": text}

    server.stream([delta("half "), *(delta(f"{n:08d}" + "x" * (size - 8)) for n in range(many)), DONE])
    with pytest.raises(StreamError, match=said) as caught:
        answered(service, ask(api))
    assert caught.value.text.startswith("half ")
    assert len(caught.value.text) <= wire.MOST_TEXT
    assert (len(caught.value.text) == wire.MOST_TEXT) == (size < 100_000)
    assert caught.value.next_step.startswith("What had arrived is kept")


@pytest.mark.usefixtures("small")
def test_comments_count_too(server: ScriptedServer, service: ServiceClient) -> None:
    """A flood of what says nothing ends at the limit of bytes."""
    server.answer(200, EVENTS, [*sse(HALF), *[b": " + b"x" * 1_000 + b"\n"] * 300])
    with pytest.raises(StreamError, match="MB") as caught:
        answered(service, ask())
    assert caught.value.text == "half "


def test_more_calls_than_anybody_reads(server: ScriptedServer, service: ServiceClient) -> None:
    """None of them is handed on to be run, and the text is kept."""
    calls = [{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": "{}"}} for n in range(20_000)]
    server.stream([{"choices": [{"index": 0, "delta": {"content": "half ", "tool_calls": calls}}]}])
    with pytest.raises(StreamError, match="more than 128 tool_calls") as caught:
        answered(service, ask("chat"))
    assert caught.value.text == "half "


def drip(server: ScriptedServer, pieces: list[bytes], gap: float = 0.02) -> None:
    """Script an answer that goes on for ever with small pieces."""

    def forever() -> Iterator[bytes]:
        yield pieces[0]
        while True:
            yield pieces[1]

    server.answer(200, EVENTS, forever(), delay_between=gap)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "tail",
    [
        b": still here\n\n",
        b"x",
        b"\n",
        b"data: {}\n\n",
        b'data: {"type": "response.in_progress"}\n\n',
        b"event: ping\n\n",
    ],
)
def test_bytes_without_an_answer_are_no_progress(server: ScriptedServer, service: ServiceClient, tail: bytes) -> None:
    """Comments, pings and single bytes keep no line open for ever; the text so far is kept."""
    drip(server, [b"".join(sse(HALF)), tail])
    began = time.monotonic()
    with pytest.raises(APITimeoutError, match="sent nothing of an answer") as caught:
        answered(service, ask(timeout=2))
    assert 0.4 < time.monotonic() - began < 10
    assert caught.value.text == "half "


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", ["body", "headers", "error"])
def test_nothing_else_may_trickle_either(path: str) -> None:
    """One byte at a time in the headers, in a whole body and in an error's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as peer:
                peer.recv(65_536)
                status = b"500 No" if path == "error" else b"200 OK"
                head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: 9999\r\nX: "
                peer.sendall(head if path == "headers" else head + b"\r\n\r\n")
                try:
                    while True:
                        peer.sendall(b"x")
                        time.sleep(0.02)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        client = ServiceClient(key="", base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        with pytest.raises(APITimeoutError, match="sent nothing of an answer"):
            answered(client, ask(timeout=2, stream=False))
        client.close()


@pytest.mark.parametrize("piece", [b": busy\n", b"\n" * 60_000, b"data: x\n\n"])
def test_stop_ends_a_flood_at_once(server: ScriptedServer, service: ServiceClient, piece: bytes) -> None:
    """Also while bytes come faster than they are read."""
    drip(server, [b"".join(sse(HALF)), piece], gap=0.0)
    cancel = Cancel()
    stream = service.stream(ask(timeout=30), cancel)
    assert [next(stream), next(stream)][-1] == TextDelta("half ")
    pressed: list[float] = []
    threading.Timer(0.1, lambda: (pressed.append(time.monotonic()), cancel.stop())).start()
    with pytest.raises(Stopped):
        list(stream)
    assert time.monotonic() - pressed[0] < 10  # without Stop: 30 s


@pytest.mark.usefixtures("impatient")
def test_slow_words_are_progress(server: ScriptedServer, service: ServiceClient) -> None:
    """An answer may take many times the limit as long as it goes on."""
    server.stream([HALF] * 60 + [DONE], delay_between=0.05)
    assert isinstance(answered(service, ask(timeout=4))[-1], RoundCompleted)


def test_peak_memory_of_a_whole_process(server: ScriptedServer) -> None:
    """400 MB in a small body do not make a kernel grow by more than half of that."""
    server.answer(200, {**JSON, **GZIP}, bomb(400, b"["))
    program = f"""
import resource, sys
sys.path.insert(0, {str(Path(client_module.__file__).parents[2])!r})
from neosantara_magic.api.client import ServiceClient
from neosantara_magic.scope import Cancel
from neosantara_magic.errors import StreamError
from neosantara_magic.messages import user_message
from neosantara_magic.request import Request
import openai
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    list(ServiceClient(key="", base_url={server.base_url!r}).stream(Request("m", "responses", (user_message("x"),)), Cancel()))
except StreamError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    kilobytes = int(grown.stdout) if sys.platform == "linux" else int(grown.stdout) // 1024
    assert kilobytes < 200_000


# What else servers were seen to do on the way --------------------------------------------------


def test_an_error_in_the_form_of_an_event_is_read(server: ScriptedServer, service: ServiceClient) -> None:
    """LiteLLM answers a request for a stream so, with status 500 and 429."""
    said = {"error": {"message": "Error processing stream start", "code": "x_1", "details": {"retry_after": 900}}}
    for status, kind in ((500, InternalServerError), (429, RateLimitError)):
        server.answer(status, EVENTS, b"".join(sse(said, done=True)))
        with pytest.raises(kind, match=r"\(\d+\): Error processing stream start\n") as caught:
            answered(service, ask())
        assert (caught.value.code, caught.value.retry_after) == ("x_1", 900.0)


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("before", ["", "\n\n", "\ufeff"])
def test_json_that_calls_itself_a_stream_is_read(
    server: ScriptedServer, service: ServiceClient, api: Api, before: str
) -> None:
    """An error, or a whole answer; also the other way round, as it comes."""
    server.answer(200, EVENTS, before + json.dumps({"error": {"code": 400, "message": "must be number"}}))
    with pytest.raises(BadRequestError, match=r"\(400\): must be number"):
        answered(service, ask(api))
    whole = {"choices": [{"message": {"content": "whole"}}]} if api == "chat" else BODY
    server.answer(200, EVENTS, before + json.dumps(whole))
    end = answered(service, ask(api))[-1]
    assert isinstance(end, RoundCompleted)
    assert end.message.text == "whole"


def test_a_stream_without_its_type_still_streams(server: ScriptedServer, service: ServiceClient) -> None:
    """What is a stream by its first bytes is shown as it comes."""
    server.answer(200, JSON, sse(HALF), hang=True)
    stream = service.stream(ask(timeout=5), Cancel())
    next(stream)
    assert next(stream) == TextDelta("half ")
    stream.close()


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("body", [b"", b": hello\n\n", b"data: [DONE]\n\n"])
def test_an_empty_stream_keeps_nothing_and_says_so(
    server: ScriptedServer, service: ServiceClient, api: Api, body: bytes
) -> None:
    """There is nothing to look at; the whole answer may tell more."""
    server.answer(200, EVENTS, body)
    with pytest.raises(StreamError, match="before anything of the answer came") as caught:
        answered(service, ask(api))
    assert "--no-stream" in caught.value.next_step


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_an_error_as_the_first_event_has_its_class(server: ScriptedServer, service: ServiceClient, api: Api) -> None:
    """As if it had come with that status: the class, the next step, the wait."""
    server.stream([{"error": {"message": "Model 'x' not found", "code": "404"}}])
    with pytest.raises(NotFoundError, match=r"no model 'nusantara-base' \(404\)"):
        answered(service, ask(api))
    server.stream([{"error": {"message": "too long", "code": "context_length_exceeded"}}])
    with pytest.raises(BadRequestError) as caught:
        answered(service, ask(api))
    assert "--new" in caught.value.next_step
    server.stream([{"error": {"message": "slow down", "code": 429, "details": {"retry_after": 0.01}}}])
    whole = {"choices": [{"message": {"content": "whole"}}]} if api == "chat" else BODY
    server.answer(200, JSON, json.dumps(whole))
    events = answered(service, ask(api))
    assert any(isinstance(event, Waiting) for event in events)
    assert isinstance(events[-1], RoundCompleted)


def test_the_same_error_after_text_keeps_the_text(server: ScriptedServer, service: ServiceClient) -> None:
    """Nothing is asked again behind what is on the screen."""
    server.stream([HALF, {"error": {"message": "slow down", "code": 429}}])
    with pytest.raises(StreamError) as caught:
        answered(service, ask())
    assert caught.value.text == "half "
    assert len(server.requests) == 1


@pytest.mark.parametrize(("api", "finish"), [("responses", "length"), ("chat", "stop")])
@pytest.mark.parametrize("spent", [16, 15, 17])
def test_a_response_that_spent_all_its_tokens_was_cut(
    server: ScriptedServer, service: ServiceClient, api: Api, finish: str, spent: int
) -> None:
    """llama.cpp says "completed" there; chat's finish reason is believed."""
    usage = {"input_tokens": 1, "output_tokens": spent}
    body: dict[str, Any] = {**BODY, "status": "completed", "usage": usage}
    if api == "chat":
        body = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": usage}
    server.answer(200, body=body)
    end = answered(service, ask(api, max_tokens=16, stream=False))[-1]
    assert isinstance(end, RoundCompleted)
    assert end.finish_reason == (finish if spent >= 16 else "stop")


class Resetting:
    """A server that answers once on each connection, then resets it when the next request comes."""

    def __init__(self, *, wait: float = 0.0) -> None:
        self.requests = 0
        self._wait = wait
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        raw = json.dumps(BODY).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        while True:
            try:
                peer = self._listening.accept()[0]
            except OSError:
                return
            with peer:
                peer.recv(65_536)
                self.requests += 1
                peer.sendall(head.encode() + raw)
                if peer.recv(65_536):
                    self.requests += 1
                    time.sleep(self._wait)
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()


def test_a_kept_connection_that_went_stale_is_replaced() -> None:
    """Reset before any byte, at once: the request goes over a new connection, once."""
    server = Resetting()
    client = ServiceClient(key="", base_url=server.base_url)
    for _ in range(3):
        assert isinstance(answered(client, ask(stream=False))[-1], RoundCompleted)
    client.close()
    server.close()


def test_a_server_that_worked_on_it_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks later may have cost something."""
    monkeypatch.setattr("neosantara_magic.api.sdk._STALE", 0.05)
    server = Resetting(wait=0.2)
    client = ServiceClient(key="", base_url=server.base_url)
    answered(client, ask(stream=False))
    with pytest.raises(APIError):
        answered(client, ask(stream=False))
    assert server.requests == 2
    client.close()
    server.close()
