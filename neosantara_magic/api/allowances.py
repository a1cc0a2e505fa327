"""What an answer's headers tell, in each spelling: what is left of the service's limits, what was billed. Pure.

The part of a header's name after ``ratelimit`` holds what is counted and which figure it is, in either order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from ..messages import Allowance

_NAME = re.compile(r"(?:^|-)ratelimit-(.+)$")
_KINDS: dict[str, Literal["requests", "tokens", "input_tokens", "output_tokens"]] = {
    "input-tokens": "input_tokens",
    "output-tokens": "output_tokens",
    "tokens": "tokens",
    "requests": "requests",
}
_FIGURES = ("limit", "remaining", "reset")
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_A_DATE = 1e9
"""A number of seconds from here on is a point in time (since 1970), not a time to wait."""


def allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """Return one `Allowance` for each limit that the headers name; what cannot be read is left out."""
    found: dict[Any, dict[str, Any]] = {}
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    for name, value in headers.items():
        rest = _NAME.search(name.lower())
        if rest is None:
            continue
        words = rest.group(1)
        figure = next((one for one in _FIGURES if re.search(rf"^{one}(-|$)|-{one}$", words)), None)
        counted = words.removeprefix(f"{figure}-").removesuffix(f"-{figure}")
        kind = _KINDS.get("requests" if counted == figure else counted)
        read = None if figure is None or kind is None else seconds(value, date) if figure == "reset" else _count(value)
        if read is not None:
            found.setdefault(kind, {})[str(figure)] = read
    return tuple(Allowance(kind, **figures) for kind, figures in found.items())


def billed_idr(headers: Mapping[str, str]) -> float | None:
    """Return the Rupiah that the server billed: a plain number, perhaps with a currency before it."""
    return _amount((headers.get("x-neosantara-billed-idr") or "").strip().removeprefix("Rp").removeprefix("IDR"))


def _count(value: str) -> int | None:
    count = _amount(value.split(",", 1)[0])
    return None if count is None else int(count)


def _amount(value: str) -> float | None:
    try:
        amount = float(value)
    except ValueError:
        return None
    return amount if 0 <= amount < math.inf else None


def seconds(value: str, date: str | None) -> float | None:
    """Read a time to wait: seconds, ``1m30s``, seconds since 1970, an ISO date or an HTTP date; None if it is none.

    Times are counted from ``date``, the ``Date`` header, so that a wrong clock here does no harm.
    """
    text = value.strip()
    try:
        number = float(text)
    except ValueError:
        spelled = _DURATION.fullmatch(text) if text else None
        if spelled is None:
            then = _moment(text)
            return None if then is None else max(0.0, (then - _now(date)).total_seconds())
        hours, minutes, rest, thousandths = (float(part or 0) for part in spelled.groups())
        return hours * 3600 + minutes * 60 + rest + thousandths / 1000
    if not math.isfinite(number):
        return None
    if number >= _A_DATE:
        number = (number / 1000 if number >= _A_DATE * 1000 else number) - _now(date).timestamp()
    return max(0.0, number)


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            then = read(text)
        except (ValueError, TypeError, OverflowError):
            continue
        return then if then.tzinfo else then.replace(tzinfo=UTC)
    return None


def _now(date: str | None) -> datetime:
    return _moment(date or "") or datetime.now(UTC)
