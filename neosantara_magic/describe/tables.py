"""Data frames and series as Markdown tables: the first rows, the shape and the dtypes.

Numbers are those that Python holds, as a person writes them. Not for: choosing rows (the user writes
``{{ df.tail(5) }}`` or ``{{ df.describe() }}`` for others), nor numbers in our own sentences (``texts/``), nor what
each library calls them (``libraries.py``).
"""

from __future__ import annotations

import math
import numbers
import re
import reprlib
import struct
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import attempt
from .libraries import Table, table_of

MAX_ROWS = 20
MAX_COLUMNS = 20
_CELL = 120
"""Characters of one cell; a longer one ends in an ellipsis."""
_MOST_DIGITS = 21
"""Digits of a whole number beyond which an exponent is easier to read."""
_MOST_ZEROS = 7
"""Zeros after the decimal point beyond which an exponent is easier to read."""


def is_number(value: object) -> bool:
    """Whether it is a number of Python's, NumPy's or `decimal`'s; True and False are none."""
    return isinstance(value, numbers.Number) and not isinstance(value, bool)


def digits(value: Any) -> str:
    """Return the shortest text of exactly this number, with an exponent only where digits would be unreadable."""
    try:
        text = repr(float(value)) if isinstance(value, float) else str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits in decimal
        return hex(value)
    if "e" not in text.lower() or isinstance(value, complex):
        return text
    try:
        exact = Decimal(text)
    except InvalidOperation:  # NumPy's complex numbers
        return text
    return f"{exact:f}" if -_MOST_ZEROS <= exact.adjusted() <= _MOST_DIGITS else text


class _Short(reprlib.Repr):
    """Writes a list or a dict in a cell, its first items only, with the digits of its numbers."""

    def repr1(self, x: Any, level: int) -> str:
        """Return one item."""
        if is_number(x):
            return digits(x)
        if callable(getattr(type(x), "tolist", None)):  # an array, as Parquet's lists come
            return self.repr1(_narrowed(x.tolist(), _form(getattr(x, "dtype", ""))), level)
        return super().repr1(x, level)


_short = _Short()
_short.maxstring = _short.maxother = _short.maxlong = _CELL
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 12


def table_markdown(frame: object, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS) -> str | None:
    """Return the first rows and columns of a data frame or series as a Markdown table, with its shape and dtypes.

    Only what is shown is touched, so the cost does not grow with the frame. None when ``frame`` is no frame, or a lazy
    one, whose rows are not there yet.
    """
    excerpt = table_of(frame, max_rows, max_columns)
    if excerpt is None:
        return None
    columns = [*excerpt.row_names, *excerpt.columns]
    if not columns:
        return _caption(excerpt, 0)
    forms = [_form(dtype) for _, dtype in columns]
    lines = [_line(_cell(name) for name, _ in columns), "|" + "---|" * len(columns)]
    cells = ((_cell(_narrowed(value, form)) for value, form in zip(row, forms, strict=True)) for row in excerpt.rows)
    lines += map(_line, cells)
    return "\n".join(lines) + "\n\n" + _caption(excerpt, len(lines) - 2)


def _form(dtype: Any) -> str:
    """Return ``struct``'s letter for a dtype, or a list of it, whose numbers have fewer digits than a Python float."""
    name = str(dtype).casefold()
    width = re.search(r"\b(?:float(?:32|16)?|halffloat)\b", name)
    if width is None or "64" in name or "double" in name:
        return ""
    return "e" if width[0] in ("float16", "halffloat") else "f"


def _narrowed(value: Any, form: str) -> Any:
    """Return a number of a narrow column as the shortest float that is the same at its width."""
    if isinstance(value, list):
        return [_narrowed(one, form) for one in value] if form else value
    if not (form and isinstance(value, float) and math.isfinite(value)):
        return value
    packed = struct.pack(form, value)
    for places in range(1, 10):
        near = float(f"{value:.{places}g}")
        with suppress(OverflowError):  # rounded up beyond the largest
            if struct.pack(form, near) == packed:
                return near
    return value


def _caption(excerpt: Table, shown: int) -> str:
    rows, told = excerpt.shape[0], len(excerpt.columns)
    size = f"{rows:,} row{'s' * (rows != 1)}"
    notes = [f"first {shown:,} rows"] if shown < rows else []
    for columns in excerpt.shape[1:]:  # a series has none
        size += f" × {columns:,} column{'s' * (columns != 1)}"
        notes += [f"first {told:,} columns"] if told < columns else []
    if notes:
        size += f" ({' and '.join(notes)} shown)"
    labels = f"\ncolumn names are: {', '.join(map(_cell, excerpt.labels))}" if excerpt.labels else ""
    dtypes = ", ".join(f"{_cell(name)} {dtype}" for name, dtype in excerpt.columns) or "none"
    return f"{size}{labels}\ndtypes: {dtypes}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    """Return one cell: one line of at most ``_CELL`` characters, without a bar that would end it."""
    if isinstance(value, str):
        text = value[: _CELL + 1]
    elif is_number(value):
        text = digits(value)
        text = text.removesuffix(".0") if not isinstance(value, Decimal) else text
    else:  # one odd cell must not cost the table
        several = isinstance(value, list | tuple | dict | set | frozenset | bytes) or hasattr(type(value), "tolist")
        text = attempt(f"<{type(value).__name__}>", _short.repr if several else str, value)
    if len(text) > _CELL:
        text = text[: _CELL - 1] + "…"
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").splitlines())
