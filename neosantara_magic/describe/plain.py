"""Any value as bounded text: what a model reads in place of a Python object, with a note when something is missing.

Not for: images (``images.py``), nor for the JSON a tool's result may become (``tools/``).
"""

from __future__ import annotations

import io
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from ..errors import attempt, reraise_interrupt
from ..texts import number, say
from .tables import MAX_COLUMNS, MAX_ROWS, digits, table_markdown

TABLE_BUDGET = 20_000
"""Characters of a table, whatever ``limit`` allows: a frame is shown, not sent whole."""

_CONTAINERS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    dict: ("{", "}"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}
CELL = re.compile(r"[\\/](?:ipykernel|xpython|xeus)_\d+[\\/]\d+\.py$|^<ipython-input-|^<stdin>|^<cell")
"""The name that a kernel gives to a cell in tracebacks."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}(?=[^<>\n]*>)")
"""An object's address in memory, as its repr has it."""
_PART_OF_A_TABLE = re.compile(
    r"^([\d,]+) rows?(?: × ([\d,]+) columns?)? \((?:first ([\d,]+) rows)?(?: and )?(?:first ([\d,]+) columns)? shown",
    re.MULTILINE,
)
_PART_OF_A_TEXT = re.compile(r"\[cut: the first ([\d,]+) characters of ([\d,]+)(?: bytes)?\]\Z")
_DEEPEST = 100
_ARRAY_ITEMS = 1000
"""Items of an array that are all shown; a larger one shows its corners."""


def text_of(value: object, limit: int, *, strict: bool = False) -> str:
    """Return a value as text of at most ``limit`` characters, plus one line when it was cut.

    A frame or series becomes a Markdown table, an array its shape, dtype and corners, an exception its traceback,
    anything else its ``str()``. Time and memory follow ``limit``, not the value, for strings, bytes, frames, arrays
    and the built-in containers; other classes decide themselves what their ``str()`` costs. What ``str(value)`` raises
    is raised with ``strict``, and otherwise told in the text.
    """
    try:
        return _text(value, limit)
    except BaseException as error:
        reraise_interrupt(error)
        if strict:
            raise
        return f"<{type(value).__name__} whose str() raised {type(error).__name__}>"


def part_of(value: object, text: str) -> str:
    """Return how much of a value its text shows, in the reader's words: ``20 of 5,000 rows``; empty when all of it."""
    shown = []
    if isinstance(value, str) and value == text:
        return ""
    if cut := _PART_OF_A_TEXT.search(text):
        shown.append(("characters", *cut.groups()))
    elif table := _PART_OF_A_TABLE.search(text, text.rfind("\n\n")):
        shown += [(what, table[at + 2], table[at]) for at, what in ((1, "rows"), (2, "columns")) if table[at + 2]]
    counts = [(what, *(number(int(count.replace(",", ""))) for count in pair)) for what, *pair in shown]
    return ", ".join(say(f"part.{what}", shown=some, total=total) for what, some, total in counts)


def _text(value: object, limit: int) -> str:
    if type(value) in _CONTAINERS:
        return _container(value, limit)
    if isinstance(value, bytes | bytearray):
        return _cut(str(value[: limit + 1]), limit, of=f"{len(value):,} bytes")
    if isinstance(value, str):
        text = str(value)
    elif isinstance(value, BaseException):
        text = traceback_of(
            value,
            lambda path: "/IPython/core/" in path.replace("\\", "/"),
            lambda path: "<cell>" if CELL.search(path) else path,
        )
    else:
        # Something that only resembles a frame still has its str().
        table = attempt(None, _table, value, min(limit, TABLE_BUDGET))
        text = table if table is not None else _array(value) if is_array(value) else ADDRESS.sub("", str(value))
    return _cut(text, limit)


def _cut(text: str, limit: int, *, of: str = "") -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[cut: the first {limit:,} characters of {of or f'{len(text):,}'}]"


