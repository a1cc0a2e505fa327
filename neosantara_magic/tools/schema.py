"""A function as a tool: its name, description and JSON Schema; all that keeps it from being a tool in one error.

Each parameter becomes a field ``p0, p1, ...`` of one pydantic model, under its real name as alias: so a parameter
may be called ``json``, ``schema`` or ``_x``, which pydantic would not take as a field.
"""

from __future__ import annotations

import functools
import inspect
import operator
import typing
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typing_extensions
from pydantic import ConfigDict, Field, TypeAdapter, create_model
from pydantic.fields import FieldInfo

from ..errors import ToolDefinitionError
from ..faults import attempt, message_of, reraise_interrupt
from ..messages import ToolSpec
from ..texts import say, two_lines
from .arguments import HELD, REQUIRED, Arguments, Parameter
from .decorator import WIRE_NAME, options_of
from .hints import Portable, QuietSchema, description_in, plain_schema, resolve, spelled
from .signatures import KINDS, docstring_of, home_of, own_name, read_docstring, signature_of


class _NotATool(Exception):  # noqa: N818
    """Its ``args`` are the problems."""


def describe(
    function: Callable[..., Any], typed: str | None = None, namespace: Mapping[str, Any] | None = None
) -> tuple[ToolSpec, Arguments]:
    """Return what the model is told of a function, and how its arguments are bound.

    Its name is the one of its options, else the one that was ``typed``, else its own. Names of postponed annotations
    are looked up in the function's module, then in ``namespace``.
    Raises ToolDefinitionError: it cannot be a tool; all its problems in one error.
    """
    options = options_of(function)
    name = options.name or typed or own_name(function)
    problems = [] if WIRE_NAME.fullmatch(name) else [say("tool.problem.name")]
    try:
        arguments, description = _described(function, namespace or {})
    except _NotATool as error:
        problems.extend(error.args)
    if problems:
        raise ToolDefinitionError(*two_lines("tool.definition", name=name, problems="; ".join(problems)))
    told = description if options.description is None else options.description
    return ToolSpec(name, told, arguments.schema), arguments


_cache: weakref.WeakKeyDictionary[Any, tuple[Any, tuple[Arguments, str]]] = weakref.WeakKeyDictionary()
"""For each function: what it meant when it was described, and the description."""


def _described(function: Any, namespace: Mapping[str, Any]) -> tuple[Arguments, str]:
    """Return the arguments and the description, from the cache if the function still means the same.

    The hints are resolved each time (cheap) and compared: a postponed annotation may name a class that the
    notebook has defined anew since.
    """
    raw, parameters = docstring_of(function), _parameters(function, namespace)
    # A bound method is a new object at each access: what lives as long as its schema is the function behind it.
    key = function.__func__ if inspect.ismethod(function) else function
    known = attempt(None, _cache.get, key)  # some callables are not hashable or not weakly referable
    # A default that cannot be compared, such as an array, is another one.
    if known and attempt(None, operator.eq, known[0], (raw, parameters)):
        return known[1]
    description, texts = read_docstring(raw)
    arguments = _arguments(parameters, texts, own_name(function), namespace)
    # What **kwargs takes has no property of its own, so its texts stand here.
    loose = [f"{name}: {said}" for name, said in texts.items() if name not in arguments.schema["properties"]]
    if loose and arguments.takes_more:
        description = f"{description}\n\nKeyword Args: {'; '.join(loose)}".strip()
    attempt(None, _cache.__setitem__, key, ((raw, parameters), (arguments, description)))
    return arguments, description


def _parameters(function: Any, namespace: Mapping[str, Any]) -> tuple[Parameter, ...]:
    if not callable(function):
        raise _NotATool(say("tool.problem.callable", kind=type(function).__name__))
    try:
        signature = signature_of(function)
    except (ValueError, TypeError, NameError, RecursionError) as reason:
        raise _NotATool(say("tool.problem.signature")) from reason
    given: Mapping[str, Any] = function.keywords if isinstance(function, functools.partial) else {}
    home = home_of(function)
    parent = getattr(function, "__qualname__", "").rpartition(".")[0]
    unbound = parent and not parent.endswith("<locals>") and inspect.isfunction(function)
    problems: list[str] = []
    found: list[Parameter] = []
    for one in signature.parameters.values():
        if one.name in given:
            continue
        if not found and one.name == "self" and one.annotation is REQUIRED and unbound:
            problems.append(say("tool.problem.unbound"))
            continue
        try:
            hint = Any if one.annotation is REQUIRED else resolve(one.annotation, home, namespace)
        except BaseException as reason:  # noqa: BLE001  (an annotation may be any expression)
            problems.append(_bad_hint(one.name, one.annotation, reason))
        else:
            found.append(_parameter(one, hint, len(found)))
    if problems:
        raise _NotATool(*problems)
    return tuple(found)


