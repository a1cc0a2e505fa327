"""Rounds of tool calls on the wire: what is sent, in which order, how often, and what it comes to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from magic.spoken import MODEL, Asked, chat_events
from tools_end_to_end.functions import answered, contents, dangling

pytestmark = pytest.mark.kernel

WEATHER = ("get_weather", {"location": "Jakarta"})
TIME = ("get_time", {"timezone": "Asia/Jakarta"})


def test_parallel_calls_are_answered_in_order(tooled: Asked) -> None:
    """Two calls in one message: both run, and the next request answers each with its id, in order."""
    tooled.chats([WEATHER, TIME], "28 degrees at 14:05.")
    run = tooled.cell("--tools get_weather,get_time --out answer")
    assert run.error is None, run.error
    first, second = tooled.bodies
    assert [one["function"]["name"] for one in first["tools"]] == ["get_weather", "get_time"]
    assert answered(second) == [
        ("call_get_weather_0", '{"location": "Jakarta", "temperature": 28}'),
        ("call_get_time_1", "14:05"),
    ]
    assert second["messages"][1]["tool_calls"][0]["function"] == {
        "name": "get_weather",
        "arguments": '{"location": "Jakarta"}',
    }
    assert tooled.value("ran") == "[('get_weather', 'Jakarta', 'celsius'), ('get_time', 'Asia/Jakarta')]"
    assert tooled.value("answer.text") == "'28 degrees at 14:05.'"
    assert tooled.value("[(c.name, c.arguments, c.result, c.error) for c in answer.tool_calls]") == (
        "[('get_weather', {'location': 'Jakarta'}, '{\"location\": \"Jakarta\", \"temperature\": 28}', None), "
        "('get_time', {'timezone': 'Asia/Jakarta'}, '14:05', None)]"
    )


def test_one_call_after_the_other(tooled: Asked) -> None:
    """The second round knows the first one's result; the third request holds both batches."""
    tooled.chats([("get_location", {})], [("get_weather", {"location": "Bandung"})], "28 degrees.")
    assert tooled.cell("--tools get_location,get_weather").error is None
    assert [len(body["messages"]) for body in tooled.bodies] == [1, 3, 5]
    assert contents(tooled.bodies[1]) == ["Bandung"]
    assert contents(tooled.bodies[2]) == ['{"location": "Bandung", "temperature": 28}']
    assert not dangling(tooled.bodies[2])


def test_parallel_then_sequential_with_text_between(tooled: Asked) -> None:
    """A round may hold text and calls; the text is kept in the transcript and in the answer."""
    tooled.server.stream(chat_events("Let me look.", WEATHER, TIME), done=True)
    tooled.chats([("add", {"a": 28, "b": 1})], "29.")
    assert tooled.cell("--tools get_weather,get_time,add --out answer").error is None
    assert tooled.bodies[1]["messages"][1]["content"] == "Let me look."
    assert contents(tooled.bodies[2]) == ["29"]
    assert tooled.value("answer.text") == "'Let me look.\\n\\n29.'"
    assert tooled.value("[c.name for c in answer.tool_calls]") == "['get_weather', 'get_time', 'add']"


def test_a_clarifying_question_is_an_answer(tooled: Asked) -> None:
    """The model asks back; the next cell answers, and the call comes then, with the history before it."""
    tooled.chats("Which city?")
    asked = tooled.cell("--tools get_weather", "What is the weather?", cell_id="a")
    assert "Which city?" in asked.answer
    tooled.chats([WEATHER], "28 degrees.")
    assert tooled.cell("--tools get_weather", "Jakarta", cell_id="b").error is None
    assert [(m["role"], m["content"]) for m in tooled.bodies[1]["messages"]] == [
        ("user", "What is the weather?"),
        ("assistant", "Which city?"),
        ("user", "Jakarta"),
    ]
    assert contents(tooled.bodies[2]) == ['{"location": "Jakarta", "temperature": 28}']


def test_the_next_cell_knows_what_the_tools_said(tooled: Asked) -> None:
    """Calls and answers stay in the conversation, also for a cell without tools on the other endpoint."""
    tooled.chats([TIME], "It is 14:05.")
    tooled.cell("--tools get_time", cell_id="a")
    tooled.says("As I said.")
    assert tooled.cell("", "Again?", cell_id="b").error is None
    kinds = [item["type"] for item in tooled.bodies[2]["input"]]
    assert kinds == ["message", "function_call", "function_call_output", "message", "message"]
    assert tooled.bodies[2]["input"][2]["output"] == "14:05"


