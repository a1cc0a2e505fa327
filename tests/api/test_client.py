"""The client on a real socket: what it sends, how it waits, stops, fails and keeps secrets."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neosantara_magic.api import client as client_module
from neosantara_magic.api.client import ServiceClient, wire_body
from neosantara_magic.api.wire import WireAnswer, WireRequest
from neosantara_magic.cancel import Cancel
from neosantara_magic.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    Stopped,
    StreamError,
)
from neosantara_magic.events import Event, RoundCompleted, RoundStarted, TextDelta, Waiting
from neosantara_magic.messages import AnswerFormat, Api, ImagePart, ToolSpec, user_message
from neosantara_magic.request import Request
from wire.server import ScriptedServer

KEY = "nsk_0123456789abcdef0123456789abcdef"
TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"
TEXT = "Ibu kota Indonesia: **Jakarta** 🇮🇩, né Batavia."
CREATED = {"type": "response.created", "response": {"id": "resp_1"}}
HALF = {"type": "response.output_text.delta", "delta": "half "}
DONE = {"type": "response.completed", "response": {"id": "resp_1", "usage": {"input_tokens": 1, "output_tokens": 2}}}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def service(server: ScriptedServer) -> Iterator[ServiceClient]:
    """Give a client of that server."""
    client = ServiceClient(key=KEY, base_url=server.base_url)
    yield client
    client.close()


@pytest.fixture
def port_of_nobody() -> int:
    """Give a port of this machine on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class CountedCancel(Cancel):
    """A Cancel that notes the waits instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.stopped


@contextlib.contextmanager
def stopping(server: ScriptedServer, cancel: Cancel, *, requests: int) -> Iterator[list[bool]]:
    """Press Stop from another thread while the block waits; tell whether the server then saw the client leave.

    The allowed silence is 30 s in these tests, so within 5 s only Stop can have ended the read.
    """
    left: list[bool] = []

    def press() -> None:
        server.wait_for_requests(requests)
        time.sleep(0.1)  # the client shall be inside its blocking read
        cancel.stop()
        left.append(server.closed_early.wait(5))

    presser = threading.Thread(target=press)
    presser.start()
    try:
        yield left
    finally:
        presser.join()


def ask(api: Api = "responses", **more: Any) -> Request:
    """Build a small request."""
    return Request("nusantara-base", api, (user_message("Apa ibu kota Indonesia?"),), **more)


def transcript(name: str) -> bytes:
    """Read a raw transcript."""
    return (TRANSCRIPTS / name).read_bytes()


def answered(service: ServiceClient, request: Request, cancel: Cancel | None = None) -> list[Event]:
    """Collect the events of one round."""
    return list(service.stream(request, cancel or Cancel()))


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_stream_becomes_events(server: ScriptedServer, service: ServiceClient, api: Api) -> None:
    """A streamed answer: started, deltas, completed with the header's request id and bill."""
    headers = {"Content-Type": "text/event-stream", "X-Request-Id": "req_1", "X-Neosantara-Billed-IDR": "1.250000"}
    server.answer(200, headers, [transcript(f"{api}/plain.sse")])
    events = answered(service, ask(api))
    assert events[0] == RoundStarted("nusantara-base", api)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == TEXT
    end = events[-1]
    assert isinstance(end, RoundCompleted)
    assert (end.request_id, end.billed_idr, end.message.text) == ("req_1", 1.25, TEXT)
    assert server.requests[0].path == ("/v1/responses" if api == "responses" else "/v1/chat/completions")


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_one_body_instead_of_a_stream(server: ScriptedServer, service: ServiceClient, api: Api) -> None:
    """``--no-stream``: the same events from one body, and nothing about streams is sent."""
    server.answer(200, JSON, transcript(f"{api}/plain.json"))
    events = answered(service, ask(api, stream=False))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == TEXT
    assert "stream" not in server.requests[0].json
    assert "stream_options" not in server.requests[0].json


