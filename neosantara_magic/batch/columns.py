"""``%%neosantara --each FRAME --into COLUMN``: a frame in, a column more out.

For: finding the frame, and putting what came into it: a text, or with a schema one column for each field.
Not for: asking (``__init__.py``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, MutableMapping, Sequence
from enum import Enum
from typing import Any

from ..errors import UsageError
from ..messages import Response
from ..texts import two_lines
from ..values import nearest, shown
from .sources import is_frame


def frame_named(name: str, namespace: Mapping[str, Any]) -> Any:
    """Return the frame of a variable.

    Raises:
        UsageError: no such variable, or it is no frame.
    """
    frames = [known for known, value in namespace.items() if not known.startswith("_") and is_frame(value)]
    if name not in namespace:
        near = nearest(name, frames) or (frames[0] if len(frames) == 1 else None)
        if near:
            raise UsageError(*two_lines("batch.frame_missing_near", name=name, near=near))
        raise UsageError(*two_lines("batch.frame_missing", name=name))
    if not is_frame(namespace[name]):
        raise UsageError(*two_lines("batch.no_frame", name=name, kind=shown(type(namespace[name]).__name__)))
    return namespace[name]


def put(
    namespace: MutableMapping[str, Any], name: str, into: str, answers: Sequence[Response], *, structured: bool
) -> tuple[str, ...]:
    """Put the answers into the frame ``name``; rows without one get None.

    A pandas frame is changed in place. A polars frame cannot be, so the variable gets a new one.

    Returns:
        The names of the columns.
    """
    columns = _columns(into, answers, structured=structured)
    frame = namespace[name]
    if hasattr(frame, "with_columns"):
        import polars as pl  # noqa: PLC0415  (the frame is polars', so it is loaded)

        namespace[name] = frame.with_columns([_series(pl, column, values) for column, values in columns.items()])
    else:
        for column, values in columns.items():
            frame[column] = values
    return tuple(columns)


def _series(pl: Any, column: str, values: list[Any]) -> Any:
    """Return a polars Series of whatever the answers are: what has no common type stays as it is."""
    try:
        return pl.Series(column, values, strict=False)
    except (pl.exceptions.PolarsError, TypeError, OverflowError):
        return pl.Series(column, values, dtype=pl.Object)


def _columns(into: str, answers: Sequence[Response], *, structured: bool) -> dict[str, list[Any]]:
    done = [None if answer.error is not None or answer.stopped else answer for answer in answers]
    if not structured:
        return {into: [answer and answer.text for answer in done]}
    data = [None if answer is None else _plain(answer.parsed) for answer in done]
    rows = [row for row in data if row is not None]
    if not rows or not all(isinstance(row, dict) for row in rows):
        return {into: data}
    fields = list(dict.fromkeys(field for row in rows for field in row))
    return {f"{into}_{field}": [None if row is None else row.get(field) for row in data] for field in fields}


def _plain(value: Any) -> Any:
    """Return validated data as a frame can hold it: dates stay dates, models become dicts."""
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value
