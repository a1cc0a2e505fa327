"""Checks that both endpoints make on a request, and the pieces they read alike.

For: content parts, fields with a rule (token limit, temperature, stop), tools in either form, and the rule that
every tool call is answered.
Not for: the messages themselves, which each endpoint writes its own way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..messages import ImagePart, Message, Part, Role, TextPart, ToolSpec
from .talk import Asked, Refused


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
    except (ValueError, RecursionError) as error:
        raise bad(f"We could not parse the JSON body of your request: {error}.", "invalid_format") from None
    if not isinstance(value, dict):
        raise bad("The body of your request must be a JSON object.", "invalid_format")
    return value


def parts(content: object, where: str) -> tuple[Part, ...]:
    """Return the texts and images of a message, in the words of either endpoint.

    Args:
        content: A string, or a list of content parts.
        where: Name of the message in the request, for the error.

    Raises:
        Refused: it is neither, or a part is of a kind that a chat model does not read.
    """
    if isinstance(content, str):
        return (TextPart(content),)
    if not isinstance(content, list):
        raise bad(f"'{where}.content' is missing.", "invalid_messages", f"{where}.content")
    found: list[Part] = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in {"text", "input_text", "output_text"}:
            found.append(TextPart(str(part.get("text", ""))))
        elif kind in {"image_url", "input_image"}:
            url = part.get("image_url")
            found.append(ImagePart(str(url.get("url", "") if isinstance(url, Mapping) else url)))
        else:
            raise bad(f"Unknown content type {kind!r} in '{where}'.", "invalid_messages", where)
    return tuple(found)


def role(told: object, where: str) -> Role:
    """Return the role of a message."""
    if told == "user" or told == "assistant" or told == "tool":  # noqa: PLR1714  (a tuple tells mypy no type)
        return told
    raise bad(f"Unknown role {told!r} in '{where}'.", "invalid_messages", f"{where}.role")


def words(content: object, where: str) -> str:
    """Return a message's text without its images."""
    return "".join(part.text for part in parts(content, where) if isinstance(part, TextPart))


class _Settings(BaseModel):
    """The fields of a request with a rule of their own; both endpoints have them."""

    model_config = ConfigDict(strict=True)
    model: str | None = None
    previous_response_id: str | None = None
    max_output_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    max_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    stop: str | list[str] | None = None
    stream: bool | None = None
    store: bool | None = None


def asked(body: Mapping[str, Any], said: list[Message], system: list[str], form: object, param: str) -> Asked:
    """Return what was asked, from a request whose messages have been read.

    Args:
        body: The request.
        said: Its messages, with those before them.
        system: Its system texts.
        form: Form of the answer: ``type`` and, for ``json_schema``, ``schema``.
        param: Name of the field with the messages, for errors.

    Raises:
        Refused: the gateway would not take this request.
    """
    try:
        told = _Settings.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise bad(f"'{name}' is not valid: {first['msg']}.", param=name) from None
    _check_answered(said, param)
    offered = _tools(body)
    form = form if isinstance(form, Mapping) else {}
    reasoning = body.get("reasoning")
    effort = (reasoning.get("effort") if isinstance(reasoning, Mapping) else None) or body.get("reasoning_effort")
    return Asked(
        model=told.model or "",
        messages=tuple(said),
        instructions="\n\n".join(text for text in system if text),
        tools=offered,
        choice=_choice(body, offered),
        schema=form["schema"] if isinstance(form.get("schema"), Mapping) else None,
        json_object=form.get("type") == "json_object",
        max_tokens=told.max_output_tokens or told.max_completion_tokens or told.max_tokens,
        temperature=told.temperature,
        stop=tuple([told.stop] if isinstance(told.stop, str) else told.stop or []),
        effort=str(effort) if effort and effort != "none" else "",
        stream=bool(told.stream),
        store=told.store is not False,
        previous=told.previous_response_id or None,
        echo=body,
    )


def _tools(body: Mapping[str, Any]) -> tuple[ToolSpec, ...]:
    """Return the functions offered, in the nested or the flat form; hosted tools are ignored."""
    offered = body.get("tools") or []
    if not isinstance(offered, list):
        raise bad("'tools' must be a list.", param="tools")
    found = []
    for place, tool in enumerate(offered):
        if not isinstance(tool, Mapping) or tool.get("type", "function") != "function":
            continue
        function = tool.get("function", tool)
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            where = f"tools[{place}].name"
            raise bad(f"'{where}' must match '^[a-zA-Z0-9_-]{{1,64}}$': {name!r}.", "missing_parameter", where)
        parameters = function.get("parameters") or {"type": "object", "properties": {}}
        if not isinstance(parameters, Mapping):
            raise bad(f"'tools[{place}].parameters' must be a JSON Schema.", param=f"tools[{place}]")
        found.append(ToolSpec(name, str(function.get("description") or ""), parameters))
    names = [tool.name for tool in found]
    if len(set(names)) != len(names):
        raise bad("Tool names must be unique.", param="tools")
    return tuple(found)


def _choice(body: Mapping[str, Any], offered: Sequence[ToolSpec]) -> str:
    """Return ``auto``, ``none``, ``required`` or the name of the forced tool."""
    value = body.get("tool_choice") or "auto"
    if isinstance(value, Mapping):
        function = value.get("function")
        value = value.get("name") or (function.get("name") if isinstance(function, Mapping) else None)
    elif value in ("auto", "none", "required"):
        return str(value)
    if value not in [tool.name for tool in offered]:
        raise bad(f"'tool_choice' names a tool that was not offered: {value!r}.", param="tool_choice")
    return str(value)


def _check_answered(messages: Sequence[Message], param: str) -> None:
    """Refuse a conversation with a tool call that has no answer, or an answer without a call."""
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool" and message.call_id in waiting:
            waiting.remove(str(message.call_id))
        elif message.role == "tool":
            told = f"No tool call found for the tool output with id '{message.call_id}'."
            raise bad(told, "invalid_messages", param)
        if message.role == "user" and waiting:
            break
        waiting += [call.id for call in message.tool_calls]
    if waiting:
        raise bad(f"No tool output found for the tool call(s): {', '.join(waiting)}.", "invalid_messages", param)
