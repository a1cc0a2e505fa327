"""One ``{{ expression }}``: its value, through Jinja2, or the two-line error when that fails.

No sandbox: an expression is Python of the user's own notebook (decision 16). Nothing that a model, a file, the
environment or a configuration wrote is evaluated here: a value is inserted and never expanded again.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateAssertionError, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.utils import missing

from ..errors import UsageError, in_one_line, message_of, reraise_interrupt
from ..texts import say, two_lines
from ..validators import json_text, nearest, shown
from .braces import Expression, point_at

_SELF = "_self_of_the_notebook"


class _MissingError(Exception):
    """A name, attribute or item that is not there."""

    def __init__(self, hint: str | None, holder: Any, name: Any) -> None:
        super().__init__(hint or str(name))
        self.hint = hint
        self.holder = holder
        self.name = name


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
    environment.globals.clear()
    environment.globals.update(
        {name: getattr(builtins, name) for name in dir(builtins) if name.islower() and not name.startswith("_")}
    )
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
    known: Iterable[Any]
    if error.holder is missing:
        known, key = [*namespace, *_environment().globals], "expression.name"
        values = {"expression": expression.quoted, "name": "self" if error.name == _SELF else error.name}
    else:
        known, key = _members(error.holder), "expression.member"
        values = {"expression": expression.quoted, "name": repr(error.name), "kind": type(error.holder).__name__}
    return UsageError(*two_lines(key, meant=_nearest(error.name, known), **values))


def _nearest(name: Any, known: Iterable[Any]) -> str | None:
    if not isinstance(name, str):
        return None
    public = [word for word in known if isinstance(word, str) and (name.startswith("_") or not word.startswith("_"))]
    return nearest(name, public)


def _members(holder: Any) -> list[Any]:
    try:
        return list(holder)[:1000] if isinstance(holder, Mapping) else dir(holder)
    except BaseException as error:  # noqa: BLE001  (a strange __dir__ costs the hint, not the error)
        reraise_interrupt(error)
        return []


def _unreadable(expression: Expression, text: str, error: BaseException) -> UsageError:
    source = expression.source
    offset = _offset(source)
    reason = shown(error.message, 200) if isinstance(error, TemplateSyntaxError) else message_of(error, 200)
    if isinstance(error, TemplateAssertionError):  # an unknown filter or test, which the parser does not know
        name = re.search(r"'(.+)'", reason)
        place = re.search(rf"(?:\||\bis\b)\s*({re.escape(name[1])})", source) if name else None
        offset = place.start(1) if place else offset
        known = [*_environment().filters, *_environment().tests]
        near = nearest(name[1], known) if name else None
        reason = say("expression.reason.near", reason=reason.rstrip("."), near=near) if near else reason
    elif offset >= len(source.rstrip()):
        reason = say("expression.reason.end" if source.strip() else "expression.reason.empty")
    elif reason.startswith("unexpected char"):
        reason = re.sub(r" at \d+$", "", reason)
    elif reason == "chunk after expression":
        reason = say("expression.reason.unexpected", word=source[offset:].split()[0])
    line, picture = point_at(text, expression.start + 2 + offset)
    what, next_step = two_lines("expression.broken", line=line, reason=reason.rstrip("."))
    return UsageError(f"{what}\n{picture}", next_step)


def _offset(source: str) -> int:
    """Return where in ``source`` Jinja's parser stops; its errors know the line only."""
    environment = _environment()
    # The lexer reads every line ending as one \n: count on a text where each is one sign, then count the rest back.
    plain = source.replace("\r\n", "\n")
    begun = ended = 0
    stream: TokenStream | None = None

    def pieces() -> Iterator[tuple[int, str, str]]:
        nonlocal begun, ended
        for piece in environment.lexer.tokeniter(plain, None, None, "variable"):
            begun, ended = ended, ended + len(piece[2])
            yield piece
        begun = ended

    try:
        parser = Parser(environment, "")
        parser.stream = stream = TokenStream(environment.lexer.wrap(pieces()), None, None)
        parser.parse_expression()
    except TemplateSyntaxError as error:
        if stream is None or (error.message or "").startswith("unexpected char"):
            begun, stream = ended, None  # the lexer: what it could not read follows what it has read
    except RecursionError:
        begun, stream = 0, None
    if stream is not None and stream.eos:
        begun = len(plain.rstrip())
    return begun + source[: begun + source.count("\r\n")].count("\r\n")
