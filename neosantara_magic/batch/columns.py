"""``%%neosantara --each FRAME --into COLUMN``: finding the frame and its filled rows, putting the answers into it.

An answer is a text, or with a schema one column for each field. Not for: asking (``__init__.py``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, MutableMapping, Sequence
from enum import Enum
from typing import Any

from ..errors import UsageError
from ..messages import Response
from ..texts import two_lines
from ..validators import nearest, shown
from .sources import is_frame


def frame_named(name: str, namespace: Mapping[str, Any]) -> Any:
    """Return the frame of a variable. Raises UsageError: no such variable, or it is no frame."""
    frames = [known for known, value in namespace.items() if not known.startswith("_") and is_frame(value)]
    if name not in namespace:
        near = nearest(name, frames) or (frames[0] if len(frames) == 1 else None)
        raise UsageError(*two_lines("tool.unknown", flag="--each", name=name, meant=near))
    if not is_frame(namespace[name]):
        raise UsageError(*two_lines("batch.no_frame", name=name, kind=shown(type(namespace[name]).__name__)))
    return namespace[name]


def own(frame: Any, into: str, schema: Mapping[str, Any] | None) -> list[str]:
    """Return the columns of the frame that answers go into; ``schema`` is the JSON Schema of the answers, if any."""
    fields = {f"{into}_{field}" for field in (schema or {}).get("properties", {})}
    return [column for column in frame.columns if column == into or column in fields]


def filled(frame: Any, columns: Sequence[str]) -> list[str | None]:
    """Return for each row what these columns hold, as a text; None where all are null or blank."""
    rows = zip(*(_held(frame[column]) for column in columns), strict=True)
    return ["\n".join(filter(None, row)) or None for row in rows]


def _held(series: Any) -> list[str]:
    known = series.notna() if hasattr(series, "notna") else series.is_not_null()
    return [str(value).strip() if one else "" for one, value in zip(known, series.to_list(), strict=True)]


def put(
    namespace: MutableMapping[str, Any],
    name: str,
    into: str,
    answers: Sequence[Response],
    skipped: Container[int],
    *,
    structured: bool,
) -> None:
    """Put the answers into the frame ``name``; rows without one get None, skipped rows stay as they are.

    A pandas frame is changed in place. A polars frame cannot be, so the variable gets a new one.
    """
    frame = namespace[name]
    asked = [answer for place, answer in enumerate(answers) if place not in skipped]
    if len(asked) < len(answers) and not any(answer.text for answer in asked):
        return  # nothing new: not even which fields there are
    columns: dict[str, list[Any]] = {}
    for column, values in _columns(into, asked, structured=structured).items():
        new = iter(values)
        old = frame[column].to_list() if column in frame.columns else [None] * len(answers)
        columns[column] = [one if place in skipped else next(new) for place, one in enumerate(old)]
    if hasattr(frame, "with_columns"):
        import polars as pl  # noqa: PLC0415  (the frame is polars', so it is loaded)

        namespace[name] = frame.with_columns([_series(pl, column, values) for column, values in columns.items()])
    else:
        for column, values in columns.items():
            frame[column] = values


def _series(pl: Any, column: str, values: list[Any]) -> Any:
    """Return a polars Series of the answers, of type Object if they have no common type."""
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
