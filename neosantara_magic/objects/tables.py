"""Data frames and series as Markdown tables.

For: the first rows, the shape and the dtypes of anything that looks like pandas, polars or Arrow.
Not for: choosing rows. The user writes ``{{ df.tail(5) }}`` or ``{{ df.describe() }}`` for other rows.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..faults import reraise_interrupt

MAX_ROWS = 20
MAX_COLUMNS = 20
_CELL = 120
"""Characters of one cell; a longer one ends in an ellipsis."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _CELL
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 12


class _Excerpt(NamedTuple):
    """The part of a frame that is shown, and what is known of the rest."""

    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]
    dtypes: Sequence[str]
    """One for each data column shown, as ``name dtype``."""
    total_rows: int
    total_columns: int | None
    """None for a series."""


def table_markdown(frame: object, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS) -> str | None:
    """Return a data frame or series as a Markdown table with its shape and dtypes.

    Only the rows and columns shown are touched, so the cost does not grow with the frame.

    Args:
        frame: Anything. pandas, polars and Arrow frames and series are known by their methods.
        max_rows: Rows shown, from the first.
        max_columns: Columns shown, from the first.

    Returns:
        The table, or None when ``frame`` is none (lazy frames, whose rows are not there yet, included).
    """
    excerpt = _excerpt(frame, max_rows, max_columns)
    if excerpt is None:
        return None
    if not excerpt.headings:
        return _caption(excerpt, 0)
    lines = [
        _line(excerpt.headings),
        "|" + "---|" * len(excerpt.headings),
        *(_line([_cell(value) for value in row]) for row in excerpt.rows),
    ]
    shown = len(lines) - 2
    return "\n".join(lines) + "\n\n" + _caption(excerpt, shown)


def _excerpt(frame: object, max_rows: int, max_columns: int) -> _Excerpt | None:
    kind = type(frame)  # the class, not the object: an object with __getattr__ seems to have everything
    if all(hasattr(kind, name) for name in ("iloc", "shape", "dtypes")) and hasattr(frame, "index"):
        if not all(isinstance(size, int) for size in frame.shape):  # type: ignore[attr-defined]
            return None  # a lazy frame (Dask): counting its rows would compute them
        return _pandas(frame, max_rows, max_columns)
    if all(hasattr(kind, name) for name in ("rows", "head", "schema", "select", "height")):
        return _polars_frame(frame, max_rows, max_columns)
    if all(hasattr(kind, name) for name in ("to_list", "head", "dtype", "name", "shape")):
        return _polars_series(frame, max_rows)
    if all(hasattr(kind, name) for name in ("to_pylist", "slice", "num_rows", "column_names", "schema")):
        return _arrow(frame, max_rows, max_columns)
    return None


def _pandas(frame: Any, max_rows: int, max_columns: int) -> _Excerpt:
    # A series is also met here: as the frame of its one column, whose name it keeps.
    series = len(frame.shape) == 1
    head = frame.iloc[:max_rows].to_frame(_series_name(frame)) if series else frame.iloc[:max_rows, :max_columns]
    names = [_heading(name) for name in head.columns]
    dtypes = [f"{name} {dtype}" for name, dtype in zip(names, head.dtypes, strict=True)]
    index = head.index
    numbered = type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1)
    if numbered:
        rows = head.itertuples(index=False, name=None)
    else:
        labels = [_heading(name) if name is not None else "" for name in index.names]
        names = [*labels, *names]
        rows = ([*(row[0] if len(labels) > 1 else row[:1]), *row[1:]] for row in head.itertuples(index=True, name=None))
    return _Excerpt(names, rows, dtypes, len(frame), None if series else frame.shape[1])


def _series_name(series: Any) -> Any:
    return "value" if series.name is None else series.name


def _polars_frame(frame: Any, max_rows: int, max_columns: int) -> _Excerpt:
    head = frame.select(frame.columns[:max_columns]).head(max_rows)
    dtypes = [f"{_heading(name)} {dtype}" for name, dtype in zip(head.columns, head.dtypes, strict=True)]
    return _Excerpt([_heading(name) for name in head.columns], head.rows(), dtypes, frame.height, len(frame.columns))


def _polars_series(series: Any, max_rows: int) -> _Excerpt:
    name = _heading(series.name or "value")
    rows = [[value] for value in series.head(max_rows).to_list()]
    return _Excerpt([name], rows, [f"{name} {series.dtype}"], len(series), None)


def _arrow(table: Any, max_rows: int, max_columns: int) -> _Excerpt:
    head = table.slice(0, max_rows).select(table.column_names[:max_columns])
    columns = [column.to_pylist() for column in head.columns]
    dtypes = [f"{_heading(field.name)} {field.type}" for field in head.schema]
    names = [_heading(name) for name in head.column_names]
    return _Excerpt(names, zip(*columns, strict=True), dtypes, table.num_rows, len(table.column_names))


def _caption(excerpt: _Excerpt, shown: int) -> str:
    rows, columns = excerpt.total_rows, excerpt.total_columns
    size = f"{rows:,} row{'s' * (rows != 1)}"
    if columns is not None:
        size += f" × {columns:,} column{'s' * (columns != 1)}"
    notes = []
    if shown < rows:
        notes.append(f"first {shown:,} rows")
    if columns is not None and len(excerpt.dtypes) < columns:
        notes.append(f"first {len(excerpt.dtypes):,} columns")
    if notes:
        size += f" ({' and '.join(notes)} shown)"
    return f"{size}\ndtypes: {', '.join(excerpt.dtypes) or 'none'}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _heading(name: object) -> str:
    return _cell(name if isinstance(name, str) else str(name))


def _cell(value: object) -> str:
    """Return one cell: one line, at most ``_CELL`` characters, no bar that would end it."""
    if isinstance(value, str):
        text = value[: _CELL + 1]
    elif isinstance(value, float):
        # 10 digits: 0.30000000000000004 is noise, and 1234567.89 is not.
        text = f"{value:.10g}" if math.isfinite(value) else str(value)
    elif isinstance(value, list | tuple | dict | set | frozenset | bytes):
        text = _short.repr(value)
    else:
        text = _guarded(value)
    if len(text) > _CELL:
        text = text[: _CELL - 1] + "…"
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").splitlines())


def _guarded(value: object) -> str:
    try:
        return str(value)
    except BaseException as error:  # noqa: BLE001  (one odd cell must not cost the table)
        reraise_interrupt(error)
        return f"<{type(value).__name__}: str() raised {type(error).__name__}>"
