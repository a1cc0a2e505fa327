"""How long to wait, and when not to wait at all."""

from __future__ import annotations

import pytest

from neosantara_magic.api.failures import LONGEST_WAIT, backoff, passes_soon, seconds_to_wait
from neosantara_magic.errors import APIConnectionError, APIError, APIStatusError, APITimeoutError, StreamError


def refused(status: int = 429, code: str | None = None, retry_after: float | None = None) -> APIStatusError:
    """Build a refusal."""
    return APIStatusError("x", status=status, code=code, retry_after=retry_after)


def test_what_was_asked_is_waited() -> None:
    """Exactly the server's seconds, for the first and the second wait."""
    assert [seconds_to_wait(refused(retry_after=7.0), attempt) for attempt in (1, 2, 3)] == [7.0, 7.0, None]


def test_unasked_waits_grow_and_differ() -> None:
    """Calls that were refused together do not come back together."""
    first = {seconds_to_wait(refused(503), 1) for _ in range(20)}
    second = {seconds_to_wait(refused(503), 2) for _ in range(20)}
    assert len(first) > 1
    assert all(wait is not None and 3 <= wait <= 5 for wait in first)
    assert all(wait is not None and 9 <= wait <= 15 for wait in second)


@pytest.mark.parametrize(
    "error",
    [
        refused(500),
        refused(404, retry_after=1.0),
        refused(retry_after=LONGEST_WAIT + 1),
        refused(code="user_total_daily_limit_exceeded"),
        refused(code="user_total_monthly_limit_exceeded", retry_after=5.0),
    ],
)
def test_no_wait_where_it_would_not_help(error: APIStatusError) -> None:
    """Other statuses, waits beyond reason, quotas of a day or a month."""
    assert seconds_to_wait(error, 1) is None


def test_unasked_pauses_of_a_batch_grow_up_to_a_minute() -> None:
    """The first soon, the second much later, and none longer than the service counts."""
    assert [backoff(attempt) for attempt in (1, 2, 3, 4, 5)] == [4.0, 12.0, 36.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("error", "row", "fetched"),
    [
        *((refused(status), True, True) for status in (408, 409, 429, 500, 502, 503, 504, 529)),
        *((refused(status), False, False) for status in (307, 400, 401, 402, 403, 404, 413, 422)),
        (refused(code="usage_limit_exceeded"), False, False),
        (APIConnectionError("reset"), True, True),
        (APITimeoutError("silent"), False, True),  # the answer may be under way, and is paid for
        (StreamError("broken"), False, False),
        (APIError("lost"), False, False),
    ],
)
def test_what_passes_soon(error: APIError, row: bool, fetched: bool) -> None:
    """One rule for what is sent again and what is only fetched again; they differ in what may be paid for twice."""
    assert (passes_soon(error, billed=True), passes_soon(error, billed=False)) == (row, fetched)