def test_a_server_may_answer_otherwise_than_asked(server: ScriptedServer, service: ServiceClient) -> None:
    """A body where a stream was asked, a stream where a body was asked, a stream without its type."""
    server.answer(200, JSON, transcript("responses/plain.json"))
    server.answer(200, {"Content-Type": "text/event-stream"}, [transcript("responses/plain.sse")])
    server.answer(200, {"Content-Type": "text/plain"}, transcript("responses/plain.sse"))
    for streamed in (True, False, True):
        end = answered(service, ask(stream=streamed))[-1]
        assert isinstance(end, RoundCompleted)
        assert end.message.text == TEXT


RICH = {
    "instructions": "Be brief.",
    "sampling": {"temperature": 0.2, "top_p": 0.9, "stop": ["x"], "presence_penalty": 0.1, "frequency_penalty": 0.2},
    "tools": (ToolSpec("f", "d", {"type": "object", "properties": {"a": {"type": "integer"}}}),),
    "tool_choice": "f",
    "reasoning": "high",
    "extra": {"top_k": 3, "metadata": {"a": "b"}, "max_tokens": 7},
}


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("streamed", [True, False])
def test_the_dry_run_shows_exactly_what_is_sent(
    server: ScriptedServer, service: ServiceClient, api: Api, *, streamed: bool
) -> None:
    """``wire_body`` equals the JSON that arrives, field by field, with everything switched on."""
    server.answer(200, JSON, transcript(f"{api}/plain.json"))
    request = Request(
        "m", api, (user_message("Look", ImagePart("data:image/png;base64,AA==")),), stream=streamed, **RICH
    )
    answered(service, request)
    assert server.requests[0].json == wire_body(request)


def test_a_schema_request_arrives_as_encoded(server: ScriptedServer, service: ServiceClient) -> None:
    """The SDK adds nothing to ``text.format`` and takes nothing away."""
    server.answer(200, JSON, transcript("responses/plain.json"))
    request = ask(answer_format=AnswerFormat("City", {"type": "object", "properties": {}}), store=True)
    answered(service, request)
    assert server.requests[0].json == wire_body(request)


