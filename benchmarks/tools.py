"""What tools cost: one round against the bare SDK, and the schemas of 50 functions.

For: the numbers behind the target (a round at most 1.5 times the SDK with ``json.loads`` and the call).
Not for: passing or failing. Run it from the checkout: ``python benchmarks/tools.py``.

One round, both times with the same bytes and no network: the server's stream with one tool call arrives, is decoded,
its arguments are read, the function is called, and the request that brings the result is encoded.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import httpx2
import openai
from pydantic import BaseModel

from neosantara_magic.api import chat
from neosantara_magic.api.client import ServiceClient
from neosantara_magic.api.wire import WireAnswer, WireRequest
from neosantara_magic.events import RoundCompleted, ToolReturned
from neosantara_magic.messages import ToolCall, tool_message, user_message
from neosantara_magic.request import Request
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import Approver
from neosantara_magic.tools.call import call_all
from neosantara_magic.tools.schema import describe
from neosantara_magic.tools.toolbox import Toolbox

ROUNDS = 300
PIECES = ['{"loc', 'ation": ', '"Jakarta', ', ID", ', '"unit": "c', 'elsius"}']


def get_weather(location: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, Any]:
    """Get the current weather in a given location.

    Args:
        location: The city and state, e.g. Jakarta, ID
        unit: The unit of temperature
    """
    return {"location": location, "temperature": 28, "unit": unit, "description": "Partly cloudy"}


def _stream() -> bytes:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1701234567,
            "model": "nusantara-base",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        }
        return b"data: " + json.dumps(body).encode() + b"\n\n"

    head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    pieces = [chunk({"role": "assistant", "content": None, "tool_calls": [head]})]
    pieces += [chunk({"tool_calls": [{"index": 0, "function": {"arguments": one}}]}) for one in PIECES]
    return b"".join([*pieces, chunk({}, "tool_calls"), b"data: [DONE]\n\n"])


BODY = _stream()
HEADERS = {"content-type": "text/event-stream"}


def ours() -> Callable[[], object]:
    """Return one round through this package."""

    def answer(_request: WireRequest) -> WireAnswer:
        return WireAnswer(200, HEADERS, [BODY])

    client = ServiceClient(key="", base_url="http://127.0.0.1/v1", handler=answer)
    toolbox = Toolbox.from_names([get_weather], {})
    request = Request("nusantara-base", "chat", (user_message("What is the weather?"),), tools=toolbox.specs)
    approve = Approver()

    def once() -> object:
        done = None
        for event in client.stream(request, Cancel()):
            if isinstance(event, RoundCompleted):
                done = event
        assert done is not None
        calls = done.message.tool_calls
        events = call_all(calls, toolbox, approve=approve, cancel=Cancel())
        results = [tool_message(event.result) for event in events if isinstance(event, ToolReturned)]
        following = Request("nusantara-base", "chat", (*request.messages, done.message, *results), tools=toolbox.specs)
        encoded = chat.encode(following)
        assert encoded["messages"][-1]["content"].startswith('{"location": "Jakarta, ID"')
        return encoded

    return once


def bare() -> Callable[[], object]:
    """Return the same round as a user of the SDK writes it: no validation, no cards, no error told to the model."""
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, headers=HEADERS, content=BODY))
    client = openai.OpenAI(
        api_key="none", base_url="http://127.0.0.1/v1", http_client=httpx2.Client(transport=transport), max_retries=0
    )
    spec, _ = describe(get_weather)
    tools: Any = [
        {
            "type": "function",
            "function": {"name": spec.name, "description": spec.description, "parameters": spec.parameters},
        }
    ]
    messages: list[Any] = [{"role": "user", "content": "What is the weather?"}]

    def once() -> object:
        call_id = name = arguments = ""
        stream = client.chat.completions.create(model="nusantara-base", messages=messages, tools=tools, stream=True)
        for chunk in stream:
            for said in chunk.choices[0].delta.tool_calls or []:
                call_id = said.id or call_id
                assert said.function is not None
                name += said.function.name or ""
                arguments += said.function.arguments or ""
        result = {"get_weather": get_weather}[name](**json.loads(arguments))
        call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        return [
            *messages,
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": json.dumps(result)},
        ]

    return once


def milliseconds(contestants: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the median of each, run alternately so that a busy machine hurts all alike."""
    times: list[list[float]] = [[] for _ in contestants]
    for number in range(rounds + 10):
        for run, taken in zip(contestants, times, strict=True):
            start = time.perf_counter()
            run()
            if number >= 10:
                taken.append((time.perf_counter() - start) * 1000)
    return [statistics.median(taken) for taken in times]


def calling() -> tuple[Callable[[], object], Callable[[], object]]:
    """Return the call alone, without any wire: ours, and ``json.loads``, the call and ``json.dumps``."""
    toolbox, approve, arguments = Toolbox.from_names([get_weather], {}), Approver(), "".join(PIECES)
    call = ToolCall("call_1", "get_weather", arguments)
    return (
        lambda: list(call_all([call], toolbox, approve=approve, cancel=Cancel())),
        lambda: json.dumps(get_weather(**json.loads(arguments))),
    )


class Place(BaseModel):
    """A place."""

    name: str
    tags: list[str] = []


def functions(count: int) -> list[Callable[..., Any]]:
    """Return ``count`` functions, each new, with a docstring and a nested model."""
    made = []
    for _ in range(count):

        def f(place: Place, days: int = 1, unit: Literal["c", "f"] = "c", *more: str) -> str:
            """Look the weather up.

            Args:
                place: Where.
                days: How many days.
                unit: Which unit.
                *more: What else.
            """
            raise NotImplementedError

        made.append(f)
    return made


def main() -> None:
    """Print the numbers."""
    here, sdk = milliseconds([ours(), bare()], ROUNDS)
    print(f"one tool round: {here:.2f} ms; SDK, json.loads and the call: {sdk:.2f} ms; ratio {here / sdk:.2f}")
    with_checks, without = milliseconds(calling(), 2000)
    print(f"the call alone: {with_checks * 1000:.0f} µs; json.loads, call, json.dumps: {without * 1000:.0f} µs")
    describe(functions(1)[0])
    made = functions(50)
    namespace = {"Place": Place}
    for label in ("first time", "cached"):
        start = time.perf_counter()
        for function in made:
            describe(function, namespace=namespace)
        print(f"schema, {label}: {(time.perf_counter() - start) * 1000 / len(made):.3f} ms each")


if __name__ == "__main__":
    main()
