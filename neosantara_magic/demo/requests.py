"""What the demo model is asked, on either endpoint, and which requests it refuses as the gateway does."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from ..describe.cells import without_part
from ..messages import ImagePart, Message, Part, Role, TextPart, ToolCall, ToolSpec
from ..validators import from_json

_CHARACTERS_PER_TOKEN, _TOKENS_PER_IMAGE, _TOKENS_PER_MESSAGE = 4, 258, 4
_ORDER = re.compile(r"demo:\s*(?:error\s+(\w+)|(slow)|(silent)\s+(\d+(?:\.\d+)?))(\s+once)?", re.IGNORECASE)
_BOUNDS: dict[str, tuple[float, float]] = {
    "max_output_tokens": (1, math.inf), "max_completion_tokens": (1, math.inf), "max_tokens": (1, math.inf),
    "temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2),
}  # fmt: skip


class Refused(Exception):  # noqa: N818  (an answer, not a failure of ours)
    """The request is one the gateway would not take."""

    def __init__(self, message: str, code: str = "invalid_parameter", param: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        kind = "not_found_error" if status == 404 else "invalid_request_error"
        self.error = {"message": message, "type": kind, "code": code, "param": param or None}


class Order(NamedTuple):
    """What the last user message asks to go wrong.

    Written as::

        demo: error 401 | 402 | 403 | 404 | 408 | 409 | 413 | 422 | 429 | 500 | 502 | 503     that answer
        demo: error 429 once               the first time only
        demo: error stream                 fails half-way
        demo: error cut                    ends half-way, without a word
        demo: slow                         a fifth of a second between chunks
        demo: silent 5                     five seconds of silence before the first chunk
    """

    kind: str = ""  # a status, ``stream``, ``cut``, ``slow``, ``silent``, or nothing
    seconds: float = 0.0
    once: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request with its whole conversation."""

    model: str
    messages: tuple[Message, ...]
    instructions: str = ""
    tools: tuple[ToolSpec, ...] = ()
    choice: str = "auto"  # or none, required, or a tool's name
    schema: Mapping[str, Any] | None = None  # JSON Schema of the answer, when it has to have one
    json_object: bool = False  # any JSON object will do
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    effort: str = ""
    chat: bool = False  # asked on /v1/chat/completions
    echo: Mapping[str, Any] = field(default_factory=dict)  # the request as sent, for the fields that a body repeats

    @property
    def users(self) -> list[Message]:
        """The user's messages, the newest last."""
        return [message for message in self.messages if message.role == "user"]

    @property
    def prompt(self) -> str:
        """Text of the last user message."""
        return self.users[-1].text if self.users else ""

    @property
    def images(self) -> tuple[str, ...]:
        """URLs of the last user message's images."""
        return tuple(image.url for image in self.users[-1].images) if self.users else ()

    @property
    def order(self) -> Order:
        """What the last message asks to go wrong; an `Order` without a kind when it asks for nothing."""
        last = [message.text for message in self.messages[-1:] if message.role == "user"]
        found = _ORDER.search(without_part("".join(last)))
        if not found:
            return Order()
        error, slow, silent, seconds, once = found.groups()
        return Order((error or slow or silent).lower(), min(float(seconds or 0), 600.0), bool(once))

    @property
    def digest(self) -> str:
        """48 hex digits that stand for everything that decides the reply."""
        sent = {name: value for name, value in self.echo.items() if name not in {"stream", "stream_options"}}
        everything = f"{self.messages}\n{json.dumps(sent, sort_keys=True)}"
        return hashlib.sha256(everything.encode()).hexdigest()[:48]

    @property
    def input_tokens(self) -> int:
        """What the input counts: instructions, history, tools and images."""
        calls = [call for m in self.messages for call in m.tool_calls]
        letters = sum(len(m.text) for m in self.messages) + sum(len(call.name + call.arguments) for call in calls)
        letters += sum(len(tool.name + tool.description + json.dumps(tool.parameters)) for tool in self.tools)
        letters += len(self.instructions) + (len(json.dumps(self.schema)) if self.schema else 0)
        images = sum(len(m.images) for m in self.messages)
        return tokens(letters) + images * _TOKENS_PER_IMAGE + len(self.messages) * _TOKENS_PER_MESSAGE


