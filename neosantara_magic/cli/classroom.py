"""For a class: ``collect`` puts the prompts of many notebooks into one table, with pseudonyms; nothing is run.

``class-report`` tells from a gateway's log (docs/how-to/class-gateway.md) who asked how often, and what it cost.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UsageError, attempt
from ..redaction import redact
from ..render.forms import MARKDOWN, PLAIN, table
from ..texts import number, printable, rupiah, say, two_lines
from ..transcript_files import is_ours, replace
from ..validators import from_json, is_amount, not_ordinary

_HEADER = ("pupil", "file", "place", "time", "conversation", "model", "answered_by", "prompt", "answer")
_COUNTS = ("answered", "too_fast", "failed", "tokens_in", "tokens_out", "rupiah", "unpriced")
_TITLES = {"tokens_in": "usage.input", "tokens_out": "usage.output", "rupiah": "usage.cost"}
ASK = re.compile(
    r"\A\s*%%(?:neosantara|ns)\b([\s\S]*)"
    r"|^[^#\n]*?(?:%(?:neosantara|ns)[ \t]+(?:ask|explain|fix)\b|\bask(?:_many)?\()(.*)",
    re.MULTILINE,
)
"""Finds what a cell asks, with the flags."""


def collect(folder: Path, to: Path) -> None:
    """Write a table of a folder with one folder, or one file, for each pupil; name the files that are skipped.

    The key to the pseudonyms, ``NAME.key.csv``, is used again. Raises UsageError: no folder, nothing in it, no file.
    """
    if not folder.is_dir():
        raise UsageError(say("shell.folder", path=str(folder)), say("shell.nothing.next", command="collect"))
    found: dict[str, list[tuple[object, ...]]] = {}
    skipped = 0
    for path in _files(folder):
        pupil = path.stem if path.parent == folder else path.relative_to(folder).parts[0]
        try:
            # A link could lead to a file of the teacher's.
            reason = say("reason.no_ordinary_file") if path.is_symlink() else not_ordinary(path)
            rows = [] if reason else list(_read(path))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError):  # JSON of any shape
            reason = say("reason.damaged")
        if reason:
            skipped += 1
            print(say("shell.skipped", path=path, reason=reason), file=sys.stderr)
        else:
            found.setdefault(pupil, []).extend((path.relative_to(folder).as_posix(), *row) for row in rows)
    if not found:
        raise UsageError(*two_lines("shell.nothing", path=folder, skipped=skipped, command="collect"))
    key = to.with_suffix(".key.csv")
    names = _pseudonyms(found, key)
    hide = _hider(names)
    found_rows = [
        (names[pupil], *(hide(cell) if isinstance(cell, str) else cell for cell in row))
        for pupil in sorted(found, key=lambda one: names[one])
        for row in found[pupil]
    ]
    save_sheet(to, _HEADER, found_rows)
    print(say("shell.collected", prompts=len(found_rows), pupils=len(found), path=to, key=key, skipped=skipped))


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        yield from (Path(place, name) for name in sorted(files) if re.search(r"^[^.].*\.(ipynb|jsonl)$", name))


def _read(path: Path) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one file, from the place on; JSON Lines that `save` did not write have none."""
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        for number, cell in enumerate(json.loads(content)["cells"], 1):
            if cell["cell_type"] == "code":
                yield from ((number, *row) for row in _cell(cell))
    elif is_ours(content):
        head, *rows = map(json.loads, filter(None, content.decode("utf-8-sig").split("\n")))
        for number, row in enumerate(rows, 1):
            said = [_text(reply) for reply in row["replies"] if reply["role"] == "assistant"]
            told = (row.get("time", ""), row.get("conversation", head.get("name")) or "", row["model"])
            who = row.get("answered_by") or row.get("label", "")
            yield (number, *told, who, _text(row["prompt"]), _first("\n".join(said)))


def _text(message: Any) -> str:
    return "".join(part.get("text", "") for part in message["parts"])


def _cell(cell: Any) -> Iterator[tuple[object, ...]]:
    """Yield what a cell asks, as far as it can be read without running it."""
    data = [output.get("data", {}) for output in cell.get("outputs", ())]
    answers = [_first("".join(one[PLAIN])) for one in data if MARKDOWN in one and PLAIN in one]
    for at, ask in enumerate(ASK.finditer("".join(cell["source"]))):
        yield ("", "", "", "", (ask[1] or ask[2] or ask[0]).strip(), answers[at] if at < len(answers) else "")


