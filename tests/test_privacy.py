"""What looks like a number of a person is found, and what does not is let alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic.redaction import numbers_in


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("NIK", "3174051203900001"),
        ("NIK", "NIK: 3174-0552-0390-0001"),  # a woman: 40 is added to the day
        ("NIK", "317405 520390 0001"),
        ("NIK", "31.74.05.120390.0001"),
        ("NIK", "３１７４０５１２０３９００００１"),
        ("NIK", '{"nik":3174051203900001}'),
        ("NIK", "3174051203900001-Budi"),
        ("NPWP", "09.254.294.3-407.000"),
        ("NPWP", "09.254.294.3.407.000"),
        ("NPWP", "092542943407000"),
        ("NPWP", "0092542943407000"),
        ("card", "4111 1111 1111 1111"),
        ("card", "4111-1111-1111-1111"),
        ("card", "5555555555554444"),
        ("card", "2223003122003222"),
        ("card", "3528000700000000"),
        ("card", "378282246310005"),
        ("card", "3782 822463 10005"),
        ("card", "30569309025904"),
        ("phone", "081234567890"),
        ("phone", "0812-3456-7890"),
        ("phone", "0812 345 678"),
        ("phone", "0812.3456.7890,"),
        ("phone", "No.0812\u20113456\u20117890"),
        ("phone", "(081234567890)"),
        ("phone", "wa.me/6281234567890"),
        ("phone", "+62 812-3456-7890"),
        ("phone", "+62 (0) 812 3456 7890"),
        ("phone", "0062 812 3456 7890"),
        ("phone", "+62 21 555 1234"),
        ("phone", "tel:+62-(812)-3456-7890"),
    ],
)
def test_it_is_found(kind: str, written: str) -> None:
    """In the spellings that people use, alone or between words; the masked form has six digits at most."""
    found = numbers_in([f"Ini {written} ya."])
    assert list(found.values()) == [kind], found
    assert sum(sign.isdigit() for sign in next(iter(found))) == 6


@pytest.mark.parametrize(
    "written",
    [
        "3.141592653589793",
        "0.8123456789",
        "2.081234567890",
        "0.3174051203900001",
        "1730000000000000000",  # a time
        "12345678901234567890",
        "3174059903900001",  # the 99th
        "3174051213900001",  # the 13th month
        "2074051203900001",  # no province
        "3174051203900000",
        "4111111111111112",
        "0000000000000000",
        "1111111111111111",
        "uuid 08123456-7890-1234-5678-123456789012",
        "resp_081234567890",
        "192.168.100.1",
        "Rp 6.281.234.567",
        "1,081,234,567",
        "2026-11-29",
        "62 apples and 812 pears",
        "112543211987655",
    ],
)
def test_it_is_let_alone(written: str) -> None:
    """Decimal numbers, times, ids and amounts are none."""
    assert numbers_in([f"Ini {written} ya."]) == {}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_a_column_of_decimal_numbers_is_none(values: list[float]) -> None:
    """However a table of them is written."""
    assert numbers_in([f"{one!r} | {one:.4f}" for one in values if abs(one) < 1e6]) == {}


def test_each_is_named_once_and_megabytes_are_read_in_a_moment() -> None:
    """Repeats count once; nothing makes the search slow."""
    assert list(numbers_in(["081234567890 and 0812 3456 7890", "3174051203900001"]).values()) == ["phone", "NIK"]
    begun = time.perf_counter()
    for text in ("0812 3456 " * 100_000, "1" * 1_000_000, "12 " * 300_000, "+62 " * 200_000, "0812-" * 200_000):
        numbers_in([text])
    assert time.perf_counter() - begun < 20
