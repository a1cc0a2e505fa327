"""The client against ``@copilotkit/aimock``: a server that none of us wrote, on both endpoints."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from neosantara_magic.api.client import ServiceClient
from neosantara_magic.errors import APIStatusError
from neosantara_magic.events import RoundCompleted, TextDelta, ToolCallDelta
from neosantara_magic.messages import Api, ToolResult, ToolSpec, tool_message, user_message
from neosantara_magic.request import Request
from neosantara_magic.scope import Cancel

pytestmark = pytest.mark.node

WEATHER = ToolSpec(
    "get_weather",
    "Weather of a place.",
    {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
)
ANSWER = "Jakarta adalah ibu kota. 🇮🇩 **Né** Batavia."
HELLO = {"match": {"userMessage": "capital"}, "response": {"content": ANSWER}}
CALL = {
    "match": {"userMessage": "weather", "hasToolResult": False},
    "response": {"toolCalls": [{"name": "get_weather", "arguments": {"location": "Jakarta"}}]},
}
AFTER = {"match": {"userMessage": "weather", "hasToolResult": True}, "response": {"content": "It is hot."}}


def run(server: Any, request: Request) -> tuple[list[Any], RoundCompleted]:
    """Ask once; return the events and how the round ended."""
    with contextlib.closing(ServiceClient(key="nsk_test", base_url=server.base_url)) as client:
        events = list(client.stream(request, Cancel()))
    assert isinstance(events[-1], RoundCompleted)
    return events, events[-1]


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer(aimock: Any, api: Api, *, streamed: bool) -> None:
    """Text, id and usage arrive, streamed in pieces or whole."""
    server = aimock(HELLO)
    events, end = run(server, Request("gpt-4o", api, (user_message("the capital?"),), stream=streamed))
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == end.message.text == ANSWER
    assert (len(pieces) > 1) is streamed
    assert end.finish_reason == "stop"
    assert end.id


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_tool_call_and_its_answer(aimock: Any, api: Api, *, streamed: bool) -> None:
    """The call arrives whole, and the history with its result is understood."""
    server = aimock(CALL, AFTER)
    first = Request("gpt-4o", api, (user_message("weather?"),), tools=(WEATHER,), stream=streamed)
    events, called = run(server, first)
    (call,) = called.message.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"location": "Jakarta"})
    assert "".join(event.arguments for event in events if isinstance(event, ToolCallDelta)) == call.arguments
    assert called.finish_reason == "tool_calls"
    history = (*first.messages, called.message, tool_message(ToolResult(call, "31 degrees")))
    _, end = run(server, Request("gpt-4o", api, history, tools=(WEATHER,), stream=streamed))
    assert end.message.text == "It is hot."


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_request_nobody_scripted(aimock: Any, api: Api) -> None:
    """In strict mode aimock refuses it with 503; the refusal is one of our errors with its status."""
    request = Request("gpt-4o", api, (user_message("something else"),))
    with (
        contextlib.closing(ServiceClient(key="nsk_test", base_url=aimock(HELLO).base_url)) as client,
        pytest.raises(APIStatusError) as caught,
    ):
        list(client.send(request, Cancel()))  # without the waits after a 503
    assert caught.value.status == 503
    assert caught.value.next_step
