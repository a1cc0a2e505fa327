"""A function as a tool: its JSON Schema, and a model's arguments as a Python call.

For: every kind of callable, through pydantic; arguments validated and coerced, ready for ``function(*args, **kwargs)``.
Not for: finding functions (``toolbox.py``) or calling them (``call.py``).

Each parameter becomes a field ``p0, p1, ...`` of one pydantic model, under its real name as alias: so a parameter
may be called ``json``, ``schema`` or ``_x``, which pydantic would not take as a field.
"""

from __future__ import annotations

import functools
import inspect
import typing
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from ..errors import ToolDefinitionError
from ..messages import ToolSpec
from ..texts import say, two_lines
from .complaints import Mismatch, no_such_argument, quoted, read_json, validated
from .decorator import WIRE_NAME, options_of
from .docstring import Docstring, read_docstring
from .hints import described_by, home_of, portable, resolve, spelled
from .json_schema import plain_schema

MOST_ARGUMENTS = 1_000_000
"""Characters of arguments that are read at all."""

_EMPTY = inspect.Parameter.empty
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class QuietSchema(GenerateJsonSchema):
    """Leaves out what has no JSON form, such as a default that is an object, without a warning."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    kind: Any
    field: str
    hint: Any
    default: Any
    """What Python passes when the argument is left out; ``inspect.Parameter.empty`` if it is required."""
    must_pass: bool
    """The default is a pydantic ``Field(...)``, so Python's own default would be that object."""


