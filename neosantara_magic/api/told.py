"""What a server tells beside its answers, in headers and error bodies: errors, waits, limits, what was billed. Pure.

Servers lie, so every type is checked.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from ..errors import attempt
from ..messages import Allowance
from ..validators import from_json, is_amount, shown
from . import wire
from .shapes import mapping

_LONGEST_QUOTE = 300
_PLAUSIBLE_WAIT = 3600.0
_SAYING = ("message", "msg", "detail", "error_message", "error_description", "faultstring", "description", "reason",
           "title", "Message", "error", "errors")  # fmt: skip
"""The fields in which error bodies have their message, the most exact first."""
_MOST_SAID = 5
_DEEPEST = 5
_KIND = "requests|input-tokens|output-tokens|tokens"
_LIMIT = re.compile(rf"(?:^|-)ratelimit-(?:({_KIND})-)?(limit|remaining|reset)(?:-({_KIND}))?$")
"""The end of a header's name: what is counted and which figure it is, in either order."""
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (3600, 60, 1, 0.001)
_A_DATE = 1e9
"""A number of seconds from here on is a point in time (since 1970), not a time to wait."""


def parsed(raw: str) -> object:
    """Return an error's body as JSON, also when it stands in an event of a stream; else as text."""
    body = from_json(raw, None)
    if body is not None or not raw.lstrip().startswith(("data:", "event:")):
        return raw if body is None else body
    read = (from_json(item.data, None) for item in wire.decode([raw.encode()]))
    return next((one for one in read if isinstance(one, dict)), raw)


def error_object(body: object) -> Mapping[str, Any]:
    """Return the error of a body: what it says beside its ``message``, a text; empty when the body tells none."""
    if isinstance(body, str):
        return {"message": body.strip()} if body.lstrip()[:1] not in ("", "<") else {}
    body = {"error": body} if isinstance(body, list) else body
    if not isinstance(body, Mapping):
        return {}
    told = body.get("error") or body.get("errors") or body.get("fault")
    first = mapping(told[0] if isinstance(told, list) else told)
    first = mapping(first.get("error")) or first
    message = _words(told if isinstance(told, Mapping | list) else body)
    detail = told or body.get("message") or body.get("detail")
    if not message and isinstance(detail, Mapping | list) and not first.get("code"):
        message = json.dumps(detail, ensure_ascii=False)
    return {**(first or body), "message": message} if detail or message else {}


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
    said = [headers.get("retry-after"), (mapping(error.get("details")) or error).get("retry_after")]
    asked = [_seconds(f"{one}", headers.get("date")) for one in said if isinstance(one, int | float | str)]
    given = [wait for wait in asked if wait]
    return next((wait for wait in given if wait <= _PLAUSIBLE_WAIT), given[0] if given else None)


def allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """Return one `Allowance` for each limit that the headers name; what cannot be read is left out."""
    found: dict[Any, dict[str, Any]] = {}
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    for name, value in headers.items():
        if named := _LIMIT.search(name.lower()):
            kind = (named[1] or named[3] or "requests").replace("-", "_")
            count = _amount(value.split(",", 1)[0])
            read = _seconds(value, date) if named[2] == "reset" else None if count is None else int(count)
            if read is not None:
                found.setdefault(kind, {})[named[2]] = read
    return tuple(Allowance(kind, **figures) for kind, figures in found.items())


def billed_idr(headers: Mapping[str, str]) -> float | None:
    """Return the Rupiah that the server billed: a plain number, perhaps with a currency before it."""
    return _amount((headers.get("x-neosantara-billed-idr") or "").strip().removeprefix("Rp").removeprefix("IDR"))


def _amount(value: str) -> float | None:
    amount = attempt(None, float, value)
    return amount if is_amount(amount) else None


def _seconds(value: str, date: str | None) -> float | None:
    """Read a time to wait: seconds, ``1m30s``, seconds since 1970, an ISO date or an HTTP date; None if it is none.

    Times are counted from ``date``, the ``Date`` header, so that a wrong clock here does no harm.
    """
    then = _amount(text := value.strip())
    if then is None:
        if text and (spelled := _DURATION.fullmatch(text)):
            return sum(float(part or 0) * unit for part, unit in zip(spelled.groups(), _UNITS, strict=True))
        then = _moment(text)
    elif then < _A_DATE:
        return then
    elif then >= _A_DATE * 1000:
        then /= 1000
    return None if then is None else max(0.0, then - (_moment(date or "") or time.time()))


def _moment(text: str) -> float | None:
    """Return the seconds since 1970 of a date."""
    then = attempt(None, datetime.fromisoformat, text) or attempt(None, parsedate_to_datetime, text)
    return None if then is None else (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
