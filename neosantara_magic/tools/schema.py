"""A function as a tool: its name, description and JSON Schema; all that keeps it from being a tool in one error.

Each parameter becomes a field ``p0, p1, ...`` of one pydantic model, under its real name as alias: so a parameter
may be called ``json``, ``schema`` or ``_x``, which pydantic would not take as a field.
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
import types
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
from .arguments import HELD, KINDS, REQUIRED, Arguments, Parameter
from .decorator import WIRE_NAME, options_of
from .hints import Portable, QuietSchema, description_in, plain_schema, resolve, spelled


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
    name = options.name or typed or _own_name(function)
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
    raw, parameters = _docstring_of(function), _parameters(function, namespace)
    # A bound method is a new object at each access: what lives as long as its schema is the function behind it.
    key = function.__func__ if inspect.ismethod(function) else function
    known = attempt(None, _cache.get, key)  # some callables are not hashable or not weakly referable
    # A default that cannot be compared, such as an array, is another one.
    if known and attempt(None, operator.eq, known[0], (raw, parameters)):
        return known[1]
    description, texts = _read_docstring(raw)
    arguments = _arguments(parameters, texts, _own_name(function), namespace)
    # What **kwargs takes has no property of its own, so its texts stand here.
    loose = [f"{name}: {said}" for name, said in texts.items() if name not in arguments.schema["properties"]]
    if loose and arguments.takes_more:
        description = f"{description}\n\nKeyword Args: {'; '.join(loose)}".strip()
    attempt(None, _cache.__setitem__, key, ((raw, parameters), (arguments, description)))
    return arguments, description


def _parameters(function: Any, namespace: Mapping[str, Any]) -> tuple[Parameter, ...]:
    if not callable(function):
        raise _NotATool(say("reason.value", kind=type(function).__name__))
    try:
        signature = _signature_of(function)
    except (ValueError, TypeError, NameError, RecursionError) as reason:
        raise _NotATool(say("tool.problem.signature")) from reason
    given: Mapping[str, Any] = function.keywords if isinstance(function, functools.partial) else {}
    home = _home_of(function)
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

    if arguments := attempt(None, made, parameters):
        return arguments
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
        TypeAdapter(Portable(namespace).of(one.hint)).json_schema(schema_generator=QuietSchema)
    except NameError as reason:
        return _bad_hint(one.name, one.hint, reason)
    except BaseException as reason:  # noqa: BLE001  (pydantic raises many kinds, a TypedDict's own hints any)
        reraise_interrupt(reason)
        if "typing.TypedDict" in message_of(reason, 1_000):  # Python 3.11
            return _bad_hint(one.name, one.hint, reason)
        return say("tool.problem.type", parameter=one.name, hint=spelled(one.hint))
    return None


_REST = {KINDS.VAR_POSITIONAL, KINDS.VAR_KEYWORD}


def _signature_of(function: Any) -> inspect.Signature:
    """Return a wrapper's own parameters and, as far as it has ``*args`` and ``**kwargs``, those of what it wraps.

    ``inspect.signature`` shows those of the innermost function alone, also when a wrapper takes others.
    Raises ValueError, TypeError: it has none that Python knows.
    """
    if isinstance(function, functools.partial):
        inner = _standing_for(function.func)
        return inspect.signature(functools.partial(inner, *function.args, **function.keywords))
    if inspect.ismethod(function):
        return inspect.signature(types.MethodType(_standing_for(function.__func__), function.__self__))
    call: Any = getattr(type(function), "__call__", None)  # noqa: B004  (what wraps it, not whether it is there)
    if hasattr(call, "__wrapped__"):
        return _signature_of(types.MethodType(call, function))
    if isinstance(function, type) or not hasattr(function, "__wrapped__") or hasattr(function, "__signature__"):
        return inspect.signature(function)
    try:
        own = inspect.signature(function, follow_wrapped=False).parameters
    except ValueError:  # functools.cache and others in C, which pass on all they get
        return _signature_of(function.__wrapped__)
    return inspect.Signature(_with_inner(own, function.__wrapped__), __validate_parameters__=False)


def _with_inner(own: types.MappingProxyType[str, inspect.Parameter], wrapped: Any) -> list[inspect.Parameter]:
    kinds = {one.kind for one in own.values()} & _REST
    if not kinds:
        return list(own.values())
    passes = {kind: kind for kind in KINDS}
    if KINDS.VAR_KEYWORD not in kinds:
        del passes[KINDS.KEYWORD_ONLY], passes[KINDS.VAR_KEYWORD]
        passes[KINDS.POSITIONAL_OR_KEYWORD] = KINDS.POSITIONAL_ONLY
    elif KINDS.VAR_POSITIONAL not in kinds:
        del passes[KINDS.POSITIONAL_ONLY], passes[KINDS.VAR_POSITIONAL]
        passes[KINDS.POSITIONAL_OR_KEYWORD] = KINDS.KEYWORD_ONLY
    found = {name: one for name, one in own.items() if one.kind not in _REST}
    for name, one in _signature_of(wrapped).parameters.items():
        if one.kind in passes:
            found.setdefault(name, one)
    ordered = [one.replace(kind=passes.get(one.kind, one.kind)) for one in found.values()]
    return sorted(ordered, key=lambda one: one.kind)


def _standing_for(function: Any) -> Any:
    def standing() -> None: ...

    standing.__signature__ = _signature_of(function)  # type: ignore[attr-defined]
    return standing


def _home_of(function: Any) -> Any:
    """Return the function in whose module the annotations of a callable were written."""
    while True:
        if isinstance(function, functools.partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        elif hasattr(function, "__wrapped__") and not isinstance(function, type):
            function = function.__wrapped__
        elif inspect.isroutine(function) or isinstance(function, type):
            return function
        else:
            function = type(function).__call__


def _bound_by(function: Any) -> Any:
    """Return what a ``functools.partial`` calls; anything else as it is."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _own_name(function: Any) -> str:
    """Return the name a callable goes by: its function's, or its class's."""
    found = getattr(_bound_by(function), "__name__", None)
    return found if isinstance(found, str) else type(_bound_by(function)).__name__


