"""Small tables: rows to aligned plain text and to a Markdown table.

For: the line commands, and answers that are lists of records.
Not for: DataFrames of the user (``describe/tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import UsageError
from ..texts import say, two_lines
from ..texts.numbers import number
from .forms import Forms, from_markdown

MOST_ROWS = 200
"""Rows shown of a longer table."""


class Table:
    """A table that shows itself and holds its data: iterating yields a dict for each row.

    Args:
        header: Headings as the reader sees them.
        rows: Cells as the reader sees them, a total included.
        records: The data behind them, one mapping a row.
    """

    def __init__(
        self, header: Sequence[str], rows: Sequence[Sequence[object]], records: Sequence[Mapping[str, Any]]
    ) -> None:
        self._header = header
        self._rows = rows
        self.records = tuple(dict(record) for record in records)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} rows; .to_frame() for pandas>"

    def __str__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def to_frame(self) -> Any:
        """Return the data as a pandas DataFrame.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415  (optional)
        except ImportError:
            raise UsageError(*two_lines("no_pandas")) from None
        return pd.DataFrame.from_records(list(self.records))

    def _repr_mimebundle_(self, **_kwargs: object) -> Forms:
        plain, markdown = table(self._header, self._rows[:MOST_ROWS])
        left = len(self._rows) - MOST_ROWS
        if left > 0:
            note = say("table_more", count=number(left))
            plain, markdown = f"{plain}\n{note}", f"{markdown}\n\n{note}"
        return from_markdown(markdown, plain)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[str, str]:
    """Return a table as plain text and as Markdown."""
    cells = [[str(cell).replace("\n", " ") for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    plain = "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)
    lines = ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in cells]
    lines.insert(1, "|" + "---|" * len(header))
    return plain, "\n".join(lines)


def _escaped(cell: str) -> str:
    """Return text as Markdown that shows just that: names, questions and data are others' words, never markup."""
    for sign in "\\`*_<>|$~&":
        cell = cell.replace(sign, "\\" + sign)
    # Not a backslash here: one before a bracket opens a formula. Without an opening bracket nothing is a link.
    return cell.replace("[", "&#91;")
