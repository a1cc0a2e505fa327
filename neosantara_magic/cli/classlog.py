"""``class-report``: from a gateway's log (docs/how-to/class-gateway.md) to who asked how often, and what it cost."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..render.tables import table
from ..texts import say, two_lines
from ..texts.numbers import number, rupiah
from ..texts.printable import printable
from ..validators import is_amount
from .collecting import save_sheet

_COLUMNS = ("answered", "too_fast", "failed", "tokens_in", "tokens_out", "rupiah", "unpriced")
_TITLES = {"answered": "usage.calls", "tokens_in": "usage.input", "tokens_out": "usage.output", "rupiah": "usage.cost"}


def report(log: Path, to: Path) -> int:
    """Print the table and save it. Raises UsageError: no log, nothing in it can be read, or no table can be written."""
    if not log.is_file():
        raise UsageError(*two_lines("file.missing", path=str(log)))
    pupils: dict[str, Counter[str]] = defaultdict(Counter)
    skipped = 0
    with log.open("rb") as file:
        for raw in filter(bytes.strip, file):
            try:
                line = json.loads(raw)
                fits = isinstance(line["pupil"], str) and type(line["status"]) is int
            except (ValueError, TypeError, KeyError, RecursionError):  # torn, or of another form
                fits = False
            if not fits:
                skipped += 1
            elif str(line.get("path")).endswith(("/responses", "/completions")):
                pupils[line["pupil"] or "?"].update(_counted(line))
    if not pupils:
        raise UsageError(*two_lines("shell.nothing", path=log, skipped=skipped, command="class-report"))
    found = sorted(pupils.items())
    total = sum(pupils.values(), Counter())
    header = [say(_TITLES.get(name, f"class.{name}")) for name in ("pupil", *_COLUMNS)]
    shown = [
        (name, *(rupiah(counts[one]) if one == "rupiah" else number(counts[one]) for one in _COLUMNS))
        for name, counts in (*found, (say("usage.total"), total))
    ]
    print(printable(table(header, shown)[0]))
    save_sheet(to, ("pupil", *_COLUMNS), [(name, *(counts[column] for column in _COLUMNS)) for name, counts in found])
    print(say("class.saved", path=to, skipped=number(skipped)))
    return 0


def _counted(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one line adds to a pupil's counts; each round of an ask with tools is a line."""
    status, price = line["status"], _amount(line.get("idr"))
    return {
        "answered": status < 300,
        "too_fast": status == 429,
        "failed": status >= 300 and status != 429,
        "tokens_in": _amount(line.get("tokens_in")) or 0,
        "tokens_out": _amount(line.get("tokens_out")) or 0,
        "rupiah": price or 0,
        "unpriced": status < 300 and price is None,
    }


def _amount(said: Any) -> float | None:
    """Return what a log holds as a number; nginx writes headers as text, and an absent one as nothing."""
    try:
        amount = float(said)
    except (TypeError, ValueError):
        return None
    return amount if is_amount(amount) else None
