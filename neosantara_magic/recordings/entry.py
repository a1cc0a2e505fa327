"""One recorded round as one JSON object: the request, in a form that is the same on every machine, and its events.

No key, no header, no server id decides anything. Recordings travel between versions of libraries, settings of readers
and small differences of functions; what was *asked* always counts: prompt, flags, names and parameters of tools, what
was said before.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from ..beside import read_row, row
from ..events import Event, ReasoningDelta, RoundCompleted, RoundStarted, TextDelta, ToolCallDelta
from ..messages import ImagePart, Message, ToolCall, Usage, assistant_message
from ..request import Request
from ..validators import from_json, misfit

VERSION = 1
SETTINGS = ("model", "api", "instructions", "max_tokens")
"""Fields that a reader's settings decide where the ask has no flag: a recording brings its own."""
_TABLE = re.compile(r"^([\d,]+ rows?\b.*\n(?:column names are: .*\n)?dtypes: )(.*)$", re.MULTILINE)
_ARRAY = re.compile(r"^(\w+ of shape \([^)\n]*\), dtype )(\S+)$", re.MULTILINE)
_NAMES = (
    (re.compile(r"\b(?:object|str|large_string|string(?:\[[\w.]+\])?)(?!\w)"), "text"),
    (re.compile(r"\b(datetime64|timedelta64)\[(?:s|ms|us|ns)\b"), r"\1["),
    (re.compile(r"\b(u?int|float)(?:16|32|64)\b"), r"\1"),
)
_NUMPY = re.compile(r"\bnp\.(?:u?int|float|str_)\d*\(([^()]*)\)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_KINDS = {kind.__name__: kind for kind in (RoundStarted, TextDelta, ReasoningDelta, ToolCallDelta)}
_SHOWN = 120
"""Characters of each of two requests that differ."""


def canonical(request: Request) -> dict[str, Any]:
    """Return what a request asks, without anything that changes from run to run, such as server ids and time-outs.

    Call ids become positions; images become hashes, so that a recording stays readable and small.
    """
    ids: dict[str, str] = {}
    for message in request.messages:
        for call in message.tool_calls:
            ids.setdefault(call.id, f"call {len(ids) + 1}")
    asked: dict[str, Any] = {
        "model": request.model,
        "api": request.api,
        "instructions": request.instructions,
        "messages": [_message(message, ids) for message in request.messages],
        "tools": [[tool.name, tool.description, tool.parameters] for tool in request.tools],
        "web": request.web or None,
        "guard": request.guard or None,
        "tool_choice": request.tool_choice if request.tools else None,
        "schema": request.answer_format and [request.answer_format.name, request.answer_format.schema],
        "max_tokens": request.max_tokens,
        "sampling": dict(request.sampling),
        "reasoning": request.reasoning,
        "extra": dict(request.extra),
    }
    return {name: value for name, value in asked.items() if value not in (None, [], {})}


def _message(message: Message, ids: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "text": message.text}
    if message.images:
        said["images"] = [hashed(part) for part in message.images]
    if message.tool_calls:
        said["calls"] = [[ids[call.id], call.name, call.arguments] for call in message.tool_calls]
    if message.call_id is not None:
        said["answers"] = ids.get(message.call_id, message.call_id)
    return said


def hashed(part: ImagePart) -> str:
    """Return an image's address; of one that is embedded, the hash."""
    if not part.url.startswith("data:"):
        return part.url
    return f"sha256:{hashlib.sha256(part.url.encode()).hexdigest()}"


def key_of(asked: Mapping[str, Any]) -> str:
    """Return the short name of exactly this canonical request: the SHA-256 of its JSON, in hexadecimal."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def portable_key(asked: Mapping[str, Any]) -> str:
    """Return the name that a canonical request has on any machine, whatever functions returned."""
    return key_of(portable(asked, results=False))


def portable(asked: Mapping[str, Any], *, named: Iterable[str] = (), results: bool = True) -> dict[str, Any]:
    """Return a canonical request without what differs between machines.

    Names of dtypes are folded, images are counted, descriptions of tools and schemas left out, and of `SETTINGS`
    only those kept that the ask itself gave (``named``). ``results``: whether what functions returned counts.
    """
    left = {*SETTINGS, "messages", "tools", "schema"} - set(named)
    kept = {name: value for name, value in asked.items() if name not in left}
    kept["messages"] = [_portable_message(message, results=results) for message in asked["messages"]]
    for name in ("tools", "schema"):
        if asked.get(name):
            kept[name] = _bare(asked[name] if name == "schema" else [[one[0], one[2]] for one in asked[name]])
    return kept


def _portable_message(message: Mapping[str, Any], *, results: bool) -> dict[str, Any]:
    said = {**message, "text": _folded(message["text"])}
    if not results and message["role"] == "tool":
        said["text"] = ""
    if "images" in message:
        said["images"] = ["image" if image.startswith("sha256:") else image for image in message["images"]]
    return said


def _folded(text: str) -> str:
    """Return a text with the dtypes of tables and arrays (``describe/``) as no version of a library calls them."""

    def plain(found: re.Match[str]) -> str:
        names = found[2]
        for form, name in _NAMES:
            names = form.sub(name, names)
        return found[1] + names

    return _ARRAY.sub(plain, _TABLE.sub(plain, text))


def _bare(schema: Any, *, names: bool = False) -> Any:
    """Return a JSON schema without its titles and descriptions. ``names``: its keys are names of fields."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bare(value, names=not names and key in ("properties", "$defs"))
        for key, value in schema.items()
        if names or key not in ("title", "description") or not isinstance(value, str)
    }


