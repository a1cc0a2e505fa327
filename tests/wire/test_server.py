"""The scripted server: it must do what it is told, or every test above it proves nothing."""

from __future__ import annotations

import http.client
import socket

import pytest

from neosantara_magic.api.wire import WireAnswer, WireRequest
from wire.server import ScriptedServer, events_of


def _connection(server: ScriptedServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)


def test_a_body_comes_whole_and_the_request_is_remembered(server: ScriptedServer) -> None:
    """Headers keep the client's own spelling; the body is parsed."""
    server.answer(201, {"X-Request-Id": "req_1"}, {"id": "a"})
    connection = _connection(server)
    connection.request("POST", "/v1/responses?x=1", '{"model": "m"}', {"X-Odd-CASE": "yes"})
    answer = connection.getresponse()
    assert (answer.status, answer.read(), answer.headers["X-Request-Id"]) == (201, b'{"id": "a"}', "req_1")
    connection.close()
    [request] = server.requests
    assert (request.method, request.path, request.query, request.json) == (
        "POST",
        "/v1/responses",
        {"x": "1"},
        {"model": "m"},
    )
    assert "X-Odd-CASE" in request.headers
    assert request.header("x-odd-case") == "yes"


def test_chunks_arrive_one_by_one_on_a_kept_connection(server: ScriptedServer) -> None:
    """Each event is flushed on its own, and the connection serves a second request."""
    server.stream([{"type": "a"}, {"type": "b"}], done=True)
    server.answer(body="second")
    connection = _connection(server)
    connection.request("POST", "/v1/responses", "{}")
    answer = connection.getresponse()
    assert answer.readline() == b"event: a\n"
    rest = b"event: a\n" + answer.read()
    assert list(events_of(rest)) == [("a", {"type": "a"}), ("b", {"type": "b"}), (None, "[DONE]")]
    connection.request("GET", "/v1/models")
    assert connection.getresponse().read() == b"second"
    connection.close()


def test_a_cut_ends_without_the_last_chunk(server: ScriptedServer) -> None:
    """The client sees a broken transfer, not a short one."""
    server.stream([{"type": "a"}], cut=True)
    connection = _connection(server)
    connection.request("POST", "/v1/responses", "{}")
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize("how", [{"hang": True}, {"delay_between": 30.0}])
def test_a_client_that_leaves_in_the_middle_is_counted(server: ScriptedServer, how: dict[str, object]) -> None:
    """Leaving is seen while the server is silent, without another write."""
    server.stream([{"type": "a"}, {"type": "b"}], **how)
    connection = _connection(server)
    connection.request("POST", "/v1/responses", "{}")
    answer = connection.getresponse()
    assert answer.readline()
    assert not server.closed_early.is_set()
    answer.close()
    connection.close()
    assert server.closed_early.wait()
    assert server.closed_early.count == 1


def test_a_mute_server_says_nothing(server: ScriptedServer) -> None:
    """Not even a status line comes."""
    server.answer(mute=True)
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as raw:
        raw.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.wait_for_requests()
        with pytest.raises(TimeoutError):
            raw.recv(1)
    assert server.closed_early.wait()


def test_an_answer_can_wait_for_its_path(server: ScriptedServer) -> None:
    """A models answer is not taken by a question that comes first."""
    server.answer(body="models", path="/models")
    server.answer(body="answer", path="/responses")
    connection = _connection(server)
    connection.request("POST", "/v1/responses", "{}")
    assert connection.getresponse().read() == b"answer"
    connection.request("GET", "/v1/models")
    assert connection.getresponse().read() == b"models"
    connection.request("GET", "/v1/models")
    assert connection.getresponse().status == 500
    connection.close()


def test_a_wire_answerer_is_closed_when_the_client_leaves() -> None:
    """The body's own ``close`` runs, so nothing goes on behind a closed stream."""
    closed = []

    class Endless:
        def __iter__(self) -> Endless:
            return self

        def __next__(self) -> bytes:
            return b"data: {}\n\n"

        def close(self) -> None:
            closed.append(True)

    def answer(request: WireRequest) -> WireAnswer:
        assert request.headers["x-lower"] == "1"
        return WireAnswer(200, {"Content-Type": "text/event-stream"}, Endless())

    with ScriptedServer(answer) as server:
        connection = _connection(server)
        connection.request("POST", "/v1/responses", "{}", {"X-LOWER": "1"})
        assert connection.getresponse().readline()
        connection.close()
        assert server.closed_early.wait()
    assert closed == [True]
