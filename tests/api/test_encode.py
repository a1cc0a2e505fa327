"""Requests in, JSON bodies out: what travels, and what never does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from neosantara_magic.api import chat, responses
from neosantara_magic.api.client import wire_body
from neosantara_magic.messages import (
    AnswerFormat,
    Api,
    ImagePart,
    Message,
    TextPart,
    ToolCall,
    ToolSpec,
    assistant_message,
    user_message,
)
from neosantara_magic.request import Request

PNG = "data:image/png;base64,AA=="
WEATHER = ToolSpec("get_weather", "Weather of a place.", {"type": "object", "properties": {}})
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
HISTORY = (
    user_message("Weather in Jakarta and Bandung?"),
    assistant_message("Looking.", (ToolCall("a", "get_weather", '{"l":1}'), ToolCall("b", "get_weather", ""))),
    Message("tool", (TextPart("hot"), ImagePart(PNG)), call_id="a"),
    Message("tool", (TextPart("mild"),), call_id="b"),
    assistant_message("Hot and mild."),
    user_message("And tomorrow?"),
)


def request(api: Api, *messages: Message, **more: Any) -> Request:
    """Build a request; one plain question when no messages are given."""
    return Request("nusantara-base", api, messages or (user_message("Hi"),), **more)


def test_a_plain_question_on_responses() -> None:
    """The least that travels: cap and store always, the rest only when given."""
    assert responses.encode(request("responses")) == {
        "model": "nusantara-base",
        "input": "Hi",
        "max_output_tokens": 2048,
        "store": False,
        "stream": True,
    }


def test_a_plain_question_on_chat() -> None:
    """The least that travels: the seed's ``max_tokens``, and usage asked for at the end of the stream."""
    assert chat.encode(request("chat")) == {
        "model": "nusantara-base",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 2048,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("dialect", [responses, chat])
def test_without_a_stream_nothing_about_streams_is_sent(dialect: Any) -> None:
    """``--no-stream`` leaves the keys out instead of sending false."""
    sent = dialect.encode(request("chat", stream=False))
    assert "stream" not in sent
    assert "stream_options" not in sent


def test_a_continued_response_sends_only_what_is_new() -> None:
    """With a previous id the known messages stay at home; instructions travel every time."""
    sent = responses.encode(
        request("responses", *HISTORY, known=5, previous_response_id="resp_1", store=True, instructions="Be brief.")
    )
    assert sent["input"] == "And tomorrow?"
    assert (sent["previous_response_id"], sent["store"], sent["instructions"]) == ("resp_1", True, "Be brief.")


def test_known_means_nothing_without_an_id() -> None:
    """No previous id: the whole transcript travels, and the key is absent rather than null."""
    sent = responses.encode(request("responses", *HISTORY, known=5))
    assert len(sent["input"]) == 9
    assert "previous_response_id" not in sent


def test_history_on_responses() -> None:
    """Messages, calls and outputs as items; images of results follow in a message of their own."""
    assert responses.encode(request("responses", *HISTORY))["input"] == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather in Jakarta and Bandung?"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Looking.", "annotations": []}]},
        {"type": "function_call", "call_id": "a", "name": "get_weather", "arguments": '{"l":1}'},
        {"type": "function_call", "call_id": "b", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "hot"},
        {"type": "function_call_output", "call_id": "b", "output": "mild"},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Images returned by the tool calls above:"},
                {"type": "input_image", "image_url": PNG, "detail": "auto"},
            ],
        },
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hot and mild.", "annotations": []}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And tomorrow?"}]},
    ]  # fmt: skip


def test_history_on_chat() -> None:
    """System first, calls nested, each answer with its id, images after the whole batch of answers."""
    assert chat.encode(request("chat", *HISTORY, instructions="Be brief."))["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Jakarta and Bandung?"},
        {
            "role": "assistant",
            "content": "Looking.",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": '{"l":1}'}},
                {"id": "b", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "hot"},
        {"role": "tool", "tool_call_id": "b", "content": "mild"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Images returned by the tool calls above:"},
                {"type": "image_url", "image_url": {"url": PNG}},
            ],
        },
        {"role": "assistant", "content": "Hot and mild."},
        {"role": "user", "content": "And tomorrow?"},
    ]


def test_images_have_each_endpoints_own_form() -> None:
    """A string on responses, an object on chat; parts keep their order."""
    asked = user_message(ImagePart(PNG), "What is this?")
    assert responses.encode(request("responses", asked))["input"][0]["content"] == [
        {"type": "input_image", "image_url": PNG, "detail": "auto"},
        {"type": "input_text", "text": "What is this?"},
    ]
    assert chat.encode(request("chat", asked))["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "text", "text": "What is this?"},
    ]


