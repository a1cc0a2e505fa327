"""How the demo model spells its answers: today's form, or the older ones that the service is documented with.

For: the options of `DemoServer`, and the bytes both dialects share.
Not for: what an answer says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .talk import CREATED, Reply


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of the documented shapes the demo model answers in."""

    body: Literal["full", "seed"] = "full"
    """``seed``: the bodies of the first documentation, where ``/v1/responses`` takes no tools."""
    events: Literal["full", "minimal"] = "full"
    """``minimal``: only the four events of the first streaming page."""
    usage: Literal["usual", "swapped", "none"] = "usual"
    """``swapped``: each endpoint counts in the other one's words."""
    done: bool | None = None
    """Whether ``data: [DONE]`` ends a stream. None: on chat completions only, as today."""


def usage_of(shape: Shape, api: Literal["responses", "chat"], input_tokens: int, reply: Reply) -> dict[str, Any] | None:
    """Return the usage block in the words this shape wants."""
    if shape.usage == "none":
        return None
    output = reply.output_tokens
    if shape.body == "seed" and api == "responses":
        return {"input_tokens": input_tokens, "output_tokens": output}
    in_word, out_word = (
        ("input", "output") if (api == "responses") == (shape.usage == "usual") else ("prompt", "completion")
    )
    return {
        f"{in_word}_tokens": input_tokens,
        f"{in_word}_tokens_details": {"cached_tokens": 0},
        f"{out_word}_tokens": output,
        f"{out_word}_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
        "total_tokens": input_tokens + output,
    }


def metadata(request_id: str, creator: str) -> dict[str, Any]:
    """Return the ``_metadata`` block of the older bodies."""
    return {
        "creator": creator,
        "status": True,
        "timestamp": "2025-10-09T08:53:20Z",
        "request_id": request_id,
        "processing_time": 0,
        "tier": "Free",
    }


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return a body's bytes."""
    return json.dumps(value, ensure_ascii=False).encode()


def as_event(data: Mapping[str, Any], name: str | None = None) -> bytes:
    """Return one event of an event stream."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


DONE = b"data: [DONE]\n\n"

__all__ = ["CREATED", "DONE", "Shape", "as_event", "as_json", "metadata", "usage_of"]
