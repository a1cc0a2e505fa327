"""Functions a notebook may have, and how the wire answers a model's calls.

For: the cell of definitions that these tests run first, and reading a batch of answers off a request.
Not for: signatures (`tests/tools/test_signatures.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FUNCTIONS = '''
import asyncio, math, threading, time
from typing import Literal
from neosantara_magic import tool

ran = []

def get_weather(location: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict:
    """Get the current weather.

    Args:
        location: The city.
    """
    ran.append(("get_weather", location, unit))
    return {"location": location, "temperature": 28}

def get_time(timezone: str) -> str:
    ran.append(("get_time", timezone))
    return "14:05"

def get_location() -> str:
    ran.append(("get_location",))
    return "Bandung"

def add(a: int, b: int) -> int:
    ran.append(("add", a, b))
    return a + b

def fails(x: int):
    raise ZeroDivisionError("no such share")

@tool(confirm=True)
def delete_file(path: str) -> str:
    """Delete a file."""
    ran.append(("delete_file", path))
    return "deleted"
'''


def answered(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (tool_call_id, content) of the last batch of answers in a chat request, after checking its form.

    The batch follows at once the assistant message with its calls, one answer each, in the same order.
    """
    messages = body["messages"]
    at = max(i for i, message in enumerate(messages) if message.get("tool_calls"))
    calls = messages[at]["tool_calls"]
    batch = messages[at + 1 : at + 1 + len(calls)]
    assert [message["role"] for message in batch] == ["tool"] * len(calls)
    assert [message["tool_call_id"] for message in batch] == [call["id"] for call in calls]
    assert len({call["id"] for call in calls}) == len(calls)
    return [(message["tool_call_id"], message["content"]) for message in batch]


def contents(body: Mapping[str, Any]) -> list[str]:
    """Return what the last batch of answers says."""
    return [content for _, content in answered(body)]


def dangling(body: Mapping[str, Any]) -> list[str]:
    """Return the ids of calls in a chat request that nothing answers."""
    calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls") or []]
    answers = {message.get("tool_call_id") for message in body["messages"]}
    return [id_ for id_ in calls if id_ not in answers]
