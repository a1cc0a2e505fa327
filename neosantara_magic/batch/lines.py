"""One finished row as one line of JSON in ``out``, and back: readable by people, pandas and this package.

Not for: files and which line belongs to which row (``answers.py``).

A line::

    {"key": "9f2c…", "prompt": "…", "text": "…", "parsed": {…}, "model": "…", "finish_reason": "stop",
     "usage": {"input_tokens": 9, …}, "cost_idr": 0.12, "id": "resp_…", "request_id": "…"}

``key`` is the SHA-256 of the canonical request: a later run recognises the row by it. The server's own bodies are not
kept, and of images in the prompt only their hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic_core import to_jsonable_python

from ..describe.plain import text_of
from ..errors import NeosantaraError
from ..faults import reraise_interrupt
from ..messages import (
    ImagePart,
    Message,
    Response,
    TextPart,
    ToolCall,
    ToolResult,
    Usage,
    assistant_message,
    brought_in,
)
from ..recordings.entry import hashed
from ..redaction import redact
from ..render.document import code_blocks
from ..transcript_files import call_row, json_line, message_row, read_message

_KEY = re.compile("[0-9a-f]{64}")
_MOST_TEXT = 100_000
"""Characters of data that JSON has no form for."""
_PLAIN = ("model", "api", "finish_reason", "id", "request_id", "reasoning", "cost_idr", "cost_estimated")


def write(key: str, response: Response) -> bytes:
    """Return the line of a finished row, with its line break."""
    prompt = response.messages[0] if response.messages else Message("user")
    line: dict[str, Any] = {"key": key, "prompt": prompt.text, "text": response.text}
    if prompt.images:
        line["images"] = [*map(hashed, prompt.images)]
    if response.parsed is not None:
        line["parsed"] = plain(response.parsed)
    line.update({name: value for name in _PLAIN if (value := getattr(response, name))})
    if response.usage is not None:
        line["usage"] = asdict(response.usage)
    if response.messages[1:] != (assistant_message(response.text),):  # otherwise prompt and text say it all
        line["replies"] = [message_row(message) for message in response.messages[1:]]
    if response.tool_calls:
        line["tool_calls"] = [
            call_row(result.call) | {"result": result.result, "status": result.status} for result in response.tool_calls
        ]
    return redact(json_line(line)).encode()


def read(line: bytes, parse: Callable[[str], Any] | None) -> Response:
    """Return the Response of a line that `write` made; ``parse`` turns its text into validated data, with a schema."""
    data = json.loads(line)
    text = data.get("text", "")
    prompt = Message("user", (TextPart(data.get("prompt", "")), *map(ImagePart, data.get("images", ()))))
    replies = [read_message(row) for row in data["replies"]] if "replies" in data else [assistant_message(text)]
    parsed = error = None
    try:
        parsed = None if parse is None else parse(text)
    except NeosantaraError as misfit:  # the user's schema has other rules than when the row was asked
        error = misfit
    return Response(
        text=text,
        parsed=parsed,
        error=error,
        usage=Usage(**data["usage"]) if "usage" in data else None,
        tool_calls=tuple(
            ToolResult(ToolCall(row["id"], row["name"], row["arguments"]), row["result"], row["status"])
            for row in data.get("tool_calls", ())
        ),
        code=code_blocks(text),
        **brought_in(replies),
        messages=(prompt, *replies),
        **{name: data[name] for name in _PLAIN if name in data},
    )


def torn(line: bytes) -> bool:
    """Whether the line, which has no line break, may be the beginning of one of ours."""
    beginning = b'{"key": "'
    return line.startswith(beginning) or beginning.startswith(line)


def key_in(line: bytes) -> str | None:
    """Return the key of a line; None when it is not one of ours, or half of one."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    key = data.get("key") if isinstance(data, dict) and isinstance(data.get("text"), str) else None
    return key if isinstance(key, str) and _KEY.fullmatch(key) else None


def plain(value: Any) -> Any:
    """Return validated data as JSON holds it."""
    try:
        return to_jsonable_python(value, fallback=lambda one: text_of(one, _MOST_TEXT))
    except BaseException as error:  # noqa: BLE001  (a serializer of the user's own: the answer itself is safe)
        reraise_interrupt(error)
        return text_of(value, _MOST_TEXT)
