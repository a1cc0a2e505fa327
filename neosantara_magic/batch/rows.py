"""The rows of a batch, out of a list, a generator, a frame, a series or a file, one after the other; their requests.

A row's prompt is a template over ``row``, or the row itself. What does not depend on the row (flags, settings, schema,
tools) is decided once, in `asking.prepare`. Not for: sending (``driver.py``).
A Parquet file is read with pyarrow or polars, whichever is there.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, MutableMapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from .. import asking
from ..asking import Plan
from ..describe.tables import Table, collected, table_of
from ..errors import UsageError
from ..messages import ImagePart, Part, TextPart, user_message
from ..parsing.flags import Ask
from ..prompt.files import load_image
from ..prompt.render import Expression, render_instructions, render_prompt, split
from ..render.renderer import SilentRenderer
from ..request import Request
from ..texts import two_lines
from ..validators import here, nearest, not_ordinary, shown, typed
from ..workspace import Workspace

BLANK = "blank_row"
"""Code of the error of a row whose cells are empty; as the first one it does not end the batch."""
NOTHING = ("", "None", "nan", "NaN", "NaT", "<NA>")
"""The texts that an empty cell of a table may become."""
_KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".parquet")
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
    total: int | None = None  # how many, when that is known before they are read


def source_of(prompts: Any) -> Source:
    """Return the rows of whatever holds prompts. Raises UsageError: it holds none, or is an unreadable file."""
    if isinstance(prompts, Path):
        return _file(prompts)
    prompts = collected(prompts)
    table = table_of(prompts)
    if table and len(table.shape) == 2:  # a series is an iterable of prompts
        return frame_rows(table)
    if not isinstance(prompts, Iterable) or isinstance(prompts, str | bytes | Mapping):
        raise UsageError(*two_lines("batch.no_prompts", kind=type(prompts).__name__))
    return Source(map(_seen, prompts), len(prompts) if isinstance(prompts, Sized) else None)


def frame_rows(frame: Table, without: Container[str] = ()) -> Source:
    """Return the rows of a frame, without some columns. Raises UsageError: two columns have one name."""
    columns = [str(column) for column, _ in frame.columns]
    _check_names(columns)
    kept = [(column, at) for at, column in enumerate(columns, len(frame.row_names)) if column not in without]
    return Source((Row({column: values[at] for column, at in kept}) for values in frame.rows), frame.shape[0])


def _check_names(columns: Sequence[str]) -> None:
    """Refuse two columns of one name: only one of them could be asked about, and nobody would see which."""
    twice = next((column for at, column in enumerate(columns) if column and column in columns[:at]), None)
    if twice is not None:
        raise UsageError(*two_lines("batch.columns_alike", column=shown(twice)))


def _seen(item: Any) -> Any:
    """Return an item as a template sees it: a mapping becomes a `Row`."""
    return Row(item) if isinstance(item, Mapping) else item


def _file(given: Path) -> Source:
    name, path = shown(given.name), typed(given)
    if path.suffix.lower() not in _KINDS:
        raise UsageError(*two_lines("batch.file_kind", path=name, kinds=", ".join(_KINDS)))
    if special := not_ordinary(path):
        raise UsageError(*two_lines("file.unreadable", path=name, error=special))
    if not path.is_file():
        near = nearest(path.name, [one.name for one in path.parent.glob("*")][:2000]) if path.parent.is_dir() else None
        raise UsageError(*two_lines("file.missing", path=shown(path), meant=near))
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    rows = _of_text(path)
    first = [*islice(rows, 1)]  # a wrong header or encoding is told now, before anything is made
    return Source(chain(first, rows))


def _parquet(path: Path) -> Source:
    try:
        try:
            from pyarrow import parquet  # noqa: PLC0415  (only this kind of file needs it)
        except ImportError:
            import polars as pl  # noqa: PLC0415  (the same)

            return source_of(pl.read_parquet(path))
        table = parquet.ParquetFile(path)
    except ImportError:
        raise UsageError(*two_lines("package", package="pyarrow")) from None
    except Exception as error:  # noqa: BLE001  (pyarrow and polars have errors of their own)
        told = shown(str(error), 120)
        raise UsageError(*two_lines("file.unreadable", path=shown(path.name), error=told)) from None
    rows = (Row(row) for batch in table.iter_batches(1024) for row in batch.to_pylist())
    return Source(rows, table.metadata.num_rows)


def _of_text(path: Path) -> Iterator[Any]:
    """Yield the rows of a file of text.

    Raises UsageError: it cannot be opened, is no UTF-8 or no JSON somewhere, or two columns have one name.
    """
    kind = path.suffix.lower()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if kind in (".csv", ".tsv"):
                yield from _separated(file, kind)
            elif kind == ".txt":
                yield from (line.rstrip("\r\n") for line in file if line.strip())
            else:
                yield from _json_lines(file, path.name)
    except UnicodeDecodeError:
        raise UsageError(*two_lines("batch.file_encoding", path=shown(path.name))) from None
    except OSError as error:
        raise UsageError(*two_lines("file.unreadable", path=shown(path.name), error=error.strerror)) from None


def _separated(file: IO[str], kind: str) -> Iterator[Row]:
    # The standard library's limit, 131,072 characters, is of the process; a text may be longer.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    head = list(islice(file, _LINES_LOOKED_AT))

    def fits(delimiter: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        return len(set(widths)) == 1 < max(widths, default=0), widths[0] if widths else 0

    # Spreadsheets write semicolons where numbers have a comma, as in Indonesia. What separates cuts all of the first
    # lines into equally many pieces; of two such marks it is the one that makes more of them.
    delimiter = "\t" if kind == ".tsv" else max(",;", key=fits)
    table = csv.DictReader(chain(head, file), delimiter=delimiter)
    _check_names(table.fieldnames or ())
    for row in table:
        yield Row({key: value for key, value in row.items() if key is not None})


def _json_lines(file: IO[str], name: str) -> Iterator[Any]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise UsageError(*two_lines("batch.file_line", path=name, line=number)) from None
            yield _seen(row)


# -- requests


@dataclass(frozen=True)
class Prepared:
    """A batch before its first row, and how a row becomes a request."""

    plan: Plan  # what all rows share; the prompt in its request is a stand-in
    asked: Ask
    text: str | None  # the prompt with ``{{ row.column }}``; None when rows are prompts themselves
    system: str | None  # instructions with ``{{ row.column }}``; None when all rows have the same
    namespace: MutableMapping[str, Any]
    images: tuple[ImagePart | str, ...] = ()  # shared ones are loaded; those of a row are named
    parts: dict[str, str] = field(default_factory=dict)
    """How much was sent the first time of each value that is not sent whole: ``{"df": "20 of 5,000 rows"}``."""

    def request(self, row: Any) -> Request:
        """Return the request of one row. Raises UsageError: a ``{{ }}`` that fails, or a row that is no prompt."""
        scope = {**self.namespace, "row": row}
        parts: list[Part] = [*self._prompt(row, scope)]
        parts += [load_image(one, scope, cwd=here()) if isinstance(one, str) else one for one in self.images]
        request = replace(self.plan.request, messages=(user_message(*parts),))
        if self.system:
            request = replace(request, instructions=render_instructions(self.system, scope, parts=self.parts))
        return request

    def _prompt(self, row: Any, scope: Mapping[str, Any]) -> tuple[Part, ...]:
        if self.text is None:
            text = _only_text(row)
            return (TextPart(text),) if self.asked.raw else render_prompt(text, scope, parts=self.parts)
        of_row: list[str] = []

        def note(expression: Expression, inserted: str) -> None:
            if uses_row(expression):
                of_row.append(inserted)

        parts = render_prompt(self.text, scope, note=note, parts=self.parts)
        # What the template says around it is no question of this row.
        if of_row and all(text.strip() in NOTHING for text in of_row):
            raise UsageError(*two_lines("batch.blank"), code=BLANK)
        return parts


def uses_row(piece: object) -> bool:
    """Whether a piece of a prompt is an expression over the row."""
    return isinstance(piece, Expression) and re.search(r"\brow\b", piece.source) is not None


def read_of_row(asked: Ask, name: str, place: str = "row") -> list[str]:
    """Return the expressions of the prompt and the system text, and the images of the row.

    Raises UsageError: none of them is about the row. The error says whose rows, and what to put in: ``row.city``.
    """
    pieces = [piece for text in (asked.prompt, asked.system or "") for piece in split(text)]
    of_row = [source for source in asked.images if isinstance(source, str) and source.startswith("row.")]
    if not (of_row or any(map(uses_row, pieces))):
        raise UsageError(*two_lines("batch.no_row", name=name, place=place))
    return [piece.source for piece in pieces if isinstance(piece, Expression)] + of_row


def prepare(asked: Ask, text: str | None, workspace: Workspace, namespace: MutableMapping[str, Any]) -> Prepared:
    """Decide what all rows share; raises UsageError. ``text`` is the prompt, whatever ``asked`` holds."""
    system = asked.system  # a setting is never expanded, so it is the same for all rows
    each_its_own = bool(system) and "{{" in str(system) and not asked.raw
    of_row = [isinstance(source, str) and source.startswith("row.") for source in asked.images]
    shared = replace(
        asked,
        prompt="row",  # a stand-in: there is no row yet
        once=True,
        system="" if each_its_own else system,
        images=tuple(source for source, its in zip(asked.images, of_row, strict=True) if not its),
    )
    plan = asking.prepare(shared, workspace, asking.Stage(SilentRenderer(), namespace))
    loaded = iter(plan.request.messages[-1].images)
    images = tuple(source if its else next(loaded) for source, its in zip(asked.images, of_row, strict=True))
    return Prepared(plan, asked, text, system if each_its_own else None, namespace, images)


def _only_text(row: Any) -> str:
    """Return the row as a prompt: a text, or the one column of a table, or the one called ``prompt``."""
    if isinstance(row, Row):
        column = "prompt" if "prompt" in list(row) else next(iter(row)) if len(row) == 1 else None
        if column is None:
            raise UsageError(*two_lines("batch.no_template", columns=shown(", ".join(map(str, row)), 120)))
        row = row[column]
    if str(row).strip() in NOTHING:
        raise UsageError(*two_lines("batch.blank"))
    if not isinstance(row, str):
        raise UsageError(*two_lines("batch.no_text", kind=type(row).__name__))
    return row