def is_async(function: Any) -> bool:
    """Whether calling ``function`` gives a coroutine or an async generator."""
    function = _bound_by(function)
    called: Any = type(function).__call__ if not isinstance(function, type) else function
    return any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in (function, called))


def _docstring_of(function: Any) -> str | None:
    """Return the docstring of a function, or of an object that can be called: of its call, else of its class."""
    function = _bound_by(function)
    if inspect.isroutine(function) or isinstance(function, type):
        return inspect.getdoc(function)
    called = inspect.getdoc(type(function).__call__)
    return called if called and called != inspect.getdoc(object.__call__) else inspect.getdoc(type(function))


_KEYWORDS = ("Keyword Args", "Keyword Arguments", "Kwargs", "Other Parameters", "Other Args")
_NUMPY = (["notes"], ["warnings"])
_REMARK = re.compile(
    r"^(?:\.\. )?(notes?|warnings?|caution|important)::?[ \t]*"
    r"(\S.*(?:\n\S.*)*)?((?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t])))*)$",
    re.MULTILINE | re.IGNORECASE,
)
"""``Note:`` and ``.. note::``, with the lines below them. Their parsers drop these; NumPy's keeps its own."""


def _read_docstring(raw: str | None) -> tuple[str, dict[str, str]]:
    """Return the description in a docstring of any style, and the text about each parameter, on one line.

    One that no style fits is all description. Notes and warnings belong to the description; examples and what is
    raised do not. A name has no stars. Never raises.
    """
    text = inspect.cleandoc(raw or "").strip()
    if not text:
        return "", {}
    remarks = [f"{name.title()}: {_line(said + below)}" for name, said, below in _REMARK.findall(text)]
    try:
        parsed = _parsed(_REMARK.sub("", text))
    except Exception:  # noqa: BLE001  (ParseError, and others on odd indentation)
        return text, {}
    parameters: dict[str, str] = {}
    for entry in parsed.params:
        if entry.args and entry.args[0] in {"attribute", "raises"}:
            continue
        for name in entry.arg_name.split(","):  # NumPy documents "x, y : float" together
            parameters[name.strip().lstrip("*\\")] = _line(entry.description)
    paragraphs = [part.strip() for part in (parsed.short_description, parsed.long_description) if part and part.strip()]
    if parsed.returns and parsed.returns.description:
        paragraphs.append(f"Returns: {_line(parsed.returns.description)}")
    remarks += [f"{one.args[0].title()}: {_line(one.description)}" for one in parsed.meta if one.args in _NUMPY]
    return "\n\n".join(paragraphs + remarks), {name: said for name, said in parameters.items() if said}


def _parsed(text: str) -> Any:
    from docstring_parser import google, parse  # noqa: PLC0415  (only functions with a docstring pay for it)

    keywords = [google.Section(title, "param", google.SectionType.MULTIPLE) for title in _KEYWORDS]
    both = (parse(text), google.GoogleParser([*google.DEFAULT_SECTIONS, *keywords]).parse(text))
    return max(both, key=lambda one: len(one.meta))  # of two as good the first, as docstring_parser itself chooses


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