OPENAI = {
    "OPENAI_API_KEY": "sk-leak-key-0000",
    "OPENAI_ADMIN_KEY": "sk-leak-admin-0000",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/leak-base",
    "OPENAI_ORG_ID": "org-leak",
    "OPENAI_PROJECT_ID": "proj-leak",
    "OPENAI_WEBHOOK_SECRET": "leak-webhook",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer leak-auth\nX-Leak: leak-header\nHost: leak-host\nUser-Agent: leak-agent",
    "OPENAI_DEFAULT_HEADERS": "X-Leak: leak",
    "OPENAI_API_TYPE": "azure",
    "OPENAI_API_VERSION": "leak-version",
}


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_nothing_of_openai_reaches_the_wire(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    """With every ``OPENAI_*`` set, our key goes out, their headers are absent and none of their values."""
    for name, value in OPENAI.items():
        monkeypatch.setenv(name, value)
    server.answer(200, {"Content-Type": "text/event-stream"}, [transcript(f"{api}/plain.sse")])
    server.answer(200, body={"data": [{"id": "a"}]})
    client = ServiceClient(key=KEY, base_url=server.base_url)
    answered(client, ask(api))
    client.models()
    client.close()
    for request in server.requests:
        assert request.header("Authorization") == f"Bearer {KEY}"
        assert request.header("Host") == f"127.0.0.1:{server.port}"
        sent = {name.lower() for name in request.headers}
        assert sent <= {
            "host", "accept", "accept-encoding", "connection", "user-agent", "authorization", "content-type", "content-length",
        }  # fmt: skip
        assert "leak" not in f"{request.headers} {request.body!r} {request.path} {request.query}"


def test_headers_that_no_request_can_carry_do_no_harm(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken ``OPENAI_CUSTOM_HEADERS`` is none of our business."""
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Bad: é\x07\n: empty\nAuthorization:")
    server.answer(200, JSON, transcript("responses/plain.json"))
    client = ServiceClient(key=KEY, base_url=server.base_url)
    answered(client, ask())
    client.close()
    assert server.requests[0].header("Authorization") == f"Bearer {KEY}"


def test_without_a_key_no_authorization_is_sent(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty key is not replaced by one of another service."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-leak-key-0000")
    server.answer(200, body={"data": []})
    client = ServiceClient(key="", base_url=server.base_url)
    client.models()
    client.close()
    assert server.requests[0].header("Authorization") is None


def test_a_redirect_is_not_followed(server: ScriptedServer, service: ServiceClient) -> None:
    """The key goes to the address the user set and to no other."""
    with ScriptedServer() as other:
        server.answer(307, {"Location": f"{other.base_url}/responses"}, "")
        with pytest.raises(APIStatusError, match="another address"):
            answered(service, ask())
        assert other.requests == []


def test_the_key_is_in_no_repr_error_or_log(
    server: ScriptedServer, service: ServiceClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that repeats the key, verbose logs and reprs: the key shows nowhere."""
    said = {"error": {"message": f"Incorrect API key provided: {KEY}. Bearer {KEY}", "code": "invalid_api_key"}}
    server.answer(401, body=said)
    server.answer(200, {"Content-Type": "text/html"}, f"<html>your key is {KEY}</html>")
    server.answer(500, {"Content-Type": "text/html"}, f"<html><title>{KEY}</title></html>")
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            with pytest.raises(APIError) as caught:
                answered(service, ask())
            assert KEY not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert KEY not in repr(service)
    assert KEY not in caplog.text


@pytest.mark.parametrize("bad", ["nsk_a b", "nsk_a\n", "kunci-é", "a\r\nX-Evil: 1"])
def test_a_key_that_no_header_can_hold_is_refused(bad: str) -> None:
    """Such a key would end up in the error of the HTTP library; it is refused unquoted."""
    with pytest.raises(AuthenticationError) as caught:
        ServiceClient(key=bad, base_url="http://127.0.0.1:9/v1")
    assert bad not in str(caught.value)


def test_429_waits_visibly_and_asks_again(server: ScriptedServer, service: ServiceClient) -> None:
    """The wait the server asks for is announced, waited for, and then the answer comes."""
    server.answer(429, {"Retry-After": "7"}, {"error": {"message": "slow down", "code": "rpm_exceeded"}})
    server.answer(
        503, body={"error": {"message": "busy", "code": "service_unavailable", "details": {"retry_after": 2}}}
    )
    server.stream([CREATED, HALF, DONE])
    cancel = CountedCancel()
    events = answered(service, ask(), cancel)
    assert events[:2] == [Waiting(7.0, 1, 429, "rpm_exceeded"), Waiting(2.0, 2, 503, "service_unavailable")]
    assert cancel.waits == [7.0, 2.0]
    assert isinstance(events[-1], RoundCompleted)
    assert len(server.requests) == 3


def test_it_waits_twice_at_most(server: ScriptedServer, service: ServiceClient) -> None:
    """The third refusal is the error."""
    for _ in range(3):
        server.answer(429, {"Retry-After": "1"}, {"error": {"message": "slow down", "code": "rpm_exceeded"}})
    cancel = CountedCancel()
    with pytest.raises(RateLimitError) as caught:
        answered(service, ask(), cancel)
    assert len(cancel.waits) == 2
    assert len(server.requests) == 3
    assert caught.value.retry_after == 1.0


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 413, 422, 500, 502, 504])
def test_nothing_else_is_asked_again(server: ScriptedServer, service: ServiceClient, status: int) -> None:
    """No hidden second request for any other status, neither ours nor the SDK's."""
    server.answer(status, {"Retry-After": "1"}, {"error": {"message": "no"}})
    cancel = CountedCancel()
    with pytest.raises(APIStatusError):
        answered(service, ask(), cancel)
    assert cancel.waits == []
    assert len(server.requests) == 1


def test_a_day_is_not_waited_for(server: ScriptedServer, service: ServiceClient) -> None:
    """A wait beyond reason becomes the error at once, and says how long."""
    server.answer(429, {"Retry-After": "86400"}, {"error": {"message": "slow down"}})
    cancel = CountedCancel()
    with pytest.raises(RateLimitError, match="24 hours"):
        answered(service, ask(), cancel)
    assert cancel.waits == []


