"""The seven requests of the Open Responses compliance suite, held to the fields and events of the specification."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import Response

from demo.pictures import data_url, png
from demo.talking import request, responses, stream
from wire.server import ScriptedServer

NOT_NULL = {
    "id", "object", "created_at", "status", "model", "output", "tools", "tool_choice", "truncation",
    "parallel_tool_calls", "text", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs",
    "temperature", "store", "background", "service_tier", "metadata",
}  # fmt: skip
REQUIRED = NOT_NULL | {
    "completed_at", "incomplete_details", "previous_response_id", "instructions", "error", "reasoning", "user",
    "usage", "max_output_tokens", "max_tool_calls", "safety_identifier", "prompt_cache_key",
}  # fmt: skip
PARTS = {"output_text": {"type", "text", "annotations", "logprobs"}, "summary_text": {"type", "text"}}
ITEMS = {
    "message": {"type", "id", "status", "role", "content"},
    "function_call": {"type", "id", "call_id", "name", "arguments", "status"},
    "reasoning": {"type", "id", "summary"},
}
EVENTS = {
    "response.created": {"response"},
    "response.in_progress": {"response"},
    "response.completed": {"response"},
    "response.incomplete": {"response"},
    "response.output_item.added": {"output_index", "item"},
    "response.output_item.done": {"output_index", "item"},
    "response.content_part.added": {"item_id", "output_index", "content_index", "part"},
    "response.content_part.done": {"item_id", "output_index", "content_index", "part"},
    "response.output_text.delta": {"item_id", "output_index", "content_index", "delta", "logprobs"},
    "response.output_text.done": {"item_id", "output_index", "content_index", "text", "logprobs"},
    "response.reasoning_summary_part.added": {"item_id", "output_index", "summary_index", "part"},
    "response.reasoning_summary_part.done": {"item_id", "output_index", "summary_index", "part"},
    "response.reasoning_summary_text.delta": {"item_id", "output_index", "summary_index", "delta"},
    "response.reasoning_summary_text.done": {"item_id", "output_index", "summary_index", "text"},
    "response.function_call_arguments.delta": {"item_id", "output_index", "delta"},
    "response.function_call_arguments.done": {"item_id", "output_index", "arguments", "name"},
}


def said(role: str, content: Any) -> dict[str, Any]:
    """Return a message item."""
    return {"type": "message", "role": role, "content": content}


WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather for a location",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}},
        "required": ["location"],
    },
}
TOOL_CALL = {"input": [said("user", "What's the weather like in San Francisco?")], "tools": [WEATHER]}
LOOK = [
    {"type": "input_text", "text": "What do you see in this image? Answer in one sentence."},
    {"type": "input_image", "image_url": data_url(png(8, 8, (220, 20, 20)))},
]
SEVEN: dict[str, tuple[dict[str, Any], str, bool]] = {
    # the request, the type of item that the answer must have, whether it streams
    "basic": ({"input": [said("user", "Say hello in exactly 3 words.")]}, "message", False),
    "streaming": ({"input": [said("user", "Count from 1 to 5.")]}, "message", True),
    "system": ({"input": [said("system", "You are a pirate."), said("user", "Say hello.")]}, "message", False),
    "tool call": (TOOL_CALL, "function_call", False),
    "streamed tool call": (TOOL_CALL, "function_call", True),
    "image": ({"input": [said("user", LOOK)]}, "message", False),
    "several turns": (
        {
            "input": [
                said("user", "My name is Alice."),
                said("assistant", "Hello Alice!"),
                said("user", "What is my name?"),
            ]
        },
        "message",
        False,
    ),
}


def hold(body: dict[str, Any], status: str) -> None:
    """Hold a body to the specification, and to the SDK's own types."""
    assert set(body) >= REQUIRED
    assert not [name for name in NOT_NULL if body[name] is None]
    assert (body["object"], body["status"]) == ("response", status)
    assert (body["completed_at"] is None) == (status != "completed")
    for item in body["output"]:
        assert set(item) == ITEMS[item["type"]]
        for part in item.get("content") or item.get("summary") or []:
            assert set(part) == PARTS[part["type"]]
    for tool in body["tools"]:
        assert {"type", "name", "description", "parameters", "strict"} <= set(tool)
    if status != "in_progress":
        assert {"input_tokens", "output_tokens", "total_tokens"} <= set(body["usage"])
        assert body["usage"]["input_tokens_details"].keys() == {"cached_tokens"}
        assert body["usage"]["output_tokens_details"].keys() == {"reasoning_tokens"}
    Response.model_validate({**body, "usage": None})  # its usage wants a field that the specification does not have


