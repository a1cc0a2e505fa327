"""One ``{{ expression }}``: its value, through Jinja2, or the two-line error when that fails.

No sandbox: an expression is Python of the user's own notebook (decision 16). Nothing that a model, a file, the
environment or a configuration wrote is evaluated here: a value is inserted and never expanded again.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateAssertionError, TemplateSyntaxError, nodes
from jinja2.utils import missing

from ..errors import UsageError, attempt, in_one_line, message_of, reraise_interrupt
from ..texts import two_lines
from ..validators import json_text, nearest, shown
from .render import Expression, line_of

_SELF = "_self_of_the_notebook"


class _MissingError(Exception):
    """A name, attribute or item that is not there."""

    def __init__(self, hint: str | None, holder: Any, name: Any) -> None:
        super().__init__(hint or str(name))
        self.hint, self.holder, self.name = hint, holder, name


class _Absent(StrictUndefined):
    """Jinja's stand-in for a missing value: it raises as soon as it is used, `repr` in a list included."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, _exc: Any = None) -> None:
        def report(_message: str) -> _MissingError:
            return _MissingError(hint, obj, name)

        super().__init__(hint, obj, name, report)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return self._fail_with_undefined_error()


class _Expressions(Environment):
    """Jinja's environment, in which ``self`` is a name like any other and not the template."""

    def from_string(self, source: Any, *args: Any, **kwargs: Any) -> Template:
        """Compile a template, or the nodes that Jinja makes of an expression."""
        if isinstance(source, nodes.Template):
            for name in source.find_all(nodes.Name):
                name.name = _SELF if name.name == "self" else name.name
        return super().from_string(source, *args, **kwargs)


@cache
def _environment() -> Environment:
    # Not optimized: folding constants would run filters while compiling, and they run once. The text is no HTML.
    environment = _Expressions(undefined=_Absent, optimized=False, autoescape=False)
    plain = (name for name in dir(builtins) if name.islower() and not name.startswith("_"))
    environment.globals = {name: getattr(builtins, name) for name in plain}
    # Jinja's own escapes <, > and & for use in HTML.
    environment.filters["tojson"] = lambda value, indent=None: json_text(value, indent=indent)
    return environment


def evaluate(expression: Expression, namespace: Mapping[str, Any], text: str) -> Any:
    """Return the value of an expression of the prompt ``text``. It is evaluated exactly once.

    The notebook's variables win over Python's builtins (``len``, ``sorted``, ``range`` ...).
    Raises UsageError: it cannot be read, names something that does not exist, or raised.
    """
    environment = _environment()
    try:
        compute = environment.compile_expression(expression.source.strip(), undefined_to_none=False)
    except BaseException as error:
        reraise_interrupt(error)
        raise _unreadable(expression, text, error) from error
    try:
        value = compute({**namespace, _SELF: namespace["self"]} if "self" in namespace else namespace)
        if isinstance(value, _Absent):
            value._fail_with_undefined_error()  # noqa: SLF001  (the one way to learn what is missing)
    except BaseException as error:
        reraise_interrupt(error)
        raise explain(expression, error, namespace) from error
    return value


def explain(expression: Expression, error: BaseException, namespace: Mapping[str, Any]) -> UsageError:
    """Return the error of two lines for an exception of an expression, or of ``str()`` of its value."""
    if isinstance(error, UsageError):
        return error
    if not isinstance(error, _MissingError) or error.hint:
        reason = shown(error.hint, 200) if isinstance(error, _MissingError) else in_one_line(error)
        return UsageError(*two_lines("expression.raised", expression=expression.quoted, error=reason))
    name, holder, near = error.name, error.holder, None
    known: list[Any]
    if holder is missing:
        known, key = [*namespace, *_environment().globals], "expression.name"
        values = {"expression": expression.quoted, "name": "self" if name == _SELF else name}
    else:
        # A strange __dir__ costs the hint, not the error.
        known = attempt([], lambda: list(holder)[:1000] if isinstance(holder, Mapping) else dir(holder))
        key, values = "expression.member", {"expression": expression.quoted, "name": repr(name)}
        values["kind"] = type(holder).__name__
    if holder is missing and attempt(None, getattr, namespace.get("row"), name) is not None:  # a column of a batch
        near = f"row.{name}"
    elif isinstance(name, str):
        hidden = name.startswith("_")
        near = nearest(name, [word for word in known if isinstance(word, str) and (hidden or not word.startswith("_"))])
    return UsageError(*two_lines(key, meant=near, **values))


def _unreadable(expression: Expression, text: str, error: BaseException) -> UsageError:
    environment, near = _environment(), None
    if isinstance(error, TemplateAssertionError) and (name := re.search(r"'(.+)'", str(error))):
        near = nearest(name[1], [*environment.filters, *environment.tests])
    # As a whole template: its parser names what it found, where that of a lone expression says "chunk".
    with suppress(RecursionError):
        try:
            environment.parse(f"{{{{ {expression.source} }}}}")
        except TemplateSyntaxError as fuller:
            error = fuller
    reason = shown(error.message, 200) if isinstance(error, TemplateSyntaxError) else message_of(error, 200)
    reason = re.sub(r" at \d+$", "", reason.rstrip(".")).replace("end of print statement", "}}")
    told = {"expression": expression.quoted, "line": line_of(text, expression.start), "reason": reason}
    return UsageError(*two_lines("expression.broken", meant=near, **told))