def _first(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _pseudonyms(pupils: Iterable[str], key: Path) -> dict[str, str]:
    """Return a pseudonym for each name: those of the key file, and for others new ones in no order."""
    try:
        with key.open(encoding="utf-8-sig", newline="") as file:
            names = {row[1]: row[0] for row in list(csv.reader(file))[1:]}
    except FileNotFoundError:
        names = {}
    except (OSError, ValueError, IndexError, csv.Error):
        raise UsageError(*two_lines("file.taken", path=str(key))) from None
    fresh = [name for name in pupils if name not in names]
    random.SystemRandom().shuffle(fresh)
    names |= {name: f"S{number:03}" for number, name in enumerate(fresh, len(names) + 1)}
    save_sheet(key, ("pseudonym", "name"), sorted((pseudonym, name) for name, pseudonym in names.items()))
    key.chmod(0o600)
    return names


def _hider(names: dict[str, str]) -> Callable[[str], str]:
    """Return a function that puts pseudonyms in the place of names, whole or in parts.

    A part that most pupils share is no name but a word of the folders: ``task``, ``class``.
    """
    parts = {name: {part for part in re.split(r"[\W\d_]+", name.casefold()) if len(part) > 2} for name in names}
    shared = Counter(part for known in parts.values() for part in known)
    common = {part for part, count in shared.items() if len(names) > 2 and count > len(names) / 2}
    meant = {part: names[name] for name, known in parts.items() for part in known - common}
    meant |= {name.casefold(): pseudonym for name, pseudonym in names.items()}
    words = "|".join(re.escape(word) for word in sorted(meant, key=len, reverse=True))
    pattern = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)
    return lambda text: pattern.sub(lambda word: meant.get(word[0].casefold(), "S"), text)


def save_sheet(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table as Markdown (``.md``) or as CSV. Raises UsageError: not writable, or the file is no such table.

    Cells come from pupils: nothing becomes a formula or markup.
    """
    cells = [[redact(printable(str(value))) for value in row] for row in (header, *rows)]
    if path.suffix.lower() == ".md":
        text = table(cells[0], cells[1:])[1] + "\n"
    else:
        sheet = io.StringIO()
        # A spreadsheet would compute a formula of a pupil's, which could send what stands beside it.
        csv.writer(sheet).writerows([[re.sub(r"\A(?=\s*[=+@-])(?!-\Z)", "'", cell) for cell in row] for row in cells])
        text = "\ufeff" + sheet.getvalue()  # without the mark Excel reads UTF-8 as something else
    content = text.encode(errors="replace")
    try:
        if path.exists() and path.read_bytes().partition(b"\n")[0] != content.partition(b"\n")[0]:
            raise UsageError(*two_lines("file.taken", path=str(path)))
        replace(path.resolve(), content)
    except OSError as error:
        raise UsageError(*two_lines("file.unwritable", path=str(path), error=error.strerror)) from None


# -- class-report


def report(log: Path, to: Path) -> None:
    """Print the table and save it. Raises UsageError: nothing in it can be read, or no table can be written."""
    pupils: dict[str, Counter[str]] = defaultdict(Counter)
    skipped = 0
    with log.open("rb") as file:
        for raw in filter(bytes.strip, file):
            line = read if isinstance(read := from_json(raw, None), dict) else {}
            if not isinstance(line.get("pupil"), str) or type(line.get("status")) is not int:
                skipped += 1  # torn, or of another form
            elif str(line.get("path")).endswith(("/responses", "/completions")):
                pupils[line["pupil"] or "?"].update(_counted(line))
    if not pupils:
        raise UsageError(*two_lines("shell.nothing", path=log, skipped=skipped, command="class-report"))
    found = sorted(pupils.items())
    header = [say(_TITLES.get(name, f"class.{name}")) for name in ("pupil", *_COUNTS)]
    shown = [
        (name, *(rupiah(counts[one]) if one == "rupiah" else number(counts[one]) for one in _COUNTS))
        for name, counts in (*found, (say("usage.total"), sum(pupils.values(), Counter())))
    ]
    print(printable(table(header, shown)[0]))
    save_sheet(to, ("pupil", *_COUNTS), [(name, *(round(counts[one], 6) for one in _COUNTS)) for name, counts in found])
    print(say("class.saved", path=to, skipped=number(skipped)))


def _counted(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one line adds to a pupil's counts; each round of an ask with tools is a line."""
    status, price = line["status"], _amount(line.get("idr"))
    return {
        "answered": int(status < 300),
        "too_fast": int(status == 429),
        "failed": int(status >= 300 and status != 429),
        "tokens_in": int(_amount(line.get("tokens_in")) or 0),
        "tokens_out": int(_amount(line.get("tokens_out")) or 0),
        "rupiah": price or 0,
        "unpriced": int(status < 300 and price is None),
    }


def _amount(said: Any) -> float | None:
    """Return what a log holds as a number; nginx writes headers as text, and an absent one as nothing."""
    amount = attempt(None, float, said)
    return amount if is_amount(amount) else None