def test_stop_ends_a_wait(server: ScriptedServer, service: ServiceClient) -> None:
    """Stop during the countdown raises Stopped, and nothing more is sent."""
    server.answer(429, {"Retry-After": "60"}, {"error": {"message": "slow down"}})
    cancel = Cancel()
    stream = service.stream(ask(), cancel)
    assert isinstance(next(stream), Waiting)
    threading.Timer(0.05, cancel.stop).start()
    with pytest.raises(Stopped):
        next(stream)
    assert len(server.requests) == 1


@pytest.mark.parametrize("streamed", [True, False])
def test_stop_ends_a_read_from_a_silent_server(
    server: ScriptedServer, service: ServiceClient, *, streamed: bool
) -> None:
    """Stop from another thread ends the wait for headers; the server sees the client leave."""
    server.answer(mute=True)
    cancel = Cancel()
    with stopping(server, cancel, requests=1) as left, pytest.raises(Stopped):
        answered(service, ask(stream=streamed, timeout=30.0), cancel)
    assert left == [True]


def test_stop_ends_a_silent_server_on_a_used_connection(server: ScriptedServer, service: ServiceClient) -> None:
    """The same on a connection kept from an earlier answer, whose socket was opened by another call."""
    server.answer(200, JSON, transcript("responses/plain.json"))
    server.answer(mute=True)
    answered(service, ask(stream=False))
    cancel = Cancel()
    with stopping(server, cancel, requests=2) as left, pytest.raises(Stopped):
        answered(service, ask(stream=False, timeout=30.0), cancel)
    assert left == [True]


def test_stop_ends_a_stream_that_fell_silent(server: ScriptedServer, service: ServiceClient) -> None:
    """Stop in the middle of an answer: what came was yielded, then Stopped; the server sees it."""
    server.stream([CREATED, HALF], hang=True)
    cancel = Cancel()
    stream = service.stream(ask(timeout=30.0), cancel)
    assert [next(stream), next(stream)] == [RoundStarted("nusantara-base", "responses"), TextDelta("half ")]
    with stopping(server, cancel, requests=1) as left, pytest.raises(Stopped):
        next(stream)
    assert left == [True]


def test_stop_before_the_start_sends_nothing(server: ScriptedServer, service: ServiceClient) -> None:
    """A Stop that was quicker than the request."""
    cancel = Cancel()
    cancel.stop()
    with pytest.raises(Stopped):
        answered(service, ask(), cancel)
    assert server.requests == []


def test_a_late_stop_touches_no_other_call(server: ScriptedServer, service: ServiceClient) -> None:
    """A Stop after the end does not cut the connection that the next call uses."""
    server.answer(200, JSON, transcript("responses/plain.json"))
    server.stream([CREATED, HALF, DONE], delay_between=0.05)
    first, second = Cancel(), Cancel()
    answered(service, ask(stream=False), first)
    events = []
    for event in service.stream(ask(), second):
        events.append(event)
        first.stop()
    assert isinstance(events[-1], RoundCompleted)


def test_stop_of_one_call_leaves_another_alone(server: ScriptedServer, service: ServiceClient) -> None:
    """Two calls in flight over one client: each has a connection of its own."""
    server.stream([CREATED, HALF], hang=True)
    server.stream([CREATED, HALF, DONE], delay_between=0.1)
    stopped, kept = Cancel(), Cancel()
    left = service.stream(ask(timeout=30.0), stopped)
    assert [next(left), next(left)][-1] == TextDelta("half ")
    right = service.stream(ask(timeout=30.0), kept)
    next(right)
    stopped.stop()
    with pytest.raises(Stopped):
        list(left)
    assert isinstance(list(right)[-1], RoundCompleted)


def test_leaving_a_stream_closes_its_connection(server: ScriptedServer, service: ServiceClient) -> None:
    """Whoever stops iterating, by Ctrl-C or by an error of their own, hangs up at once."""
    server.stream([CREATED, HALF], hang=True)
    stream = service.stream(ask(timeout=30.0), Cancel())
    next(stream)
    next(stream)
    stream.close()
    assert server.closed_early.wait(1)


