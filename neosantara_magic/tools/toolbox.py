"""The functions a turn may call, by the names the model knows them under.

A tool is always named by the user (``--tools``): nothing here looks for functions.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import ToolDefinitionError, UsageError, attempt
from ..messages import ToolSpec
from ..texts import two_lines
from ..validators import is_pythons, nearest, one_of
from .arguments import Arguments
from .decorator import options_of
from .schema import describe, is_async

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call."""

    spec: ToolSpec
    function: Callable[..., Any] = field(repr=False)
    arguments: Arguments = field(repr=False, compare=False)  # binds a model's JSON to the function's parameters
    confirm: bool = False
    timeout: float | None = None  # seconds; None waits for ever
    parallel: bool = False
    is_async: bool = False


class ToolSource:
    """A server whose tools run elsewhere."""

    def offered(self, only: str = "", timeout: float | None = None) -> list[Tool]:
        """Return its tools as they are now, or the one called ``only``; a call may take ``timeout`` seconds.

        Raises UsageError: the server cannot be reached, or has no such tool.
        """
        raise NotImplementedError


Sources = Callable[[str], ToolSource | None]
"""Finds a server by its name. One whose ``names()`` returns what may be typed can tell what was meant, too."""


class Toolbox(dict[str, Tool]):
    """Tools by their names on the wire, in the order they were named."""

    @classmethod
    def from_names(
        cls,
        names: Sequence[Any],
        namespace: Mapping[str, Any],
        servers: Sources = lambda _name: None,
        timeout: float | None = None,
    ) -> Toolbox:
        """Collect the functions that ``names`` mean in ``namespace``, the notebook's variables.

        ``fn``, ``obj.method``, ``module.fn``, or a variable that holds a list of functions; from Python also the
        functions themselves. ``server`` and ``server.tool``, also in its form on the wire, if no variable is meant; a
        call to it may take ``timeout`` seconds.

        Raises:
            UsageError: a name means nothing, or nothing that can be called; the nearest name is offered.
            ToolDefinitionError: functions that cannot be tools, or two with one name; all problems in one error.
        """
        wanted: list[tuple[str | None, Any]] = []
        for typed in names:
            if not isinstance(typed, str):
                wanted.append((None, typed))
                continue
            for name in filter(None, map(str.strip, typed.split(","))):
                found = _resolve(name, namespace, servers, timeout)
                several = isinstance(found, list | tuple)
                wanted += [(None, one) for one in found] if several else [(name.replace(".", "_"), found)]
        return cls(_described(wanted, namespace, timeout))

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told about the tools."""
        return tuple(tool.spec for tool in self.values())

    def chosen(self, choice: str | None) -> str | None:
        """Return what ``--tool-choice`` says, a tool by the model's name for it. Raises UsageError: no such tool."""
        if choice is None:
            return None
        known = ("auto", "none", "required", *self)
        forms = (choice, choice.replace(".", "_"), choice.replace(".", "__"))
        return one_of("--tool-choice", next((name for name in forms if name in known), choice), known)


def _described(
    wanted: Sequence[tuple[str | None, Any]], namespace: Mapping[str, Any], timeout: float | None
) -> dict[str, Tool]:
    tools: dict[str, Tool] = {}
    errors: list[ToolDefinitionError] = []
    for typed, found in wanted:
        try:
            several = found.offered(timeout=timeout) if isinstance(found, ToolSource) else [found]
            made = [one if isinstance(one, Tool) else _tool(one, typed, namespace) for one in several]
        except ToolDefinitionError as error:
            errors.append(error)
            continue
        taken = [one.spec.name for one in made if tools.setdefault(one.spec.name, one).function != one.function]
        errors += [ToolDefinitionError(*two_lines("tool.collision", name=name)) for name in taken]
    if errors:
        raise ToolDefinitionError(" ".join(error.what for error in errors), errors[0].next_step)
    return tools


def _tool(function: Any, typed: str | None, namespace: Mapping[str, Any]) -> Tool:
    options, waits = options_of(function), is_async(function)
    spec, arguments = describe(function, typed, namespace)
    return Tool(spec, function, arguments, options.confirm, options.timeout, options.parallel or waits, waits)


def _resolve(name: str, namespace: Mapping[str, Any], servers: Sources, timeout: float | None) -> Any:
    first, *rest = name.split(".")
    found = namespace.get(first)
    # A module cannot be a tool, and a server may well be called like one: time, git.
    if first not in namespace or isinstance(found, types.ModuleType):
        found = servers(first) or found
    if isinstance(found, ToolSource):
        return found.offered(".".join(rest), timeout)
    if first not in namespace:
        for mark in re.finditer("__", name):  # either part of SERVER__TOOL may hold __ itself
            if server := servers(name[: mark.start()]):
                return server.offered(name, timeout)
        names = [known for known, value in namespace.items() if _usable(value) and not known.startswith("_")]
        raise _unknown(name, first, names + getattr(servers, "names", list)(), "")
    for place, attribute in enumerate(rest):
        owner, found = found, attempt(_MISSING, getattr, found, attribute)  # a property may raise anything
        if found is _MISSING:
            known: list[str] = attempt([], dir, owner)
            public = [one for one in known if not one.startswith("_")]
            raise _unknown(name, attribute, public, ".".join([first, *rest[:place], ""]))
    if isinstance(found, list | tuple) and found:
        return found
    if not callable(found):
        raise UsageError(*two_lines("tool.not_callable", name=name, kind=type(found).__name__))
    return found


def _unknown(name: str, part: str, known: Sequence[str], prefix: str) -> UsageError:
    alone = (one for one in known if one.endswith(f".{name}"))  # the name of a server's tool
    near = next(alone, None) or (not prefix and nearest(name, known)) or nearest(part, known)
    return UsageError(*two_lines("tool.unknown", flag="--tools", name=name, meant=near and f"{prefix}{near}"))


def _usable(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(callable(one) for one in value)
    return (callable(value) and not is_pythons(value)) or isinstance(value, types.ModuleType)
