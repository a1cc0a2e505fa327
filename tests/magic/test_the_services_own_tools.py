"""`--web`, fields that add to ours, and questions about calls that the service would make itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from magic.spoken import Asked

pytestmark = pytest.mark.kernel

TOOL = "def get_weather(city: str) -> str:\n    'Weather.'\n    return '31'"
SEARCH = {"type": "web_search"}
MCP = '{"type":"mcp","server_label":"peta","server_url":"https://peta.id/mcp"}'
REQUEST = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "server_label": "peta",
    "name": "hapus",
    "arguments": '{"id": 7}',
}


def answers(asked: Asked, *outputs: list[dict[str, Any]], **more: Any) -> None:
    """Script whole answers with these output items."""
    for number, output in enumerate(outputs, 1):
        body = {"id": f"resp_{number}", "object": "response", "model": "m", "status": "completed", "store": True}
        asked.server.answer(200, body={**body, "output": output, **more})


def said(text: str) -> list[dict[str, Any]]:
    """Return the output of an answer that says something."""
    return [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]


def test_web_is_asked_for_on_responses(asked: Asked) -> None:
    """The cell, Python and the batch send the service's search, also beside functions, which then travel flat."""
    asked.run(TOOL)
    asked.says("a", "b", "c", "d", "e")
    asked.cell("--web")
    asked.cell("--web --tools get_weather")
    asked.run("import neosantara_magic as n; n.ask('x', web=True); n.ask_many(['y'], web=True)")
    asked.cell('--web --api auto -P \'tools=[{"type":"mcp"}]\' -P \'include=["a"]\'')
    assert [request.path for request in asked.requests] == ["/v1/responses"] * 5
    assert [body["tools"][0] for body in asked.bodies] == [SEARCH] * 5
    assert [tool.get("name") for tool in asked.bodies[1]["tools"]] == [None, "get_weather"]
    assert asked.bodies[4]["tools"] == [SEARCH, {"type": "mcp"}]
    assert asked.bodies[4]["include"] == ["a"]
    assert asked.cell("--web --api chat").error.name == "UsageError"


def test_param_adds_to_tools_and_replaces_only_when_told(asked: Asked) -> None:
    """`-P tools=` keeps the functions that were named; `-P tools!=` puts others in their place."""
    asked.run(TOOL)
    asked.chats("a", "b")
    asked.cell('--tools get_weather -P \'tools=[{"type":"x"}]\'')
    asked.cell('--tools get_weather -P \'tools!=[{"type":"x"}]\'')
    assert [tool["type"] for tool in asked.bodies[0]["tools"]] == ["function", "x"]
    assert asked.bodies[1]["tools"] == [{"type": "x"}]
    assert "tools!" not in asked.bodies[1]


@pytest.mark.parametrize(("typed", "approve"), [("y", True), ("n", False)])
def test_a_call_of_the_service_is_asked_about(asked: Asked, typed: str, approve: bool) -> None:
    """The question names server, tool and arguments; the answer goes back as an approval response."""
    answers(asked, [REQUEST], said("done"))
    run = asked.cell(f"--no-stream -P 'tools=[{MCP}]'", allow_stdin=True, answers=[typed])
    assert run.error is None
    assert "peta.hapus" in str(run.prompts)
    assert '"id": 7' in str(run.prompts).replace(chr(92), "")
    item = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": approve}
    assert asked.bodies[1]["input"] == [item]
    assert asked.bodies[1]["previous_response_id"] == "resp_1"
    assert asked.bodies[1]["tools"][0]["server_label"] == "peta"
    assert asked.value("_neosantara.text") == "'done'"


def test_nobody_to_ask_refuses(asked: Asked) -> None:
    """Without anybody there the call is refused; a server that stores nothing gets request and response."""
    answers(asked, [REQUEST], said("ok"), store=False)
    run = asked.cell(f"--no-stream -P 'tools=[{MCP}]'", allow_stdin=False)
    assert run.error is None
    items = asked.bodies[1]["input"]
    assert [item["type"] for item in items] == ["message", "mcp_approval_request", "mcp_approval_response"]
    assert items[1] == {**REQUEST}
    assert items[2]["approve"] is False
    assert "refused" in run.bundles[-1]["text/plain"]


