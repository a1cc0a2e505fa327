"""The answers of a batch, in a file or in a list: kept as they come, given back in the order of the prompts.

With a file, memory does not grow with the rows. A finished row is one line of JSON, readable by people, pandas and this
package::

    {"key": "9f2c…", "prompt": "…", "text": "…", "parsed": {…}, "model": "…", "finish_reason": "stop",
     "usage": {"input_tokens": 9, …}, "cost_idr": 0.12, "id": "resp_…", "request_id": "…"}

``key`` is the SHA-256 of the canonical request. A later run recognises a row by it and by how often that request came
before, not by its place, so prompts may be moved, added and removed between two runs. A row that failed is not in the
file: the next run asks it again. The server's own bodies are not kept, and of images in the prompt only their hashes.
"""

from __future__ import annotations

import json
import pickle
import re
import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from errno import ENOENT
from os import strerror
from pathlib import Path
from typing import Any, NotRequired, overload

from filelock import FileLock, Timeout
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict  # pydantic asks for it before Python 3.12

from ..describe.plain import text_of
from ..errors import NeosantaraError, UsageError, in_one_line, reraise_interrupt
from ..messages import ImagePart, Response, ToolCall, ToolResult, Usage, assistant_message, brought_in, user_message
from ..recordings.entry import hashed
from ..redaction import redact
from ..render.document import code_blocks
from ..texts import say, two_lines
from ..transcript_files import call_row, json_line, message_row, read_message
from ..validators import from_json, misfit, not_ordinary

_TABLES = """
CREATE TABLE finished (key TEXT, place INTEGER, PRIMARY KEY (key, place)) WITHOUT ROWID;
CREATE TABLE rows (number INTEGER PRIMARY KEY, place INTEGER, failure BLOB);
BEGIN;
"""
"""Lines that the file held before, as far as no row has claimed them, and the rows of this batch."""
_PLAIN = ("model", "api", "finish_reason", "id", "request_id", "reasoning", "cost_idr", "cost_estimated")
_KEY = re.compile("[0-9a-f]{64}")
_OPENING = b'{"key": "'
_LINES = (".jsonl", ".ndjson", ".json", "")
_MOST_TEXT = 100_000  # characters of data that JSON has no form for


