"""Data frames and series: how each library's are known, read and changed, and how one becomes a Markdown table.

A new library is a function and its line in `LIBRARIES`; nothing else tells one from another. None is imported to know
its values: whoever has one has loaded it. Numbers are those that Python holds, as a person writes them.
Not for: choosing rows (the user writes ``{{ df.tail(5) }}``), nor numbers in our own sentences (``texts/``).
"""

from __future__ import annotations

import math
import numbers
import re
import reprlib
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ..errors import attempt

MAX_ROWS = 20
MAX_COLUMNS = 20
_CELL = 120
"""Characters of one cell; a longer one ends in an ellipsis."""
_MOST_DIGITS = 21
"""Digits of a whole number beyond which an exponent is easier to read."""
_MOST_ZEROS = 7
"""Zeros after the decimal point beyond which an exponent is easier to read."""


class Table(NamedTuple):
    """A frame or a series, or its first rows and columns, in the same terms for all libraries."""

    columns: Sequence[tuple[Any, Any]]
    """Name and dtype of each data column."""
    rows: Iterable[Sequence[Any]]
    shape: tuple[int, ...]
    """Of the whole: how many rows, and of a frame how many columns."""
    row_names: Sequence[tuple[Any, Any]] = ()
    """Name and dtype of each column before those: what names the rows."""
    labels: Sequence[Any] = ()
    """The names of the columns' index, for example ``year``."""
    values: Callable[[Any], list[Any]] = lambda _: []
    """Returns all values of the column of that name, of what takes columns."""
    put: Callable[[Mapping[str, list[Any]]], Any] | None = None
    """Returns the frame with these columns, new ones or in place of old ones. None for what takes no columns."""
    in_place: bool = False
    """Whether ``put`` changes the frame itself."""


def _pandas(frame: Any, most_rows: int | None, most_columns: int | None) -> Table | None:
    if not all(isinstance(size, int) for size in frame.shape):
        return None  # a lazy frame (Dask): counting its rows would compute them

    def put(columns: Mapping[str, list[Any]]) -> Any:
        for name, values in columns.items():
            frame[name] = values
        return frame

    head = frame.iloc[:most_rows, :most_columns]
    index, names = head.index, []
    rows: Iterable[Sequence[Any]] = head.itertuples(index=False, name=None)
    if type(index).__name__ != "RangeIndex" or (index.start, index.step, index.name) != (0, 1, None):
        several = index.nlevels > 1
        names = [("" if name is None else name, "" if several else index.dtype) for name in index.names]
        rows = ((*(place if several else [place]), *row) for place, row in zip(index, rows, strict=True))
    columns = [*zip(head.columns, head.dtypes, strict=True)]
    labels = [name for name in frame.columns.names if name is not None]
    return Table(columns, rows, frame.shape, names, labels, lambda name: frame[name].to_list(), put, in_place=True)


def _pandas_series(series: Any, most_rows: int | None, _: int | None) -> Table | None:
    table = _pandas(series.to_frame("value" if series.name is None else series.name), most_rows, None)
    return table and table._replace(shape=series.shape, put=None)


def _polars(frame: Any, most_rows: int | None, most_columns: int | None) -> Table:
    def put(columns: Mapping[str, list[Any]]) -> Any:
        import polars as pl  # noqa: PLC0415  (the frame is polars', so it is loaded)

        def series(name: str, values: list[Any]) -> Any:
            try:
                return pl.Series(name, values, strict=False)
            except (pl.exceptions.PolarsError, TypeError, OverflowError):  # they have no common type
                return pl.Series(name, values, dtype=pl.Object)

        # Not `with_columns`: like `select`, it reads a name such as ^a$ as a pattern.
        return pl.DataFrame({**frame.to_dict(), **{name: series(name, values) for name, values in columns.items()}})

    columns = [*frame.schema.items()][:most_columns]
    rows = (row[:most_columns] for row in frame[:most_rows].iter_rows())
    return Table(columns, rows, frame.shape, values=lambda name: frame[name].to_list(), put=put)


def _polars_series(series: Any, most_rows: int | None, _: int | None) -> Table:
    return Table([(series.name or "value", series.dtype)], zip(series[:most_rows], strict=True), series.shape)


def _arrow(table: Any, most_rows: int | None, most_columns: int | None) -> Table:
    head = table.slice(0, most_rows).select([*range(table.num_columns)][:most_columns])
    parts = head.to_batches()
    rows = (row for part in parts for row in zip(*(column.to_pylist() for column in part.columns), strict=True))
    return Table([*zip(head.column_names, head.schema.types, strict=True)], rows, table.shape)


LIBRARIES: dict[tuple[str, ...], Callable[[Any, int | None, int | None], Table | None]] = {
    ("iloc", "shape", "dtypes", "index", "itertuples"): _pandas,
    ("iloc", "shape", "dtypes", "to_frame"): _pandas_series,
    ("iter_rows", "schema", "shape", "with_columns"): _polars,
    ("to_list", "head", "dtype", "name", "shape"): _polars_series,
    ("to_pylist", "slice", "num_rows", "column_names", "schema"): _arrow,
}
"""By the attributes of a class: what reads its frames or series, so many rows and columns of them at most."""


