"""Frames and series as Markdown: what is shown, and that the rest is never touched."""

from __future__ import annotations

import io
import tracemalloc
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from neosantara_magic.describe.tables import table_markdown, table_of


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


def _column(values: object, library: object = pd, **how: object) -> list[str]:
    """Return the cells of a frame's one column."""
    frame = pd.DataFrame({"n": values}) if library is pd else pl.DataFrame({"n": pl.Series(values, **how)})
    return [line[2:-2] for line in str(table_markdown(frame)).split("\n\n")[0].splitlines()[2:]]


EXACT = {
    "12345678901": 12345678901.0,
    "98765432109.25": 98765432109.25,
    "0.30000000000000004": 0.1 + 0.2,
    "1234567.89": 1234567.89,
    "25000000000000000": 2.5e16,
    "0.00001": 1e-5,
    "-0.5": -0.5,
    "1e+300": 1e300,
    "1e-20": 1e-20,
    "nan": float("nan"),
}


@pytest.mark.parametrize("text", EXACT)
@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_a_number_is_told_with_all_its_digits(library: object, text: str) -> None:
    """Two ids stay two, sums stay right; an exponent only where nobody would write digits."""
    value = EXACT[text]
    assert _column([value], library) == [text]
    series = library.Series([value]) if library is pd else pl.Series([value])  # type: ignore[attr-defined]
    assert f"| {text} |" in str(table_markdown(series))
    assert text == "nan" or float(text) == value


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (pd.Series([Decimal("1E+3"), Decimal("1.50"), Decimal("12345678901234567890.123")], dtype=object),
         ["1000", "1.50", "12345678901234567890.123"]),
        (pd.Series([10**25, 2**60, True, 5.0, "5.0"], dtype=object), [str(10**25), str(2**60), "True", "5", "5.0"]),
        (np.array([0.1, 16777216, 3e10], dtype="float32"), ["0.1", "16777216", "30000000000"]),
        (np.array([0.1], dtype="float16"), ["0.1"]),
        (pd.array([0.1, None], dtype="Float32"), ["0.1", "<NA>"]),
        (pd.array([2**60, None], dtype="Int64"), [str(2**60), "<NA>"]),
        ([[12345678901.0, 1e16], {"x": 98765432109.5}, np.array([12345678901.0, 0.1]), np.array([0.1], dtype="float32")],
         ["[12345678901.0, 10000000000000000]", "{'x': 98765432109.5}", "[12345678901.0, 0.1]", "[0.1]"]),
    ],
)  # fmt: skip
def test_every_kind_of_number_in_pandas(values: object, told: list[str]) -> None:
    """Decimal, whole numbers in object columns, narrow floats, nullable ones, numbers in lists and arrays."""
    assert _column(values) == told


@pytest.mark.parametrize("name", ["^a$", "*", ""])
def test_a_polars_name_is_no_pattern(name: str) -> None:
    """Neither where a frame is read nor where it gets a column."""
    frame = pl.DataFrame({"a": [1], name: [2]})
    table = table_of(frame, 1, 5)
    assert table is not None and table.put is not None  # noqa: PT018
    assert [column for column, _ in table.columns] == ["a", name]
    assert table.put({name: [3], "b": [4]}).rows(named=True) == [{"a": 1, name: 3, "b": 4}]


def test_every_kind_of_number_in_polars() -> None:
    """Narrow floats, decimals, lists of both."""
    assert _column([0.1, 3e10], pl, dtype=pl.Float32) == ["0.1", "30000000000"]
    assert _column([[0.1]], pl, dtype=pl.List(pl.Float32)) == ["[0.1]"]
    assert _column([[0.1, 1e16]], pl, dtype=pl.List(pl.Float64)) == ["[0.1, 10000000000000000]"]
    assert _column([Decimal("12345678901234567.89")], pl) == ["12345678901234567.89"]


def test_a_number_in_the_index_and_in_a_heading() -> None:
    """Ids are often there."""
    frame = pd.DataFrame({98765432109.0: [1]}, index=pd.Index([12345678901.0], name="id"))
    assert str(table_markdown(frame)).startswith("| id | 98765432109 |\n|---|---|\n| 12345678901 | 1 |")


def test_names_of_rows_and_columns_are_told() -> None:
    """What an index and the columns are called says what they are."""
    frame = pd.DataFrame({2024: [1], 2025: [2]})
    frame.columns.name, frame.index.name = "year", "shop"
    table = str(table_markdown(frame))
    assert table.startswith("| shop | 2024 | 2025 |\n|---|---|---|\n| 0 | 1 | 2 |")
    assert "\ncolumn names are: year\n" in table


def test_a_column_without_a_name_has_none() -> None:
    """As polars reads the index of a file that pandas wrote."""
    assert (table_markdown(pl.read_csv(io.StringIO(",city\n0,Medan\n"))) or "").startswith("|  | city |\n")
