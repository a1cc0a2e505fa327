"""Recordings: a Client that remembers what another Client answered (``%neosantara record`` and ``replay``).

Only rounds that completed are written, one entry (``entry.py``) a line. Appending is safe with two kernels.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from threading import RLock
from typing import IO, Any, Literal

from ..errors import RecordingError, Stopped
from ..events import Event, Noted, RoundCompleted, RoundStarted
from ..redaction import redact
from ..request import Client, Request
from ..scope import Cancel
from ..texts import say, two_lines
from ..validators import json_text
from .entry import VERSION, canonical, difference, distance, freeze, key_of, likeness, portable_key, read, thaw

Mode = Literal["record", "replay"]
_LOCK_SECONDS = 5.0
"""How long to wait for another kernel's lock. Writing a line takes milliseconds, so a longer lock is a stuck one."""
_MOST_COMPARED = 200
"""Entries among which the one most like a request is looked for: a batch may miss thousands of times."""
_OPENING = b'{"version": '
"""How a line of ours begins, whole or not."""


@dataclass
class Recording:
    """One file of remembered rounds. The last line of a key counts."""

    path: Path
    warn: Callable[[str], None] = lambda _line: None
    _entries: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict, repr=False)
    """By key, then by the exact request."""
    _pictured: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)
    """Requests with images that are not recorded: by key, exact ones with their place among those of the key."""
    _read_to: int = field(default=0, repr=False)
    _last_line: bytes = field(default=b"", repr=False)
    """The line before that position, as it was read: another line there means another file."""
    _seen: tuple[int, int, int] = field(default=(0, 0, 0), repr=False)
    """Inode, size and time of the file when it was read."""
    _unwritten: str = field(default="", repr=False)
    _one_thread: RLock = field(default_factory=RLock, repr=False, compare=False)
    """A batch asks from several threads."""

    def find(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the entry for a canonical request, also one that another kernel has just written."""
        with self._one_thread:
            self._read_new_lines()
            return self._entries.get(portable_key(asked), {}).get(key_of(asked))

    def match(self, asked: Mapping[str, Any], named: frozenset[str]) -> tuple[dict[str, Any] | None, list[str]]:
        """Return the entry that answers a request on any machine, with what the ask ``named``, and notes about it."""
        exact = self.find(asked)
        if exact is not None:
            return exact, []
        near: dict[tuple[int, int, int], list[dict[str, Any]]] = {}
        key = portable_key(asked)
        for entry in self._entries.get(key, {}).values():
            recorded = entry["request"]
            flags = entry.get("named", sorted(named))  # not in old files
            apart = distance(recorded, asked)
            if apart is not None and flags == sorted(named) and all(recorded.get(n) == asked.get(n) for n in named):
                near.setdefault(apart, []).append(entry)
        if not near:
            return None, []
        (results, images, _), entries = min(near.items(), key=itemgetter(0))
        notes = [say("replay.near.result")] * (results > 0) + [say("replay.near.image")] * (images > 0)
        if not images:
            return entries[-1], notes
        with self._one_thread:
            before = self._pictured.setdefault(key, {})
            return entries[before.setdefault(key_of(asked), len(before)) % len(entries)], notes

    def keep(self, asked: Mapping[str, Any], events: list[dict[str, Any]], named: Iterable[str] = ()) -> None:
        """Append an entry; warn when that fails, once until it works again. The answer itself has arrived."""
        entry: dict[str, Any] = {"version": VERSION, "key": portable_key(asked), "request": asked, "events": events}
        if flags := sorted(named):
            entry["named"] = flags
        line = redact(json_text(entry)) + "\n"
        try:
            with self._lock(), self.path.open("a+b") as file:
                end = file.seek(0, 2)
                file.seek(max(0, end - 1))
                # A kernel may have died while writing: its truncated line stays separate.
                torn = end > 0 and file.read(1) != b"\n"
                file.write(b"\n" * torn + line.encode())
        except OSError as error:
            held = isinstance(error, TimeoutError)
            reason = say("reason.held") if held else error.strerror or type(error).__name__
            if reason != self._unwritten:
                self.warn(say("recording_unwritten", path=self.path.name, reason=reason))
            self._unwritten = reason
        else:
            self._unwritten = ""
            self._hold(entry)

    def _hold(self, entry: dict[str, Any]) -> None:
        asked = entry["request"]
        self._entries.setdefault(portable_key(asked), {})[key_of(asked)] = entry

    def __len__(self) -> int:
        self._read_new_lines()
        return sum(map(len, self._entries.values()))

    def nearest(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the newest entry that is most like this request, to explain a miss."""
        with self._one_thread:
            self._read_new_lines()
            entries = [entry for alike in self._entries.values() for entry in alike.values()][-_MOST_COMPARED:]
            return max(entries, key=lambda entry: likeness(entry["request"], asked), default=None)

    def _lock(self) -> AbstractContextManager[object]:
        """Return what keeps two kernels of one user from writing at once; of another user's kernel nothing is awaited.

        Not beside the recording: a lesson's folder is committed, copied and graded.
        """
        name = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16]
        own = str(os.getuid()) if hasattr(os, "getuid") else ""  # on Windows each user has a temporary folder
        folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"neosantara-{own}"
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if own and (not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077):
            return nullcontext()  # somebody else's: one line is appended in one piece without a lock, too
        from filelock import FileLock  # noqa: PLC0415  (most asks are not recorded)

        return FileLock(folder / f"{name}.lock", mode=0o600, timeout=_LOCK_SECONDS)

    def _read_new_lines(self) -> None:
        """Read what was appended since the last time; all of it when the file is another one now."""
        with self._one_thread:
            try:
                now = self.path.stat()
            except OSError:
                self._forget()
                return
            if (now.st_ino, now.st_size, now.st_mtime_ns) == self._seen:
                return
            with self.path.open("rb") as file:
                now = os.fstat(file.fileno())
                if not self._goes_on(file, now):
                    self._forget()
                self._seen = (now.st_ino, now.st_size, now.st_mtime_ns)
                file.seek(self._read_to)
                # Only what the size counts: a line that another kernel appends right now is for the next time.
                self._take_in(BytesIO(file.read(max(0, now.st_size - self._read_to))))

    def _goes_on(self, file: IO[bytes], now: os.stat_result) -> bool:
        """Whether the file is the one that was read, with more lines after it: not replaced, cut or edited."""
        if not self._read_to:
            return True
        if now.st_ino != self._seen[0] or now.st_size <= self._read_to:
            return False
        file.seek(self._read_to - len(self._last_line))
        return file.read(len(self._last_line)) == self._last_line

    def _forget(self) -> None:
        self._entries.clear()
        self._read_to, self._last_line, self._seen = 0, b"", (0, 0, 0)

    def _take_in(self, added: Iterable[bytes]) -> None:
        skipped: Counter[str] = Counter()
        for line in added:
            entry, fault = read(line)
            if fault == "other" and line.strip() and not line.endswith(b"\n"):
                self.warn(say("recording_damaged", path=self.path.name, count=1))
                break
            self._read_to += len(line)
            self._last_line = line
            if not fault:
                self._hold(entry)
            elif line.strip():
                skipped["recording_newer" if fault == "newer" else "recording_damaged"] += 1
        for warning, count in skipped.items():
            self.warn(say(warning, path=self.path.name, count=count))


