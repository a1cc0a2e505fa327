"""The rows of a batch: one lazy stream out of a list, a generator, a frame, a series or a file.

Not for: turning a row into a prompt (``rows.py``).
Nothing here imports pandas, polars or pyarrow for what the user brings; a Parquet file is read with pyarrow or
polars, whichever is there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from ..errors import UsageError
from ..paths import not_ordinary, typed
from ..texts import two_lines
from ..validators import nearest, shown

_LINES_LOOKED_AT = 20
_LONGEST_FIELD = 2**31 - 1
"""Characters in one field of a ``.csv``; no more fits on every platform."""


class Row:
    """One row of a table, as ``{{ row.column }}`` and ``{{ row["any column"] }}`` see it.

    It has no methods of its own, so a column may be called ``values`` or ``items``.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, column: Any) -> Any:
        # A frame without names counts its columns: {{ row[0] }} is the one that is called "0" here.
        return self._values[column if column in self._values else str(column)]

    def __getattr__(self, column: str) -> Any:
        try:
            return self._values[column]
        except KeyError:
            raise AttributeError(column) from None

    def __dir__(self) -> list[str]:
        return [str(column) for column in self._values]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        return json.dumps(dict(self._values), ensure_ascii=False, default=str)


@dataclass(frozen=True)
class Source:
    """The rows of a batch, in order; each is read once, when its turn comes."""

    rows: Iterable[Any]
    total: int | None = None
    """How many, when that is known before they are read."""


def source_of(prompts: Any) -> Source:
    """Return the rows of whatever holds prompts. Raises UsageError: it holds none, or is an unreadable file."""
    if isinstance(prompts, Path):
        return _file(prompts)
    if is_frame(prompts):
        return frame_rows(prompts)
    if hasattr(prompts, "collect") and hasattr(prompts, "collect_schema"):  # polars' LazyFrame
        return frame_rows(prompts.collect())
    if not isinstance(prompts, Iterable) or isinstance(prompts, str | bytes | Mapping):
        raise UsageError(*two_lines("batch.no_prompts", kind=type(prompts).__name__))
    return Source(map(_seen, prompts), len(prompts) if isinstance(prompts, Sized) else None)


def is_frame(thing: Any) -> bool:
    """Whether it is a pandas or polars DataFrame."""
    shape = getattr(thing, "shape", None)  # of the class itself it is a property
    return isinstance(shape, tuple) and len(shape) == 2 and hasattr(thing, "columns") and hasattr(thing, "dtypes")


def frame_rows(frame: Any) -> Source:
    """Return the rows of a pandas or polars frame. Raises UsageError: two columns have one name."""
    columns = tuple(str(column) for column in frame.columns)
    _check_names(columns)
    if hasattr(frame, "iter_rows"):
        tuples: Iterator[Sequence[Any]] = frame.iter_rows()
    else:
        tuples = frame.itertuples(index=False, name=None)
    rows = (Row(dict(zip(columns, values, strict=True))) for values in tuples)
    return Source(rows, frame.shape[0])


def _check_names(columns: Iterable[str]) -> None:
    """Refuse two columns of one name: only one of them could be asked about, and nobody would see which."""
    seen: set[str] = set()
    for column in filter(None, columns):
        if column in seen:
            raise UsageError(*two_lines("batch.columns_alike", column=shown(column)))
        seen.add(column)


def _seen(item: Any) -> Any:
    """Return an item as a template sees it: a mapping becomes a `Row`."""
    return Row(item) if isinstance(item, Mapping) else item


# -- files


def _file(path: Path) -> Source:
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise UsageError(*two_lines("batch.file_kind", path=shown(path.name), kinds=", ".join(_READERS)))
    path = typed(path)
    if special := not_ordinary(path):
        raise UsageError(*two_lines("file.unreadable", path=shown(path.name), error=special))
    if not path.is_file():
        near = nearest(path.name, [one.name for one in path.parent.glob("*")][:2000]) if path.parent.is_dir() else None
        raise UsageError(*two_lines("file.missing", path=shown(path), meant=near))
    return read(path)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Open a file of text. Raises UsageError: it cannot be opened, or is no UTF-8 somewhere."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise UsageError(*two_lines("batch.file_encoding", path=shown(path.name))) from None
    except OSError as error:
        raise UsageError(*two_lines("file.unreadable", path=shown(path.name), error=error.strerror)) from None


def _separated(path: Path) -> Source:
    # The standard library's limit, 131,072 characters, is of the process; a text may be longer.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    with _opened(path) as file:
        delimiter = _delimiter(path, list(islice(file, _LINES_LOOKED_AT)))
    with _opened(path) as file:
        _check_names(next(csv.reader(file, delimiter=delimiter), ()))

    def rows() -> Iterator[Row]:
        with _opened(path) as file:
            for row in csv.DictReader(file, delimiter=delimiter):
                yield Row({key: value for key, value in row.items() if key is not None})

    return Source(rows())


def _delimiter(path: Path, head: Sequence[str]) -> str:
    """Return the separator: spreadsheets write semicolons where numbers have a comma, as in Indonesia.

    The one that cuts all of the first lines into equally many pieces; of two the one that makes more of them.
    """
    if path.suffix.lower() == ".tsv":
        return "\t"

    def fits(delimiter: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        return len(set(widths)) == 1 < max(widths, default=0), widths[0] if widths else 0

    return max(",;", key=fits)


def _json_lines(path: Path) -> Source:
    def rows() -> Iterator[Any]:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    yield _seen(json.loads(line))
                except (ValueError, RecursionError):
                    raise UsageError(*two_lines("batch.file_line", path=path.name, line=number)) from None

    return Source(rows())


def _lines(path: Path) -> Source:
    def rows() -> Iterator[str]:
        with _opened(path) as file:
            yield from (line.rstrip("\r\n") for line in file if line.strip())

    return Source(rows())


def _parquet(path: Path) -> Source:
    try:
        try:
            from pyarrow import parquet  # noqa: PLC0415  (only this kind of file needs it)
        except ImportError:
            import polars as pl  # noqa: PLC0415  (the same)

            return frame_rows(pl.read_parquet(path))
        table = parquet.ParquetFile(path)
    except ImportError:
        raise UsageError(*two_lines("package", package="pyarrow")) from None
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  (pyarrow and polars have errors of their own)
        told = shown(str(error), 120)
        raise UsageError(*two_lines("file.unreadable", path=shown(path.name), error=told)) from None
    rows = (Row(row) for batch in table.iter_batches(1024) for row in batch.to_pylist())
    return Source(rows, table.metadata.num_rows)


_READERS: dict[str, Callable[[Path], Source]] = {
    ".csv": _separated,
    ".tsv": _separated,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".txt": _lines,
    ".parquet": _parquet,
}
