"""Error bodies of every age of the service: what they say, and how long they ask to wait.

For: finding the error in JSON, text or HTML; quoting a server's words safely on one line.
Not for: choosing our error or its sentence (``failures.py``). Pure.

Shapes: facts about the service, section 4.1. Servers lie, so every type is checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from .allowances import seconds
from .shapes import string

_LONGEST_QUOTE = 300
_PLAUSIBLE_WAIT = 3600.0
_KEY_LIKE = re.compile(r"\b(?:nsk|sk)[_-][\w-]{6,}")


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
    line = _KEY_LIKE.sub("***", line)
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
    said = [headers.get("retry-after"), inner]
    asked = [seconds(f"{one}", headers.get("date")) for one in said if isinstance(one, int | float | str)]
    given = [wait for wait in asked if wait]
    return next((wait for wait in given if wait <= _PLAUSIBLE_WAIT), given[0] if given else None)