def test_tools_are_flat_on_responses_and_nested_on_chat() -> None:
    """Each endpoint's own form, and ``auto`` is left to be the default that it is."""
    function = {
        "name": "get_weather",
        "description": "Weather of a place.",
        "parameters": {"type": "object", "properties": {}},
    }
    flat, nested = (dialect.encode(request("chat", tools=(WEATHER,))) for dialect in (responses, chat))
    assert flat["tools"] == [{"type": "function", **function}]
    assert nested["tools"] == [{"type": "function", "function": function}]
    assert "tool_choice" not in flat
    assert "tool_choice" not in nested


@pytest.mark.parametrize("choice", ["none", "required"])
def test_a_word_as_tool_choice_travels_as_it_is(choice: str) -> None:
    """The tools go along with ``none``, because the history speaks of them."""
    for dialect in (responses, chat):
        sent = dialect.encode(request("chat", tools=(WEATHER,), tool_choice=choice))
        assert sent["tool_choice"] == choice
        assert len(sent["tools"]) == 1


def test_a_name_as_tool_choice() -> None:
    """A named tool is forced in each endpoint's own form."""
    flat, nested = (
        dialect.encode(request("chat", tools=(WEATHER,), tool_choice="get_weather")) for dialect in (responses, chat)
    )
    assert flat["tool_choice"] == {"type": "function", "name": "get_weather"}
    assert nested["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}


def test_a_schema_on_responses() -> None:
    """``text.format`` with a name and strict."""
    assert responses.encode(request("responses", answer_format=AnswerFormat("City", SCHEMA)))["text"] == {
        "format": {"type": "json_schema", "name": "City", "schema": SCHEMA, "strict": True}
    }


def test_a_schema_on_chat_is_one_forced_tool() -> None:
    """As the seed's ``record_summary``; with tools present the request is encoded as it stands."""
    sent = chat.encode(request("chat", answer_format=AnswerFormat("City", SCHEMA)))
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["City"]
    assert sent["tools"][0]["function"]["parameters"] == SCHEMA
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "City"}}
    both = chat.encode(request("chat", answer_format=AnswerFormat("City", SCHEMA), tools=(WEATHER,)))
    assert [tool["function"]["name"] for tool in both["tools"]] == ["get_weather"]
    assert "tool_choice" not in both


def test_sampling_and_reasoning_travel_in_each_dialect() -> None:
    """Also what the SDK has no keyword for: stop and penalties on responses, reasoning on chat."""
    sampling = {"temperature": 0.1, "top_p": 0.9, "stop": ["x"], "presence_penalty": 0.5, "frequency_penalty": 0.6}
    flat = responses.encode(request("responses", sampling=sampling, reasoning="high"))
    nested = chat.encode(request("chat", sampling=sampling, reasoning="high"))
    for sent in (flat, nested):
        assert sent["reasoning"] == {"effort": "high"}
        assert {name: sent[name] for name in sampling} == sampling


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_param_wins_over_everything(api: Any) -> None:
    """``-P`` replaces a field whole and adds unknown ones."""
    given = {"model": "other", "reasoning": None, "top_k": 3}
    sent = wire_body(request(api, reasoning="high", extra=given))
    assert {name: sent[name] for name in given} == given


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("", "{}"),
        ('{"a": 1}', '{"a": 1}'),
        ('"{\\"a\\": 1}"', '{"a": 1}'),
        ('{"a": ', '{"unreadable_arguments": "{\\"a\\": "}'),
        ("[1]", '{"unreadable_arguments": "[1]"}'),
        ("null", '{"unreadable_arguments": "null"}'),
    ],
)
@pytest.mark.parametrize("dialect", [responses, chat])
def test_arguments_in_history_are_always_an_object(dialect: Any, written: str, sent: str) -> None:
    """A call whose arguments were cut must not make every later request fail."""
    encoded = json.dumps(dialect.encode(request("chat", assistant_message("", (ToolCall("a", "f", written),)))))
    assert json.dumps(sent)[1:-1] in encoded or json.dumps(sent) in encoded


@pytest.mark.parametrize("dialect", [responses, chat])
def test_made_up_ids_of_two_rounds_are_told_apart(dialect: Any) -> None:
    """Both rounds of a server without ids have a ``call_0``; each answer keeps its own call."""
    round_one = (
        assistant_message("", (ToolCall("call_0", "f", "{}"),)),
        Message("tool", (TextPart("1"),), call_id="call_0"),
    )
    round_two = (
        assistant_message("", (ToolCall("call_0", "g", "{}"),)),
        Message("tool", (TextPart("2"),), call_id="call_0"),
    )
    encoded = json.dumps(dialect.encode(request("chat", user_message("x"), *round_one, *round_two)))
    assert encoded.count('"call_0"') == 2
    assert encoded.count('"call_0_2"') == 2


def test_encoding_changes_nothing_it_was_given() -> None:
    """Requests are frozen, and so is what hangs on them."""
    extra = {"a": 1}
    asked = request("chat", *HISTORY, extra=extra, sampling={"stop": ["x"]})
    for api in ("responses", "chat"):
        first = wire_body(replace(asked, api=api))
        first["b"] = 2
        assert wire_body(replace(asked, api=api)) != first
    assert extra == {"a": 1}
