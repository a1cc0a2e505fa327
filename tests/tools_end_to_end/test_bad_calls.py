"""Everything a model can send wrong, through the kernel: answered to the model, never raised in the cell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from magic.spoken import MODEL, Asked, chat_events
from tools_end_to_end.functions import answered, contents, dangling

pytestmark = pytest.mark.kernel

BAD: dict[str, tuple[str, Any, list[str]]] = {
    "unknown tool": ("get_wether", "{}", ["There is no tool", "get_weather"]),
    "a name with odd characters": ("rm -rf /; \u202e\n", "{}", ["There is no tool"]),
    "no name": ("", "{}", ["There is no tool"]),
    "missing argument": ("add", '{"a": 1}', ["b: required, but missing"]),
    "extra argument": ("add", '{"a": 1, "b": 2, "c": 3}', ["c: there is no such argument"]),
    "mistyped arguments": ("add", '{"a": "x", "b": [1]}', ["a: ", "b: "]),
    "cut JSON": ("add", '{"a": 1, "b"', ["not valid JSON", "it ends before it is complete"]),
    "no JSON": ("add", "a=1, b=2", ["not valid JSON"]),
    "empty arguments": ("add", "", ["a: required, but missing", "b: required, but missing"]),
    "an array": ("add", "[1, 2]", ["must be a JSON object"]),
    "a bare null": ("add", "null", ["a: required, but missing"]),
    "nested a million deep": ("add", "[" * 900_000, ["nested too deeply"]),
    "an integer of 5000 digits": ("add", '{"a": ' + "9" * 5_000 + ', "b": 1}', ["The arguments do not fit"]),
    "a lone surrogate": ("add", '{"a": "\\ud800", "b": 1}', ["The arguments do not fit"]),
}


@pytest.mark.parametrize("name", BAD)
def test_is_told_to_the_model(tooled: Asked, name: str) -> None:
    """One line per field, the function is not called, the cell does not fail, and the transcript stays sendable."""
    called, arguments, expected = BAD[name]
    tooled.chats([(called, arguments)], "I see.")
    run = tooled.cell("--tools get_weather,add --out answer")
    assert run.error is None, run.error
    [told] = contents(tooled.bodies[1])
    for piece in expected:
        assert piece in told, told
    assert tooled.value("ran") == "[]"
    assert tooled.value("answer.tool_calls[0].error is not None") == "True"
    sent = tooled.bodies[1]["messages"][1]["tool_calls"][0]["function"]
    assert sent["name"].replace("_", "").replace("-", "").isalnum()
    assert isinstance(json.loads(sent["arguments"]), dict)
    tooled.chats("Still here.")
    assert tooled.cell("--api chat", "And now?").error is None


def test_one_line_per_field(tooled: Asked) -> None:
    """Two wrong fields are two lines, each with its name and the value that was wrong."""
    tooled.chats([("add", {"a": "one", "b": "two"})], "I see.")
    tooled.cell("--tools add")
    head, *lines = contents(tooled.bodies[1])[0].split("\n")
    assert head == "The arguments do not fit, so the function was not called."
    assert [line.split(":")[0] for line in lines] == ["a", "b"]
    assert '(got "one")' in lines[0]


def test_arguments_in_a_string_are_repaired(tooled: Asked) -> None:
    """JSON inside a JSON string is what was meant, so the function is called."""
    tooled.chats([("add", json.dumps('{"a": 1, "b": "2"}'))], "3")
    assert tooled.cell("--tools add").error is None
    assert contents(tooled.bodies[1]) == ["3"]


def test_ten_megabytes_of_arguments(tooled: Asked) -> None:
    """They are refused, and neither the next request, nor the transcript, nor the saved answer carries them."""
    huge = json.dumps({"a": "x" * 10_000_000, "b": 1})
    tooled.chats([("add", huge), ("add", {"a": 1, "b": 2})], "Too long, sorry.")
    run = tooled.cell("--tools add --out answer", timeout=120)
    assert run.error is None, run.error
    too_long, fine = contents(tooled.bodies[1])
    assert "The arguments are too long: 10,000,0" in too_long
    assert fine == "3"
    assert len(tooled.requests[1].body) < 10_000
    assert "10,000,0" in tooled.bodies[1]["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert int(tooled.value("sum(len(str(m)) for m in answer.messages)")) < 10_000
    assert int(tooled.value("len(str(answer.tool_calls))")) < 10_000
    assert sum(len(text) for bundle in run.bundles for text in bundle.values()) < 60_000


def test_the_same_id_twice(tooled: Asked) -> None:
    """Both calls are run and answered, under ids of their own."""
    function = {"name": "add", "arguments": '{"a": 1, "b": 1}'}
    calls = [{"index": n, "id": "call_1", "type": "function", "function": function} for n in range(2)]
    choice = {"index": 0, "delta": {"tool_calls": calls}, "finish_reason": None}
    head = {"id": "c", "object": "chat.completion.chunk", "model": MODEL}
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    tooled.server.stream([{**head, "choices": [choice]}, {**head, "choices": [end]}], done=True)
    tooled.chats("2 and 2")
    assert tooled.cell("--tools add").error is None
    assert contents(tooled.bodies[1]) == ["2", "2"]
    assert tooled.value("ran") == "[('add', 1, 1), ('add', 1, 1)]"


def test_the_same_id_in_every_round(tooled: Asked) -> None:
    """A server that counts from call_0 in each round: the transcript still pairs each call with its answer."""
    tooled.chats([("add", {"a": 1, "b": 1})], [("add", {"a": 2, "b": 2})], "done")
    assert tooled.cell("--tools add").error is None
    assert contents(tooled.bodies[2]) == ["4"]
    ids = [call["id"] for m in tooled.bodies[2]["messages"] for call in m.get("tool_calls") or []]
    assert len(set(ids)) == 2
    assert not dangling(tooled.bodies[2])


def test_a_call_cut_by_the_token_limit(tooled: Asked) -> None:
    """finish_reason length in the middle of arguments: answered as unreadable, and the turn goes on."""
    tooled.server.stream(chat_events("", ("add", '{"a": 1, "b'), finish="length"), done=True)
    tooled.chats("Sorry.")
    assert tooled.cell("--tools add").error is None
    assert "it ends before it is complete" in contents(tooled.bodies[1])[0]


def test_good_and_bad_calls_in_one_message(tooled: Asked) -> None:
    """The good one runs; the answers stand in the order of the calls."""
    tooled.chats([("nothing", {}), ("add", {"a": 1, "b": 2}), ("add", {"a": 1})], "done")
    assert tooled.cell("--tools add").error is None
    first, second, third = contents(tooled.bodies[1])
    assert "There is no tool" in first
    assert second == "3"
    assert "b: required, but missing" in third
    assert [id_ for id_, _ in answered(tooled.bodies[1])] == ["call_nothing_0", "call_add_1", "call_add_2"]