class Arguments:
    """The arguments of one function: their JSON Schema, and binding a model's JSON to them."""

    def __init__(self, parameters: tuple[_Parameter, ...], model: type[BaseModel], schema: dict[str, Any]) -> None:
        self.schema = schema
        """JSON Schema: an object with one property per parameter."""
        self._parameters = parameters
        self._model = model
        self._names = [one.name for one in parameters]
        self._open = next((one for one in parameters if one.kind is _VAR_KEYWORD), None)
        self._omittable = frozenset(one.name for one in parameters if one.default is not _EMPTY)

    def bind(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Turn JSON arguments into ``args`` and ``kwargs``.

        Raises:
            Mismatch: they do not fit; one line per field, for the model.
            Exception: whatever a validator of the user's own raises.
        """
        if len(text) > MOST_ARGUMENTS:
            raise Mismatch([f"The arguments are too long: {len(text):,} characters, {MOST_ARGUMENTS:,} at most."])
        try:
            found = self._model.__pydantic_validator__.validate_json(text)
        except ValidationError:  # the slow road knows the repairs
            found = self._repaired(text)
        return self._passed(found)

    def _repaired(self, text: str) -> Any:
        data = read_json(text)
        if data is None:
            data = {}
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
            found = validated(known, self._model.__pydantic_validator__.validate_python, self._omittable)
        except Mismatch as error:
            raise Mismatch([*error.lines, *lines]) from None
        if lines:
            raise Mismatch(lines)
        return found

    def _passed(self, found: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        values: dict[str, Any] = found.__dict__
        given: set[str] = found.__pydantic_fields_set__
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        starred = any(one.kind is _VAR_POSITIONAL and values[one.field] for one in self._parameters)
        last = max((i for i, one in enumerate(self._parameters) if one.kind is _POSITIONAL[0] and one.field in given), default=-1)
        for place, one in enumerate(self._parameters):
            value = values[one.field]
            if one.kind is _VAR_POSITIONAL:
                args.extend(value)
            elif one.kind is _VAR_KEYWORD:
                self._check_loose(value)
                kwargs.update(value)
            elif one.kind in _POSITIONAL and (starred or place <= last):
                args.append(value if one.field in given or one.must_pass else one.default)
            elif one.field in given or one.must_pass:
                if one.kind is _POSITIONAL[0]:
                    args.append(value)
                else:
                    kwargs[one.name] = value
        return tuple(args), kwargs

    def _check_loose(self, loose: Mapping[str, Any]) -> None:
        """Refuse a name in ``**kwargs`` that is a parameter of its own: Python could not tell them apart."""
        taken = {one.name for one in self._parameters if one.kind not in (_POSITIONAL[0], _VAR_POSITIONAL, _VAR_KEYWORD)}
        twice = [name for name in loose if name in taken]
        if twice:
            raise Mismatch([f"{name}: an argument of its own; give it beside the others" for name in twice])


def describe(
    function: Callable[..., Any], name: str | None = None, namespace: Mapping[str, Any] | None = None
) -> tuple[ToolSpec, Arguments]:
    """Describe a function as a tool.

    Args:
        function: Any callable whose parameters have types that JSON can carry.
        name: Name on the wire; else ``@tool(name=)``, else the function's own.
        namespace: Where names of postponed annotations are looked up besides the function's module.

    Raises:
        ToolDefinitionError: it cannot be a tool; all its problems in one error.
    """
    options = options_of(function)
    called = name or options.name or own_name(function)
    problems = [] if WIRE_NAME.fullmatch(called) else [say("tool.problem.name")]
    try:
        arguments, docstring = _arguments(function, namespace or {})
    except _NotATool as error:
        problems.extend(error.problems)
    if problems:
        raise ToolDefinitionError(*two_lines("tool.definition", name=called, problems="; ".join(problems)))
    description = options.description if options.description is not None else docstring.description
    return ToolSpec(called, description, arguments.schema), arguments


def own_name(function: Any) -> str:
    """Return the name a callable goes by: its function's, or its class's."""
    while isinstance(function, functools.partial):
        function = function.func
    found = getattr(function, "__name__", None)
    return found if isinstance(found, str) else type(function).__name__


class _NotATool(Exception):  # noqa: N818
    def __init__(self, *problems: str) -> None:
        self.problems = problems


_Entry = tuple[Any, Arguments, Docstring]
_cache: weakref.WeakKeyDictionary[Any, dict[str, _Entry]] = weakref.WeakKeyDictionary()


def _arguments(function: Any, namespace: Mapping[str, Any]) -> tuple[Arguments, Docstring]:
    """Return the described arguments, from the cache if the function still means the same.

    The hints are resolved each time (cheap) and compared: a postponed annotation may name a class that the
    notebook has defined anew since.
    """
    raw = _docstring_of(function)
    parameters = _parameters(function, namespace)
    owner, kind = _cache_key(function)
    meaning = (raw, parameters)
    try:
        entry = _cache.setdefault(owner, {}).get(kind)
    except TypeError:  # not hashable or not weakly referable
        entry = None
        owner = None
    if entry is not None and _same(entry[0], meaning):
        return entry[1], entry[2]
    docstring = read_docstring(raw)
    built = _build(parameters, docstring.parameters, own_name(function), namespace)
    if owner is not None:
        _cache[owner][kind] = (meaning, built, docstring)
    return built, docstring


def _cache_key(function: Any) -> tuple[Any, str]:
    # A bound method is a new object at each access: what lives as long as its schema is the function behind it.
    if inspect.ismethod(function):
        return function.__func__, "method"
    return function, "plain"


def _same(before: Any, now: Any) -> bool:
    try:
        return bool(before == now)
    except Exception:  # noqa: BLE001  (a default that cannot be compared, such as an array)
        return False


def _docstring_of(function: Any) -> str | None:
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function) or isinstance(function, type):
        return inspect.getdoc(function)
    called = inspect.getdoc(type(function).__call__)
    return called if called and called != inspect.getdoc(object.__call__) else inspect.getdoc(type(function))


def _parameters(function: Any, namespace: Mapping[str, Any]) -> tuple[_Parameter, ...]:
    if not callable(function):
        raise _NotATool(say("tool.problem.callable", kind=type(function).__name__))
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError, NameError) as reason:
        raise _NotATool(say("tool.problem.signature")) from reason
    given: Mapping[str, Any] = function.keywords if isinstance(function, functools.partial) else {}
    home, problems, found = home_of(function), [], []
    for one in signature.parameters.values():
        if one.name in given:
            continue
        if not found and one.name == "self" and one.annotation is _EMPTY and _is_unbound(function):
            problems.append(say("tool.problem.unbound"))
            continue
        try:
            hint = Any if one.annotation is _EMPTY else resolve(one.annotation, home, namespace)
        except Exception as reason:  # noqa: BLE001  (an annotation may be any expression)
            problems.append(say("tool.problem.hint", parameter=one.name, hint=spelled(one.annotation), reason=reason))
            continue
        found.append(_parameter(one, hint, len(found)))
    if problems:
        raise _NotATool(*problems)
    return tuple(found)


def _is_unbound(function: Any) -> bool:
    parent = getattr(function, "__qualname__", "").rpartition(".")[0]
    return bool(parent) and not parent.endswith("<locals>") and inspect.isfunction(function)


def _parameter(one: inspect.Parameter, hint: Any, place: int) -> _Parameter:
    default: Any = one.default
    must_pass = isinstance(default, FieldInfo)
    if one.kind is _VAR_POSITIONAL:
        hint, default = list[hint], ()
    elif one.kind is _VAR_KEYWORD:
        unpacked = typing.get_origin(hint) in (typing.Unpack, typing_extensions.Unpack)
        hint, default = typing.get_args(hint)[0] if unpacked else dict[str, hint], {}
        default = _EMPTY if unpacked and hint.__required_keys__ else default
    elif isinstance(default, FieldInfo) and default.is_required():
        hint, default, must_pass = typing.Annotated[hint, default], _EMPTY, True
    elif isinstance(default, FieldInfo):
        hint, default = typing.Annotated[hint, default], default.get_default(call_default_factory=True)
    elif default is None and hint is not Any:
        hint = hint | None if not isinstance(hint, str) else hint
    return _Parameter(one.name, one.kind, f"p{place}", hint, default, must_pass)


def _build(
    parameters: tuple[_Parameter, ...], texts: Mapping[str, str], name: str, namespace: Mapping[str, Any]
) -> Arguments:
    problems, fields = [], {}
    for one in parameters:
        try:
            fields[one.field] = _field(one, texts.get(one.name), namespace)
        except Exception as reason:  # noqa: BLE001  (a TypedDict's own hints may be any expression)
            problems.append(say("tool.problem.hint", parameter=one.name, hint=spelled(one.hint), reason=reason))
    if not problems:
        try:
            model = create_model(name, __config__=_CONFIG, **fields)
            return Arguments(parameters, model, _schema_of(model))
        except Exception:  # noqa: BLE001  (pydantic raises many kinds; each parameter is tried on its own below)
            problems = [problem for one in parameters if (problem := _problem_of(one, fields[one.field][0]))]
    raise _NotATool(*(problems or [say("tool.problem.signature")]))


_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True, populate_by_name=False, defer_build=False)


def _field(one: _Parameter, text: str | None, namespace: Mapping[str, Any]) -> tuple[Any, Any]:
    hint = portable(one.hint, namespace)
    described = described_by(hint) or text
    default = ... if one.default is _EMPTY else one.default
    extra = {"description": described} if described else {}
    if one.kind in (_VAR_POSITIONAL, _VAR_KEYWORD) and default is not ...:
        kind = type(default)
        return hint, Field(default_factory=list if kind is tuple else dict, alias=one.name, **extra)  # type: ignore[arg-type]
    return hint, Field(default, alias=one.name, validation_alias=one.name, **extra)  # type: ignore[call-overload]


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    plain = plain_schema(model.model_json_schema(by_alias=True, schema_generator=QuietSchema))
    plain.pop("additionalProperties", None)  # the seed's schemas have none, and unknown names are told anyway
    plain.pop("description", None)
    return {"type": "object", "properties": {}, **plain}


def _problem_of(one: _Parameter, hint: Any) -> str | None:
    try:
        TypeAdapter(hint, config=None).json_schema(schema_generator=QuietSchema)
    except Exception as reason:  # noqa: BLE001
        if "typing.TypedDict" in str(reason):
            return say("tool.problem.typed_dict", parameter=one.name)
        return say("tool.problem.type", parameter=one.name, hint=spelled(one.hint))
    return None
