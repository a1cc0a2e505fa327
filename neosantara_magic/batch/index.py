"""Which line of a file belongs to which row: the bookkeeping of `answers.Written`.

A temporary SQLite database: it keeps little in memory and the rest on disk, and is gone with the process.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from typing import Any

_TABLES = """
CREATE TABLE finished (key BLOB, occurrence INTEGER, place INTEGER, PRIMARY KEY (key, occurrence)) WITHOUT ROWID;
CREATE TABLE asked (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID;
CREATE TABLE rows (number INTEGER PRIMARY KEY, place INTEGER, failure BLOB);
"""


class Index:
    """For any number of threads. A *place* is where a line begins, in bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # An empty name is SQLite's for a database of its own on disk, deleted when it is closed.
        self._tables = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        # It lives as long as the answers it finds, and nobody closes those.
        weakref.finalize(self, self._tables.close)
        self._tables.executescript(_TABLES)
        self._tables.execute("BEGIN")

    def add_finished(self, key: str, place: int) -> None:
        """Note a line that the file holds already. The n-th line of a key is its n-th occurrence."""
        packed = bytes.fromhex(key)
        self._do(
            "INSERT INTO finished SELECT ?, coalesce(max(occurrence) + 1, 0), ? FROM finished WHERE key = ?",
            packed,
            place,
            packed,
        )

    def add_row(self, number: int, key: str) -> bool:
        """Note a row of this batch; return whether the file holds its answer."""
        packed = bytes.fromhex(key)
        with self._lock:
            (occurrence,) = self._tables.execute(
                "INSERT INTO asked VALUES (?, 0) ON CONFLICT (key) DO UPDATE SET times = times + 1 RETURNING times",
                (packed,),
            ).fetchone()
            found = self._tables.execute(
                "SELECT place FROM finished WHERE key = ? AND occurrence = ?", (packed, occurrence)
            ).fetchone()
            self._tables.execute("INSERT INTO rows VALUES (?, ?, NULL)", (number, found and found[0]))
        return found is not None

    def finish(self, number: int, place: int) -> None:
        """Note where the answer of a row was written."""
        self._do("UPDATE rows SET place = ? WHERE number = ?", place, number)

    def fail(self, number: int, failure: bytes) -> None:
        """Keep the failure of a row."""
        self._do("UPDATE rows SET failure = ? WHERE number = ?", failure, number)

    def find(self, number: int) -> tuple[int | None, bytes | None] | None:
        """Return place and failure of a row; None when there is no such row."""
        found: tuple[int | None, bytes | None] | None = self._one(
            "SELECT place, failure FROM rows WHERE number = ?", number
        )
        return found

    def __len__(self) -> int:
        return int(self._one("SELECT count(*) FROM rows")[0])

    def failures(self) -> int:
        """Return how many rows failed."""
        return int(self._one("SELECT count(*) FROM rows WHERE failure IS NOT NULL")[0])

    def _one(self, query: str, *values: Any) -> Any:
        with self._lock:
            return self._tables.execute(query, values).fetchone()

    def _do(self, query: str, *values: Any) -> None:
        with self._lock:
            self._tables.execute(query, values)
