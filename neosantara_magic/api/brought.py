"""What an answer holds beside text and function calls, in any spelling: images, sources, calls of the service."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..beside import Beside, ServiceCall, Source, Unshown
from ..events import Brought
from ..messages import ImagePart
from .shapes import THOUGHTS, json_text, mapping, objects, string

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


class Things:
    """The images, sources and calls of a round, each once, however many events name it."""

    def __init__(self) -> None:
        self._things: list[Thing] = []
        self._places: dict[object, int] = {}
        self._known: dict[Thing, int] = {}  # a copy with another sign, or with none, is no second one

    def take(self, things: Iterable[Thing], *keys: tuple[str, object]) -> Iterator[Brought]:
        """Take what one item or part holds, known by any of ``keys``; yield what is new about it."""
        named = [key for key in keys if isinstance(key[1], str | int) and key[1] != ""]
        for number, thing in enumerate(things):
            own = [(*key, number) for key in named]
            at = next((self._places[key] for key in own if key in self._places), None)
            running = isinstance(thing, ServiceCall) and thing.status == "running"
            # Two may run at once with the same arguments, and end differently.
            at = self._known.get(thing) if at is None and not running else at
            at = len(self._things) if at is None else at
            if self._things[at : at + 1] != [thing]:
                self._things[at : at + 1] = [thing]
                yield Brought(at, thing)
            if not running:
                self._known.setdefault(thing, at)
            self._places.update(dict.fromkeys(own, at))

    def __iter__(self) -> Iterator[Thing]:
        return iter(self._things)

    def __bool__(self) -> bool:
        return bool(self._things)


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