@pytest.mark.parametrize(("flag", "calls"), [(0, 1), (1, 2), (2, 3)])
def test_the_last_round_may_not_call(tooled: Asked, flag: int, calls: int) -> None:
    """--max-rounds N: N+1 requests, the last with tool_choice none, and the footer says that the limit was reached."""
    tooled.chats(*[[("add", {"a": 1, "b": n})] for n in range(flag)], "enough")
    run = tooled.cell(f"--tools add --max-rounds {flag}")
    assert run.error is None, run.error
    assert [body.get("tool_choice", "auto") for body in tooled.bodies] == ["auto"] * (calls - 1) + ["none"]
    assert all(body["tools"] for body in tooled.bodies)
    said = f"limit of {flag} tool round"
    assert (said in run.answer) == (flag > 0)
    assert tooled.value("len(ran)") == str(flag)


def test_a_call_after_tool_choice_none_is_refused(tooled: Asked) -> None:
    """A model that calls all the same is not obeyed: nothing runs, nothing dangles, and there is no further request."""
    tooled.chats([("add", {"a": 1, "b": 1})], [("add", {"a": 2, "b": 2})])
    run = tooled.cell("--tools add --max-rounds 1 --out answer", cell_id="a")
    assert run.error is None, run.error
    assert len(tooled.bodies) == 2
    assert tooled.value("ran") == "[('add', 1, 1)]"
    assert tooled.value("answer.tool_calls[1].status") == "'refused'"
    tooled.chats("ok")
    tooled.cell("--tools add", cell_id="b")
    assert not dangling(tooled.bodies[2])


def test_tokens_are_added_over_the_rounds(tooled: Asked) -> None:
    """Usage, footer and ledger count every request of the turn."""
    tooled.chats([WEATHER], [TIME], "done")
    run = tooled.cell("--tools get_weather,get_time --out answer")
    assert tooled.value("(answer.usage.input_tokens, answer.usage.output_tokens)") == "(36, 21)"
    assert "36 tokens in, 21 out" in run.answer
    assert "2 tools" in run.answer
    table = tooled.run("%neosantara usage").answer
    assert "3" in table
    assert "36" in table


def test_responses_continue_their_stored_id_between_rounds(tooled: Asked) -> None:
    """--api responses: the flat form out, function_call in, only the outputs go back with the id."""
    items = [
        {"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": name, "arguments": json.dumps(given)}
        for n, (name, given) in enumerate([WEATHER, TIME])
    ]
    tooled.says("", output=items)
    tooled.says("28 degrees at 14:05.")
    run = tooled.cell("--api responses --tools get_weather,get_time", cell_id="a")
    assert run.error is None, run.error
    first, second = tooled.bodies
    assert [(one["type"], one["name"]) for one in first["tools"]] == [
        ("function", "get_weather"),
        ("function", "get_time"),
    ]
    assert second["previous_response_id"] == "resp_1"
    assert second["input"] == [
        {
            "type": "function_call_output",
            "call_id": "call_0",
            "output": '{"location": "Jakarta", "temperature": 28}',
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "14:05"},
    ]
    tooled.says("Again: 28.")
    tooled.cell("--api responses", "Again?", cell_id="b")
    assert (tooled.bodies[2]["previous_response_id"], tooled.bodies[2]["input"]) == ("resp_2", "Again?")


def test_responses_that_are_not_stored_get_the_transcript(tooled: Asked) -> None:
    """--once: no id to continue, so calls and outputs both go back."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": '{"a": 1, "b": 2}'}
    tooled.says("", output=[call])
    tooled.says("3")
    assert tooled.cell("--api responses --tools add --once").error is None
    second = tooled.bodies[1]
    assert "previous_response_id" not in second
    assert [item["type"] for item in second["input"]] == ["message", "function_call", "function_call_output"]


def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}


def test_calls_without_index_and_with_arguments_as_objects(tooled: Asked) -> None:
    """Shapes that other servers send: no index, arguments as an object, finish_reason stop."""
    calls = [
        {"id": "call_a", "type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}},
        {"id": "call_b", "type": "function", "function": {"name": "get_time", "arguments": {"timezone": "UTC"}}},
    ]
    tooled.server.stream([_chunk({"tool_calls": [one]}) for one in calls] + [_chunk({}, "stop")], done=True)
    tooled.chats("done")
    assert tooled.cell("--tools add,get_time").error is None
    assert answered(tooled.bodies[1]) == [("call_a", "3"), ("call_b", "14:05")]
    sent = tooled.bodies[1]["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"a": 1, "b": 2}


def test_a_whole_body_with_calls(tooled: Asked) -> None:
    """--no-stream goes the same way."""
    call = {"id": "call_a", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    tooled.server.answer(body={"id": "c", "object": "chat.completion", "model": MODEL, "choices": [choice]})
    done = {"index": 0, "message": {"role": "assistant", "content": "3"}, "finish_reason": "stop"}
    tooled.server.answer(body={"id": "d", "object": "chat.completion", "model": MODEL, "choices": [done]})
    assert tooled.cell("--tools add --no-stream").error is None
    assert answered(tooled.bodies[1]) == [("call_a", "3")]