class InMemory:
    """Keeps the Responses themselves. `known` is called from one thread, `put` from any."""

    stopped = "batch.stopped"
    """Key of the text for a Stop: it says what is kept, and what running it again does."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        """One for each row, in order."""

    def known(self, number: int, key: str) -> bool:  # noqa: ARG002  (`Kept` has it)
        """Note that row ``number`` asks ``key``; return whether its answer is here already, which it never is."""
        self.answers.append(Response(stopped=True))
        return False

    def put(self, number: int, key: str, response: Response) -> None:  # noqa: ARG002  (the same)
        """Keep the answer of a row, a failed one too."""
        self.answers[number] = response

    def close(self) -> None:
        """Finish writing. Reading stays possible."""


def _index() -> Callable[..., Any]:
    """Return what runs one statement, from any thread, and returns its first row: on a temporary SQLite database.

    It holds which line of the file belongs to which row; a *place* is where a line begins. It keeps little in memory
    and the rest on disk, and is gone with the process.
    """
    lock = threading.Lock()
    # An empty name is SQLite's for a database of its own on disk, deleted when it is closed.
    tables = sqlite3.connect("", check_same_thread=False, isolation_level=None)
    tables.executescript(_TABLES)

    def run(query: str, *values: Any) -> Any:
        with lock:
            return tables.execute(query, values).fetchone()

    weakref.finalize(run, tables.close)  # it lives as long as the answers it finds, and nobody closes those
    return run


@dataclass(eq=False, repr=False)
class Answers(Sequence[Response]):
    """The answers of a batch, read from its file when they are looked at."""

    _path: Path
    _index: Callable[..., Any]
    _parse: Callable[[str], Any] | None

    def __repr__(self) -> str:
        (failed,) = self._index("SELECT count(failure) FROM rows")
        rows = f"{len(self)} row{'s' * (len(self) != 1)}"
        return f"<Answers {rows} in {self._path.name}{f', {failed} failed' if failed else ''}>"

    def __len__(self) -> int:
        return int(self._index("SELECT count(*) FROM rows")[0])

    @overload
    def __getitem__(self, index: int) -> Response: ...
    @overload
    def __getitem__(self, index: slice) -> list[Response]: ...
    def __getitem__(self, index: int | slice) -> Response | list[Response]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        found = self._index("SELECT place, failure FROM rows WHERE number = ?", number)
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
            return read(file.readline(), self._parse)


class Written:
    """Keeps answers in a file of JSON Lines, each as soon as it is there.

    The file is made, or continued when it exists. ``parse`` turns a text into validated data, when there is a schema;
    ``warn`` takes one line about damaged lines.
    Raises UsageError: the file is something else by its name or content, cannot be written, or another batch writes it.
    """

    stopped = "batch.stopped_file"

    def __init__(self, path: Path, parse: Callable[[str], Any] | None, warn: Callable[[str], None]) -> None:
        self._path = path
        if path.suffix.lower() not in _LINES:
            raise UsageError(*two_lines("batch.out_ending", path=str(path), ending=path.suffix))
        if reason := not_ordinary(path) or ("" if path.parent.is_dir() else strerror(ENOENT)):
            raise self._unwritable(reason)
        self._lock = threading.Lock()
        self._refused: UsageError | None = None
        self._index = _index()
        self.answers = Answers(path, self._index, parse)
        owner = FileLock(f"{path}.lock")
        try:
            with ExitStack() as held:
                owner.acquire(timeout=0)
                held.callback(owner.release)
                held.callback(_removed, Path(owner.lock_file))  # while it is ours: the next makes its own
                self._file = held.enter_context(path.open("a+b"))
                self._end = self._take_stock(warn)
                self._held = held.pop_all()
        except Timeout:
            raise UsageError(*two_lines("batch.out_busy", path=str(path))) from None
        except OSError as error:
            raise self._unwritable(error.strerror) from None

    def known(self, number: int, key: str) -> bool:
        """Note a row; return whether the file has its answer."""
        # The n-th time that a question comes it takes the n-th line of that question.
        held = self._index(
            "DELETE FROM finished WHERE key = ?1 AND place = (SELECT min(place) FROM finished WHERE key = ?1)"
            " RETURNING place",
            key,
        )
        self._index("INSERT INTO rows VALUES (?, ?, NULL)", number, held and held[0])
        return held is not None

    def put(self, number: int, key: str, response: Response) -> None:
        """Write a finished row; keep here a failed one, or one that the file takes no more (then raise UsageError)."""
        line = write(key, response) if response.error is None else b""
        with self._lock:
            if line and self._refused is None:  # after a write that failed nothing more is written
                try:
                    self._file.write(line)
                    self._file.flush()
                except OSError as error:
                    # The disk is full: what was paid for stays in this process, and the batch ends.
                    self._refused = self._unwritable(error.strerror)
                else:
                    self._index("UPDATE rows SET place = ? WHERE number = ?", self._end, number)
                    self._end += len(line)
                    return
        failed = replace(response, error=response.error or self._refused)
        self._index("UPDATE rows SET failure = ? WHERE number = ?", _pickled(failed), number)
        if line and self._refused is not None:
            raise self._refused

    def close(self) -> None:
        """Close the file for writing and release its lock."""
        with suppress(OSError):  # of a line that could not be written, which `put` has told
            self._held.close()

    def _unwritable(self, reason: str | None) -> UsageError:
        return UsageError(*two_lines("file.unwritable", path=str(self._path), error=reason))

    def _take_stock(self, warn: Callable[[str], None]) -> int:
        """Index the finished rows of the file, mend its last line, and return the file's end in bytes."""
        place = found = damaged = 0
        line, torn = b"\n", False
        self._file.seek(0)
        for line in self._file:
            key = key_in(line)
            # Half a line: its process was killed while it wrote. That row is asked again.
            torn = key is None and not line.endswith(b"\n") and (line.startswith(_OPENING) or _OPENING.startswith(line))
            if key is not None:
                self._index("INSERT INTO finished VALUES (?, ?)", key, place)
                found += 1
            elif not torn:
                damaged += bool(line.strip())
            place += len(line)
        if damaged and not found:
            raise UsageError(*two_lines("file.taken", path=str(self._path)))
        if damaged:
            warn(say("batch.out_damaged", path=self._path.name, count=damaged))
        if torn:
            place -= len(line)
            self._file.truncate(place)
        elif not line.endswith(b"\n"):
            self._file.write(b"\n")
            place += 1
        return place


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


