"""A model's JSON as the arguments of a Python call.

It is read, repaired where models are known to slip, and validated; what is wrong with it becomes lines for the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..validators import shown

if TYPE_CHECKING:
    from inspect import Parameter

    from pydantic import BaseModel

MOST_ARGUMENTS = 1_000_000
"""Characters of arguments that are read at all."""
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


class Arguments:
    """The arguments of one function: their JSON Schema, and binding a model's JSON to them."""

    def __init__(self, parameters: Sequence[Parameter], model: type[BaseModel], schema: dict[str, Any]) -> None:
        self.schema = schema
        """JSON Schema: an object with one property per parameter."""
        self._parameters = parameters
        self._validate_json = model.__pydantic_validator__.validate_json
        self._fields = {str(one.alias): field for field, one in model.model_fields.items()}
        self._omittable = frozenset(str(one.alias) for one in model.model_fields.values() if not one.is_required())
        self.left_out = tuple(one.name for one in parameters if one.name not in self._fields)
        """Parameters that JSON cannot carry: always their default."""
        loose = (one.name for one in parameters if one.kind is one.VAR_KEYWORD and one.name in self._fields)
        self.takes_more = next(loose, None)
        """The name of its ``**kwargs``; None if it has none."""

    def bind(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Turn JSON into ``args`` and ``kwargs``. Raises Mismatch (a line per field), or what a validator raises."""
        if len(text) > MOST_ARGUMENTS:
            raise Mismatch([f"The arguments are too long: {len(text):,} characters, {MOST_ARGUMENTS:,} at most."])
        data = read_json(text)
        data = {} if data is None or data == "" else data
        if not isinstance(data, dict):
            raise Mismatch([f"The arguments must be a JSON object (got {quoted(data)})."])
        if self.takes_more and isinstance(more := data.setdefault(self.takes_more, {}), dict):
            # Models flatten **kwargs; there is nothing else these can be.
            more |= {name: data.pop(name) for name in [*data] if name not in self._fields}
        return self._passed(validated(data, self._validate_json, self._omittable))

    def _passed(self, found: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        named: dict[str, Any] = {}
        more: dict[str, Any] = {}
        rest: Sequence[Any] = ()
        by_position = 0
        for place, one in enumerate(self._parameters):
            field = self._fields.get(one.name)
            # What was not given stays Python's to fill in, unless its default is inside pydantic's Field.
            if field is None or (field not in found.model_fields_set and one.default is not one.empty):
                continue
            value = found.__dict__[field]
            if one.kind is one.VAR_KEYWORD:
                more = value
            elif one.kind is one.VAR_POSITIONAL:
                rest, by_position = value, place if value else by_position
            else:
                named[one.name] = value
                by_position = place + 1 if one.kind is one.POSITIONAL_ONLY else by_position
        by_name = {one.name for one in self._parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
        if twice := [name for name in more if name in by_name]:  # Python could not tell the two apart
            raise Mismatch(f"{name}: an argument of its own; give it beside the others" for name in twice)
        leading = [named.pop(one.name, one.default) for one in self._parameters[:by_position]]
        return (*leading, *rest), {**named, **more}


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
        raise Mismatch(["Each number must be finite: JSON has no NaN and no Infinity."]) from None


def validated(data: Any, validate_json: Callable[[str], Any], omittable: frozenset[str] = frozenset()) -> Any:
    """Validate parsed JSON, repairing what models are known to get wrong.

    A container that arrived as a string is parsed where a string does not fit, and so is a number where only certain
    ones fit. A ``null`` for a field in ``omittable`` that takes none is left out, as the model meant it. Pydantic
    reads a date, a set or a strict type from JSON only: hence ``validate_json``.
    Raises Mismatch: it does not fit; and whatever a validator of the user's own raises.
    """
    held = [data]
    for passes in range(_PASSES + 1):
        try:
            return _read(validate_json(as_json(held[0])), set())
        except ValidationError as error:
            repaired = [_repair(held, detail, omittable) for detail in error.errors(include_url=False)]
            if passes == _PASSES or not any(repaired):
                raise Mismatch(complaints(held, error)) from None
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


def _repair(held: list[Any], detail: Any, omittable: frozenset[str]) -> bool:
    """Repair the place that one of pydantic's errors is about, in the data that ``held`` holds, if it can be."""
    container, key, path = _found(held, detail["loc"])
    value = container[key]
    choice = detail["type"] in {"literal_error", "enum"}
    if isinstance(value, str) and (choice or value.lstrip()[:1] in ("{", "[")):
        try:
            container[key] = json.loads(value.casefold() if choice else value)
        except (ValueError, RecursionError):
            return False
    elif choice and isinstance(value, int | float) and repr(str(value)) in detail["ctx"]["expected"]:
        container[key] = str(value)
    elif value is None and len(path) == 1 and key in omittable:
        del container[key]
    else:
        return False
    return True


def complaints(held: list[Any], error: ValidationError) -> list[str]:
    """Return one line per field of the data that ``held`` holds, as a model can act on it."""
    said: dict[str, dict[str, None]] = {}
    for detail in error.errors(include_url=False):
        container, key, path = _found(held, detail["loc"])
        missing = detail["type"] == "missing"
        place = ".".join(map(str, [*path, detail["loc"][-1]] if missing else path)) or "value"
        known = {"missing": "required, but missing", "extra_forbidden": "there is no such argument"}
        message = known.get(detail["type"]) or f"{detail['msg']} (got {quoted(container[key])})"
        said.setdefault(place, {})[message] = None
    lines = [f"{shown(place, _SHOWN)}: {'; or '.join(messages)}" for place, messages in said.items()]
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} more."]


def _found(held: list[Any], location: Sequence[Any]) -> tuple[Any, Any, list[Any]]:
    """Follow pydantic's location into the one item of ``held``; return the container, the key in it and the path.

    What is not in the data is pydantic's own label, such as the branch of a union.
    """
    container: Any = held
    key: Any = 0
    path: list[Any] = []
    for step in location:
        value = container[key]
        within = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        if within or (isinstance(value, dict) and step in value):
            container, key = value, step
            path.append(step)
    return container, key, path


def quoted(value: Any) -> str:
    """Return a value as short JSON."""
    return shown(json.dumps(value, ensure_ascii=False)[: 2 * _SHOWN], _SHOWN)