def distance(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """Return how many results, images and settings of two requests differ; None: a result says something else."""
    results = images = 0
    for old, new in zip(recorded["messages"], asked["messages"], strict=True):
        images += old.get("images") != new.get("images")
        if old["role"] == "tool" and _folded(old["text"]) != _folded(new["text"]):
            if not _alike(from_json(old["text"]), from_json(new["text"])):
                return None
            results += 1
    return results, images, sum(recorded.get(name) != asked.get(name) for name in SETTINGS)


def _alike(one: Any, other: Any) -> bool:
    """Whether two results say the same: 24 and 24.0, a further key, other spaces and capitals."""
    if isinstance(one, dict) and isinstance(other, dict):
        fewer, more = sorted((one, other), key=len)
        return bool(fewer) and all(key in more and _alike(value, more[key]) for key, value in fewer.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6)
    return _spelled(one) == _spelled(other)


def _spelled(value: Any) -> str:
    text = _NUMPY.sub(r"\1", _folded(str(value)))
    return " ".join(_NUMBER.sub(lambda found: f"{float(found[0]):.6g}", text).casefold().split())


def likeness(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[float, int]:
    """Return how much of two requests is alike: most of all their parts, then the beginning of the last message."""
    (*old, last), (*new, newest) = _outline(recorded), _outline(asked)
    return len({*old} & {*new}) / max(1, len(old) + len(new)), _shared(last, newest)


def difference(recorded: Mapping[str, Any], now: Mapping[str, Any], named: Iterable[str]) -> tuple[str, str]:
    """Return where two canonical requests first differ on any machine, as one short text for each."""
    outlines = [_outline(portable(asked, named=named)) for asked in (recorded, now)]
    for old, new in zip_longest(*outlines, fillvalue="-"):
        if old != new:
            start = _shared(old, new) - _SHOWN // 3 if "-" not in (old, new) else 0
            return _cut(old, max(0, start)), _cut(new, max(0, start))
    return "-", ""


def _outline(asked: Mapping[str, Any]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in sorted(asked.items()) if name != "messages"]
    said = (json.dumps(message, sort_keys=True, ensure_ascii=False) for message in asked["messages"])
    return [*lines, *said] or [""]


def _shared(one: str, other: str) -> int:
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def _cut(text: str, start: int) -> str:
    end = start + _SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def freeze(event: Event) -> dict[str, Any] | None:
    """Write an event as JSON, without values of this run (ids, billing, raw bodies); None for an event of the loop."""
    if isinstance(event, RoundCompleted):
        said = event.message
        more = {"images": [image.url for image in said.images], "beside": [*map(row, said.beside)]}
        return {
            "type": "RoundCompleted",
            "text": said.text,
            "calls": [[one.id, one.name, one.arguments, *([one.server] * bool(one.server))] for one in said.tool_calls],
            "finish_reason": event.finish_reason,
            "usage": event.usage and asdict(event.usage),
            "model": event.model,
            **{name: told for name, told in more.items() if told},
        }
    if type(event).__name__ not in _KINDS:
        return None
    return {"type": type(event).__name__, **{name: value for name, value in asdict(event).items() if value != ""}}


def thaw(line: Mapping[str, Any]) -> Event:
    """Read an event back. A replayed round is stored nowhere and costs nothing."""
    values = {name: value for name, value in line.items() if name not in {"type", "at"}}
    if line["type"] != "RoundCompleted":
        kind: Any = _KINDS[line["type"]]
        event: Event = kind(**values)
        return event
    return RoundCompleted(
        assistant_message(
            values["text"],
            tuple(ToolCall(*call) for call in values["calls"]),
            [*map(ImagePart, values.get("images", ())), *map(read_row, values.get("beside", ()))],
        ),
        values["finish_reason"],
        Usage(**values["usage"]) if values["usage"] else None,
        None,
        values["model"],
        billed_idr=0.0,
    )


def read(line: bytes) -> tuple[dict[str, Any], str]:
    """Return the entry of a line, and what is wrong: nothing, ``newer``, ``damaged``, or ``other`` for no JSON object.

    ``newer``: a later version of this package wrote it.
    """
    entry = from_json(line, None)
    if not isinstance(entry, dict):
        return {}, "other"
    version = entry.get("version")
    if type(version) is int and version > VERSION and "key" in entry:
        return entry, "newer"
    return entry, "" if _can_replay(entry) else "damaged"


def _can_replay(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is whole: lessons are edited by hand and merged by tools, so nothing is taken for granted."""
    try:
        portable_key(entry["request"])
        *before, last = [line["type"] for line in entry["events"]]
        sound = all(math.isfinite(line.get("at", 0.0)) and misfit(thaw(line)) is None for line in entry["events"])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return False
    named = type(entry.get("version")) is int and isinstance(entry.get("key"), str)
    return named and sound and last == "RoundCompleted" and "RoundCompleted" not in before