@dataclass(frozen=True, slots=True)
class Reply:
    """What the demo model says."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    cut: bool = False  # by the token limit

    @property
    def output_tokens(self) -> int:
        """Tokens of reasoning, text and calls."""
        calls = sum(tokens(len(call.name) + len(call.arguments)) for call in self.calls)
        return tokens(len(self.reasoning)) + tokens(len(self.text)) + calls


def tokens(characters: int) -> int:
    """Return how many tokens so many characters count: about four a token."""
    return -(-characters // _CHARACTERS_PER_TOKEN)


def limited(reply: Reply, asked: Asked) -> Reply:
    """Return the reply as the request's ``stop`` and token limit let it end: with no call, when a call is too long."""
    for mark in asked.stop if not reply.calls else ():
        reply = replace(reply, text=reply.text.split(mark, 1)[0] if mark else reply.text)
    if asked.max_tokens is None or reply.output_tokens <= asked.max_tokens:
        return reply
    room = asked.max_tokens * _CHARACTERS_PER_TOKEN
    text = reply.text[: max(0, room - len(reply.reasoning))]
    return Reply(text, reasoning=reply.reasoning[:room], cut=True)


def without_order(text: str) -> str:
    """Return a prompt without what it asks to go wrong, and without the brackets around that."""
    return re.sub(rf"\s*\(\s*{_ORDER.pattern}\s*\)|{_ORDER.pattern}", "", text, flags=re.IGNORECASE).strip()


def parsed(body: bytes) -> dict[str, Any]:
    """Return the request's JSON object; raise `Refused` when there is none."""
    value = from_json(body)
    if not isinstance(value, dict):
        raise Refused("We could not parse the body of your request: it must be a JSON object.", "invalid_format")
    return value