def hold_events(events: list[Any]) -> dict[str, Any]:
    """Hold a stream to the specification: numbers, order, and that the pieces make the whole. Return the last body."""
    assert events[-1] == "[DONE]"
    events = events[:-1]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    for event in events:
        assert set(event) - {"type", "sequence_number"} == EVENTS[event["type"]]
    hold(events[0]["response"], "in_progress")
    body = events[-1]["response"]
    for index, item in enumerate(body["output"]):
        of_item = [event for event in events if event.get("output_index") == index]
        assert (of_item[0]["type"], of_item[-1]["type"]) == ("response.output_item.added", "response.output_item.done")
        assert of_item[-1]["item"] == item
        assert {event["item_id"] for event in of_item[1:-1]} == {item["id"]}
        assert of_item[0]["item"].get("status") in {"in_progress", None}
        told = "".join(event["delta"] for event in of_item if event["type"].endswith(".delta"))
        assert told == (item.get("arguments") or (item.get("content") or item.get("summary"))[0]["text"])
        done = [event for event in of_item if event["type"].endswith(("text.done", "arguments.done"))]
        assert [event.get("text", event.get("arguments")) for event in done] == [told]
    return body


@pytest.mark.parametrize("name", SEVEN)
def test_the_seven_requests_pass(demo_server: ScriptedServer, name: str) -> None:
    """Each as the suite asks it, whole or streamed as there, and the other way too, which must say the same."""
    asked, item, _ = SEVEN[name]
    whole = responses(demo_server, asked["input"], **{"tools": asked["tools"]} if "tools" in asked else {})
    streamed = hold_events(stream(demo_server, "/v1/responses", **asked))
    for body in (whole, streamed):
        hold(body, "completed")
        assert item in [one["type"] for one in body["output"]]
    assert whole["output"] == streamed["output"]
    if name == "several turns":
        assert whole["output"][0]["content"][0]["text"] == "Your name is Alice."


def test_reasoning_and_a_cut_answer_hold_too(demo_server: ScriptedServer) -> None:
    """A reasoning item comes first; an answer that the limit ends is incomplete, with its reason."""
    asked = {"input": "Explain linear regression", "reasoning": {"effort": "low"}}
    body = hold_events(stream(demo_server, "/v1/responses", **asked))
    assert [one["type"] for one in body["output"]] == ["reasoning", "message"]
    hold(body, "completed")
    assert body == responses(demo_server, asked["input"], reasoning=asked["reasoning"])
    assert 0 < body["usage"]["output_tokens_details"]["reasoning_tokens"] < body["usage"]["output_tokens"]
    cut = hold_events(stream(demo_server, "/v1/responses", input="Why is the sky blue?", max_output_tokens=5))
    hold(cut, "incomplete")
    assert cut["incomplete_details"] == {"reason": "max_output_tokens"}
    assert cut["output"][0]["status"] == "incomplete"
    assert (cut["usage"]["output_tokens"], len(cut["output"][0]["content"][0]["text"])) == (5, 20)


def test_what_was_sent_comes_back(demo_server: ScriptedServer) -> None:
    """The id that was used, so that a client sees whether it was; and the settings, which are otherwise the defaults."""
    first = responses(demo_server, "Say hi")
    assert first["previous_response_id"] is None
    sent = {
        "temperature": 0.1,
        "top_p": 0.5,
        "metadata": {"a": "b"},
        "user": "u",
        "truncation": "auto",
        "instructions": "x",
    }
    form = {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}}
    more = {"tools": [WEATHER], "tool_choice": "none", "max_output_tokens": 99, "store": True, "text": form}
    second = responses(demo_server, "Say hi", previous_response_id=first["id"], **sent, **more)
    assert second["previous_response_id"] == first["id"]
    assert {name: second[name] for name in sent} == sent
    assert {name: second[name] for name in ("tool_choice", "max_output_tokens", "store", "text")} == {
        name: more[name] for name in ("tool_choice", "max_output_tokens", "store", "text")
    }
    assert second["tools"] == [{**WEATHER, "strict": False}]


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, "a.b"])
def test_a_function_needs_a_proper_name(demo_server: ScriptedServer, name: str) -> None:
    """At most 64 letters, digits, ``_`` and ``-``."""
    asked = {"model": "nusantara-base", "input": "Hi", "tools": [{"type": "function", "name": name}]}
    assert request(demo_server, "POST", "/v1/responses", asked)[0] == 400
