"""A model's JSON: read, repaired where models are known to slip, and what is wrong with it in lines for the model."""

from __future__ import annotations

import functools
import json
import math
import operator
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from pydantic import ValidationError

from ..validators import nearest, shown

_MOST_LINES = 20
_SHOWN = 80
"""Characters of a wrong value that are quoted back."""
_PASSES = 3
"""Rounds of repair: a container in a string in a string is the deepest that models write by mistake."""


class Mismatch(ValueError):  # noqa: N818  (a finding, told to the model; never raised to a user)
    """The model's JSON does not fit. ``lines`` says why, one line per field."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def read_json(text: str) -> Any:
    """Read JSON as models write it: blank is ``{}``, a JSON string may hold JSON. Raises Mismatch: it is no JSON."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
        for _ in range(_PASSES):
            if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", '"')):
                break
            value = json.loads(value)
    except RecursionError:
        raise Mismatch(["The JSON is nested too deeply."]) from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        reason = "it ends before it is complete" if cut else f"{error.msg} at character {error.pos + 1}"
    except ValueError as error:  # an integer of more than 4300 digits
        reason = str(error)
    else:
        return value
    raise Mismatch([f"This is not valid JSON: {reason} (got {quoted(text[-_SHOWN:])})."])


def as_json(data: Any) -> str:
    """Return parsed JSON as text again. Raises Mismatch: a number that JSON lacks (``NaN``, ``Infinity``)."""
    try:
        return json.dumps(data, allow_nan=False)
    except ValueError:
        raise Mismatch(_infinite(data, ())) from None


def _infinite(data: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(data, float) and not math.isfinite(data):
        yield f"{quoted_name('.'.join(path) or 'value')}: must be a finite number (got {data})"
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, one in inside:
        yield from _infinite(one, (*path, str(step)))


def validated(data: Any, validate_json: Callable[[str], Any], omittable: frozenset[str] = frozenset()) -> Any:
    """Validate parsed JSON, repairing what models are known to get wrong.

    A container that arrived as a string is parsed where a string does not fit, and so is a number where only certain
    ones fit. A ``null`` for a field in ``omittable`` that takes none is left out, as the model meant it. Pydantic
    reads a date, a set or a strict type from JSON only: hence ``validate_json``.
    Raises Mismatch: it does not fit; and whatever a validator of the user's own raises.
    """
    for passes in range(_PASSES + 1):
        try:
            return _read(validate_json(as_json(data)), set())
        except ValidationError as error:
            repaired = _repaired(data, error, omittable)
            if repaired is None or passes == _PASSES:
                raise Mismatch(complaints(error, data)) from None
            data = repaired
    raise AssertionError("the last pass returns or raises")


def _read(value: Any, seen: set[int]) -> Any:
    """Return a value with the iterables read that pydantic left to be checked later: fields of a class."""
    if type(value).__name__ == "ValidatorIterator":
        return [_read(one, seen) for one in value]
    named = hasattr(value, "__dict__") and (is_dataclass(value) or hasattr(type(value), "model_fields"))
    fields = vars(value) if named else value
    if type(fields) in (dict, list) and id(fields) not in seen:
        seen.add(id(fields))
        for place, one in list(fields.items() if isinstance(fields, dict) else enumerate(fields)):
            fields[place] = _read(one, seen)
    return value


def _repaired(data: Any, error: ValidationError, omittable: frozenset[str]) -> Any:
    """Return ``data`` with what can be repaired, or None when nothing can."""
    changed = False
    for detail in error.errors(include_url=False):
        path = _path_in(data, detail["loc"])
        value = _at(data, path)
        choice = detail["type"] in {"literal_error", "enum"}
        if isinstance(value, str) and (choice or value.lstrip()[:1] in ("{", "[")):
            try:
                replacement = json.loads(value.casefold() if choice else value)
            except (ValueError, RecursionError):
                continue
            data, changed = _with(data, path, replacement), True
        elif choice and isinstance(value, int | float) and repr(str(value)) in detail["ctx"]["expected"]:
            data, changed = _with(data, path, str(value)), True
        elif value is None and len(path) == 1 and path[0] in omittable and detail["type"] != "missing":
            data = {key: one for key, one in data.items() if key != path[0]}
            changed = True
    return data if changed else None


def complaints(error: ValidationError, data: Any) -> list[str]:
    """Return one line per field, as a model can act on it."""
    said: dict[str, dict[str, None]] = {}
    for detail in error.errors(include_url=False):
        kind, path = detail["type"], _path_in(data, detail["loc"])
        place = ".".join(map(str, (*path, detail["loc"][-1]) if kind == "missing" else path)) or "value"
        message = _FIXED.get(kind) or f"{detail['msg']} (got {quoted(_at(data, path))})"
        said.setdefault(place, {})[message] = None
    lines = [f"{quoted_name(place)}: {'; or '.join(messages)}" for place, messages in said.items()]
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} more."]


_FIXED = {"missing": "required, but missing", "extra_forbidden": "there is no such argument"}


def no_such_argument(name: str, known: Sequence[str]) -> str:
    """Return the line about an argument that the function does not have."""
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"the arguments are: {', '.join(known) or 'none'}"
    return f"{quoted_name(name)}: there is no such argument; {hint}"


def quoted(value: Any) -> str:
    """Return a value as short JSON-like text."""
    value = value[: _SHOWN + 1] if isinstance(value, str) else value
    return shown(
        reprlib.repr(value) if isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False), _SHOWN
    )


def quoted_name(name: str) -> str:
    """Return a name the model made up, harmless in one line."""
    return shown(name, _SHOWN)


def _path_in(data: Any, location: Sequence[Any]) -> tuple[Any, ...]:
    """Return the part of pydantic's location that exists in the data.

    The rest are pydantic's own labels, such as the branch of a union.
    """
    path: list[Any] = []
    for step in location:
        within = isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data)
        if within or (isinstance(data, Mapping) and step in data):
            data = data[step]
            path.append(step)
    return tuple(path)


def _at(data: Any, path: Sequence[Any]) -> Any:
    return functools.reduce(operator.getitem, path, data)


def _with(data: Any, path: Sequence[Any], value: Any) -> Any:
    if not path:
        return value
    copy: Any = list(data) if isinstance(data, list) else dict(data)
    copy[path[0]] = _with(data[path[0]], path[1:], value)
    return copy
