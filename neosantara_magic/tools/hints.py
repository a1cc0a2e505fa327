"""What a callable says of itself: its parameters, its type hints, resolved and in the form that pydantic takes.

Not for: deciding what a hint means on the wire (``schema.py``).
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections import ChainMap, abc
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions
from pydantic import AfterValidator, Field
from pydantic.fields import FieldInfo

from .arguments import BY_EITHER, KEYWORD_ONLY, POSITIONAL_ONLY, VAR_KEYWORD, VAR_POSITIONAL

_REST = {VAR_POSITIONAL, VAR_KEYWORD}
_OPAQUE = (Literal, typing_extensions.Literal)
_ALIASES = (typing_extensions.TypeAliasType, getattr(typing, "TypeAliasType", typing_extensions.TypeAliasType))
_LAZY: dict[Any, Callable[[list[Any]], Any]] = {
    **dict.fromkeys((abc.Iterable, abc.Collection, abc.Container, abc.Reversible), list),
    abc.Iterator: iter,
    abc.Generator: lambda items: (one for one in items),
}
"""Types that pydantic refuses, or validates item by item while the function runs: lists, then made what they say."""


def signature_of(function: Any) -> inspect.Signature:
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
        return signature_of(types.MethodType(call, function))
    if isinstance(function, type) or not hasattr(function, "__wrapped__") or hasattr(function, "__signature__"):
        return inspect.signature(function)
    try:
        own = inspect.signature(function, follow_wrapped=False).parameters
    except ValueError:  # functools.cache and others in C, which pass on all they get
        return signature_of(function.__wrapped__)
    return inspect.Signature(_with_inner(own, function.__wrapped__), __validate_parameters__=False)


def _with_inner(own: types.MappingProxyType[str, inspect.Parameter], wrapped: Any) -> list[inspect.Parameter]:
    kinds = {one.kind for one in own.values()} & _REST
    if not kinds:
        return list(own.values())
    passes = {kind: kind for kind in inspect._ParameterKind}  # noqa: SLF001  (there is no other list of them)
    if VAR_KEYWORD not in kinds:
        passes = {POSITIONAL_ONLY: POSITIONAL_ONLY, BY_EITHER: POSITIONAL_ONLY, VAR_POSITIONAL: VAR_POSITIONAL}
    elif VAR_POSITIONAL not in kinds:
        passes = {BY_EITHER: KEYWORD_ONLY, KEYWORD_ONLY: KEYWORD_ONLY, VAR_KEYWORD: VAR_KEYWORD}
    found = {name: one for name, one in own.items() if one.kind not in _REST}
    for name, one in signature_of(wrapped).parameters.items():
        if one.kind in passes:
            found.setdefault(name, one)
    ordered = [one.replace(kind=passes.get(one.kind, one.kind)) for one in found.values()]
    return sorted(ordered, key=lambda one: one.kind)


def _standing_for(function: Any) -> Any:
    def standing() -> None: ...

    standing.__signature__ = signature_of(function)  # type: ignore[attr-defined]
    return standing


def home_of(function: Any) -> Any:
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


def resolve(annotation: Any, home: Any, namespace: Mapping[str, Any]) -> Any:
    """Evaluate an annotation that may be a string or hold strings.

    Names are looked up in the module of ``home`` first, then in ``namespace``.
    Raises NameError: a name is defined in neither; and whatever else evaluating the text raises.
    """
    own = _names_around(home) if isinstance(home, type) else getattr(home, "__globals__", {})

    def holder() -> None: ...

    holder.__annotations__ = {"value": annotation}
    scope: Any = ChainMap(own, dict(namespace) if not isinstance(namespace, dict) else namespace)
    return typing.get_type_hints(holder, globalns=own, localns=scope, include_extras=True)["value"]


def _names_around(kind: type) -> dict[str, Any]:
    return vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}


def portable(hint: Any, namespace: Mapping[str, Any] | None = None) -> Any:
    """Return ``hint`` with what pydantic refuses or ignores put into a form it takes.

    ``typing.TypedDict`` becomes ``typing_extensions.TypedDict`` with its hints resolved (inside itself, on Python
    3.11: a plain dict), and a text in ``Annotated`` becomes a description.
    """
    return _Portable(namespace or {}).of(hint)


class _Portable:
    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._open: list[Any] = []
        self._made: dict[Any, Any] = {}

    def of(self, hint: Any) -> Any:
        if isinstance(hint, _ALIASES) and hint not in self._open:
            self._open.append(hint)
            value = self.of(hint.__value__)
            self._open.pop()
            return value
        if typing.is_typeddict(hint) and type(hint) is not _EXTENSIONS_META:
            return self._typed_dict(hint)
        origin, arguments = get_origin(hint), get_args(hint)
        lazy = origin or hint
        if isinstance(lazy, type) and lazy in _LAZY:
            whole: Any = list[self.of(arguments[0])] if arguments else list  # type: ignore[misc]
            return Annotated[whole, AfterValidator(_LAZY[lazy])]
        if origin is None or origin in _OPAQUE or not arguments or any(isinstance(one, list) for one in arguments):
            return hint
        if origin is Annotated:
            inner, *notes = arguments
            return Annotated[(self.of(inner), *_described(notes))]
        changed = tuple(self.of(one) for one in arguments)
        same = all(new is old for new, old in zip(changed, arguments, strict=True))
        made: Any = Union if origin is types.UnionType else origin
        return hint if same else made[changed if len(changed) > 1 else changed[0]]

    def _typed_dict(self, hint: Any) -> Any:
        if hint in self._open:
            return hint if sys.version_info >= (3, 12) else dict[str, Any]
        if hint not in self._made:
            self._open.append(hint)
            around = _names_around(hint)
            hints = typing.get_type_hints(hint, around, ChainMap(around, dict(self._namespace)), include_extras=True)
            fields = {name: self._field(one, name in hint.__required_keys__) for name, one in hints.items()}
            self._open.pop()
            made: Any = _make_typed_dict(hint.__name__, fields)
            for name in ("__doc__", "__module__", "__pydantic_config__"):
                if hasattr(hint, name):
                    setattr(made, name, getattr(hint, name))
            self._made[hint] = made
        return self._made[hint]

    def _field(self, hint: Any, required: bool) -> Any:
        # With postponed annotations __required_keys__ overlooks NotRequired, so the hint itself decides first.
        origin, known = get_origin(hint), (typing_extensions.Required, typing_extensions.NotRequired)
        if origin in known:
            return origin[self.of(get_args(hint)[0])]
        inner = self.of(hint)
        return inner if required else typing_extensions.NotRequired[inner]


_make_typed_dict: Any = typing_extensions.TypedDict  # through a name: type checkers want the fields spelled out
_EXTENSIONS_META = type(_make_typed_dict("_Sample", {}))


def _described(notes: list[Any]) -> list[Any]:
    if any(isinstance(note, FieldInfo) and note.description for note in notes):
        return notes
    texts = [text for note in notes if (text := _text_of(note))]
    rest = [note for note in notes if not _text_of(note)]
    return [*rest, Field(description=" ".join(texts))] if texts else notes


def _text_of(note: Any) -> str:
    if isinstance(note, str):
        return note
    documentation = getattr(note, "documentation", None)  # annotated_doc.Doc, typing_extensions.Doc
    return documentation if isinstance(documentation, str) else ""


def described_by(hint: Any) -> str:
    """Return the description an ``Annotated`` hint carries, from ``Field`` or a plain text; empty if none."""
    if get_origin(hint) is not Annotated:
        return ""
    notes = get_args(hint)[1:]
    given = [getattr(note, "description", None) for note in notes]
    return next((text for text in given if isinstance(text, str)), "") or next(filter(None, map(_text_of, notes)), "")


def spelled(hint: Any) -> str:
    """Return a hint as a user would write it."""
    if isinstance(hint, str):
        return hint
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    return str(hint).replace("typing.", "").replace("collections.abc.", "")


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling ``function`` gives a coroutine or an async generator."""
    while isinstance(function, functools.partial):
        function = function.func
    called: Any = type(function).__call__ if not isinstance(function, type) else function
    candidates = (function, called)
    return any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in candidates)
