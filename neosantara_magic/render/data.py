"""Validated data as a reader sees it: a table for a list of records, JSON for everything else.

For: what an answer with a schema shows once it has been validated; the same data gives the same text.
Not for: the data itself (``Response.parsed`` holds all of it), or the JSON while it streams (``document.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..texts import say
from ..texts.numbers import number
from ..texts.printable import printable
from ..tools.results import as_plain
from .tables import MOST_ROWS, table

_MOST_COLUMNS = 20
_LONGEST_CELL = 200
_BUDGET = 500_000
"""Characters of the data that are looked at."""


def data_forms(value: object) -> tuple[str, str] | None:
    """Return validated data as plain text and as Markdown; None for what is no list of records.

    Records are mappings whose values have names: models, dataclasses, TypedDicts. Cells are text, never markup.
    """
    if not isinstance(value, list | tuple) or not value or hasattr(value, "_fields"):
        return None
    rows = [as_plain(one, _BUDGET) for one in value[:MOST_ROWS]]
    if not all(isinstance(row, Mapping) and row for row in rows):
        return None
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > _MOST_COLUMNS:
        return None
    plain, markdown = table([_cell(name) for name in names], [[_cell(row.get(name)) for name in names] for row in rows])
    left = len(value) - len(rows)
    if left:
        note = say("table_more", count=number(left))
        plain, markdown = f"{plain}\n{note}", f"{markdown}\n\n{note}"
    return plain, markdown


def data_json(value: object) -> str:
    """Return validated data as indented JSON."""
    return json.dumps(as_plain(value, _BUDGET), indent=2, ensure_ascii=False)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(printable(text).split())
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