def table_of(value: object, most_rows: int | None = None, most_columns: int | None = None) -> Table | None:
    """Return a frame or series, whole or its beginning; None for anything else, and for a lazy one."""
    kind = type(value)  # the class, not the object: an object with __getattr__ seems to have everything
    reads = next((reads for marks, reads in LIBRARIES.items() if all(hasattr(kind, mark) for mark in marks)), None)
    return reads and reads(value, most_rows, most_columns)


def collected(value: Any) -> Any:
    """Return a lazy frame of polars or Dask with its rows, and anything else as it is."""
    for reads, mark in (("collect", "collect_schema"), ("compute", "npartitions")):
        if hasattr(type(value), reads) and hasattr(type(value), mark):
            return getattr(value, reads)()
    return value


def is_number(value: object) -> bool:
    """Whether it is a number of Python's, NumPy's or `decimal`'s; True and False are none."""
    return isinstance(value, numbers.Number) and not isinstance(value, bool)


def digits(value: Any) -> str:
    """Return the shortest text of exactly this number, with an exponent only where digits would be unreadable."""
    try:
        text = repr(float(value)) if isinstance(value, float) else str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits in decimal
        return hex(value)
    if "e" not in text.lower() or isinstance(value, complex):
        return text
    try:
        exact = Decimal(text)
    except InvalidOperation:  # NumPy's complex numbers
        return text
    return f"{exact:f}" if -_MOST_ZEROS <= exact.adjusted() <= _MOST_DIGITS else text


class _Short(reprlib.Repr):
    """Writes a list or a dict in a cell, its first items only, with the digits of its numbers."""

    def repr1(self, x: Any, level: int) -> str:
        """Return one item."""
        if is_number(x):
            return digits(x)
        if callable(getattr(type(x), "tolist", None)):  # an array, as Parquet's lists come
            return self.repr1(_narrowed(x.tolist(), _form(getattr(x, "dtype", ""))), level)
        return super().repr1(x, level)


_short = _Short()
_short.maxstring = _short.maxother = _short.maxlong = _CELL
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 12


def table_markdown(frame: object, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS) -> str | None:
    """Return the first rows and columns of a data frame or series as a Markdown table, with its shape and dtypes.

    Only what is shown is touched, so the cost does not grow with the frame. None when ``frame`` is no frame, or a lazy
    one, whose rows are not there yet.
    """
    excerpt = table_of(frame, max_rows, max_columns)
    if excerpt is None:
        return None
    columns = [*excerpt.row_names, *excerpt.columns]
    if not columns:
        return _caption(excerpt, 0)
    forms = [_form(dtype) for _, dtype in columns]
    lines = [_line(_cell(name) for name, _ in columns), "|" + "---|" * len(columns)]
    cells = ((_cell(_narrowed(value, form)) for value, form in zip(row, forms, strict=True)) for row in excerpt.rows)
    lines += map(_line, cells)
    return "\n".join(lines) + "\n\n" + _caption(excerpt, len(lines) - 2)


def _form(dtype: Any) -> str:
    """Return ``struct``'s letter for a dtype, or a list of it, whose numbers have fewer digits than a Python float."""
    name = str(dtype).casefold()
    width = re.search(r"\b(?:float(?:32|16)?|halffloat)\b", name)
    if width is None or "64" in name or "double" in name:
        return ""
    return "e" if width[0] in ("float16", "halffloat") else "f"


def _narrowed(value: Any, form: str) -> Any:
    """Return a number of a narrow column as the shortest float that is the same at its width."""
    if isinstance(value, list):
        return [_narrowed(one, form) for one in value] if form else value
    if not (form and isinstance(value, float) and math.isfinite(value)):
        return value
    packed = struct.pack(form, value)
    for places in range(1, 10):
        near = float(f"{value:.{places}g}")
        with suppress(OverflowError):  # rounded up beyond the largest
            if struct.pack(form, near) == packed:
                return near
    return value


def _caption(excerpt: Table, shown: int) -> str:
    rows, told = excerpt.shape[0], len(excerpt.columns)
    size = f"{rows:,} row{'s' * (rows != 1)}"
    notes = [f"first {shown:,} rows"] if shown < rows else []
    for columns in excerpt.shape[1:]:  # a series has none
        size += f" × {columns:,} column{'s' * (columns != 1)}"
        notes += [f"first {told:,} columns"] if told < columns else []
    if notes:
        size += f" ({' and '.join(notes)} shown)"
    labels = f"\ncolumn names are: {', '.join(map(_cell, excerpt.labels))}" if excerpt.labels else ""
    dtypes = ", ".join(f"{_cell(name)} {dtype}" for name, dtype in excerpt.columns) or "none"
    return f"{size}{labels}\ndtypes: {dtypes}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    """Return one cell: one line of at most ``_CELL`` characters, without a bar that would end it."""
    if isinstance(value, str):
        text = value[: _CELL + 1]
    elif is_number(value):
        text = digits(value)
        text = text.removesuffix(".0") if not isinstance(value, Decimal) else text
    else:  # one odd cell must not cost the table
        several = isinstance(value, list | tuple | dict | set | frozenset | bytes) or hasattr(type(value), "tolist")
        text = attempt(f"<{type(value).__name__}>", _short.repr if several else str, value)
    if len(text) > _CELL:
        text = text[: _CELL - 1] + "…"
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").splitlines())
