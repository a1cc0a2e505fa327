"""Any value as bounded text."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic.describe.plain import part_of, text_of

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.frozensets(st.integers()),
)


class _Refuses:
    def __str__(self) -> str:
        message = "no text for you"
        raise ValueError(message)

    __repr__ = __str__


@given(_VALUES)
def test_reads_like_str(value: Any) -> None:
    """A value that fits is its ``str()``, containers included."""
    assert text_of(value, 1_000_000) == str(value)


@given(_VALUES, st.integers(1, 50))
def test_never_longer_than_asked(value: Any, limit: int) -> None:
    """A value that does not fit is its beginning and one line that says so."""
    text, whole = text_of(value, limit), str(value)
    if len(whole) <= limit:
        assert text == whole
    else:
        kept, _, note = text[:limit], text[limit], text[limit + 1 :]
        assert kept == whole[:limit]
        assert note.startswith(f"[cut: the first {limit} characters of ")


def test_note_says_how_much_was_cut() -> None:
    """The note counts what there was."""
    assert text_of("x" * 1500, 10) == "xxxxxxxxxx\n[cut: the first 10 characters of 1,500]"
    assert text_of(list(range(5000)), 10).endswith("[cut: the first 10 characters of a list of 5,000 items]")


def test_large_containers_are_not_written_out() -> None:
    """Only the beginning of a container is looked at."""
    looked_at = 0

    class Counted:
        def __repr__(self) -> str:
            nonlocal looked_at
            looked_at += 1
            return "x"

    text_of([Counted() for _ in range(10_000)], 30)
    assert looked_at < 20


def test_recursive_objects() -> None:
    """A container that holds itself ends."""
    items: list[Any] = [1]
    items.append(items)
    table: dict[str, Any] = {}
    table["self"] = table
    assert text_of(items, 100) == "[1, [...]]"
    assert text_of(table, 100) == "{'self': {...}}"


def test_endless_repr() -> None:
    """A class whose ``repr`` never ends is named, not followed."""

    class Loop:
        def __repr__(self) -> str:
            return f"<{self!r}>"

    assert text_of(Loop(), 100) == "<Loop whose str() raised RecursionError>"


def test_str_that_raises() -> None:
    """The text says what happened; with ``strict`` the error comes out."""
    assert text_of(_Refuses(), 100) == "<_Refuses whose str() raised ValueError>"
    assert text_of([_Refuses()], 100) == "<list whose str() raised ValueError>"
    with pytest.raises(ValueError, match="no text for you"):
        text_of(_Refuses(), 100, strict=True)


def test_arrays_show_shape_dtype_and_corners() -> None:
    """An array is summarised, even where the user made NumPy print all."""
    with np.printoptions(threshold=sys.maxsize):
        text = text_of(np.zeros((1000, 1000)), 10_000)
    assert text.startswith("ndarray of shape (1000, 1000), dtype float64\n[[0. 0. 0. ... 0. 0. 0.]")
    assert len(text) < 500
    assert text_of(np.arange(3), 100) == "ndarray of shape (3,), dtype int64\n[0 1 2]"
    assert text_of(np.float64(1.5), 100) == "1.5"


def test_wide_frame_keeps_to_the_budget() -> None:
    """A frame of long texts gives up rows, not its shape."""
    frame = pd.DataFrame({f"column {n}": ["x" * 200] * 100 for n in range(20)})
    text = text_of(frame, 8_000)
    assert len(text) <= 8_000
    assert "100 rows × 20 columns" in text


def test_exception_with_its_traceback() -> None:
    """An exception becomes its traceback, without IPython's own frames."""
    code = compile("def run():\n    raise KeyError('rain')\n", str(Path("site") / "IPython" / "core" / "x.py"), "exec")
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102  (frames of a file that is called like IPython's)
    with pytest.raises(KeyError) as caught:
        scope["run"]()
    text = text_of(caught.value, 10_000)
    assert text.startswith("Traceback (most recent call last):\n")
    assert text.endswith("KeyError: 'rain'")
    assert "test_plain.py" in text
    assert "x.py" not in text


def test_a_traceback_is_the_same_in_another_kernel() -> None:
    """A kernel names its cells by its process: causes and the errors of a group would differ with it."""

    def error_of(process: int) -> BaseException:
        def ran(source: str, **names: object) -> BaseException:
            try:
                exec(compile(source, f"/kernels/ipykernel_{process}/123.py", "exec"), dict(names))  # noqa: S102
            except (KeyError, ExceptionGroup) as error:
                return error
            raise AssertionError(source)

        cause = ran("raise KeyError(1)")
        return ran("raise ExceptionGroup('many', [cause]) from cause", cause=cause)

    text = text_of(error_of(1), 9_000)
    assert text == text_of(error_of(2), 9_000)
    assert text.count('File "<cell>", line 1') == 3


def test_what_only_resembles_a_frame() -> None:
    """A class with a frame's methods that do not work has its ``str()``."""

    class Odd:
        iloc = dtypes = index = None
        shape = (1, 1)

        def __str__(self) -> str:
            return "odd"

    assert text_of(Odd(), 100) == "odd"


def test_an_array_has_all_digits() -> None:
    """Not NumPy's eight, and no exponent that its neighbours bring."""
    assert "[12345678901. 98765432109.5 0.1]" in text_of(np.array([12345678901.0, 98765432109.5, 0.1]), 1000)
    assert "[0.1]" in text_of(np.array([0.1], dtype="float32"), 1000)


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [1]}).groupby("a"),
        (x for x in ()),
        object(),
        [object(), {"f": len, "g": lambda: 0}],
        functools.partial(lambda: 0),
        memoryview(b""),
        ValueError(object()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_address_in_memory_is_told(value: object) -> None:
    """It is another one in each run, and a recording would never answer again."""
    assert " at 0x" not in text_of(value, 10_000)


@pytest.mark.parametrize("text", ["a fault at 0xdeadbeef", "<memory at 0x7f0000000000>"])
def test_an_address_in_a_text_stays(text: str) -> None:
    """A text is the user's."""
    assert text_of(text, 100) == text
    assert "0xdeadbeef" in text_of(ValueError("a fault at 0xdeadbeef"), 1000)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: pd.DataFrame({"a": range(5000)}), "20 of 5,000 rows"),
        (lambda: pd.DataFrame({"a": range(20)}), ""),
        (lambda: pd.Series(range(5000)), "20 of 5,000 rows"),
        (lambda: pl.DataFrame({"a": range(21)}), "20 of 21 rows"),
        (lambda: pl.Series(range(21)), "20 of 21 rows"),
        (lambda: pd.DataFrame({f"c{i}": range(30) for i in range(40)}), "20 of 30 rows, 20 of 40 columns"),
        (lambda: pd.DataFrame({f"c{i}": [1] for i in range(40)}), "20 of 40 columns"),
        (lambda: "x" * 200_001, "200,000 of 200,001 characters"),
        (lambda: b"x" * 300_000, "200,000 of 300,000 characters"),
        (lambda: "a\n\n9 rows (first 3 rows shown)", ""),
        (lambda: "[cut: the first 1 characters of 2]", ""),
    ],
)
def test_what_is_sent_in_part_says_how_much(make: Callable[[], object], told: str) -> None:
    """Frames, series and long texts; a text that only looks like it says nothing."""
    value = make()
    assert part_of(value, text_of(value, 200_000)) == told