def _table(value: object, budget: int) -> str | None:
    """Return the table with as many rows as the budget takes, and if one is too many, with fewer columns."""
    rows, columns = MAX_ROWS, MAX_COLUMNS
    table = table_markdown(value, rows, columns)
    while table is not None and len(table) > budget and (rows > 1 or columns > 1):
        rows, columns = max(1, rows // 2), columns if rows > 1 else max(1, columns // 2)
        table = table_markdown(value, rows, columns)
    return table


def is_array(value: object) -> bool:
    """Whether a value is an array of one dimension or more, of NumPy or of a library that is like it."""
    has_all = all(hasattr(type(value), name) for name in ("shape", "dtype", "ndim", "__getitem__"))
    return has_all and bool(getattr(value, "ndim", 0))


def _array(array: Any) -> str:
    head = f"{type(array).__name__} of shape {tuple(array.shape)}, dtype {array.dtype}"
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(array, numpy.ndarray):
        # Not str(): a user who has raised NumPy's print threshold would send the whole array.
        exact = {"float_kind": lambda number: re.sub(r"\.0$", ".", digits(number))}
        most = {"threshold": _ARRAY_ITEMS, "edgeitems": 3}
        return f"{head}\n{numpy.array2string(array, floatmode='unique', formatter=exact, **most)}"
    return f"{head}\n{array}"


def traceback_of(error: BaseException, is_machinery: Callable[[str], bool], place: Callable[[str], str]) -> str:
    """Return the traceback, causes included, without addresses and without the frames of machinery.

    Both callables take the path of a file; ``place`` returns the name to show for it. A kernel's names of cells hold
    the number of its process, so with them another kernel would send another request for the same error.
    """
    report = traceback.TracebackException.from_exception(error, limit=-40, compact=True)
    pending, seen = [report], set()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        one.stack[:] = [frame for frame in one.stack if not is_machinery(frame.filename)]
        for frame in one.stack:
            frame.filename = place(frame.filename)
        where = getattr(one, "filename", None)  # only a SyntaxError has one
        if isinstance(where, str):
            one.filename = place(where)
        related = (one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ()))
        pending += [other for other in related if other is not None]
    return ADDRESS.sub("", "".join(report.format()).rstrip())


def _container(value: Any, limit: int) -> str:
    """Return ``str()`` of a built-in container, stopping when ``limit`` is reached."""
    text = io.StringIO()
    for piece in _pieces(value, limit, ()):
        text.write(piece)
        if text.tell() > limit:
            return _cut(text.getvalue(), limit, of=f"a {type(value).__name__} of {len(value):,} items")
    return text.getvalue()


def _pieces(value: Any, limit: int, around: tuple[int, ...]) -> Iterator[str]:
    kind = type(value)
    if kind not in _CONTAINERS or (not value and kind in (set, frozenset)):
        yield _leaf(value, limit)
        return
    if id(value) in around or len(around) > _DEEPEST:
        yield "{...}" if kind is dict else "(...)" if kind is tuple else "[...]"
        return
    opening, closing = _CONTAINERS[kind]
    inside = (*around, id(value))
    yield opening
    for position, item in enumerate(islice(value, limit + 1)):
        if position:
            yield ", "
        yield from _pieces(item, limit, inside)
        if kind is dict:
            yield ": "
            yield from _pieces(value[item], limit, inside)
    if kind is tuple and len(value) == 1:
        yield ","
    yield closing


def _leaf(value: object, limit: int) -> str:
    """Return ``repr()`` of a value, or of its beginning if the whole could be large."""
    if isinstance(value, str | bytes | bytearray) and len(value) > limit:
        return repr(value[: limit + 1])
    if is_array(value):
        return _array(value)
    if table_markdown(value, 1, 1) is not None:
        return f"<{type(value).__name__} of shape {getattr(value, 'shape', '?')}>"
    return ADDRESS.sub("", repr(value))
