"""Frames and series as Markdown: what is shown, and that the rest is never touched."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest

from neosantara_magic.objects import table_markdown


def test_pandas_frame() -> None:
    """A frame becomes its rows, its shape and its dtypes; a default index is left out."""
    frame = pd.DataFrame({"city": ["Bogor", "Solo"], "rain": [1.5, 2.0], "n": [1, 2]}).astype({"city": object})
    assert table_markdown(frame) == (
        "| city | rain | n |\n|---|---|---|\n| Bogor | 1.5 | 1 |\n| Solo | 2 | 2 |\n\n"
        "2 rows × 3 columns\ndtypes: city object, rain float64, n int64"
    )


def test_polars_frame() -> None:
    """A polars frame reads like a pandas one."""
    frame = pl.DataFrame({"city": ["Bogor", None], "n": [1, 2]})
    assert table_markdown(frame) == (
        "| city | n |\n|---|---|\n| Bogor | 1 |\n| None | 2 |\n\n2 rows × 2 columns\ndtypes: city String, n Int64"
    )


@pytest.mark.parametrize("library", [pd, pl])
def test_series(library: object) -> None:
    """A series is a table of one column, named after it."""
    table = table_markdown(library.Series([3, 4], name="n") if library is pd else pl.Series("n", [3, 4]))
    assert table is not None
    assert table.startswith("| n |\n|---|\n| 3 |\n| 4 |\n\n2 rows\ndtypes: n ")


def test_index_that_says_something() -> None:
    """An index that is not just row numbers is shown, with its names."""
    frame = pd.DataFrame({"n": [1, 2, 3]})
    assert "|  | n |\n|---|---|\n| 2 | 3 |" in str(table_markdown(frame[frame.n > 2]))
    two = pd.DataFrame({"a": ["x"], "b": ["y"], "n": [1]}).set_index(["a", "b"])
    assert str(table_markdown(two)).startswith("| a | b | n |\n|---|---|---|\n| x | y | 1 |")


def test_only_the_first_rows_and_columns() -> None:
    """What is left out is said."""
    frame = pd.DataFrame(np.zeros((50, 30), dtype=int))
    table = str(table_markdown(frame, 2, 3))
    assert table.splitlines()[:4] == ["| 0 | 1 | 2 |", "|---|---|---|", "| 0 | 0 | 0 |", "| 0 | 0 | 0 |"]
    assert "50 rows × 30 columns (first 2 rows and first 3 columns shown)\ndtypes: 0 int64, 1 int64, 2 int64" in table


def test_cells_stay_in_their_cell() -> None:
    """Bars, line ends and long texts cannot break the table."""
    frame = pl.DataFrame({"a|b": ["x|y\nz", "long" * 1000], "list": [[1, 2], [3]]})
    lines = str(table_markdown(frame)).splitlines()
    assert lines[0] == r"| a\|b | list |"
    assert lines[2] == r"| x\|y z | [1, 2] |"
    assert lines[3].endswith("…" + " | [3] |")
    assert len(lines[3]) < 140


def test_empty_frames() -> None:
    """No rows or no columns is no error."""
    assert table_markdown(pd.DataFrame()) == "0 rows × 0 columns\ndtypes: none"
    assert str(table_markdown(pl.DataFrame({"n": []}))).startswith("| n |\n|---|\n\n0 rows × 1 column\n")


def test_duplicate_columns() -> None:
    """Two columns of one name are both shown."""
    frame = pd.DataFrame([[1, 2]], columns=["n", "n"])
    assert str(table_markdown(frame)).startswith("| n | n |\n|---|---|\n| 1 | 2 |")


def test_ten_million_rows_cost_no_more() -> None:
    """Showing a frame touches only the rows it shows."""
    frame = pd.DataFrame({"n": np.zeros(10_000_000, dtype="int8")})
    tracemalloc.start()
    table = str(table_markdown(frame))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "10,000,000 rows × 1 column (first 20 rows shown)" in table
    assert peak < 5_000_000


class _Anything:
    def __getattr__(self, name: str) -> object:
        return self

    def __call__(self, *_args: object) -> object:
        return self


@pytest.mark.parametrize("value", [None, 3, "text", [1], {"a": 1}, np.zeros(3), pd.Index([1]), pl.LazyFrame({"a": [1]}),
                                   pd.DataFrame, _Anything()], ids=lambda value: type(value).__name__)  # fmt: skip
def test_no_frame(value: object) -> None:
    """What is no frame is None, however much it claims to have."""
    assert table_markdown(value) is None
