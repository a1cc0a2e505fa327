"""Checks that both endpoints make on a request, and the pieces they read alike.

For: fields with a rule (token limit, temperature, stop), tools in either form, and the rule that every
tool call is answered.
Not for: the messages themselves, which each dialect writes its own way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..messages import Message, ToolSpec
from .talk import Refused


def bad(message: str, code: str = "invalid_parameter", param: str | None = None) -> Refused:
    """Return the 400 that the gateway answers."""
    return Refused(400, message, "invalid_request_error", code, param)


def parsed(body: bytes) -> dict[str, Any]:
    """Return the request's JSON object.

    Raises:
        Refused: it is not JSON, or not an object.
    """
    try:
        value = json.loads(body)
    except ValueError as error:
        raise bad(f"We could not parse the JSON body of your request: {error}.", "invalid_format") from None
    if not isinstance(value, dict):
        raise bad("The body of your request must be a JSON object.", "invalid_format")
    return value


def text_field(body: Mapping[str, Any], name: str) -> str:
    """Return a text field, empty when it is missing or null."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise bad(f"'{name}' must be a string.", param=name)
    return value or ""


def token_limit(body: Mapping[str, Any], *names: str) -> int | None:
    """Return the first token limit that is set."""
    for name in names:
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise bad(f"'{name}' must be an integer of at least 1.", param=name)
        return value
    return None


def checked_sampling(body: Mapping[str, Any]) -> None:
    """Refuse a sampling value out of its range; none of them changes what a demo model says."""
    for name, low, high in (
        ("temperature", 0, 2),
        ("top_p", 0, 1),
        ("presence_penalty", -2, 2),
        ("frequency_penalty", -2, 2),
    ):
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise bad(f"'{name}' must be a number between {low} and {high}.", param=name)


def stops(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ``stop`` sequences."""
    value = body.get("stop")
    found = [value] if isinstance(value, str) else value or []
    if not isinstance(found, list) or not all(isinstance(mark, str) for mark in found):
        raise bad("'stop' must be a string or a list of strings.", param="stop")
    return tuple(found)


def effort(body: Mapping[str, Any]) -> str:
    """Return the reasoning effort, empty when there is to be none."""
    block = body.get("reasoning")
    value = (block.get("effort") if isinstance(block, Mapping) else None) or body.get("reasoning_effort") or ""
    return "" if value == "none" else str(value)


def tools(body: Mapping[str, Any]) -> tuple[ToolSpec, ...]:
    """Return the functions offered, in the nested or the flat form; hosted tools are ignored."""
    offered = body.get("tools") or []
    if not isinstance(offered, list):
        raise bad("'tools' must be a list.", param="tools")
    found = []
    for place, tool in enumerate(offered):
        if not isinstance(tool, Mapping) or tool.get("type", "function") != "function":
            continue
        function = tool.get("function", tool)
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str) or not function["name"]:
            raise bad(f"Missing required parameter: 'tools[{place}].name'.", "missing_parameter", f"tools[{place}]")
        parameters = function.get("parameters") or {"type": "object", "properties": {}}
        if not isinstance(parameters, Mapping):
            raise bad(f"'tools[{place}].parameters' must be a JSON Schema.", param=f"tools[{place}]")
        found.append(ToolSpec(function["name"], str(function.get("description") or ""), parameters))
    names = [tool.name for tool in found]
    if len(set(names)) != len(names):
        raise bad("Tool names must be unique.", param="tools")
    return tuple(found)


def choice(body: Mapping[str, Any], offered: Sequence[ToolSpec]) -> str:
    """Return ``auto``, ``none``, ``required`` or the name of the forced tool."""
    value = body.get("tool_choice")
    if value is None:
        return "auto"
    if isinstance(value, str) and value in {"auto", "none", "required"}:
        return value
    name = None
    if isinstance(value, Mapping):
        name = value.get("name") or (value.get("function") or {}).get("name")
    if name not in {tool.name for tool in offered}:
        raise bad(f"'tool_choice' names a tool that was not offered: {name or value!r}.", param="tool_choice")
    return str(name)


def check_answered(messages: Sequence[Message], param: str) -> None:
    """Refuse a conversation with a tool call that has no answer, or an answer without a call."""
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            if message.call_id not in waiting:
                raise bad(
                    f"No tool call found for the tool output with id '{message.call_id}'.", "invalid_messages", param
                )
            waiting.remove(str(message.call_id))
            continue
        if message.role == "user" and waiting:
            break
        waiting += [call.id for call in message.tool_calls]
    if waiting:
        raise bad(f"No tool output found for the tool call(s): {', '.join(waiting)}.", "invalid_messages", param)