def test_ctrl_c_while_waiting_closes_the_connection(server: ScriptedServer) -> None:
    """A SIGINT during a blocked read raises KeyboardInterrupt and the server sees the client leave."""
    server.answer(mute=True)
    program = f"""
import sys
sys.path.insert(0, {str(Path(client_module.__file__).parents[2])!r})
from neosantara_magic.api.client import ServiceClient
from neosantara_magic.cancel import Cancel
from neosantara_magic.messages import user_message
from neosantara_magic.request import Request
client = ServiceClient(key="k", base_url={server.base_url!r})
try:
    list(client.stream(Request("m", "responses", (user_message("x"),), timeout=30.0), Cancel()))
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.stdin.read()  # the connection must be closed by now, not by the end of the process
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert server.wait_for_requests(1, 30)
        child.send_signal(2)
        assert child.stdout is not None
        assert child.stdout.readline() == "interrupted\n"
        assert server.closed_early.wait(2)


def test_the_connection_is_used_again(server: ScriptedServer, service: ServiceClient) -> None:
    """Rounds of a turn share one connection instead of shaking hands each time."""
    ports = set()
    for _ in range(3):
        server.answer(200, JSON, transcript("responses/plain.json"))
    original = socket.socket.connect

    def connect(sock: socket.socket, address: Any) -> None:
        ports.add(address)
        connects.append(address)
        original(sock, address)

    connects: list[Any] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", connect)
        for _ in range(3):
            answered(service, ask(stream=False))
    assert len(connects) == 1


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_connection_lost_half_way_keeps_the_text(server: ScriptedServer, service: ServiceClient, api: Api) -> None:
    """A TCP cut in the middle of an answer is a StreamError that holds what came."""
    chat = {"choices": [{"index": 0, "delta": {"content": "half "}}]}
    server.stream([CREATED, HALF] if api == "responses" else [chat], cut=True)
    with pytest.raises(StreamError) as caught:
        answered(service, ask(api))
    assert caught.value.text == "half "
    assert "127.0.0.1" in caught.value.what


def test_a_chat_answer_that_finished_survives_a_lost_ending(server: ScriptedServer, service: ServiceClient) -> None:
    """After the finish reason only the usage can be lost, and that is not worth an error."""
    chunk = {"id": "c", "choices": [{"index": 0, "delta": {"content": "all"}, "finish_reason": "stop"}]}
    server.stream([chunk], cut=True)
    end = answered(service, ask("chat"))[-1]
    assert isinstance(end, RoundCompleted)
    assert (end.message.text, end.usage) == ("all", None)


def test_silence_is_a_timeout(server: ScriptedServer, service: ServiceClient) -> None:
    """No byte for the time allowed: before the answer, and in the middle of it."""
    server.answer(mute=True)
    with pytest.raises(APITimeoutError, match=r"for 0\.2 seconds"):
        answered(service, ask(timeout=0.2))
    server.stream([CREATED, HALF], hang=True)
    with pytest.raises(APITimeoutError) as caught:
        answered(service, ask(timeout=0.2))
    assert caught.value.text == "half "


def test_nobody_listening_is_a_refused_connection() -> None:
    """A port without a server: two lines with the address, not a stack of causes."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    client = ServiceClient(key=KEY, base_url=f"http://127.0.0.1:{port}/v1")
    with pytest.raises(APIConnectionError, match=f"127.0.0.1:{port} refuses the connection"):
        answered(client, ask())
    client.close()


def test_plain_http_where_tls_was_meant(server: ScriptedServer) -> None:
    """Https to a server that speaks http is told as a TLS fault."""
    client = ServiceClient(key=KEY, base_url=server.base_url.replace("http:", "https:"))
    with pytest.raises(APIConnectionError, match="secure connection"):
        answered(client, ask())
    client.close()


