"""How long to wait after 429 and 503 before asking again, if at all. Pure."""

from __future__ import annotations

import random

from ..errors import APIStatusError
from .failures import QUOTA_CODES

MOST_WAITS = 2
"""Waits for one request."""
LONGEST_WAIT = 120.0
"""Seconds. The service counts per minute, so a longer request to wait is about something else."""
_UNASKED, _MOST_UNASKED = 4.0, 60.0


def seconds_to_wait(
    error: APIStatusError, attempt: int, patience: float | None = None, waited: float = 0.0
) -> float | None:
    """Return the seconds to wait before asking again; None when that would be no use.

    ``attempt`` is 1 for the first wait of this request, which has ``waited`` so many seconds. All its waits may take
    ``patience`` seconds; None: `MOST_WAITS`, whatever they take.
    """
    if error.status not in (429, 503) or error.code in QUOTA_CODES:
        return None
    if patience is not None:
        least = _UNASKED if error.retry_after is None else error.retry_after
        longest = max(least, min(_MOST_UNASKED, least * 1.6**attempt), 1.0)
        # Those that were refused together must not come back together: a class shares one limit.
        left = patience - waited
        return None if least > left or left <= 0 else min(left, random.uniform(least, longest))  # noqa: S311
    if attempt > MOST_WAITS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else None
    # Nobody said how long: grow, and spread out those that were refused together.
    return _UNASKED * 3.0 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311
