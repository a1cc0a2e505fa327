"""Type hints: resolved, put into the form that pydantic takes, and the plain JSON Schema that pydantic makes of them.

In plain form a schema has no titles, its references are inlined, and one meaning has one spelling.
"""

from __future__ import annotations

import itertools
import re
import sys
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions
from pydantic import AfterValidator, Field
from pydantic.json_schema import GenerateJsonSchema

from ..validators import is_json, json_text

_PRESENCE = (typing_extensions.Required, typing_extensions.NotRequired)
_ALIASES = (typing_extensions.TypeAliasType, getattr(typing, "TypeAliasType", typing_extensions.TypeAliasType))
_LAZY: dict[Any, Callable[[list[Any]], Any]] = {
    **dict.fromkeys((abc.Iterable, abc.Collection, abc.Container, abc.Reversible), list),
    abc.Iterator: iter,
    abc.Generator: lambda items: (one for one in items),
}
"""Types that pydantic refuses, or validates item by item while the function runs: lists, then made what they say."""
_make_typed_dict: Any = typing_extensions.TypedDict  # through a name: type checkers want the fields spelled out
_EXTENSIONS_META = type(_make_typed_dict("_Sample", {}))


def resolve(annotation: Any, home: Any, namespace: Mapping[str, Any]) -> Any:
    """Evaluate an annotation that may be a string or hold strings.

    Names are looked up in the module of ``home`` first, then in ``namespace``.
    Raises NameError: a name is defined in neither; and whatever else evaluating the text raises.
    """

    def holder() -> None: ...

    holder.__annotations__ = {"value": annotation}
    return _hints_of(holder, home, namespace)["value"]


def _hints_of(holder: Any, home: Any, namespace: Mapping[str, Any]) -> dict[str, Any]:
    own = getattr(home, "__globals__", None)
    if own is None:
        own = vars(sys.modules.get(home.__module__, types.ModuleType("")))
    return typing.get_type_hints(holder, own, {**namespace, **own}, include_extras=True)


class Portable:
    """Puts what pydantic refuses or ignores into a form that it takes.

    ``typing.TypedDict`` becomes ``typing_extensions.TypedDict`` with its hints resolved (inside itself, on Python
    3.11: a plain dict), and a text in ``Annotated`` becomes a description.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._open: list[Any] = []
        self._made: dict[Any, Any] = {}

    def of(self, hint: Any) -> Any:
        """Return the hint in that form. Raises what evaluating a TypedDict's own hints raises."""
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
        if origin is Literal or not arguments or any(isinstance(one, list) for one in arguments):
            return hint
        if origin is Annotated:
            return Annotated[(self.of(arguments[0]), *_described(arguments[1:]))]
        changed = tuple(self.of(one) for one in arguments)
        same = all(new is old for new, old in zip(changed, arguments, strict=True))
        made: Any = Union if origin is types.UnionType else origin
        return hint if same else made[changed if len(changed) > 1 else changed[0]]

    def _typed_dict(self, hint: Any) -> Any:
        if hint in self._open:
            return hint if sys.version_info >= (3, 12) else dict[str, Any]
        if hint not in self._made:
            self._open.append(hint)
            hints = _hints_of(hint, hint, self._namespace)
            # With postponed annotations __required_keys__ overlooks NotRequired, so the hint itself decides first.
            fields = {
                name: self.of(one)
                if name in hint.__required_keys__ or get_origin(one) in _PRESENCE
                else typing_extensions.NotRequired[self.of(one)]
                for name, one in hints.items()
            }
            self._open.pop()
            made = self._made[hint] = _make_typed_dict(hint.__name__, fields)
            for name in ("__doc__", "__module__", "__pydantic_config__"):
                if hasattr(hint, name):
                    setattr(made, name, getattr(hint, name))
        return self._made[hint]


