"""What both endpoints read alike in a request, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..messages import ImagePart, Message, Part, Role, TextPart, ToolSpec
from ..validators import from_json
from .talk import Asked, Refused


def bad(message: str, code: str = "invalid_parameter", param: str | None = None) -> Refused:
    """Return the 400 that the gateway answers."""
    return Refused(400, message, "invalid_request_error", code, param)


def parsed(body: bytes) -> dict[str, Any]:
    """Return the request's JSON object; raise `Refused` when there is none."""
    value = from_json(body)
    if not isinstance(value, dict):
        raise bad("We could not parse the body of your request: it must be a JSON object.", "invalid_format")
    return value


def parts(content: Any, where: str) -> tuple[Part, ...]:
    """Return the texts and images of a message; raise `Refused` for a part that a chat model does not read."""
    if isinstance(content, str):
        return (TextPart(content),)
    found: list[Part] = []
    for part in content:
        if part["type"] in {"text", "input_text", "output_text"}:
            found.append(TextPart(str(part["text"])))
        elif part["type"] in {"image_url", "input_image"}:
            url = part["image_url"]
            found.append(ImagePart(str(url["url"] if isinstance(url, Mapping) else url)))
        else:
            raise bad(f"Unknown content type {part['type']!r} in '{where}'.", "invalid_messages", where)
    return tuple(found)


def role(told: object, where: str) -> Role:
    """Return the role of a message; raise `Refused` for an unknown one."""
    if told == "user" or told == "assistant" or told == "tool":  # noqa: PLR1714  (a tuple tells mypy no type)
        return told
    raise bad(f"Unknown role {told!r} in '{where}'.", "invalid_messages", f"{where}.role")


def words(content: Any, where: str) -> str:
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
    reasoning: dict[str, Any] | None = None
    reasoning_effort: str | None = None


def asked(body: Mapping[str, Any], said: list[Message], system: list[str], form: Any, param: str) -> Asked:
    """Return what was asked, from the request's messages and the rest of its body; raise `Refused` for a bad field.

    ``form`` tells the answer's form (``type``, ``schema``); ``param`` is the field with the messages, for errors.
    """
    try:
        told = _Settings.model_validate(body)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise bad(f"'{name}' is not valid: {error.errors()[0]['msg']}.", param=name) from None
    called = {call.id for message in said for call in message.tool_calls}
    lonely = called ^ {str(message.call_id) for message in said if message.role == "tool"}
    if lonely:
        names = ", ".join(sorted(lonely))
        raise bad(f"A tool call without output, or an output without call: {names}.", "invalid_messages", param)
    offered = _tools(body)
    effort = str((told.reasoning or {}).get("effort") or told.reasoning_effort or "none")
    return Asked(
        model=told.model or "",
        messages=tuple(said),
        instructions="\n\n".join(text for text in system if text),
        tools=offered,
        choice=_choice(body, offered),
        schema=form.get("schema") if form else None,
        json_object=bool(form) and form.get("type") == "json_object",
        max_tokens=told.max_output_tokens or told.max_completion_tokens or told.max_tokens,
        temperature=told.temperature,
        stop=tuple([told.stop] if isinstance(told.stop, str) else told.stop or []),
        effort="" if effort == "none" else effort,
        echo=body,
    )


def _tools(body: Mapping[str, Any]) -> tuple[ToolSpec, ...]:
    """Return the functions offered, in the nested or the flat form; hosted tools are ignored."""
    found: dict[str, ToolSpec] = {}
    for place, tool in enumerate(body.get("tools") or []):
        if tool.get("type", "function") != "function":
            continue
        function = tool.get("function", tool)
        name, where = function.get("name"), f"tools[{place}].name"
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(name)) or name in found or name is None:
            raise bad(f"'{where}' must match '^[a-zA-Z0-9_-]{{1,64}}$' and be unique: {name!r}.", param=where)
        parameters = function.get("parameters") or {"type": "object", "properties": {}}
        found[name] = ToolSpec(name, str(function.get("description") or ""), dict(parameters))
    return tuple(found.values())


def _choice(body: Mapping[str, Any], offered: Sequence[ToolSpec]) -> str:
    """Return ``auto``, ``none``, ``required`` or the name of the forced tool."""
    value: Any = body.get("tool_choice") or "auto"
    if value in ("auto", "none", "required"):
        return str(value) if offered else "auto"
    name = value.get("name") or value.get("function", {}).get("name")
    if name not in [tool.name for tool in offered]:
        raise bad(f"'tool_choice' names a tool that was not offered: {name!r}.", param="tool_choice")
    return str(name)
