"""Tables that a command saves. Their cells come from pupils: nothing becomes a formula or markup."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..redaction import redact
from ..render.tables import table
from ..texts import two_lines
from ..texts.printable import printable
from ..transcript_files import replace


def save(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table as Markdown (``.md``) or as CSV. Raises UsageError: not writable, or the file is no such table."""
    cells = [[redact(printable(str(value))) for value in row] for row in (header, *rows)]
    if path.suffix.lower() == ".md":
        text = table(cells[0], cells[1:])[1] + "\n"
    else:
        sheet = io.StringIO()
        csv.writer(sheet).writerows([[_no_formula(cell) for cell in row] for row in cells])
        text = "\ufeff" + sheet.getvalue()  # without the mark Excel reads UTF-8 as something else
    content = text.encode(errors="replace")
    try:
        if path.exists() and path.read_bytes().partition(b"\n")[0] != content.partition(b"\n")[0]:
            raise UsageError(*two_lines("shell.taken", path=path))
        replace(path.resolve(), content)
    except OSError as error:
        raise UsageError(*two_lines("transcript.unwritable", path=str(path), error=error.strerror)) from None


def _no_formula(cell: str) -> str:
    """Return a cell that no spreadsheet computes: a formula of a pupil's could send what stands beside it."""
    return f"'{cell}" if cell.lstrip()[:1] in {"=", "+", "-", "@"} and cell != "-" else cell
