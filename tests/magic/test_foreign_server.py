"""The magic against a server that none of us wrote (aimock), on both endpoints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernels import Kernel
from magic.spoken import KEY
from magic.test_flags_on_the_wire import ON_CHAT, ON_RESPONSES
from wire.aimock import Aimock

pytestmark = [pytest.mark.kernel, pytest.mark.node]


def test_both_endpoints_tools_and_a_chain(kernel: Kernel, aimock: Callable[..., Aimock]) -> None:
    """Plain answers on responses and chat, a tool round, a second turn: what a foreign server reads of them."""
    running = aimock(
        {
            "match": {"userMessage": "weather", "hasToolResult": False},
            "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "Bogor"}}]},
        },
        {"match": {"userMessage": "weather", "hasToolResult": True}, "response": {"content": "Rain in Bogor."}},
        {"match": {"userMessage": "hello"}, "response": {"content": "Hi there, **streaming**."}},
        {"match": {"userMessage": "again"}, "response": {"content": "And again."}},
    )
    kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=running.base_url)
    kernel.execute("%load_ext neosantara_magic")
    for flags in ("--api responses", "--api chat", "--no-stream", "--api chat --no-stream"):
        run = kernel.execute(f"%%neosantara --once {flags}\nhello")
        assert run.error is None, (flags, run.error)
        assert run.answer.startswith("Hi there, **streaming**."), (flags, run.answer)
    kernel.execute("def get_weather(city: str) -> str:\n    return 'rain'")
    run = kernel.execute("%%neosantara --tools get_weather\nweather in Bogor?", cell_id="a")
    assert run.error is None, run.error
    assert "Rain in Bogor." in run.answer
    run = kernel.execute("%%neosantara --api responses --once --tools get_weather\nweather in Bogor?", cell_id="c")
    assert run.error is None, run.error
    assert "Rain in Bogor." in run.answer
    run = kernel.execute("%%neosantara\nagain", cell_id="b")
    assert run.error is None, run.error
    assert "And again." in run.answer
    paths = [request["path"] for request in running.requests]
    assert paths == [
        "/v1/responses",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/chat/completions",
        "/v1/chat/completions",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/responses",
        "/v1/responses",
    ]
    roles = [message["role"] for message in running.requests[5]["body"]["messages"]]
    assert roles == ["user", "assistant", "tool"]


def test_data_on_both_endpoints(kernel: Kernel, aimock: Callable[..., Aimock]) -> None:
    """--schema: json_schema on responses, a forced tool on chat; the same object either way."""
    running = aimock(
        {
            "match": {"userMessage": "record", "toolName": "Person"},
            "response": {"toolCalls": [{"name": "Person", "arguments": {"name": "Sari", "age": 30}}]},
        },
        {"match": {"userMessage": "write"}, "response": {"content": '{"name": "Sari", "age": 30}'}},
    )
    kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=running.base_url)
    kernel.execute("%load_ext neosantara_magic")
    kernel.execute("from dataclasses import dataclass\n@dataclass\nclass Person:\n    name: str\n    age: int")
    for flags, prompt in (("", "write Sari, 30."), ("--api chat", "record Sari, 30.")):
        run = kernel.execute(f"%%neosantara --schema Person -o who --once {flags}\n{prompt}")
        assert run.error is None, (run.error, running.requests)
        assert kernel.value("who") == "Person(name='Sari', age=30)"
    assert [request["path"] for request in running.requests] == ["/v1/responses", "/v1/chat/completions"]
    assert running.requests[1]["body"]["tool_choice"]["function"]["name"] == "Person"


def test_each_row_of_the_flag_table_is_taken(kernel: Kernel, aimock: Callable[..., Aimock]) -> None:
    """A foreign server answers every flag on both endpoints, and on chat reads the field that the flag sets."""
    running = aimock({"match": {"userMessage": "hello"}, "response": {"content": "Hi there."}})
    kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=running.base_url)
    kernel.execute("%load_ext neosantara_magic")
    rows = [("", flags, {}) for flags in ON_RESPONSES] + [("--api chat ", *row) for row in ON_CHAT.items()]
    for at, (api, flags, change) in enumerate(rows):
        alone = f" -c c{at}" * ("--once" not in flags)
        run = kernel.execute(f"%%neosantara {api}{flags}{alone}\nhello")
        assert run.error is None, (api, flags, run.error)
        assert "Hi there." in run.answer + run.stdout, (api, flags)
        read = running.requests[-1]
        assert read["path"] == ("/v1/chat/completions" if api else "/v1/responses"), flags
        if api:  # its journal holds a request to the other endpoint in chat's form
            assert {name: read["body"].get(name) for name in change} == change, flags
    assert len(running.requests) == len(rows)
