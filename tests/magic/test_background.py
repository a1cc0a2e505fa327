"""`-P background=true`: the answer is waited for, called off by Stop, and its id is never lost."""

from __future__ import annotations

import time
from typing import Any

import pytest

from magic.spoken import USAGE, Asked, answer_events, problem

pytestmark = pytest.mark.kernel

FLAGS = "-P background=true"


def made(status: str, text: str = "", **more: Any) -> dict[str, Any]:
    """Return the body of a response in the background."""
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]
    body = {"id": "resp_7", "object": "response", "model": "m", "background": True, "store": True, "status": status}
    return {**body, "output": output if text else [], "usage": USAGE if text else None, **more}


def queued(kind: str = "response.queued", status: str = "queued") -> dict[str, Any]:
    """Return the event by which a stream says that the answer is made in the background."""
    return {"type": kind, "response": made(status)}


@pytest.mark.parametrize("way", ["--no-stream", ""])
def test_it_is_asked_for_until_it_is_there(asked: Asked, way: str) -> None:
    """The first answer, whole or a stream that ends early, names the id; the questions say what they wait for."""
    if way:
        asked.server.answer(200, body=made("queued"))
    else:
        asked.server.stream([queued("response.created"), queued()], done=True)
    asked.server.answer(200, body=made("queued"))
    asked.server.answer(503, body=problem("busy"))
    asked.server.answer(200, body=made("in_progress"))
    asked.server.answer(200, {"X-Neosantara-Billed-IDR": "12.5"}, made("completed", "Here it is."))
    run = asked.cell(f"{FLAGS} {way} --show text")
    assert run.error is None, run.error
    assert [request.method for request in asked.requests] == ["POST", "GET", "GET", "GET", "GET"]
    assert {request.path for request in asked.requests[1:]} == {"/v1/responses/resp_7"}
    assert run.stdout.count("as resp_7: queued") == 1
    assert run.stdout.count("as resp_7: in_progress") == 1
    assert asked.value("(_neosantara.text, _neosantara.id, len(_neosantara.raw))") == "('Here it is.', 'resp_7', 1)"
    assert asked.value("_neosantara.cost_idr") == "12.5"
    asked.says("More.")
    asked.cell()
    assert asked.bodies[-1]["previous_response_id"] == "resp_7"


def test_a_stream_of_it_is_read_like_any_other(asked: Asked) -> None:
    """With background and stream the words come as they are made; nothing is asked again."""
    asked.server.stream([queued(), *answer_events("Word by word.", response_id="resp_7")])
    run = asked.cell(FLAGS)
    assert run.error is None, run.error
    assert "Word by word." in run.answer
    assert len(asked.requests) == 1
    assert asked.bodies[0]["background"] is True
    assert asked.bodies[0]["store"] is True


def test_the_server_keeps_it_also_with_once(asked: Asked) -> None:
    """A response that is not kept cannot be asked for; tools and `--once` change nothing about that."""
    asked.run("def f() -> int:\n    'One.'\n    return 1")
    asked.says("a", "b")
    asked.cell(f"{FLAGS} --once --tools f")
    asked.cell(f"{FLAGS} -P store=false")
    assert [body["store"] for body in asked.bodies] == [True, False]
    assert asked.requests[0].path == "/v1/responses"


@pytest.mark.parametrize("way", ["--no-stream", ""])
def test_stop_calls_it_off_at_the_server(asked: Asked, way: str) -> None:
    """Stop ends the cell at once, the server is told, and the Response has the id."""
    asked.server.answer(200, body=made("cancelled"), path="/cancel")
    if way:
        asked.server.answer(200, body=made("queued"))
        for _ in range(40):
            asked.server.answer(200, body=made("queued"), path="/resp_7")
    else:
        asked.server.stream([queued()], hang=True)
    run = asked.start(f"{FLAGS} {way} --show text")
    run.wait_for(lambda run: "resp_7: queued" in run.stdout)
    begun = time.perf_counter()
    asked.kernel.interrupt()
    run.finish()
    assert time.perf_counter() - begun < 2
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert asked.value("(_neosantara.id, _neosantara.stopped)") == "('resp_7', True)"
    deadline = time.monotonic() + 10
    while not any(request.path == "/v1/responses/resp_7/cancel" for request in asked.requests):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([(404, problem("no response resp_7"))], "no response"),
        ([(200, made("failed", error={"code": "server_error", "message": "It broke"}))], "It broke"),
        ([(200, made("cancelled"))], "cancelled"),
        ([(200, "<html>")], "html"),
        ([(500, problem("down"))] * 6, "down"),
    ],
)
def test_the_id_is_in_the_error(asked: Asked, answers: list[tuple[int, Any]], reason: str) -> None:
    """Whatever ends the wait names the id, and nothing is sent, and so paid, again."""
    asked.server.answer(200, body=made("queued"))
    for status, body in answers:
        asked.server.answer(status, body=body)
    run = asked.cell(f"{FLAGS} --no-stream", timeout=90)
    assert run.error is not None
    assert run.error.name == "StreamError"
    assert "resp_7" in run.error.value
    assert reason in run.error.value
    assert asked.value("_neosantara.id") == "'resp_7'"
    assert [request.method for request in asked.requests].count("POST") == 1


def test_a_stream_that_breaks_after_its_first_words_keeps_them(asked: Asked) -> None:
    """The words stay, and the error has the id."""
    asked.server.stream([queued(), *answer_events("Half of it", response_id="resp_7")[:-1]], cut=True)
    run = asked.cell(FLAGS)
    assert run.error is not None
    assert "resp_7" in run.error.value
    assert asked.value("(_neosantara.text, _neosantara.id)") == "('Half of it', 'resp_7')"
    assert len(asked.requests) == 1


@pytest.mark.parametrize("name", ["", "../models", "a/b", "x?y=1", 7, None])
def test_an_id_that_is_none_is_not_asked_for(asked: Asked, name: Any) -> None:
    """A hostile id reaches no address; the cell fails in two lines."""
    asked.server.answer(200, body=made("queued", id=name))
    run = asked.cell(f"{FLAGS} --no-stream")
    assert run.error is not None
    assert run.error.name == "StreamError"
    assert len(asked.requests) == 1


def test_a_batch_waits_too(asked: Asked) -> None:
    """Each row polls its own response."""
    asked.server.answer(200, body=made("queued"))
    asked.server.answer(200, body=made("completed", "Row."))
    asked.run("import neosantara_magic as n; rows = n.ask_many(['a'], param={'background': True})")
    assert asked.value("[(r.text, r.id) for r in rows]") == "[('Row.', 'resp_7')]"
