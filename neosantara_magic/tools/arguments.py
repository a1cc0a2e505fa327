"""A model's arguments as a Python call: read, validated, each put where Python wants it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .complaints import Mismatch, no_such_argument, quoted, read_json, validated

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_ARGUMENTS = 1_000_000
"""Characters of arguments that are read at all."""

REQUIRED: Any = inspect.Parameter.empty
HELD: Any = object()
"""Marks a parameter whose default is inside pydantic's ``Field``: Python itself would pass the Field."""
POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
BY_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD
KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    kind: Any
    """One of ``inspect.Parameter``'s kinds."""
    field: str
    """The model's field that stands for it."""
    hint: Any
    default: Any
    """What Python passes when the argument is left out; ``REQUIRED`` if it may not be, or ``HELD``."""


class Arguments:
    """The arguments of one function: their JSON Schema, and binding a model's JSON to them."""

    def __init__(self, parameters: tuple[Parameter, ...], model: type[BaseModel], schema: dict[str, Any]) -> None:
        self.schema = schema
        """JSON Schema: an object with one property per parameter."""
        self._parameters = parameters
        self._model = model
        self._names = [one.name for one in parameters if one.field in model.model_fields]
        self.left_out = tuple(one.name for one in parameters if one.name not in self._names)
        """Parameters that JSON cannot carry: always their default."""
        self._open = next((one for one in parameters if one.kind is VAR_KEYWORD and one.name in self._names), None)
        self.takes_more = self._open is not None
        """Whether there is a ``**kwargs``."""
        self._omittable = frozenset(one.name for one in parameters if one.default is not REQUIRED)
        self._given_by_name = {one.name for one in parameters if one.kind in (BY_EITHER, KEYWORD_ONLY)}

    def bind(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Turn JSON into ``args`` and ``kwargs``. Raises Mismatch (a line per field), or what a validator raises."""
        if len(text) > MOST_ARGUMENTS:
            raise Mismatch([f"The arguments are too long: {len(text):,} characters, {MOST_ARGUMENTS:,} at most."])
        data = read_json(text)
        return self._passed(self._validated({} if data is None or data == "" else data))

    def _validated(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise Mismatch([f"The arguments must be a JSON object (got {quoted(data)})."])
        unknown = [name for name in data if name not in self._names]
        if unknown and self._open is not None and isinstance(data.get(self._open.name, {}), dict):
            # Models flatten **kwargs; there is nothing else these can be.
            loose = {name: data.pop(name) for name in unknown}
            data[self._open.name] = {**data.get(self._open.name, {}), **loose}
            unknown = []
        lines = [no_such_argument(name, self._names) for name in unknown]
        known = {name: value for name, value in data.items() if name not in unknown}
        try:
            found = validated(known, self._model.__pydantic_validator__.validate_json, self._omittable)
        except Mismatch as error:
            lines = [*error.lines, *lines]
        if lines:
            raise Mismatch(lines)
        return found

    def _passed(self, found: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        values: dict[str, Any] = found.__dict__
        given: set[str] = found.__pydantic_fields_set__
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        by_position = self._by_position(values, given)
        for place, one in enumerate(self._parameters):
            value = values.get(one.field)  # one that is left out has no field
            passed = one.field in given or one.default is HELD
            if one.kind is VAR_POSITIONAL:
                args.extend(value or ())
            elif one.kind is VAR_KEYWORD and value is not None:
                # A name that is a parameter of its own: Python could not tell them apart.
                twice = [name for name in value if name in self._given_by_name]
                if twice:
                    raise Mismatch([f"{name}: an argument of its own; give it beside the others" for name in twice])
                kwargs.update(value)
            elif place < by_position:
                args.append(value if passed else one.default)
            elif passed:
                kwargs[one.name] = value
        return tuple(args), kwargs

    def _by_position(self, values: Mapping[str, Any], given: set[str]) -> int:
        """Return how many leading parameters must go by position, left-out ones among them with their default.

        Those before the last positional-only one that is given, and all before ``*args`` when it has items.
        """
        count = 0
        for place, one in enumerate(self._parameters):
            passed = one.field in given or one.default is HELD
            if (one.kind is POSITIONAL_ONLY and passed) or (one.kind is VAR_POSITIONAL and values.get(one.field)):
                count = place + 1
        return count