# -- a line


class _Call(TypedDict):
    id: str
    name: str
    arguments: str
    server: NotRequired[str]
    result: str
    status: str


class _Line(TypedDict):
    key: str
    prompt: NotRequired[str]
    text: str
    images: NotRequired[list[str]]
    model: NotRequired[str]
    usage: NotRequired[dict[str, int]]
    cost_idr: NotRequired[float]
    replies: NotRequired[list[dict[str, Any]]]
    tool_calls: NotRequired[list[_Call]]


def write(key: str, response: Response) -> bytes:
    """Return the line of a finished row, with its line break."""
    prompt = response.messages[0] if response.messages else user_message()
    line: dict[str, Any] = {"key": key, "prompt": prompt.text, "text": response.text}
    if prompt.images:
        line["images"] = [*map(hashed, prompt.images)]
    if response.parsed is not None:
        line["parsed"] = _as_json(response.parsed)
    line.update({name: value for name in _PLAIN if (value := getattr(response, name))})
    if response.usage is not None:
        line["usage"] = asdict(response.usage)
    if response.messages[1:] != (assistant_message(response.text),):  # otherwise prompt and text say it all
        line["replies"] = [message_row(message) for message in response.messages[1:]]
    if response.tool_calls:
        line["tool_calls"] = [
            call_row(result.call) | {"result": result.result, "status": result.status} for result in response.tool_calls
        ]
    return redact(json_line(line)).encode()


def _as_json(value: Any) -> Any:
    """Return validated data as JSON holds it."""
    try:
        return to_jsonable_python(value, fallback=lambda one: text_of(one, _MOST_TEXT))
    except BaseException as error:  # noqa: BLE001  (a serializer of the user's own: the answer itself is safe)
        reraise_interrupt(error)
        return text_of(value, _MOST_TEXT)


def read(line: bytes, parse: Callable[[str], Any] | None) -> Response:
    """Return the Response of a line that `write` made; ``parse`` turns its text into validated data, with a schema."""
    data = json.loads(line)
    text = data.get("text", "")
    prompt = user_message(data.get("prompt", ""), *map(ImagePart, data.get("images", ())))
    replies = [read_message(row) for row in data["replies"]] if "replies" in data else [assistant_message(text)]
    parsed = error = None
    try:
        parsed = None if parse is None else parse(text)
    except NeosantaraError as misfit:  # the user's schema has other rules than when the row was asked
        error = misfit
    calls = data.get("tool_calls", ())
    return Response(
        text=text,
        parsed=parsed,
        error=error,
        usage=Usage(**data["usage"]) if "usage" in data else None,
        tool_calls=tuple(
            ToolResult(result=one.pop("result"), status=one.pop("status"), call=ToolCall(**one)) for one in calls
        ),
        code=code_blocks(text),
        **brought_in(replies),
        messages=(prompt, *replies),
        **{name: data[name] for name in _PLAIN if name in data},
    )


def key_in(line: bytes) -> str | None:
    """Return the key of a line; None when it is not one of ours, or half of one."""
    data = from_json(line, None)
    return data["key"] if misfit(data, _Line) is None and _KEY.fullmatch(data["key"]) else None


def _removed(lock: Path) -> None:
    with suppress(OSError):  # Windows removes no file that is open
        lock.unlink()
