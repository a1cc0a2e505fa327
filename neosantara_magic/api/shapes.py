"""What both endpoints share: usage, text parts and messages, read in every spelling, written for any server.

Everything a server sends may be missing or of another type, so each reader checks before it takes.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, count
from typing import Any

from ..beside import Beside, ServiceCall, Source, Unshown
from ..messages import ImagePart, Message, TextPart, ToolCall, ToolSpec, Usage
from ..request import Request
from ..texts import encodable
from ..validators import from_json, is_amount

THOUGHTS = ("reasoning", "reasoning_text", "thinking", "redacted_thinking")
"""Types of the parts of a message that are no answer."""
Thing = ImagePart | Beside
READ_ELSEWHERE = {"reasoning", "function_call", "tool_call", "function_call_output", "mcp_approval_request", ""}
"""Items that a dialect reads itself; one without a type may be the text of an old body."""
TEXTS = {"text", "output_text", "input_text", "refusal", "summary_text", ""}
"""Parts of a message that are its text."""
_FOR_CLIENTS = {"computer_call", "local_shell_call", "shell_call", "apply_patch_call", "custom_tool_call"}
"""Calls that the service leaves to its client, which runs only functions of the notebook."""
_ARGUMENTS = ("queries", "query", "code", "input", "revised_prompt", "prompt")
_OUTPUTS = ("output", "outputs", "results", "tools")
_IMAGES = (("image/png", b"\x89PNG"), ("image/jpeg", b"\xff\xd8\xff"), ("image/gif", b"GIF8"), ("image/webp", b"RIFF"))
_DATA_URL = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,")


def mapping(value: object) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects of a list; an empty list for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return ``value`` if it is text, as UTF-8 can carry it; else an empty string."""
    return encodable(value) if isinstance(value, str) else ""


def usage(said: object) -> Usage | None:
    """Read usage in either endpoint's spelling; None when there is none."""
    counts = mapping(said)
    read = _count(counts, "input_tokens", "prompt_tokens")
    written = _count(counts, "output_tokens", "completion_tokens")
    if read is None and written is None:
        return None
    into = mapping(counts.get("input_tokens_details") or counts.get("prompt_tokens_details"))
    out = mapping(counts.get("output_tokens_details") or counts.get("completion_tokens_details"))
    total = _count(counts, "total_tokens")
    return Usage(
        input_tokens=read or 0,
        output_tokens=written or 0,
        total_tokens=(read or 0) + (written or 0) if total is None else total,
        cached_tokens=_count(into, "cached_tokens") or 0,
        reasoning_tokens=_count(out, "reasoning_tokens") or 0,
    )


def _count(counts: Mapping[str, Any], *names: str) -> int | None:
    return next((int(counts[name]) for name in names if is_amount(counts.get(name))), None)


def content_text(content: object) -> str:
    """Return the text of a message's ``content``: a string, or a list of parts of any name."""
    parts = content if isinstance(content, list) else [content]
    return "".join(part if isinstance(part, str) else _part_text(mapping(part)) for part in parts)


def _part_text(part: Mapping[str, Any]) -> str:
    return string(part.get("text")) or string(part.get("refusal")) or string(part.get("reasoning"))


def answer_text(content: object) -> str:
    """Return the text of an answer's ``content``: not the parts that are reasoning."""
    if isinstance(content, list):
        content = [part for part in content if mapping(part).get("type") not in THOUGHTS]
    return content_text(content)


def thought_text(content: object) -> str:
    """Return the reasoning that stands among the parts of an answer's ``content``."""
    parts = [part for part in objects(content) if part.get("type") in THOUGHTS]
    return "\n\n".join(filter(None, (_part_text(part) or content_text(part.get("thinking")) for part in parts)))


def of_item(item: Mapping[str, Any], *, done: bool = True) -> list[Thing]:
    """Return what an output item holds beside text, reasoning and calls for us."""
    kind = string(item.get("type"))
    if kind == "message":
        return of_content(item.get("content")) if done else []
    if kind in READ_ELSEWHERE or kind in TEXTS:
        return []
    if kind in _FOR_CLIENTS or not (kind.endswith("_call") or kind == "mcp_list_tools"):
        return [image(item)] if done and "image" in kind else [Unshown(kind)] if done else []
    images = [one for one in objects(item.get("outputs")) if one.get("type") == "image"]
    if kind == "image_generation_call":
        images = [item] if item.get("result") else []
    return [_service_call(item, kind, done=done), *(map(image, images) if done else ())]


def _service_call(item: Mapping[str, Any], kind: str, *, done: bool) -> ServiceCall:
    name = string(item.get("name")) or (kind if kind == "mcp_list_tools" else kind.removesuffix("_call"))
    action = dict(mapping(item.get("action")))
    found = action.pop("sources", None)  # pages that a search met: what it gave, not what it was asked
    given: Any = item.get("arguments") or action or {key: item[key] for key in _ARGUMENTS if item.get(key)}
    output: Any = next((item[key] for key in _OUTPUTS if item.get(key)), found)
    if kind == "mcp_list_tools":
        given = item.get("server_label") and {"server_label": item["server_label"]}
        output = ", ".join(string(tool.get("name")) for tool in objects(item.get("tools")))
    elif kind == "code_interpreter_call" and isinstance(output, list):
        output = "\n".join(string(one.get("logs")) for one in objects(output))
    fault = item.get("error")
    bad = bool(fault) or item.get("status") in ("failed", "incomplete", "cancelled")
    told = string(mapping(fault).get("message")) or (json_text(fault) if fault else f"{item.get('status')}")
    status = "failed" if bad else "done" if done else "running"
    return ServiceCall(name, json_text(given) if given else "", json_text(output), told if bad else None, status)


