"""The forms of a display: the one place that makes ``text/html`` and ``text/markdown``; tables of rows and of data.

JupyterLab, Notebook, VS Code, Colab, GitHub and nbconvert prefer the HTML. We rendered and sanitised it, so no other
Markdown parser stands between a model's words and a reader's page. The Markdown is for Quarto, PDF and diffs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from ..texts import encodable, number, printable, say, two_lines
from ..tools.results import as_plain
from .html import finished, lean, sanitise
from .neutral import literal, neutralise

HTML, MARKDOWN, PLAIN = "text/html", "text/markdown", "text/plain"

Forms = dict[str, str]
"""Text by its MIME type."""

MOST_ROWS = 200
"""Rows shown of a longer table."""
_MOST_COLUMNS = 20
_LONGEST_CELL = 200
_BUDGET = 500_000
"""Characters of the data that are looked at."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the Markdown of an answer is rendered, as the user's settings say."""

    engine_name: str = "commonmark"  # or ``python-markdown``
    extensions: tuple[str, ...] = ()  # names of Python-Markdown extensions; the other engine takes none
    remote_images: bool = False  # keep images from other servers as images; they become links otherwise


PLAIN_LOOK = Look()


def forms(html: str, markdown: str, plain: str, *, remote_images: bool = False) -> Forms:
    """Return one display in all its forms.

    ``html`` comes from `rendered`, `html.sanitise` and `html.text_html`, and tags of ours. What could do anything is
    taken out of the Markdown here, and control characters out of the text.
    """
    return {
        HTML: lean(finished(encodable(html))),
        MARKDOWN: neutralise(encodable(markdown), remote_images=remote_images),
        PLAIN: printable(plain),
    }


def growing(html: str) -> Forms:
    """Return a display that is replaced as it grows: its HTML alone."""
    return {HTML: finished(encodable(html))}


def from_markdown(markdown: str, plain: str) -> Forms:
    """Return the forms of a screen, a table or a transcript that is written as Markdown."""
    return forms(rendered(markdown), markdown, plain)


def rendered(markdown: str, look: Look = PLAIN_LOOK) -> str:
    """Return Markdown as safe, coloured HTML."""
    from .markdown import engine, highlight  # noqa: PLC0415  (loads the Markdown parser and Pygments)

    html = engine(look.engine_name, look.extensions).render(encodable(markdown))
    return apart(highlight(sanitise(html, remote_images=look.remote_images)))


def apart(html: str) -> str:
    """Return rendered HTML in which two blocks of code are two, with no style of ours."""
    return html.replace("</pre>\n<pre>", "</pre>\n<p></p>\n<pre>")


# -- tables


class Table:
    """A table that shows itself and holds its data: iterating yields a dict for each row.

    ``header`` and ``rows`` are what the reader sees, a total included; ``records`` are the data behind them.
    """

    def __init__(
        self, header: Sequence[str], rows: Sequence[Sequence[object]], records: Sequence[Mapping[str, Any]]
    ) -> None:
        self._header, self._rows = header, rows
        self.records = tuple(dict(record) for record in records)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} row{'s' * (len(self) != 1)}; .to_frame() for pandas>"

    def __str__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def to_frame(self) -> Any:
        """Return the data as a pandas DataFrame. Raises UsageError: pandas is not installed."""
        try:
            import pandas as pd  # noqa: PLC0415  (optional)
        except ImportError:
            raise UsageError(*two_lines("package", package="pandas")) from None
        return pd.DataFrame.from_records(list(self.records))

    def _repr_mimebundle_(self, **_kwargs: object) -> Forms:
        plain, markdown = table(self._header, self._rows[:MOST_ROWS], left=len(self._rows) - MOST_ROWS)
        return from_markdown(markdown, plain)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, left: int = 0) -> tuple[str, str]:
    """Return a table as plain text and as Markdown; below it how many rows are ``left`` out."""
    cells = [[str(cell).replace("\n", " ") for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    plain = "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)
    lines = ["| " + " | ".join(literal(cell) for cell in row) + " |" for row in cells]
    lines.insert(1, "|" + "---|" * len(header))
    note = [say("table_more", count=number(left))] if left > 0 else []
    return "\n".join([plain, *note]), "\n\n".join(["\n".join(lines), *note])


def data_forms(value: object) -> tuple[str, str] | None:
    """Return validated data as plain text and as Markdown; None for what is no list of records.

    Records are mappings whose values have names: models, dataclasses, TypedDicts. Cells are text, never markup.
    """
    if not isinstance(value, list | tuple) or not value or hasattr(value, "_fields"):
        return None
    rows = [as_plain(one, _BUDGET) for one in value[:MOST_ROWS]]
    if not all(isinstance(row, Mapping) and row for row in rows):
        return None
    names = [*dict.fromkeys(name for row in rows for name in row)]
    if len(names) > _MOST_COLUMNS:
        return None
    cells = [[_data_cell(row.get(name)) for name in names] for row in rows]
    return table([_data_cell(name) for name in names], cells, left=len(value) - len(rows))


def data_json(value: object) -> str:
    """Return validated data as indented JSON."""
    return json.dumps(as_plain(value, _BUDGET), indent=2, ensure_ascii=False)


def _data_cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(printable(text).split())
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