def test_a_broken_proxy_is_named(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses the tunnel is the proxy's fault, not the service's."""
    server.answer(407, body={"error": "no"})
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    client = ServiceClient(key=KEY, base_url="https://api.example.test/v1")
    with pytest.raises(APIConnectionError):
        answered(client, ask())
    client.close()


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("http://127.0.0.1:{port}", "The proxy on the way to api.example.test failed: "),
        ("127.0.0.1:{port}", "The proxy on the way to api.example.test failed: "),
        ("bogus://siti:rahasia@proxy", "The proxy on the way to api.example.test failed: bogus://proxy"),
        ("http://siti:rahasia@proxy:abc", "failed: http://proxy:abc"),
    ],
)
def test_a_proxy_that_cannot_be_reached_is_named(
    monkeypatch: pytest.MonkeyPatch, port_of_nobody: int, proxy: str, said: str
) -> None:
    """Not the service, which nobody has asked yet; and the variable's password stays out."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(port=port_of_nobody))
    client = ServiceClient(key=KEY, base_url="https://api.example.test/v1")
    with pytest.raises(APIConnectionError) as refused:
        answered(client, ask())
    assert said in refused.value.what
    assert "NO_PROXY" in refused.value.next_step
    assert "rahasia" not in str(refused.value)
    client.close()


def test_what_the_environment_says_of_the_way_is_read_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, port_of_nobody: int
) -> None:
    """The errors advise to set these variables, so that works without a new kernel."""
    client = ServiceClient(key=KEY, base_url=f"http://localhost.test:{port_of_nobody}/v1")

    def said() -> str:
        with pytest.raises(APIConnectionError) as refused:
            answered(client, ask())
        return refused.value.what

    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port_of_nobody}")
    assert said().startswith("The proxy on the way")
    monkeypatch.setenv("NO_PROXY", "localhost.test")
    assert "proxy" not in said()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "no.pem"))
    assert said().startswith(f"The certificates of SSL_CERT_FILE={tmp_path / 'no.pem'} cannot be read: No such file")
    (tmp_path / "no.pem").write_text("no certificate")
    assert "cannot be read: " in said()
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificates" not in said()
    client.close()


