"""The parameters that a call of a function may give, also of wrappers, partials, methods and objects."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

from .arguments import BY_EITHER, KEYWORD_ONLY, POSITIONAL_ONLY, VAR_KEYWORD, VAR_POSITIONAL

_REST = {VAR_POSITIONAL, VAR_KEYWORD}


def signature_of(function: Any) -> inspect.Signature:
    """Return a wrapper's own parameters and, as far as it has ``*args`` and ``**kwargs``, those of what it wraps.

    ``inspect.signature`` shows those of the innermost function alone, also when a wrapper takes others.

    Raises:
        ValueError, TypeError: it has none that Python knows.
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
