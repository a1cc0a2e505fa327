"""Error bodies in every documented shape: what they say, how long to wait. Pure. Servers lie: every type is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from ..validators import from_json, shown
from . import sse
from .allowances import seconds

_LONGEST_QUOTE = 300
_PLAUSIBLE_WAIT = 3600.0
_SAYING = ("message", "msg", "detail", "error_message", "error_description", "faultstring", "description", "reason",
           "title", "Message", "error", "errors")  # fmt: skip
"""The fields in which error bodies have their message, the most exact first."""
_MOST_SAID = 5
_DEEPEST = 5


def parsed(raw: str) -> object:
    """Return an error's body as JSON, also when it stands in an event of a stream; else as text."""
    body = from_json(raw, None)
    if body is not None or not raw.lstrip().startswith(("data:", "event:")):
        return raw if body is None else body
    read = (from_json(item.data, None) for item in sse.decode([raw.encode()]))
    return next((one for one in read if isinstance(one, dict)), raw)


def error_object(body: object) -> Mapping[str, Any]:
    """Return the error of a body: what it says beside its ``message``, a text; empty when the body tells none."""
    if isinstance(body, str):
        return {"message": body.strip()} if body.lstrip()[:1] not in ("", "<") else {}
    body = {"error": body} if isinstance(body, list) else body
    if not isinstance(body, Mapping):
        return {}
    told = body.get("error") or body.get("errors") or body.get("fault")
    first = told[0] if isinstance(told, list) else told
    if isinstance(first, Mapping) and isinstance(first.get("error"), Mapping):
        first = first["error"]
    message = _words(told) if isinstance(told, Mapping | list) else _words(body)
    detail = told or body.get("message") or body.get("detail")
    if not message and isinstance(detail, Mapping | list) and not (isinstance(first, Mapping) and first.get("code")):
        message = json.dumps(detail, ensure_ascii=False)
    return {**(first if isinstance(first, Mapping) else body), "message": message} if detail or message else {}


def _words(said: object, depth: int = 0) -> str:
    """Return the message in a part of an error body, however deep it is nested."""
    if isinstance(said, str):
        return said.strip()
    if depth == _DEEPEST:
        return ""
    if isinstance(said, list):
        return "; ".join(filter(None, (_words(one, depth + 1) for one in said[:_MOST_SAID])))
    if not isinstance(said, Mapping):
        return ""
    words = next(filter(None, (_words(said.get(name), depth + 1) for name in _SAYING)), "")
    place = said.get("loc")
    return f"{'.'.join(map(str, place))}: {words}" if words and isinstance(place, list) else words


def quote(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Return a server's words fit for one line: no control characters, no key, bounded."""
    return shown("".join(c if c.isprintable() else " " for c in text[: 4 * longest]), longest)


def html_title(page: str) -> str:
    """Return the title of an HTML page, or nothing."""
    found = re.search(r"<title[^>]*>(.{0,200}?)</title>", page[:20_000], re.IGNORECASE | re.DOTALL)
    return unescape(found.group(1)).strip() if found else ""


def retry_after(headers: Mapping[str, str], body: object = None) -> float | None:
    """Return the seconds that the server asks to wait, or None.

    ``retry-after`` first (seconds or a date), then ``error.details.retry_after`` or ``error.retry_after``. What is
    not a positive number is taken for absent; of two answers the plausible one counts.
    """
    error = error_object(body)
    details = error.get("details")
    inner = (details if isinstance(details, Mapping) else error).get("retry_after")
    said = [headers.get("retry-after"), inner]
    asked = [seconds(f"{one}", headers.get("date")) for one in said if isinstance(one, int | float | str)]
    given = [wait for wait in asked if wait]
    return next((wait for wait in given if wait <= _PLAUSIBLE_WAIT), given[0] if given else None)
