"""Small tables: rows to aligned plain text and to a Markdown table.

For: the line commands, and answers that are lists of records.
Not for: DataFrames of the user (``objects/tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[str, str]:
    """Return a table as plain text and as Markdown."""
    cells = [[str(cell).replace("\n", " ") for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    plain = "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)
    lines = ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in cells]
    lines.insert(1, "|" + "---|" * len(header))
    return plain, "\n".join(lines)


def _escaped(cell: str) -> str:
    # Names, questions and data are the user's and the server's text; in a table cell none of it is markup.
    for sign in "\\`*_[]<>|$~&":
        cell = cell.replace(sign, "\\" + sign)
    return cell
