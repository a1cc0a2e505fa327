"""Error bodies of every age of the service: what they say, and how long they ask to wait.

For: finding the error in JSON, text or HTML; quoting a server's words safely on one line.
Not for: choosing our error or its sentence (``failures.py``). Pure.

Shapes: facts about the service, section 4.1. Servers lie, so every type is checked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from ..redaction import redact
from .shapes import string

_LONGEST_QUOTE = 300
_PLAUSIBLE_WAIT = 3600.0


def error_object(body: object) -> Mapping[str, Any]:
    """Return the error of any documented body, as far as it has one."""
    if not isinstance(body, Mapping):
        return {"message": body.strip()} if isinstance(body, str) and body.lstrip()[:1] not in ("", "<") else {}
    error = body.get("error")
    if isinstance(error, Mapping):
        return error
    if isinstance(error, str) and error:
        return {**body, "message": string(body.get("message")) or error}
    if body.get("message"):
        return body
    detail = body.get("detail")
    return {"message": detail if isinstance(detail, str) else json.dumps(detail)} if detail else {}


def quote(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Return a server's words fit for one line: no control characters, no key, bounded."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())
    line = redact(line)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def html_title(page: str) -> str:
    """Return the title of an HTML page, or nothing."""
    found = re.search(r"<title[^>]*>(.{0,200}?)</title>", page[:20_000], re.IGNORECASE | re.DOTALL)
    return unescape(found.group(1)).strip() if found else ""


def retry_after(headers: Mapping[str, str], body: object = None) -> float | None:
    """Return the seconds that the server asks to wait, or None.

    ``retry-after`` first (seconds or an HTTP date), then ``error.details.retry_after``. What is
    not a positive number is taken for absent; of two answers the plausible one counts.
    """
    error = error_object(body)
    details = error.get("details")
    inner = details.get("retry_after") if isinstance(details, Mapping) else None
    asked = [_seconds(headers.get("retry-after"), headers.get("date")), _seconds(inner, None)]
    given = [seconds for seconds in asked if seconds is not None]
    return next((seconds for seconds in given if seconds <= _PLAUSIBLE_WAIT), given[0] if given else None)


def _seconds(value: object, now: str | None) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        seconds = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        seconds = _until(string(value), now)
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _until(date: str, now: str | None) -> float:
    """Return the seconds to an HTTP date, by the server's own clock if it told the time."""
    try:
        then = parsedate_to_datetime(date)
        start = parsedate_to_datetime(now) if now else datetime.now(UTC)
        return (then - start).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return math.nan
