"""What of a request counts on every machine: its key, and when another answer of the same round will do. Pure.

Recordings travel between versions of libraries, settings of readers and small differences of functions.
Never passed over: what was *asked* (prompt, flags, names and parameters of tools, what was said before).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..validators import from_json

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


def portable_key(asked: Mapping[str, Any]) -> str:
    """Return the key of a canonical request: the SHA-256 of its portable JSON without results, in hexadecimal."""
    text = json.dumps(portable(asked, results=False), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def portable(asked: Mapping[str, Any], *, named: Iterable[str] = (), results: bool = True) -> dict[str, Any]:
    """Return a canonical request without what differs between machines.

    Names of dtypes are folded, images are counted, descriptions of tools and schemas left out, and of `SETTINGS`
    only those kept that the ask itself gave (``named``). ``results``: whether what functions returned counts.
    """
    left = {*SETTINGS, "messages", "tools", "schema"} - set(named)
    kept = {name: value for name, value in asked.items() if name not in left}
    kept["messages"] = [_message(message, results=results) for message in asked["messages"]]
    for name in ("tools", "schema"):
        if asked.get(name):
            kept[name] = _bare(asked[name] if name == "schema" else [[one[0], one[2]] for one in asked[name]])
    return kept


def _message(message: Mapping[str, Any], *, results: bool) -> dict[str, Any]:
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
    """Return how far apart two requests of one key are: results, images and settings that differ.

    None when a function returned something else altogether.
    """
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
