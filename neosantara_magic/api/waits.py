"""How long to wait before asking again, if at all.

For: the visible waits after 429 and 503.
Not for: waiting (``client.py``) or showing the countdown (``render/``). Pure.
"""

from __future__ import annotations

import random

from ..errors import APIStatusError
from .failures import QUOTA_CODES

MOST_WAITS = 2
"""Waits for one request."""

LONGEST_WAIT = 120.0
"""Seconds. The service counts per minute, so a longer request to wait is about something else."""

_UNASKED = 4.0


def seconds_to_wait(error: APIStatusError, attempt: int) -> float | None:
    """Return the seconds to wait before asking again; None when that would be no use.

    Args:
        error: What the server said.
        attempt: 1 for the first wait of this request.
    """
    if error.status not in (429, 503) or error.code in QUOTA_CODES or attempt > MOST_WAITS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else None
    # Nobody said how long: grow, and spread out those that were refused together.
    return _UNASKED * 3.0 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311
