"""Errors on request, answered as the gateway is documented.

In the last user message::

    demo: error 401 | 402 | 403 | 404 | 408 | 409 | 413 | 422 | 429 | 500 | 502 | 503 | html     that answer
    demo: error 429 once                               the first time only
    demo: error stream                                 fails half-way
    demo: error cut                                    ends half-way, without a word
    demo: slow                                         a fifth of a second between chunks
    demo: silent 5                                     five seconds of silence before the first chunk
    demo: invalid schema once                          an answer that breaks the schema, then a right one
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..api.wire import WireAnswer
from ..describe.cells import without_part
from .talk import SERVICE, Asked, as_answer

_ORDER = re.compile(
    r"demo:\s*(?:error\s+(\w+)|(slow)|(silent)\s+(\d+(?:\.\d+)?)|(invalid) schema)(\s+once)?", re.IGNORECASE
)

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"


class Order(NamedTuple):
    """What a prompt asks to go wrong."""

    kind: str = ""
    """A status, ``html``, ``stream``, ``cut``, ``slow``, ``silent``, ``invalid``, or nothing."""
    seconds: float = 0.0
    once: bool = False


def ordered(asked: Asked) -> Order:
    """Return what the last message asks to go wrong; an `Order` without a kind when it asks for nothing."""
    last = asked.messages[-1] if asked.messages else None
    found = _ORDER.search(without_part(last.text)) if last and last.role == "user" else None
    if not found:
        return Order()
    error, slow, silent, seconds, invalid, once = found.groups()
    return Order((error or slow or silent or invalid).lower(), min(float(seconds or 0), 600.0), bool(once))


def without_order(text: str) -> str:
    """Return a prompt without what it asks to go wrong, and without the brackets around that."""
    return re.sub(rf"\s*\(\s*{_ORDER.pattern}\s*\)|{_ORDER.pattern}", "", text, flags=re.IGNORECASE).strip()


def answer(kind: str, headers: Mapping[str, str]) -> WireAnswer | None:
    """Return the error answer that ``kind`` names; None when it names none."""
    if kind == "html":
        return WireAnswer(502, {**headers, "Content-Type": "text/html"}, [_HTML])
    if kind not in SERVICE["errors"]:
        return None
    type_, code, message, *wait = SERVICE["errors"][kind]
    error: dict[str, Any] = {"message": message, "type": type_, "code": code, "param": None}
    if wait:
        headers = {**headers, "Retry-After": str(wait[0])}
        error["details"] = {"limit": 10, "remaining": 0, "retry_after": wait[0]}
    return as_answer(int(kind), {"error": error}, headers)
