"""What a server answers to a call, as the model reads it.

For: text, images, data and links of a result, bounded.
Not for: results of functions (``tools/results.py``).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ..describe import image_of_bytes
from ..errors import UsageError
from ..messages import ImagePart
from ..tools.results import MOST_IMAGES, Told


class ServerSaysError(Exception):
    """The server marked its answer as an error; the message is for the model."""


def as_told(result: Any) -> Told:
    """Return a ``CallToolResult`` as text and images.

    Raises:
        ServerSaysError: the server says that the call failed.
    """
    images: list[ImagePart] = []
    texts = [_text(block, images) for block in result.content]
    data = result.structured_content
    if data is not None and not _says(texts, data):
        texts.append(json.dumps(data, ensure_ascii=False))
    text = "\n".join(texts)
    if result.is_error:
        raise ServerSaysError(text or "The server says that the call failed.")
    return Told(text, tuple(images))


def _text(block: Any, images: list[ImagePart]) -> str:
    """Return what stands for one block of an answer; an image goes to ``images``."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource_link":
        facts = (block.title or block.name, block.mime_type, block.description)
        return f"Link to {block.uri} ({'; '.join(filter(None, facts))})"
    holder = block.resource if block.type == "resource" else block
    if getattr(holder, "text", None) is not None:
        return f"Content of {holder.uri}:\n{holder.text}"
    kind = holder.mime_type or "unknown type"
    data = holder.blob if block.type == "resource" else block.data
    if kind.startswith("image/"):
        try:
            image = image_of_bytes(base64.b64decode(data, validate=False), "the image")
        except (UsageError, binascii.Error) as error:
            return f"[an image that cannot be sent: {error.what if isinstance(error, UsageError) else 'no base64'}]"
        if len(images) < MOST_IMAGES:
            images.append(image)
            return f"[image {len(images)}]"
    return f"[{kind}, {len(data):,} characters of base64, not sent]"


def _says(texts: list[str], data: Any) -> bool:
    """Whether a text says what the data say: servers send both, for clients that read only one."""
    inner = next(iter(data.values())) if isinstance(data, dict) and len(data) == 1 else data
    for text in texts:
        if text == inner:
            return True
        try:
            if json.loads(text) in (data, inner):
                return True
        except (ValueError, RecursionError):
            continue
    return False
