"""Table libraries: how each one's frames and series are known, read and changed. Nothing else tells one from another.

A new library is a function and its line in `LIBRARIES`. None is imported to know its values: whoever has one has loaded
it. Not for: how a table is written for a model (``tables.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple


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
