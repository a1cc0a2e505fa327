"""A table library that nobody has heard of, and all that has to be written for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neosantara_magic.describe.tables import Table

MARKS = ("headings", "entries", "adding")


class Ledger:
    """A table that never changes, with method names of its own."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self._columns = dict(columns)

    def headings(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._columns)

    def entries(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        return list(zip(*self._columns.values(), strict=True))

    def column(self, name: str) -> list[Any]:
        """Return a column."""
        return list(self._columns[name])

    def adding(self, columns: Mapping[str, Sequence[Any]]) -> Ledger:
        """Return a ledger with these columns too."""
        return Ledger(self._columns | dict(columns))


def ledger(value: Ledger, most_rows: int | None, most_columns: int | None) -> Table:
    """Return a ledger in terms that fit all libraries."""
    rows, names = value.entries(), value.headings()
    columns = [(name, "any") for name in names[:most_columns]]
    shown = [row[:most_columns] for row in rows[:most_rows]]
    return Table(columns, shown, (len(rows), len(names)), values=value.column, put=value.adding)
