"""What pydantic writes as JSON Schema, in plain form: no titles, references inlined, one spelling for one meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..validators import is_json, json_text

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
    definitions: dict[str, Any] = dict(schema.get("$defs", {}))
    root = {key: value for key, value in schema.items() if key != "$defs"}
    kept = {name for name in definitions if name in _reachable(definitions[name], definitions)}
    try:
        inlined = _Inliner(definitions, kept).of(root)
        needed = _reachable(inlined, definitions) & kept
        stay = {name: _Inliner(definitions, kept).of(definitions[name]) for name in sorted(needed)}
    except OverflowError:
        inlined = _Inliner(definitions, set(definitions)).of(root)
        stay = {name: _Inliner(definitions, set(definitions)).of(one) for name, one in definitions.items()}
    name = _local_name(inlined.get("$ref"))
    if name in stay:  # a recursive type itself: services want the object, not a reference, at the root
        inlined = {**stay[name], **{key: value for key, value in inlined.items() if key != "$ref"}}
    return {**inlined, "$defs": stay} if stay else inlined


class _Inliner:
    def __init__(self, definitions: Mapping[str, Any], kept: set[str]) -> None:
        self._definitions = definitions
        self._kept = kept
        self._nodes = 0

    def of(self, node: Any) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES and len(self._kept) < len(self._definitions):
            raise OverflowError
        if isinstance(node, list):
            return [self.of(one) for one in node]
        if not isinstance(node, dict):
            return node
        name = _local_name(node.get("$ref"))
        if name in self._definitions and name not in self._kept:
            beside = {key: value for key, value in node.items() if key != "$ref"}
            return {**self.of(self._definitions[name]), **self.of(beside)}
        return self._tidied(node)

    def _tidied(self, node: dict[str, Any]) -> dict[str, Any]:
        tidy: dict[str, Any] = {}
        for key, value in node.items():
            noise = (
                (key in _VALUES or not isinstance(value, dict | list)) and not is_json(value),  # an infinite bound
                key == "title" and isinstance(value, str),
                key == "discriminator",  # its mapping points to definitions that are inlined
                key == "pattern" and "(?" in str(value),  # services on RE2 refuse lookarounds, as Decimal's
            )
            if any(noise):
                continue
            if key in _MAPS and isinstance(value, dict):
                tidy[key] = {name: self.of(one) for name, one in value.items()}
            elif key == "const":  # the same as a list of one, and more widely understood
                tidy["enum"] = [value]
            else:
                tidy[key] = value if key in _VALUES else self.of(value)
        return tidy


def _local_name(reference: Any) -> str:
    return reference.removeprefix("#/$defs/") if isinstance(reference, str) else ""


def _reachable(node: Any, definitions: Mapping[str, Any]) -> set[str]:
    """Return the definitions that a schema refers to, directly or through others."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        fresh = {*_REFERENCE.findall(json_text(waiting.pop()))} & definitions.keys() - found
        found |= fresh
        waiting += [definitions[name] for name in fresh]
    return found
