"""The answers of a batch, in a file or in a list: kept as they come, given back in the order of the prompts.

Not for: the form of a line (``lines.py``), nor for asking (``driver.py``).

With a file, memory does not grow with the rows. A finished row is recognised by its request and by how
often that request came before (its *occurrence*), not by its place, so prompts may be moved, added and removed between
two runs. A row that failed is not in the file: the next run asks it again.
"""

from __future__ import annotations

import pickle
import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from errno import ENOENT
from os import strerror
from pathlib import Path
from typing import Any, overload

from filelock import FileLock, Timeout

from ..errors import NeosantaraError, UsageError
from ..faults import in_one_line, reraise_interrupt
from ..messages import Response
from ..paths import not_ordinary
from ..texts import say, two_lines
from . import lines

_TABLES = """
CREATE TABLE finished (key TEXT, place INTEGER, PRIMARY KEY (key, place)) WITHOUT ROWID;
CREATE TABLE rows (number INTEGER PRIMARY KEY, place INTEGER, failure BLOB);
BEGIN;
"""
"""Lines that the file held before, as far as no row has claimed them, and the rows of this batch."""


class InMemory:
    """Keeps the Responses themselves. `known` is called from one thread, `put` from any."""

    stopped = "batch.stopped"
    """Key of the text for a Stop: it says what is kept, and what running it again does."""

    def __init__(self) -> None:
        self._kept: list[Response] = []

    def known(self, number: int, key: str) -> bool:  # noqa: ARG002  (`Kept` has it)
        """Note that row ``number`` asks ``key``; return whether its answer is here already, which it never is."""
        self._kept.append(Response(stopped=True))
        return False

    def put(self, number: int, key: str, response: Response) -> None:  # noqa: ARG002  (the same)
        """Keep the answer of a row, a failed one too."""
        self._kept[number] = response

    def answers(self) -> list[Response]:
        """Return the kept answers, one for each row, in order."""
        return self._kept

    def close(self) -> None:
        """Finish writing. Reading stays possible."""


class Filled(InMemory):
    """Skips the rows of a frame whose column is filled, and keeps the Responses of the others.

    ``filled`` holds the text of each row's column; None, or no entry: nothing. ``asked`` holds the keys of the
    questions for which this kernel filled that column, and is added to. If there are any, a row counts as filled only
    by one of them, so a reworded question is asked. If there are none, the column came with the frame: any text counts.
    """

    stopped = "batch.stopped_each"

    def __init__(self, filled: Sequence[str | None], asked: set[str]) -> None:
        super().__init__()
        self.skipped: set[int] = set()
        """Places of the rows that were not asked."""
        self._filled = filled
        self._asked = asked
        self._before = frozenset(asked)

    def known(self, number: int, key: str) -> bool:
        """Note a row; return whether it is filled."""
        super().known(number, key)
        held = self._filled[number] if number < len(self._filled) else None
        if held is None or (self._before and key not in self._before):
            return False
        super().put(number, key, Response(text=held))
        self.skipped.add(number)
        self._asked.add(key)
        return True

    def put(self, number: int, key: str, response: Response) -> None:
        """Keep an answer."""
        super().put(number, key, response)
        if response.error is None:
            self._asked.add(key)


