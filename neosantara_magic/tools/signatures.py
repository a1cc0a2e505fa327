"""What a callable says of itself: its parameters, the place it comes from, its docstring."""

from __future__ import annotations

import functools
import inspect
import re
import types
from typing import Any

KINDS = inspect._ParameterKind  # noqa: SLF001  (there is no other list of them)
_REST = {KINDS.VAR_POSITIONAL, KINDS.VAR_KEYWORD}


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
    passes = {kind: kind for kind in KINDS}
    if KINDS.VAR_KEYWORD not in kinds:
        del passes[KINDS.KEYWORD_ONLY], passes[KINDS.VAR_KEYWORD]
        passes[KINDS.POSITIONAL_OR_KEYWORD] = KINDS.POSITIONAL_ONLY
    elif KINDS.VAR_POSITIONAL not in kinds:
        del passes[KINDS.POSITIONAL_ONLY], passes[KINDS.VAR_POSITIONAL]
        passes[KINDS.POSITIONAL_OR_KEYWORD] = KINDS.KEYWORD_ONLY
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


def bound_by(function: Any) -> Any:
    """Return what a ``functools.partial`` calls; anything else as it is."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def own_name(function: Any) -> str:
    """Return the name a callable goes by: its function's, or its class's."""
    found = getattr(bound_by(function), "__name__", None)
    return found if isinstance(found, str) else type(bound_by(function)).__name__


def is_async(function: Any) -> bool:
    """Whether calling ``function`` gives a coroutine or an async generator."""
    function = bound_by(function)
    called: Any = type(function).__call__ if not isinstance(function, type) else function
    return any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in (function, called))


def docstring_of(function: Any) -> str | None:
    """Return the docstring of a function, or of an object that can be called: of its call, else of its class."""
    function = bound_by(function)
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


def read_docstring(raw: str | None) -> tuple[str, dict[str, str]]:
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