def test_loopback_never_goes_through_a_proxy(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A company proxy in the environment does not swallow a local server."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answer(200, JSON, transcript("responses/plain.json"))
    client = ServiceClient(key=KEY, base_url=server.base_url)
    assert isinstance(answered(client, ask(stream=False))[-1], RoundCompleted)
    client.close()


def test_html_instead_of_an_answer(server: ScriptedServer, service: ServiceClient) -> None:
    """A gateway's page is named by its title, with status 502 and with status 200."""
    page = "<html><head><title>502 Bad Gateway</title></head></html>"
    server.answer(502, {"Content-Type": "text/html", "X-Request-Id": "req_9"}, page)
    with pytest.raises(InternalServerError, match="502 Bad Gateway") as caught:
        answered(service, ask())
    assert caught.value.request_id == "req_9"
    assert "req_9" in caught.value.what
    server.answer(200, {"Content-Type": "text/html"}, "<title>Please log in</title>")
    with pytest.raises(StreamError, match="Please log in"):
        answered(service, ask())


def test_an_unknown_model_names_the_nearest(server: ScriptedServer, service: ServiceClient) -> None:
    """Once the list is known, a wrong id gets its neighbours."""
    server.answer(200, body={"data": [{"id": "nusantara-large"}, {"id": "garda-core"}]})
    server.answer(404, body={"error": {"message": "Model not found", "type": "not_found_error"}})
    assert [model["id"] for model in service.models()] == ["nusantara-large", "garda-core"]
    with pytest.raises(NotFoundError) as caught:
        answered(service, ask())
    assert "'nusantara-base'" in caught.value.what
    assert "nusantara-large" in caught.value.next_step


@pytest.mark.parametrize("body", ['{"data": "none"}', "<html>", "[1, 2", '"x"'])
def test_a_model_list_that_is_none(server: ScriptedServer, service: ServiceClient, body: str) -> None:
    """Anything but a list is refused in two lines."""
    server.answer(200, JSON, body)
    with pytest.raises(APIError):
        service.models()


def test_what_is_stored_follows_the_request_and_the_server(server: ScriptedServer, service: ServiceClient) -> None:
    """An id may be continued only if storing was asked for and the server did not say no."""
    bodies: list[tuple[dict[str, Any], Request, bool]] = [
        ({"id": "resp_1", "output_text": "x"}, ask(store=True, stream=False), True),
        ({"id": "resp_1", "output_text": "x", "store": False}, ask(store=True, stream=False), False),
        ({"output_text": "x"}, ask(store=True, stream=False), False),
        ({"id": "resp_1", "output_text": "x", "store": True}, ask(stream=False), False),
        ({"id": "resp_1", "output_text": "x"}, ask(store=True, extra={"store": False}, stream=False), False),
    ]
    for body, request, stored in bodies:
        server.answer(200, body=body)
        end = answered(service, request)[-1]
        assert isinstance(end, RoundCompleted)
        assert end.stored is stored


@pytest.mark.parametrize(
    ("header", "amount"),
    [
        ("12.5", 12.5),
        ("0", 0.0),
        ("Rp 3", 3.0),
        ("IDR 3", 3.0),
        ("", None),
        ("free", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_the_bill_is_read_with_care(
    server: ScriptedServer, service: ServiceClient, header: str, amount: float | None
) -> None:
    """A billing header that is no amount counts as absent."""
    server.answer(200, {"X-Neosantara-Billed-IDR": header, **JSON}, '{"output_text": "x"}')
    end = answered(service, ask(stream=False))[-1]
    assert isinstance(end, RoundCompleted)
    assert end.billed_idr == amount


def test_answers_from_inside_the_process() -> None:
    """With a handler there is no socket; requests look as they would on one, and the label shows."""
    seen: list[WireRequest] = []
    closed: list[bool] = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b'data: {"type":"response.output_text.delta","delta":"hi"}\n\n'
            yield b'data: {"type":"response.completed","response":{}}\n\n'
            yield b": never read\n\n"
        finally:
            closed.append(True)

    def handler(request: WireRequest) -> WireAnswer:
        seen.append(request)
        return WireAnswer(200, {"content-type": "text/event-stream"}, chunks())

    client = ServiceClient(key="demo", base_url="http://demo.invalid/v1", handler=handler, label="demo")
    events = answered(client, ask())
    assert events[0] == RoundStarted("nusantara-base", "responses", "demo")
    assert TextDelta("hi") in events
    assert closed == [True]
    assert (seen[0].method, seen[0].path, seen[0].headers["authorization"]) == ("POST", "/v1/responses", "Bearer demo")
    assert json.loads(seen[0].body) == wire_body(ask())


def test_a_broken_handler_stream_looks_like_a_broken_network() -> None:
    """The demo model can cut a stream as a network does."""

    def chunks() -> Iterator[bytes]:
        yield b'data: {"type":"response.output_text.delta","delta":"hi"}\n\n'
        raise ConnectionResetError("cut")

    client = ServiceClient(
        key="k", base_url="http://demo.invalid/v1",
        handler=lambda _request: WireAnswer(200, {"content-type": "text/event-stream"}, chunks()),
    )  # fmt: skip
    with pytest.raises(StreamError) as caught:
        answered(client, ask())
    assert caught.value.text == "hi"


def test_many_threads_share_one_client(server: ScriptedServer, service: ServiceClient) -> None:
    """Batches run threads over one client; answers do not mix."""

    def echo(request: WireRequest) -> WireAnswer:
        said = json.loads(request.body)["input"]
        return WireAnswer(200, JSON, [json.dumps({"output_text": said}).encode()])

    server.serve(echo)
    results: dict[int, str] = {}

    def run(number: int) -> None:
        request = Request("m", "responses", (user_message(f"n{number}"),), stream=False)
        end = answered(service, request)[-1]
        assert isinstance(end, RoundCompleted)
        results[number] = end.message.text

    threads = [threading.Thread(target=run, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"n{number}" for number in range(24)}


def test_importing_the_client_loads_no_sdk() -> None:
    """The SDK takes 0.6 s to import; it is loaded by the first request and not before."""
    program = "import sys, neosantara_magic.api.client as c; c.ServiceClient(key='k', base_url='http://x/v1'); print([m for m in ('openai', 'httpx2', 'pydantic') if m in sys.modules])"
    root = Path(client_module.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_a_closed_client_opens_again(server: ScriptedServer, service: ServiceClient) -> None:
    """Closing drops connections, not the client."""
    for _ in range(2):
        server.answer(200, JSON, transcript("responses/plain.json"))
        answered(service, ask(stream=False))
        service.close()
    assert len(server.requests) == 2