class _Index:
    """Which line of the file belongs to which row, in a temporary SQLite database. A *place* is where a line begins.

    It keeps little in memory and the rest on disk, and is gone with the process. For any number of threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # An empty name is SQLite's for a database of its own on disk, deleted when it is closed.
        self._tables = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        # It lives as long as the answers it finds, and nobody closes those.
        weakref.finalize(self, self._tables.close)
        self._tables.executescript(_TABLES)

    def run(self, query: str, *values: Any) -> Any:
        """Run one statement; return its first row, if it has one."""
        with self._lock:
            return self._tables.execute(query, values).fetchone()


class Answers(Sequence[Response]):
    """The answers of a batch, read from its file when they are looked at."""

    def __init__(self, path: Path, index: _Index, parse: Callable[[str], Any] | None) -> None:
        self._path = path
        self._index = index
        self._parse = parse

    def __repr__(self) -> str:
        (failed,) = self._index.run("SELECT count(failure) FROM rows")
        rows = f"{len(self)} row{'s' * (len(self) != 1)}"
        return f"<Answers {rows} in {self._path.name}{f', {failed} failed' if failed else ''}>"

    def __len__(self) -> int:
        return int(self._index.run("SELECT count(*) FROM rows")[0])

    @overload
    def __getitem__(self, index: int) -> Response: ...
    @overload
    def __getitem__(self, index: slice) -> list[Response]: ...
    def __getitem__(self, index: int | slice) -> Response | list[Response]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        found = self._index.run("SELECT place, failure FROM rows WHERE number = ?", number)
        if found is None:
            raise IndexError(index)
        place, failure = found
        if failure is not None:
            kept: Response = pickle.loads(failure)  # noqa: S301  (pickled by `Written`, in this process)
            return kept
        if place is None:
            return Response(stopped=True)
        with self._path.open("rb") as file:
            file.seek(place)
            return lines.read(file.readline(), self._parse)


class Written:
    """Keeps answers in a file of JSON Lines, each as soon as it is there.

    The file is made, or continued when it exists. ``parse`` turns a text into validated data, when there is a schema;
    ``warn`` takes one line about damaged lines.
    Raises UsageError: the file is something else, cannot be written, or another batch is writing it.
    """

    stopped = "batch.stopped_file"

    def __init__(self, path: Path, parse: Callable[[str], Any] | None, warn: Callable[[str], None]) -> None:
        reason = not_ordinary(path) or ("" if path.parent.is_dir() else strerror(ENOENT))
        if reason:
            raise UsageError(*two_lines("file.unwritable", path=str(path), error=reason))
        self._path = path
        self._lock = threading.Lock()
        self._failed: OSError | None = None
        self._index = _Index()
        self._answers = Answers(path, self._index, parse)
        self._owner = FileLock(f"{path}.lock")
        try:
            self._owner.acquire(timeout=0)
            self._file = path.open("a+b")
        except Timeout:
            raise UsageError(*two_lines("batch.out_busy", path=str(path))) from None
        except OSError as error:
            self._let_go()
            raise UsageError(*two_lines("file.unwritable", path=str(path), error=error.strerror)) from None
        try:
            self._end = self._take_stock(warn)
        except BaseException:
            self.close()
            raise

    def known(self, number: int, key: str) -> bool:
        """Note a row; return whether the file has its answer."""
        # The n-th time that a question comes it takes the n-th line of that question.
        held = self._index.run(
            "DELETE FROM finished WHERE key = ?1 AND place = (SELECT min(place) FROM finished WHERE key = ?1)"
            " RETURNING place",
            key,
        )
        self._index.run("INSERT INTO rows VALUES (?, ?, NULL)", number, held and held[0])
        return held is not None

    def put(self, number: int, key: str, response: Response) -> None:
        """Write a finished row; keep here a failed one, or one that the file takes no more (then raise UsageError)."""
        refused = None
        if response.error is None:
            line = lines.write(key, response)
            with self._lock:
                try:
                    if self._failed is not None:  # after a write that failed nothing more is written
                        raise self._failed
                    self._file.write(line)
                    self._file.flush()
                except OSError as error:
                    # The disk is full: what was paid for stays in this process, and the batch ends.
                    self._failed = error
                    refused = UsageError(*two_lines("file.unwritable", path=str(self._path), error=error.strerror))
                    response = replace(response, error=refused)
                else:
                    self._index.run("UPDATE rows SET place = ? WHERE number = ?", self._end, number)
                    self._end += len(line)
                    return
        self._index.run("UPDATE rows SET failure = ? WHERE number = ?", _pickled(response), number)
        if refused is not None:
            raise refused

    def answers(self) -> Answers:
        """Return the answers; they are read when looked at."""
        return self._answers

    def close(self) -> None:
        """Close the file for writing and release its lock."""
        with suppress(OSError):  # of a line that could not be written, which `put` has told
            self._file.close()
        self._let_go()

    def _let_go(self) -> None:
        Path(self._owner.lock_file).unlink(missing_ok=True)  # while it is ours: the next owner makes its own
        self._owner.release()

    def _take_stock(self, warn: Callable[[str], None]) -> int:
        """Index the finished rows of the file, mend its last line, and return the file's end in bytes."""
        place = found = damaged = 0
        line = b"\n"
        self._file.seek(0)
        for line in self._file:
            key = lines.key_in(line)
            if key is not None:
                self._index.run("INSERT INTO finished VALUES (?, ?)", key, place)
                found += 1
            elif line.endswith(b"\n") or not lines.torn(line):
                damaged += bool(line.strip())
            place += len(line)
        if damaged and not found:
            raise UsageError(*two_lines("file.taken", path=str(self._path)))
        if damaged:
            warn(say("batch.out_damaged", path=self._path.name, count=damaged))
        if line.endswith(b"\n"):
            return place
        if not lines.torn(line) or lines.key_in(line) is not None:
            self._file.write(b"\n")
            return place + 1
        # Half a line: its process was killed while it wrote. That row is asked again.
        self._file.truncate(place - len(line))
        return place - len(line)


Kept = InMemory | Written
"""Where finished rows go."""


def _pickled(response: Response) -> bytes:
    try:
        pickled = pickle.dumps(response)
        pickle.loads(pickled)  # noqa: S301  (our own: some exceptions can be written and not read)
    except BaseException as reason:  # noqa: BLE001  (an exception of a tool or a validator may hold anything)
        reraise_interrupt(reason)
        error = None if response.error is None else NeosantaraError(in_one_line(response.error))
        return pickle.dumps(Response(text=response.text, error=error, model=response.model, messages=response.messages))
    return pickled