def test_never_approves_without_a_question(asked: Asked) -> None:
    """`--approve never` is the user's word for the whole turn."""
    answers(asked, [REQUEST, {**REQUEST, "id": "mcpr_2"}], said("ok"))
    asked.cell(f"--no-stream --approve never -P 'tools=[{MCP}]'", allow_stdin=False)
    assert [item["approve"] for item in asked.bodies[1]["input"]] == [True, True]


def unkept(asked: Asked, first: int, second: int, **body: Any) -> None:
    """Script a turn, one that is answered without it, and the same with the transcript."""
    asked.server.echoes = False
    usage = {"output_tokens": 5, "total_tokens": 0}
    asked.says("Halo Budi.", usage={**usage, "input_tokens": first})
    asked.says("I do not know.", usage={**usage, "input_tokens": second}, **body)
    asked.says("Budi.", usage={**usage, "input_tokens": 60})


@pytest.mark.parametrize(
    ("tokens", "body"),
    [(90, {"previous_response_id": None}), (90, {"previous_response_id": "resp_9"}), (90, {"store": False}), (35, {})],
)
def test_a_server_that_keeps_nothing_is_noticed(asked: Asked, tokens: int, body: dict[str, Any]) -> None:
    """The turn is asked again with the transcript, once, said below the answer; from then on it is always sent."""
    unkept(asked, 39, tokens, **body)
    asked.says("Always.")
    asked.cell("", "My name is Budi.")
    run = asked.cell("", "What is my name?")
    assert run.error is None
    plain = run.bundles[-1]["text/plain"]
    assert plain.startswith("Budi.")
    assert "keeps no conversations: the transcript was sent" in plain
    assert "I do not know" not in json.dumps(run.bundles[-1])
    assert asked.value("_neosantara.text") == "'Budi.'"
    asked.cell("", "Again?")
    assert [body.get("previous_response_id") for body in asked.bodies] == [None, "resp_1", None, None]
    assert [len(asked.bodies[n]["input"]) for n in (2, 3)] == [3, 5]
    assert "I do not know" not in json.dumps(asked.bodies[3])


@pytest.mark.parametrize("body", [{"previous_response_id": "resp_1"}, {}])
def test_a_server_that_keeps_is_believed(asked: Asked, body: dict[str, Any]) -> None:
    """An echo counts whatever the tokens say; without one, tokens that grew do."""
    unkept(asked, 39, 10 if body else 60, **body)
    asked.cell("", "My name is Budi.")
    run = asked.cell("", "What is my name?")
    assert run.bundles[-1]["text/plain"].startswith("I do not know.")
    assert len(asked.requests) == 2


def test_state_is_checked_within_a_turn(asked: Asked) -> None:
    """Between tool rounds too: the question must not get lost."""
    asked.run(TOOL)
    call = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": '{"city": "Jakarta"}'}
    asked.server.echoes = False
    answers(asked, [call], said("What?"), said("31 in Jakarta"), previous_response_id=None)
    run = asked.cell("--no-stream --api responses --tools get_weather")
    assert run.bundles[-1]["text/plain"].startswith("31 in Jakarta")
    assert "previous_response_id" in asked.bodies[1]
    assert [item["type"] for item in asked.bodies[2]["input"]] == ["message", "function_call", "function_call_output"]


def test_a_server_that_refuses_ids_is_asked_in_vain_once(asked: Asked) -> None:
    """llama.cpp answers 400 to every id: that is learned, and told in words that are true."""
    asked.says("a")
    refusal = {"error": {"code": 400, "message": "llama.cpp does not support 'previous_response_id'"}}
    asked.server.answer(400, body=refusal)
    asked.says("b", "c")
    asked.cell("", "one")
    run = asked.cell("", "two")
    asked.cell("", "three")
    assert "keeps no conversations" in run.bundles[-1]["text/plain"]
    assert [body.get("previous_response_id") for body in asked.bodies] == [None, "resp_1", None, None]