def of_content(content: object) -> list[Thing]:
    """Return what a message's content holds beside its text."""
    found: list[Thing] = []
    for part in objects(content):
        kind = string(part.get("type"))
        found += of_annotations(part.get("annotations"))
        if "image" in kind:
            found.append(image(part))
        elif kind not in TEXTS and kind not in THOUGHTS:
            found.append(Unshown(kind))
    return found


def of_annotations(annotations: object) -> list[Thing]:
    """Return the sources that annotations name, pages and files: flat as on responses or nested as on chat."""
    found = []
    for note in objects(annotations):
        told = mapping(note.get("url_citation")) or mapping(note.get("file_citation")) or note
        found.append(Source(string(told.get("url")), string(told.get("title")) or string(told.get("filename"))))
    return [source for source in found if source.url or source.title]


def of_message(said: Mapping[str, Any]) -> list[Thing]:
    """Return what a message of chat completions, or a piece of one, holds beside text and calls."""
    found = of_content(said.get("content")) + of_annotations(said.get("annotations"))
    found += [image(one) for one in objects(said.get("images"))]
    return [*found, Unshown("audio")] if mapping(said.get("audio")) else found


def of_citations(chunk: Mapping[str, Any]) -> list[Thing]:
    """Return the sources beside a chat answer, as search services put them: addresses, or titles and addresses."""
    told = objects(chunk.get("search_results"))
    listed = chunk.get("citations")
    bare = [Source(string(url)) for url in listed if string(url)] if isinstance(listed, list) and not told else []
    return [*of_annotations(told), *bare]


def image(part: Mapping[str, Any]) -> Thing:
    """Return the image that a part or item holds; one that cannot be shown as its kind."""
    held = part.get("image_url") or part.get("result") or part.get("b64_json") or part.get("url") or part.get("data")
    address = string(held) or string(mapping(held).get("url")) or string(mapping(part.get("source")).get("data"))
    if address.startswith("https://"):
        return ImagePart(address)
    begun = _DATA_URL.match(address)
    try:
        # White space in Base64 is no fault, other signs are.
        data = base64.b64decode("".join(address[begun.end() if begun else 0 :].split()), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    kind = next((kind for kind, begins in _IMAGES if data.startswith(begins)), "")
    if not kind:
        return Unshown(string(part.get("type")) or "image")
    return ImagePart(f"data:{kind};base64,{base64.b64encode(data).decode()}")


def free(wanted: str, taken: Container[str]) -> str:
    """Return an id that is not taken: the wanted one, or that with a number."""
    numbered = (f"{wanted}_{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


def json_text(value: object) -> str:
    """Return arguments as JSON text, also when a server sends them as an object."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def sendable(call: ToolCall) -> dict[str, str]:
    """Return a call's name and arguments as servers take them back.

    A model may make up any name: of A-Z, a-z, 0-9, _ and -, 64 pass. Servers parse the history, so arguments that were
    cut must not make every later request fail: what is no JSON object travels inside one.
    """
    name, written = re.sub(r"[^A-Za-z0-9_-]", "_", call.name)[:64] or "unnamed", call.arguments or "{}"
    value = from_json(written)
    if isinstance(value, str) and isinstance(from_json(value), dict):  # JSON in a JSON string
        written = value
    elif not isinstance(value, dict):
        written = json.dumps({"unreadable_arguments": call.arguments})
    return {"name": name, "arguments": written}


def offered(
    tools: Iterable[ToolSpec], choice: str, form: Callable[[dict[str, Any]], dict[str, Any]], *ready: dict[str, Any]
) -> dict[str, Any]:
    """Return tools and their choice for a body; ``form`` writes a function as the endpoint wants it."""
    told = ({"name": one.name, "description": one.description, "parameters": dict(one.parameters)} for one in tools)
    sent: dict[str, Any] = {"tools": [*ready, *map(form, told)]}
    if choice != "auto":
        sent["tool_choice"] = choice if choice in ("none", "required") else form({"name": choice})
    return sent if sent["tools"] else {}


def forced_format(request: Request) -> dict[str, Any]:
    """Return the schema as ``response_format``, which some servers enforce on both endpoints, where it is wanted."""
    form = request.answer_format
    if form is None or not request.forced:
        return {}
    schema = {"name": form.name, "schema": dict(form.schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def with_distinct_call_ids(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Rename call ids that an earlier message used, in the calls and in their answers.

    Ids that we made up for a server that gives none start at ``call_0`` in every round.
    """
    taken: set[str] = set()
    renamed: dict[str | None, str] = {}
    distinct = []
    for message in messages:
        if message.tool_calls:
            renamed = {call.id: free(call.id, taken) for call in message.tool_calls}
            taken.update(renamed.values())
        calls = tuple(replace(call, id=renamed[call.id]) for call in message.tool_calls)
        distinct.append(replace(message, tool_calls=calls, call_id=renamed.get(message.call_id, message.call_id)))
    return tuple(distinct)


def with_images_after_results(messages: tuple[Message, ...]) -> Iterator[Message]:
    """Yield the messages; images of tool results move to one user message after their batch.

    A tool message takes text only, on both endpoints.
    """
    waiting: list[ImagePart] = []
    for message in (*messages, None):
        if message is not None and message.role == "tool":
            waiting += message.images
            yield replace(message, parts=(TextPart(message.text),))
            continue
        if waiting:
            yield Message("user", (TextPart("Images returned by the tool calls above:"), *waiting))
            waiting = []
        if message is not None:
            yield message
