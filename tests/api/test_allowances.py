"""Rate-limit headers in every spelling that the service has documented."""

from __future__ import annotations

import pytest

from neosantara_magic.api.told import allowances
from neosantara_magic.messages import Allowance

DATE = {"date": "Tue, 11 Nov 2025 10:00:00 GMT"}


def test_the_vendors_own_names() -> None:
    """x-neosantara-ratelimit-KIND-FIGURE, with the reset as an ISO date."""
    read = allowances(
        {
            **DATE,
            "X-Neosantara-RateLimit-Requests-Limit": "10",
            "X-Neosantara-RateLimit-Requests-Remaining": "7",
            "X-Neosantara-RateLimit-Requests-Reset": "2025-11-11T10:00:42Z",
            "X-Neosantara-RateLimit-Input-Tokens-Remaining": "29000",
            "X-Neosantara-RateLimit-Output-Tokens-Limit": "8000",
        }
    )
    assert read == (
        Allowance("requests", 10, 7, 42.0),
        Allowance("input_tokens", None, 29000, None),
        Allowance("output_tokens", 8000, None, None),
    )


def test_the_older_names() -> None:
    """x-ratelimit-FIGURE-KIND, as OpenAI has them."""
    read = allowances({"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-tokens": "0"})
    assert read == (Allowance("requests", 60), Allowance("tokens", None, 0))


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("12", 12.0),
        ("1.5", 1.5),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("250ms", 0.25),
        ("1762855230", 30.0),
        ("1762855230000", 30.0),
        ("2025-11-11T17:00:30+07:00", 30.0),
        ("2025-11-11T10:00:30", 30.0),
        ("2020-01-01T00:00:00Z", 0.0),
    ],
)
def test_times_to_wait(reset: str, seconds: float) -> None:
    """Seconds, durations, seconds since 1970, ISO dates; by the server's clock. 1762855200 is its date."""
    assert allowances({**DATE, "x-ratelimit-reset": reset}) == (Allowance("requests", reset=seconds),)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "many"},
        {"x-ratelimit-remaining": "-3"},
        {"x-ratelimit-remaining": "nan"},
        {"x-ratelimit-policy": "10;w=60"},
        {"x-ratelimit-limit-images": "5"},
        {"content-type": "text/plain"},
        {"x-ratelimit-reset": ""},
    ],
)
def test_what_cannot_be_read_is_left_out(headers: dict[str, str]) -> None:
    """A strange header is no reason to fail an answer."""
    assert allowances(headers) == ()