def read(body: Mapping[str, Any], param: str, history: Sequence[Message] = ()) -> Asked:
    """Return what was asked after a stored `history`; raise `Refused` for a request that the gateway would not take.

    ``param`` is the field with the messages: ``messages`` on chat completions, ``input`` on responses.
    """
    if not body.get(param):
        raise Refused(f"Missing required parameter: '{param}'.", "missing_parameter", param)
    said, system = [*history], [str(body.get("instructions") or "")]
    for where, item in _items(body[param], param):
        _add(item, where, said, system)
    for name, (low, high) in _BOUNDS.items():
        if body.get(name) is not None and not low <= body[name] <= high:
            raise Refused(f"'{name}' is not valid: {body[name]} is out of range.", param=name)
    called = {call.id for message in said for call in message.tool_calls}
    lonely = called ^ {str(message.call_id) for message in said if message.role == "tool"}
    if lonely:
        names = ", ".join(sorted(lonely))
        raise Refused(f"A tool call without output, or an output without call: {names}.", "invalid_messages", param)
    offered = _tools(body)
    effort = str((body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort") or "none")
    stop = body.get("stop") or []
    form = (body.get("text") or {}).get("format") or body.get("response_format") or {}
    return Asked(
        model=str(body.get("model") or ""),
        messages=tuple(said),
        instructions="\n\n".join(filter(None, system)),
        tools=offered,
        choice=_choice(body, offered),
        schema=(form.get("json_schema") or form).get("schema"),
        json_object=form.get("type") == "json_object",
        max_tokens=body.get("max_output_tokens") or body.get("max_completion_tokens") or body.get("max_tokens"),
        temperature=body.get("temperature"),
        stop=tuple([stop] if isinstance(stop, str) else stop),
        effort="" if effort == "none" else effort,
        chat=param == "messages",
        echo=body,
    )


def _items(given: Any, param: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield messages as the items that ``/v1/responses`` takes, each with its place in the request."""
    if isinstance(given, str):
        yield param, {"role": "user", "content": given}
        return
    for place, item in enumerate(given):
        where, role, content = f"{param}[{place}]", item.get("role"), item.get("content")
        if role == "tool":
            yield where, {"type": "function_call_output", "call_id": item.get("tool_call_id"), "output": content}
        elif content is not None or role != "assistant":
            yield where, item
        for call in item.get("tool_calls") or []:
            yield where, {"type": "function_call", "call_id": call["id"], "arguments": "", **call["function"]}


def _add(item: Mapping[str, Any], where: str, said: list[Message], system: list[str]) -> None:
    """Add an item to what was said, or to the texts of the system; what is neither is ignored."""
    kind, role = item.get("type", "message"), item.get("role")
    if kind == "function_call":
        call = ToolCall(*(str(item[name]) for name in ("call_id", "name", "arguments")))
        last = said.pop() if said and said[-1].role == "assistant" else Message("assistant")
        said.append(replace(last, tool_calls=(*last.tool_calls, call)))
    elif kind == "function_call_output":
        output = item.get("output", "")
        told = output if isinstance(output, str | list) else json.dumps(output, ensure_ascii=False)
        said.append(Message("tool", _parts(told, where), call_id=str(item["call_id"])))
    elif kind == "message" and role in ("system", "developer"):
        system.append(Message("user", _parts(item["content"], where)).text)
    elif kind == "message" and role in ("user", "assistant"):
        said.append(Message(cast("Role", role), _parts(item["content"], where)))
    elif kind == "message":
        raise Refused(f"Unknown role {role!r} in '{where}'.", "invalid_messages", f"{where}.role")


def _parts(content: Any, where: str) -> tuple[Part, ...]:
    """Return the texts and images of a message; raise `Refused` for a part that a chat model does not read."""
    if isinstance(content, str):
        return (TextPart(content),)
    found: list[Part] = []
    for part in content:
        match part:
            case {"type": "text" | "input_text" | "output_text", "text": text}:
                found.append(TextPart(str(text)))
            case {"type": "image_url" | "input_image", "image_url": {"url": url} | url}:
                found.append(ImagePart(str(url)))
            case _:
                raise Refused(f"Unknown content {str(part)[:100]!r} in '{where}'.", "invalid_messages", where)
    return tuple(found)


def _tools(body: Mapping[str, Any]) -> tuple[ToolSpec, ...]:
    """Return the functions offered, in the nested or the flat form; hosted tools are ignored."""
    found: dict[str, ToolSpec] = {}
    for place, tool in enumerate(body.get("tools") or []):
        if tool.get("type", "function") != "function":
            continue
        function = tool.get("function", tool)
        name, where = function.get("name"), f"tools[{place}].name"
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(name)) or name in found or name is None:
            raise Refused(f"'{where}' must match '^[a-zA-Z0-9_-]{{1,64}}$' and be unique: {name!r}.", param=where)
        parameters = function.get("parameters") or {"type": "object", "properties": {}}
        found[name] = ToolSpec(name, str(function.get("description") or ""), dict(parameters))
    return tuple(found.values())


def _choice(body: Mapping[str, Any], offered: Iterable[ToolSpec]) -> str:
    """Return ``auto``, ``none``, ``required`` or the name of the forced tool."""
    value: Any = body.get("tool_choice") or "auto"
    if value in ("auto", "none", "required"):
        return str(value) if offered else "auto"
    name = value.get("name") or value.get("function", {}).get("name")
    if name not in [tool.name for tool in offered]:
        raise Refused(f"'tool_choice' names a tool that was not offered: {name!r}.", param="tool_choice")
    return str(name)
