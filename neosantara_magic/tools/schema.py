"""A function as a tool: its name, description and JSON Schema; all that keeps it from being a tool in one error.

Each parameter becomes a field ``p0, p1, ...`` of one pydantic model, under its real name as alias: so a parameter
may be called ``json``, ``schema`` or ``_x``, which pydantic would not take as a field.
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
import typing
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import typing_extensions
from pydantic import ConfigDict, Field, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from ..errors import ToolDefinitionError
from ..faults import attempt, message_of, reraise_interrupt
from ..messages import ToolSpec
from ..texts import say, two_lines
from .arguments import HELD, REQUIRED, VAR_KEYWORD, VAR_POSITIONAL, Arguments, Parameter
from .decorator import WIRE_NAME, options_of
from .hints import described_by, home_of, portable, resolve, signature_of, spelled
from .json_schema import plain_schema


class QuietSchema(GenerateJsonSchema):
    """Leaves out what has no JSON form, such as a default that is an object, without a warning."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}  # noqa: RUF012


def describe(
    function: Callable[..., Any], name: str | None = None, namespace: Mapping[str, Any] | None = None
) -> tuple[ToolSpec, Arguments]:
    """Return what the model is told of a function, and how its arguments are bound.

    Names of postponed annotations are looked up in the function's module, then in ``namespace``.
    Raises ToolDefinitionError: it cannot be a tool; all its problems in one error.
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
    description = options.description if options.description is not None else _with_keywords(docstring, arguments)
    return ToolSpec(called, description, arguments.schema), arguments


def _with_keywords(docstring: Docstring, arguments: Arguments) -> str:
    """Return the description, with the texts about what ``**kwargs`` takes: those have no property of their own."""
    loose = {name: said for name, said in docstring.parameters.items() if name not in arguments.schema["properties"]}
    if not loose or not arguments.takes_more:
        return docstring.description
    keywords = "; ".join(f"{name}: {said}" for name, said in loose.items())
    return f"{docstring.description}\n\nKeyword Args: {keywords}".strip()


def own_name(function: Any) -> str:
    """Return the name a callable goes by: its function's, or its class's."""
    while isinstance(function, functools.partial):
        function = function.func
    found = getattr(function, "__name__", None)
    return found if isinstance(found, str) else type(function).__name__


class _NotATool(Exception):  # noqa: N818
    def __init__(self, *problems: str) -> None:
        self.problems = problems


_cache: weakref.WeakKeyDictionary[Any, dict[bool, tuple[Any, Arguments, Docstring]]] = weakref.WeakKeyDictionary()
"""For each function, bound or not: what it meant when it was described, and the description."""


def _arguments(function: Any, namespace: Mapping[str, Any]) -> tuple[Arguments, Docstring]:
    """Return the described arguments, from the cache if the function still means the same.

    The hints are resolved each time (cheap) and compared: a postponed annotation may name a class that the
    notebook has defined anew since.
    """
    raw = _docstring_of(function)
    parameters = _parameters(function, namespace)
    meaning = (raw, parameters)
    # A bound method is a new object at each access: what lives as long as its schema is the function behind it.
    bound = inspect.ismethod(function)
    try:
        entries = _cache.setdefault(function.__func__ if bound else function, {})
    except TypeError:  # not hashable or not weakly referable
        entries = {}
    # A default that cannot be compared, such as an array, is another one.
    if bound in entries and attempt(None, operator.eq, entries[bound][0], meaning):
        return entries[bound][1:]
    docstring = read_docstring(raw)
    built = _build(parameters, docstring.parameters, own_name(function), namespace)
    entries[bound] = (meaning, built, docstring)
    return built, docstring


def _docstring_of(function: Any) -> str | None:
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function) or isinstance(function, type):
        return inspect.getdoc(function)
    called = inspect.getdoc(type(function).__call__)
    return called if called and called != inspect.getdoc(object.__call__) else inspect.getdoc(type(function))


def _parameters(function: Any, namespace: Mapping[str, Any]) -> tuple[Parameter, ...]:
    if not callable(function):
        raise _NotATool(say("reason.value", kind=type(function).__name__))
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
    if one.kind is VAR_POSITIONAL:
        hint, default = list[hint], ()
    elif one.kind is VAR_KEYWORD:
        unpacked = typing.get_origin(hint) in (typing.Unpack, typing_extensions.Unpack)
        hint, default = typing.get_args(hint)[0] if unpacked else dict[str, hint], {}
        default = REQUIRED if unpacked and hint.__required_keys__ else default
    elif isinstance(default, FieldInfo):
        hint, default = typing.Annotated[hint, default], REQUIRED
    elif default is None and hint is not Any:  # "unit: str = None" means that it may be None
        inner, *more = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
        hint = typing.Optional[inner]  # noqa: UP045  (inner may be any object)
        hint = typing.Annotated[(hint, *more)] if more else hint
    notes = typing.get_args(hint)[1:] if typing.get_origin(hint) is typing.Annotated else ()
    if default is REQUIRED and any(isinstance(note, FieldInfo) and not note.is_required() for note in notes):
        default = HELD
    return Parameter(one.name, one.kind, f"p{place}", hint, default)


def _build(
    parameters: tuple[Parameter, ...], texts: Mapping[str, str], name: str, namespace: Mapping[str, Any]
) -> Arguments:
    problems: dict[str, str] = {}
    fields: dict[str, Any] = {}
    for one in parameters:
        try:
            fields[one.field] = _field(one, texts.get(one.name), namespace)
        except BaseException as reason:  # noqa: BLE001  (a TypedDict's own hints may be any expression)
            problems[one.field] = _bad_hint(one.name, one.hint, reason)
    if not problems:
        try:
            return _made(parameters, name, fields)
        except BaseException as reason:  # noqa: BLE001  (pydantic raises many kinds; each parameter is tried below)
            reraise_interrupt(reason)
            problems = {one.field: said for one in parameters if (said := _problem_of(one, fields[one.field][0]))}
    if any(one.default is REQUIRED for one in parameters if one.field in problems) or not problems:
        raise _NotATool(*(problems.values() or [say("tool.problem.signature")]))
    # What Python can leave out is left out.
    return _made(parameters, name, {field: one for field, one in fields.items() if field not in problems})


def _made(parameters: tuple[Parameter, ...], name: str, fields: Mapping[str, Any]) -> Arguments:
    model = create_model(name, __config__=_CONFIG, **fields)
    plain = plain_schema(model.model_json_schema(by_alias=True, schema_generator=QuietSchema))
    plain.pop("additionalProperties", None)  # the documented examples have none, and unknown names are told anyway
    plain.pop("description", None)
    return Arguments(parameters, model, {"type": "object", "properties": {}, **plain})


_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True, allow_inf_nan=False, ser_json_inf_nan="constants")


def _field(one: Parameter, text: str | None, namespace: Mapping[str, Any]) -> tuple[Any, Any]:
    hint = portable(one.hint, namespace)
    described = described_by(hint) or text
    extra: dict[str, Any] = {"description": described} if described else {}
    if one.kind in (VAR_POSITIONAL, VAR_KEYWORD) and one.default is not REQUIRED:
        extra["default_factory"] = list if one.kind is VAR_POSITIONAL else dict
    elif one.default is not HELD and one.default is not REQUIRED:
        extra["default"] = one.default
    return hint, Field(alias=one.name, validation_alias=one.name, **extra)


def _problem_of(one: Parameter, hint: Any) -> str | None:
    try:
        TypeAdapter(hint, config=None).json_schema(schema_generator=QuietSchema)
    except BaseException as reason:  # noqa: BLE001
        reraise_interrupt(reason)
        if "typing.TypedDict" in message_of(reason, 1_000):  # Python 3.11
            return _bad_hint(one.name, one.hint, reason)
        return say("tool.problem.type", parameter=one.name, hint=spelled(one.hint))
    return None


_KEYWORDS = ("Keyword Args", "Keyword Arguments", "Kwargs", "Other Parameters", "Other Args")
_NUMPY = (["notes"], ["warnings"])
_REMARK = re.compile(
    r"^(?:\.\. )?(notes?|warnings?|caution|important)::?[ \t]*"
    r"(\S.*(?:\n\S.*)*)?((?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t])))*)$",
    re.MULTILINE | re.IGNORECASE,
)
"""``Note:`` and ``.. note::``, with the lines below them. Their parsers drop these; NumPy's keeps its own."""