def _bad_hint(parameter: str, hint: Any, reason: BaseException) -> str:
    reraise_interrupt(reason)
    return say("tool.problem.hint", parameter=parameter, hint=spelled(hint), reason=message_of(reason, 200))


def _parameter(one: inspect.Parameter, hint: Any, place: int) -> Parameter:
    default: Any = one.default
    if one.kind is KINDS.VAR_POSITIONAL:
        hint, default = list[hint], ()
    elif one.kind is KINDS.VAR_KEYWORD:
        unpacked = typing.get_origin(hint) in (typing.Unpack, typing_extensions.Unpack)
        hint, default = typing.get_args(hint)[0] if unpacked else dict[str, hint], {}
        default = REQUIRED if unpacked and hint.__required_keys__ else default
    elif isinstance(default, FieldInfo):
        hint, default = typing.Annotated[hint, default], REQUIRED
    elif default is None and hint is not Any:  # "unit: str = None" means that it may be None
        inner, *more = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
        hint = typing.Optional[inner]  # noqa: UP045  (inner may be any object)
        hint = typing.Annotated[(hint, *more)] if more else hint
    if default is REQUIRED and any(isinstance(note, FieldInfo) and not note.is_required() for note in _notes(hint)):
        default = HELD
    return Parameter(one.name, one.kind, f"p{place}", hint, default)


def _notes(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint)[1:] if typing.get_origin(hint) is typing.Annotated else ()


def _arguments(
    parameters: tuple[Parameter, ...], texts: Mapping[str, str], name: str, namespace: Mapping[str, Any]
) -> Arguments:
    def made(told: Iterable[Parameter]) -> Arguments:
        fields: dict[str, Any] = {one.field: _field(one, texts.get(one.name), namespace) for one in told}
        model = create_model(name, __config__=_CONFIG, **fields)
        plain = plain_schema(model.model_json_schema(by_alias=True, schema_generator=QuietSchema))
        plain.pop("additionalProperties", None)  # the documented examples have none, and unknown names are told anyway
        plain.pop("description", None)
        return Arguments(parameters, model, {"type": "object", "properties": {}, **plain})

    try:
        return made(parameters)
    except BaseException as reason:  # noqa: BLE001  (pydantic raises many kinds; each parameter is tried below)
        reraise_interrupt(reason)
    problems = {one.name: said for one in parameters if (said := _problem_of(one, namespace))}
    if not problems or any(one.default is REQUIRED for one in parameters if one.name in problems):
        raise _NotATool(*(problems.values() or [say("tool.problem.signature")]))
    return made(one for one in parameters if one.name not in problems)  # what Python can leave out is left out


_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True, allow_inf_nan=False, ser_json_inf_nan="constants")


def _field(one: Parameter, text: str | None, namespace: Mapping[str, Any]) -> tuple[Any, Any]:
    hint = Portable(namespace).of(one.hint)
    described = next(filter(None, map(description_in, _notes(hint))), text)
    extra: dict[str, Any] = {"description": described} if described else {}
    if one.kind in (KINDS.VAR_POSITIONAL, KINDS.VAR_KEYWORD) and one.default is not REQUIRED:
        extra["default_factory"] = list if one.kind is KINDS.VAR_POSITIONAL else dict
    elif one.default is not HELD and one.default is not REQUIRED:
        extra["default"] = one.default
    return hint, Field(alias=one.name, validation_alias=one.name, **extra)


def _problem_of(one: Parameter, namespace: Mapping[str, Any]) -> str | None:
    try:
        hint = Portable(namespace).of(one.hint)
    except BaseException as reason:  # noqa: BLE001  (a TypedDict's own hints may be any expression)
        return _bad_hint(one.name, one.hint, reason)
    try:
        TypeAdapter(hint).json_schema(schema_generator=QuietSchema)
    except BaseException as reason:  # noqa: BLE001
        reraise_interrupt(reason)
        if "typing.TypedDict" in message_of(reason, 1_000):
            return say("tool.problem.typed_dict", parameter=one.name)
        return say("tool.problem.type", parameter=one.name, hint=spelled(one.hint))
    return None