def _described(notes: tuple[Any, ...]) -> tuple[Any, ...]:
    # The text itself, or the one in annotated_doc.Doc and typing_extensions.Doc.
    texts = [text for note in notes if isinstance(text := getattr(note, "documentation", note), str)]
    if not texts or any(map(description_in, notes)):
        return notes
    return (*notes, Field(description=" ".join(texts)))


def description_in(note: Any) -> str:
    """Return the description in a note of ``Annotated``: pydantic's ``Field`` may have one; else empty."""
    found = getattr(note, "description", None)
    return found if isinstance(found, str) else ""


def spelled(hint: Any) -> str:
    """Return a hint as a user would write it."""
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    return str(hint).replace("typing.", "").replace("collections.abc.", "")


class QuietSchema(GenerateJsonSchema):
    """Leaves out what has no JSON form, such as a default that is an object, without a warning."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}  # noqa: RUF012


_MAPS = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
"""Keywords whose value maps names to schemas: the names are the user's own, also when one is ``title``."""
_VALUES = {"default", "enum", "const", "examples", "example", "required"}
"""Keywords whose value is data."""
_REFERENCE = re.compile(r'"\$ref": "#/\$defs/([^"]+)"')
"""In the text of a schema."""
_MOST_NODES = 5_000
"""Beyond this many parts an inlined schema costs more tokens than it saves trouble; references stay."""


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an equivalent schema with references inlined and the generator's noise left out.

    Recursive definitions stay in ``$defs``. A schema that would explode keeps all of its references.
    """
    definitions = schema.get("$defs", {})
    recursive = {name for name, one in definitions.items() if name in _reachable(one, definitions)}
    try:
        return _inlined(schema, definitions, recursive)
    except OverflowError:
        return _inlined(schema, definitions, {*definitions})


def _inlined(schema: Mapping[str, Any], definitions: Mapping[str, Any], kept: set[str]) -> dict[str, Any]:
    nodes = itertools.count()

    def of(node: Any) -> Any:
        if next(nodes) > _MOST_NODES and len(kept) < len(definitions):
            raise OverflowError
        if not isinstance(node, dict):
            return [*map(of, node)] if isinstance(node, list) else node
        name = _local_name(node)
        if name in definitions and name not in kept:
            return {**of(definitions[name]), **of({key: one for key, one in node.items() if key != "$ref"})}
        tidy: dict[str, Any] = {}
        for key, value in node.items():
            if _is_noise(key, value):
                continue
            if key in _MAPS and isinstance(value, dict):
                tidy[key] = {name: of(one) for name, one in value.items()}
            elif key == "const":  # the same as a list of one, and more widely understood
                tidy["enum"] = [value]
            else:
                tidy[key] = value if key in _VALUES else of(value)
        return tidy

    inlined = of({key: one for key, one in schema.items() if key != "$defs"})
    stay = {name: of(definitions[name]) for name in sorted(_reachable(inlined, definitions) & kept)}
    name = _local_name(inlined)
    if name in stay:  # a recursive type itself: services want the object, not a reference, at the root
        del inlined["$ref"]
        inlined = {**stay[name], **inlined}
    return {**inlined, "$defs": stay} if stay else inlined


def _is_noise(key: str, value: Any) -> bool:
    return (
        ((key in _VALUES or not isinstance(value, dict | list)) and not is_json(value))  # an infinite bound
        or (key == "title" and isinstance(value, str))
        or key == "discriminator"  # its mapping points to definitions that are inlined
        or (key == "pattern" and "(?" in str(value))  # services on RE2 refuse lookarounds, as Decimal's
    )


def _local_name(node: Mapping[str, Any]) -> str:
    return str(node.get("$ref", "")).removeprefix("#/$defs/")


def _reachable(node: Any, definitions: Mapping[str, Any]) -> set[str]:
    """Return the definitions that a schema refers to, directly or through others."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        fresh = {*_REFERENCE.findall(json_text(waiting.pop()))} & definitions.keys() - found
        found |= fresh
        waiting += [definitions[name] for name in fresh]
    return found