@dataclass(frozen=True, slots=True)
class Docstring:
    """The parts of a docstring that a model can use."""

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    """Name to text on one line; without the stars of ``*args``."""


def read_docstring(raw: str | None) -> Docstring:
    """Read a docstring of any style. One that no style fits is all description. Never raises.

    Notes and warnings belong to the description; examples and what is raised do not.
    """
    text = inspect.cleandoc(raw or "").strip()
    if not text:
        return Docstring()
    remarks = [f"{name.title()}: {_line(said + below)}" for name, said, below in _REMARK.findall(text)]
    try:
        parsed = _parsed(_REMARK.sub("", text))
    except Exception:  # noqa: BLE001  (ParseError, and others on odd indentation)
        return Docstring(text)
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
    return Docstring("\n\n".join(paragraphs + remarks), {name: said for name, said in parameters.items() if said})


def _parsed(text: str) -> Any:
    from docstring_parser import google, parse  # noqa: PLC0415  (only functions with a docstring pay for it)

    keywords = [google.Section(title, "param", google.SectionType.MULTIPLE) for title in _KEYWORDS]
    both = (parse(text), google.GoogleParser([*google.DEFAULT_SECTIONS, *keywords]).parse(text))
    return max(both, key=lambda one: len(one.meta))  # of two as good the first, as docstring_parser itself chooses


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
