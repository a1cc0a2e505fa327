"""Readers of single values that the flag and settings tests do not reach."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from neosantara_magic import validators
from neosantara_magic.errors import UsageError


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("modell", ["module", "model"], "model"),
        ("MODEL", ["Model"], "Model"),
        ("xyz", ["model"], None),
        ("a", [], None),
    ],
)
def test_the_nearest_name(word: str, names: list[str], expected: str | None) -> None:
    """Case counts for nothing, and a far name is no name."""
    assert validators.nearest(word, names) == expected


@pytest.mark.parametrize("given", ["1", "true", "Yes", " on ", "ya", True, 1])
def test_yes(given: object) -> None:
    """All spellings of yes that environment variables use."""
    assert validators.switch("x", given) is True


@pytest.mark.parametrize("given", ["0", "False", "no", "OFF", "tidak", False, 0])
def test_no(given: object) -> None:
    """All spellings of no."""
    assert validators.switch("x", given) is False


@pytest.mark.parametrize("given", ["t", "y", "n", "maybe", "", 2])
def test_neither_yes_nor_no(given: object) -> None:
    """One letter is no answer here: ``t`` is false in Indonesian, and true for other programs."""
    with pytest.raises(UsageError):
        validators.switch("x", given)


@pytest.mark.parametrize("given", [None, "", "1.0", 1.5, float("nan"), float("inf"), True, [], "9" * 5000])
def test_what_is_no_whole_number(given: object) -> None:
    """Truth values and fractions are no counts, and an absurdly long number is refused, not computed."""
    with pytest.raises(UsageError):
        validators.whole("x", given, 1)


def test_json_as_the_standard_has_it() -> None:
    """Python writes NaN and infinities, which nobody else reads; what JSON has no form for is text."""
    value = {"a": [math.nan, (1, math.inf)], math.inf: Path("b"), 1: "c"}
    assert validators.json_text(value) == '{"a": ["nan", [1, "inf"]], "inf": "b", "1": "c"}'
    assert validators.json_text({"é": 1}, indent=1) == '{\n "é": 1\n}'
    assert [validators.is_json(one) for one in (1.5, [None], math.nan, {"a": math.inf}, 1j)] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_whole_numbers() -> None:
    """Text, integers and floats without a fraction."""
    assert [validators.whole("x", given) for given in ("12", 12, 12.0, " 12 ")] == [12] * 4


def test_what_is_quoted_fits_in_a_line() -> None:
    """Line breaks go, and long text is cut."""
    assert validators.shown("a\n  b") == "a b"
    assert len(validators.shown("x" * 500)) == 60
