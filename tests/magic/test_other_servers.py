"""Servers that are not the service's, on this machine or elsewhere: what they lack is found out and said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kernels import Kernel
from magic.spoken import Asked, answer_events, chat_events
from wire.server import ScriptedServer

pytestmark = pytest.mark.kernel

ROUTING_404S = [
    {"detail": "Not Found"},
    "404 page not found",
    {"error": {"message": "File Not Found", "code": 404}},
    {"error": {"message": "no such path"}},  # words of its own
]


def test_no_key_is_needed_on_this_machine(kernel: Kernel, server: ScriptedServer) -> None:
    """Without a key no Authorization header is sent there; with one it is, as ever."""
    kernel.set_environment(NEOSANTARA_BASE_URL=server.base_url)
    kernel.execute("%load_ext neosantara_magic")
    server.stream(answer_events("Halo"))
    server.answer(200, body={"data": [{"id": "a/b:1", "meta": {"n_ctx": 2048}}]})
    assert kernel.execute("%%neosantara\nhello").error is None
    models = kernel.execute("%neosantara models")
    assert "a/b:1" in json.dumps(models.bundles)
    assert "2,048" in json.dumps(models.bundles)
    assert [request.header("authorization") for request in server.requests] == [None, None]


@pytest.mark.parametrize("body", ROUTING_404S)
def test_a_server_without_responses_is_asked_on_chat(asked: Asked, body: Any) -> None:
    """It is found out once, said below the answer, and not tried again."""
    asked.server.answer(404, body=body)
    for text in ("one", "two"):
        asked.server.stream(chat_events(text), done=True)
    run = asked.cell("", "first")
    assert run.error is None
    assert "the server has no /v1/responses: asked on /v1/chat/completions" in run.bundles[-1]["text/plain"]
    again = asked.cell("", "second")
    assert "has no" not in again.bundles[-1]["text/plain"]
    paths = [request.path.removeprefix("/v1/") for request in asked.requests]
    assert paths == ["responses", "chat/completions", "chat/completions"]
    assert asked.value("_neosantara.api") == "'chat'"
    assert [message["content"] for message in asked.bodies[2]["messages"]] == ["first", "one", "second"]
    planned = asked.cell("--dry-run", "third").bundles[-1]["text/plain"]
    assert f"{asked.server.base_url}/chat/completions" in planned
    assert '"messages"' in planned


def test_a_server_without_chat_is_asked_on_responses(asked: Asked) -> None:
    """The other way round, with tools."""
    asked.run("def f(x: int) -> int:\n    'F.'\n    return x")
    asked.server.answer(404, body={"detail": "Not Found"})
    asked.says("ok")
    run = asked.cell("--tools f")
    assert "has no /v1/chat/completions" in run.bundles[-1]["text/plain"]


def test_a_model_that_is_missing_is_no_missing_endpoint(asked: Asked) -> None:
    """One request, and the error says so."""
    asked.server.answer(404, body={"error": {"message": "no such model here"}})
    assert asked.cell().error is not None
    assert len(asked.requests) == 1


def test_a_chosen_endpoint_is_not_changed(asked: Asked) -> None:
    """`--api` is the user's word; the error names the way out. A server that has neither says so once."""
    asked.server.answer(404, body={"detail": "Not Found"})
    run = asked.cell("--api responses")
    assert run.error is not None
    assert "--api chat" in str(run.error.traceback)
    for _ in range(2):
        asked.server.answer(404, body={"detail": "Not Found"})
    assert asked.cell().error.name == "NotFoundError"  # type: ignore[union-attr]
    assert len(asked.requests) == 3


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_schema_that_was_ignored_is_forced(asked: Asked, api: str) -> None:
    """The repair names the schema and sends `response_format`; the next ask sends that at once."""
    asked.run("from typing import TypedDict\nclass City(TypedDict):\n    name: str")
    say = asked.chats if api == "chat" else asked.says
    say("Jakarta is big.", '{"name": "Jakarta"}', '{"name": "Bandung"}')
    run = asked.cell(f"--schema City --once --api {api} -o c")
    assert run.error is None
    assert asked.value("c") == "{'name': 'Jakarta'}"
    assert "response_format" not in asked.bodies[0]
    assert asked.bodies[1]["response_format"]["json_schema"]["schema"]["required"] == ["name"]
    assert "required" in json.dumps(asked.bodies[1].get("input") or asked.bodies[1]["messages"])
    assert "tools" not in asked.bodies[1]
    asked.cell(f"--schema City --once --api {api} -o c")
    assert "response_format" in asked.bodies[2]


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500])
def test_another_server_is_not_spoken_of_as_the_service(asked: Asked, status: int) -> None:
    """No account, tier, address or support of the service stands in its errors."""
    for _ in range(3):
        asked.server.answer(status, {"Retry-After": "1"}, {"error": {"message": "no", "code": "x"}})
    run = asked.cell("--api chat --no-stream")
    assert run.error is not None
    said = str(run.error.value) + str(run.error.traceback)
    for word in ("neosantara.xyz", "Neosantara did", "tier", "support", "billed"):
        assert word not in said
    assert "127.0.0.1" in said


def test_a_tool_round_sends_text_and_no_null(asked: Asked) -> None:
    """llama-cpp-python refuses a null content beside tool calls."""
    asked.run("def f(x: int) -> int:\n    'F.'\n    return x")
    asked.chats([("f", {"x": 1})], "1")
    asked.cell("--tools f")
    assert asked.bodies[1]["messages"][1]["content"] == ""
