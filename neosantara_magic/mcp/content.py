"""What a server sends in a call: results for the model, and questions to the user. All of it is a stranger's words.

For: bounding and marking them. Not for: the session (``server.py``).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from threading import current_thread, main_thread
from typing import Any

from ..describe.images import image_of_bytes
from ..errors import UsageError
from ..messages import ImagePart
from ..texts import say
from ..tools.answer_schema import from_json_schema
from ..tools.approval import marked, visible
from ..tools.arguments import Mismatch
from ..tools.results import MOST_IMAGES, Told
from ..validators import shown

YES = {"y", "yes", "ya", "true"}
_MOST_ASKED = 4_000
"""Characters of a question."""


class ServerSaysError(Exception):
    """The server marked its answer as an error; the message is for the model."""


def as_told(result: Any) -> Told:
    """Return a ``CallToolResult`` as text and images; raise `ServerSaysError` if it is an error."""
    images: list[ImagePart] = []
    texts = [_text(block, images) for block in result.content]
    data = result.structured_content
    # Servers send data as text too, for clients that read only text.
    if data is not None and not any(_says(text, data) for text in texts):
        texts.append(json.dumps(data, ensure_ascii=False))
    if result.is_error:
        raise ServerSaysError("\n".join(texts))
    return Told("\n".join(texts), tuple(images))


def _text(block: Any, images: list[ImagePart]) -> str:
    """Return what stands for one block of an answer; an image goes to ``images``."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource_link":
        return f"Link to {block.uri} ({'; '.join(filter(None, (block.name, block.description)))})"
    holder = block.resource if block.type == "resource" else block
    if hasattr(holder, "text"):
        return f"Content of {holder.uri}:\n{holder.text}"
    data = holder.blob if block.type == "resource" else holder.data
    with suppress(UsageError, ValueError):  # no image that can be sent, no base64
        if len(images) < MOST_IMAGES:
            images.append(image_of_bytes(base64.b64decode(data), "image"))
            return f"[image {len(images)}]"
    return f"[{holder.mime_type}, {len(data):,} characters of base64, not sent]"


def _says(text: str, data: Any) -> bool:
    inner = next(iter(data.values())) if isinstance(data, dict) and len(data) == 1 else data
    with suppress(ValueError, RecursionError):
        return text == inner or json.loads(text) in (data, inner)
    return False


def answered(server: str, params: Any, ask: Callable[[str], str | None]) -> dict[str, Any] | None:
    """Ask the user what a server asks, a line for each field; None: declined, no fitting answer, or nobody there."""
    schema = getattr(params, "requested_schema", None)
    # A page that it wants opened has no fields, and is declined. From a panel's thread nobody would see the question.
    if not schema or current_thread() is not main_thread():
        return None
    rows = [marked(visible(line)) for line in params.message[:_MOST_ASKED].split("\n")]
    agreed = ask("\n".join([say("mcp.asks", name=server), *rows, say("mcp.agree")]))
    if (agreed or "").strip().casefold() not in YES:
        return None
    found: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        line = (ask(f"{visible(shown(f'{name} {json.dumps(field, ensure_ascii=False)}', 500))}: ") or "").strip()
        if line and field.get("type") != "string":
            with suppress(ValueError):
                found[name] = line.casefold() in YES if field.get("type") == "boolean" else json.loads(line)
        elif line:
            found[name] = line
    try:
        return dict(from_json_schema(schema, server)[1](found))
    except Mismatch:
        return None