def is_foreign(path: Path) -> bool:
    """Return whether appending would spoil a file: it holds something, but nothing of a recording. Raises OSError."""
    with path.open("rb") as file:
        lines = [line for line in file if line.strip()]
    return bool(lines) and not any(line.startswith(_OPENING) or read(line)[1] in ("", "newer") for line in lines)


@dataclass(frozen=True)
class RecordingClient:
    """Answers from a recording, and in ``record`` mode from ``live`` what is not there yet."""

    recording: Recording
    mode: Mode
    live: Callable[[], Client]
    """Called only when the recording has no answer, so replaying needs no key."""
    speed: float = 0.0
    """1 is the recorded pace, 2 twice as fast; 0 is at once."""
    otherwise: Client | None = None
    """Answers what is missing, while replaying."""

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the recorded events, or record ``live`` ones. Raises RecordingError: it replays, and has no answer."""
        asked = canonical(request)
        notes: list[str] = []
        if self.mode == "replay":
            entry, notes = self.recording.match(asked, request.named)
        else:
            # Exactly: who records and changes anything wants another answer.
            entry = None if request.fresh else self.recording.find(asked)
        yield from map(Noted, notes)
        if entry is not None:
            yield from self._replay(entry, request, cancel)
        elif self.mode == "record":
            yield from self._record(asked, request, cancel)
        elif self.otherwise is None:
            name, near = self.recording.path.name, self.recording.nearest(asked)
            if near is None:
                raise RecordingError(*two_lines("recording_empty", path=name))
            recorded, now = difference(near["request"], asked, request.named)
            raise RecordingError(*two_lines("recording_miss", path=name, recorded=recorded, now=now))
        else:
            for event in self.otherwise.stream(request, cancel):
                # Its ids mean nothing to whoever answers later.
                yield replace(event, id=None, stored=False) if isinstance(event, RoundCompleted) else event

    def _replay(self, entry: Mapping[str, Any], request: Request, cancel: Cancel) -> Iterator[Event]:
        before = 0.0
        for line in entry["events"]:
            at = float(line.get("at", 0.0))
            if self.speed > 0 and cancel.wait((at - before) / self.speed):
                raise Stopped(*two_lines("stopped"))
            before = at
            event = thaw(line)
            if isinstance(event, RoundStarted):
                event = RoundStarted(event.model, request.api, "recorded")
            yield event

    def _record(self, asked: Mapping[str, Any], request: Request, cancel: Cancel) -> Iterator[Event]:
        began = time.monotonic()
        lines: list[dict[str, Any]] = []
        for event in self.live().stream(request, cancel):
            if (frozen := freeze(event)) is not None:
                lines.append({"at": round(time.monotonic() - began, 3), **frozen})
            if isinstance(event, RoundCompleted):
                self.recording.keep(asked, lines, request.named)
            yield event
