"""The ``@tool`` decorator, and reading back the options it left.

Imports nothing heavy: ``from neosantara_magic import tool`` runs in a user's first cell.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
import types
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload

from ..errors import ToolDefinitionError, attempt, repr_of
from ..texts import say, two_lines
from ..validators import shown

F = TypeVar("F", bound=Callable[..., Any])

WIRE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a tool may be called on the wire (OpenAI's rule for function names)."""

_ATTRIBUTE = "__neosantara_tool__"
_elsewhere: weakref.WeakKeyDictionary[Any, dict[Any, ToolOptions]] = weakref.WeakKeyDictionary()
# Options of callables that take no attributes: builtins (inner key None), bound methods (inner key: the function).


@dataclass(frozen=True)  # no slots: this module loads with the package, and slots double the cost of defining one
class ToolOptions:
    """What ``@tool(...)`` was given; `tool` says what each means."""

    name: str | None = None
    """None: the name as typed in ``--tools``."""
    description: str | None = None
    confirm: bool = False
    timeout: float | None = None
    """Seconds; None waits for ever."""
    parallel: bool = False

    def __post_init__(self) -> None:
        """Raise ToolDefinitionError for all options with a value they cannot have."""
        given: Any = self  # as a user wrote it, of any type
        name, description, seconds = given.name, given.description, given.timeout
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        right = (
            ("name", "", name is None or (isinstance(name, str) and WIRE_NAME.fullmatch(name))),
            ("description", "str", description is None or isinstance(description, str)),
            ("confirm", "True/False", isinstance(given.confirm, bool)),
            ("parallel", "True/False", isinstance(given.parallel, bool)),
            ("timeout", "> 0/None", seconds is None or (number and math.isfinite(seconds) and seconds > 0)),
        )
        problems: list[str] = []
        for option, wanted, is_right in right:
            if not is_right:
                key, value = f"tool.option.{'other' if wanted else 'name'}", shown(repr_of(getattr(self, option)))
                problems.append(say(key, option=option, wanted=wanted, value=value))
        if problems:
            raise ToolDefinitionError(*two_lines("tool.options", problems="; ".join(problems)))


@overload
def tool(function: F, /) -> F: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    confirm: bool = False,
    timeout: float | None = None,
    parallel: bool = False,
) -> Callable[[F], F]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    confirm: bool = False,
    timeout: float | None = None,
    parallel: bool = False,
) -> Any:
    """Set how a function behaves as a tool. The function itself comes back, usable as before.

    Args:
        function: The function, when the decorator is used without parentheses.
        name: Name the model sees, ``[A-Za-z0-9_-]``, 1 to 64 characters.
        description: What the model is told the tool does; else the docstring.
        confirm: Ask the user before each call.
        timeout: Seconds before a call is given up. Moves a sync function to a worker thread.
        parallel: Calls of one message run at once, in worker threads.

    Raises:
        ToolDefinitionError: An option has a value it cannot have, or this is no function.
    """
    options = ToolOptions(name, description, confirm, timeout, parallel)
    return _mark(function, options) if function is not None else lambda decorated: _mark(decorated, options)


def options_of(function: Any) -> ToolOptions:
    """Return the options of a callable: its own, those of what it wraps or overrides, else the defaults.

    A ``functools.partial`` keeps its function's options except the name, so ``confirm`` is never lost
    and two partials of one function do not collide.
    """
    return _own_options(function) or ToolOptions()


def _own_options(function: Any) -> ToolOptions | None:
    attribute = getattr(function, _ATTRIBUTE, None)
    found = attribute if isinstance(attribute, ToolOptions) else None
    # What is not hashable or not weakly referable has nothing stored there.
    owner, part = (function.__self__, function.__func__) if inspect.ismethod(function) else (function, None)
    stored: dict[Any, ToolOptions] = attempt({}, lambda: _elsewhere.get(owner, {}))
    found = stored.get(part) or found
    if part is not None:
        return found or _overridden(function)
    if found is not None or isinstance(function, type) or not callable(function):
        return found
    if isinstance(function, functools.partial):
        inherited = _own_options(function.func)
        return replace(inherited, name=None) if inherited else None
    if hasattr(function, "__wrapped__"):
        return _own_options(function.__wrapped__)
    return None if inspect.isroutine(function) else _own_options(types.MethodType(type(function).__call__, function))


def _overridden(method: Any) -> ToolOptions | None:
    """Return the options of the nearest method of that name: what a base class asks about stays asked about."""
    owner = method.__self__ if isinstance(method.__self__, type) else type(method.__self__)
    versions = [vars(kind).get(getattr(method, "__name__", "")) for kind in owner.__mro__]
    options = [_own_options(getattr(one, "__func__", one)) for one in (method.__func__, *versions)]
    return next(filter(None, options), None)


def _mark(function: Any, options: ToolOptions) -> Any:
    target = function.__func__ if isinstance(function, staticmethod | classmethod) else function
    with suppress(TypeError):  # not hashable, or not weakly referable: its options can be kept nowhere
        if inspect.ismethod(target):
            _elsewhere.setdefault(target.__self__, {})[target.__func__] = options
            return function
        if callable(target):
            try:
                setattr(target, _ATTRIBUTE, options)
            except (AttributeError, TypeError):  # builtins, slotted objects
                _elsewhere.setdefault(target, {})[None] = options
            return function
    told = {"value": shown(repr_of(function)), "kind": type(function).__name__}
    raise ToolDefinitionError(*two_lines("tool.not_a_function", **told))
