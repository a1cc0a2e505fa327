"""Errors on request: ``demo: error 429`` in a prompt, and the bodies of all refusals.

For: finding what a prompt asks to go wrong, and the answer the gateway is documented with.
Not for: deciding whether a request is well-formed (`reading`).

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
from dataclasses import dataclass
from typing import Any

from ..api.wire import WireAnswer
from .shapes import as_json
from .talk import Asked, Refused

_ORDER = re.compile(
    r"demo:\s*(?:(error)\s+(\w+)|(slow)|(silent)\s+(\d+(?:\.\d+)?)|(invalid schema))(\s+once)?", re.IGNORECASE
)

_ERRORS: dict[str, tuple[str, str, str]] = {
    # status: type, code, message
    "400": ("invalid_request_error", "context_length_exceeded", "This model's maximum context length was exceeded."),
    "401": ("authentication_error", "invalid_api_key", "The API key you provided is not valid."),
    "402": ("payment_required", "insufficient_balance", "Payment Required: Insufficient PAYG balance"),
    "403": ("permission_error", "insufficient_tier", "This model needs a higher tier: deposit credits to use it."),
    "404": ("not_found_error", "model_not_found", "Model Not Found"),
    "408": ("timeout_error", "request_timeout", "The request took too long to arrive."),
    "409": ("conflict_error", "conflict", "The request conflicts with another one."),
    "413": ("invalid_request_error", "request_too_large", "The request is too large."),
    "422": ("invalid_request_error", "unprocessable_entity", "The request could not be processed."),
    "429": (
        "rate_limit_error",
        "rpm_exceeded",
        "You've reached your Requests Per Minute (RPM) limit for this tier. Please wait a moment before retrying.",
    ),
    "500": ("api_error", "internal_error", "An unexpected error occurred on our side."),
    "502": ("api_error", "bad_gateway", "The upstream provider answered with an error."),
    "503": ("service_unavailable", "service_unavailable", "Upstream provider error or active circuit breaker."),
    "504": ("gateway_timeout", "timeout", "The upstream provider took too long."),
}

_RETRY_AFTER = {"429": 2, "503": 1}
"""Seconds; short, so that a lesson can wait for real."""

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad "
    b"Gateway</h1></center></body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a prompt asks to go wrong."""

    kind: str = ""
    """A status, ``html``, ``stream``, ``cut``, ``slow``, ``silent``, ``invalid``, or nothing."""
    seconds: float = 0.0
    once: bool = False


def ordered(asked: Asked) -> Order:
    """Return what the last message asks to go wrong; an `Order` without a kind when it asks for nothing."""
    if not asked.messages or asked.messages[-1].role != "user":
        return Order()
    found = _ORDER.search(asked.messages[-1].text)
    if not found:
        return Order()
    error, kind, slow, silent, seconds, invalid, once = found.groups()
    name = kind.lower() if error else "slow" if slow else "silent" if silent else "invalid" if invalid else ""
    return Order(name, min(float(seconds or 0), 600.0), bool(once))


def answer(kind: str, headers: Mapping[str, str]) -> WireAnswer | None:
    """Return the error answer that ``kind`` names; None when it names none."""
    if kind == "html":
        return WireAnswer(502, {**headers, "Content-Type": "text/html"}, [_HTML])
    if kind not in _ERRORS:
        return None
    type_, code, message = _ERRORS[kind]
    error: dict[str, Any] = {"message": message, "type": type_, "code": code, "param": None}
    sent = dict(headers)
    if kind in _RETRY_AFTER:
        sent["Retry-After"] = str(_RETRY_AFTER[kind])
        error["details"] = {"limit": 10, "remaining": 0, "retry_after": _RETRY_AFTER[kind]}
    return WireAnswer(int(kind), {**sent, "Content-Type": "application/json"}, [as_json({"error": error})])


def refusal(refused: Refused, headers: Mapping[str, str]) -> WireAnswer:
    """Return the answer to a request that the gateway would not take."""
    error = {"message": refused.message, "type": refused.kind, "code": refused.code, "param": refused.param}
    return WireAnswer(refused.status, {**headers, "Content-Type": "application/json"}, [as_json({"error": error})])
