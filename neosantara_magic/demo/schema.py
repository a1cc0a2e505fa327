"""A valid instance for a JSON Schema: what the prompt says literally, else the plainest value that the schema takes.

Any schema ends, also a recursion or a contradiction. ``not``, ``if`` and the like are not read.
"""

from __future__ import annotations

import contextlib
import math
import re
import string
from collections.abc import Iterable, Mapping
from re import _compiler, _parser  # type: ignore[attr-defined]  # the only readers of patterns that Python has
from typing import Any, NamedTuple

from ..validators import from_json
from .reading import MISSING, Clues, as_number, language, rows, seen
from .requests import Asked

_FORMATS = {
    "date": "2025-01-15", "date-time": "2025-01-15T09:00:00Z", "time": "09:00:00", "duration": "P1D",
    "email": "demo@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000", "json-pointer": "/demo",
}  # fmt: skip
_MOST, _DEEPEST, _LONGEST = 2000, 24, 100_000
"""Values and depth of an instance, and characters of a string: what asks for more has no instance here."""
_IMPLIED = {
    "object": {"properties", "required", "additionalProperties", "minProperties"},
    "array": {"items", "prefixItems", "minItems"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
"""Keywords that tell the type of a schema without one."""


def part(schema: object, root: Mapping[str, Any], text: str = "", seen: set[str] | None = None) -> dict[str, Any]:
    """Return a part of a schema as one plain dictionary, which always has ``type``, ``properties`` and ``required``.

    References are followed, each once (``seen``), ``allOf`` is merged, and one variant is taken.
    """
    seen = set() if seen is None else seen
    told = _followed(schema, root, seen)
    variants = [one for key in ("anyOf", "oneOf") for one in _list(told.pop(key, None)) if isinstance(one, Mapping)]
    wholes = _list(told.pop("allOf", None))
    if variants and all("const" in one for one in variants):
        told["enum"] = [one["const"] for one in variants]
    elif variants:
        wholes = [*wholes, _variant(variants, root, text)]
    for one in wholes:
        whole = part(one, root, text, seen)
        properties = whole["properties"] | _mapping(told.get("properties"))
        required = [*whole["required"], *_list(told.get("required"))]
        told = {**whole, **told, "properties": properties, "required": required}
    required = [one for one in _list(told.get("required")) if isinstance(one, str)]
    if not _list(told.get("enum")):
        told.pop("enum", None)
    return {**told, "type": _kind(told), "properties": _mapping(told.get("properties")), "required": required}


def _followed(schema: object, root: Mapping[str, Any], seen: set[str]) -> dict[str, Any]:
    told = _mapping(schema)
    while isinstance(told.get("$ref"), str):
        reference = told.pop("$ref")
        target: Any = {} if reference in seen else root
        seen.add(reference)
        for step in reference.removeprefix("#").strip("/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) and key else target
        told = _mapping(target) | told
    return told


def _variant(variants: list[Mapping[str, Any]], root: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    """Return the variant with a constant that the text names, else the first that is not null, better no reference."""
    for one in variants:
        fields = map(_mapping, _mapping(_followed(one, root, set()).get("properties")).values())
        if Clues(text).chosen([field["const"] for field in fields if "const" in field]) is not MISSING:
            return one
    plainest = sorted(variants, key=lambda one: "$ref" in str(one))
    return next((one for one in plainest if "$ref" in one or _kind(one) != "null"), variants[0])


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the first type that a part allows beside null."""
    told = schema.get("type")
    implied = [name for name, keys in _IMPLIED.items() if keys & set(schema)]
    kinds = told if isinstance(told, list) else [told] if told else implied
    return str(next((one for one in kinds if one != "null"), "null" if kinds else "string"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def instance(asked: Asked, schema: Mapping[str, Any]) -> Any:
    """Return a valid instance of a schema."""
    maker = _Maker(asked, schema)
    return maker.make(schema, "", 0, maker.said)


class _Said(NamedTuple):
    """Where a field's value may be told: in a text, or known by the field's name in lower case."""

    text: str
    known: Mapping[str, Any]


class _Maker:
    def __init__(self, asked: Asked, root: Mapping[str, Any]) -> None:
        users = [message.text for message in asked.users]
        repair = len(users) > 1 and "schema" in users[-1].lower()  # then the prompt before it brought the values
        text = users[-2 if repair else -1] if users else ""
        self._root, self._left = root, _MOST
        self._rows = [
            _Said("; ".join(f"{column}: {cell}" for column, cell in row.items()), _lower(row)) for row in rows(text)
        ]
        looked = [seen(url) for url in asked.images]
        self._colours = [colour for one in looked for colour in one.colours]
        results = [from_json(message.text) for message in asked.messages if message.role == "tool"]
        self._result = next((one for one in reversed(results) if not isinstance(one, str)), MISSING)
        self.said = _Said(text, _lower(self._result) | (looked[0].fields(language(text)) if looked else {}))

    def make(self, schema: object, name: str, depth: int, said: _Said) -> Any:
        """Return an instance of the part of the schema that stands in field ``name``."""
        told = part(schema, self._root, said.text)
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST or "const" in told:
            return told.get("const")
        if "enum" in told:
            value = self._literal(name, told, said)
            return told["enum"][0] if value is MISSING else value
        if told["type"] == "object":
            return self._object(told, depth + 1, said)
        return self._array(told, name, depth + 1, said) if told["type"] == "array" else self._plain(told, name, said)

    def _literal(self, name: str, told: Mapping[str, Any], said: _Said) -> Any:
        """Return the value given for a field: in its row, a picture or a tool's result, else in the text."""
        value = said.known.get(name.lower(), MISSING)
        if isinstance(value, str) and told["type"] in {"integer", "number"}:
            value = as_number(value)
        if value is MISSING or value not in told.get("enum", [value]):
            return Clues(said.text).literal(name, told)
        return value

    def _object(self, told: Mapping[str, Any], depth: int, said: _Said) -> dict[str, Any]:
        properties, required = told["properties"], told["required"]
        if {"r", "g", "b"} <= set(properties) and self._colours:
            said = _Said(said.text, self._colours.pop(0).fields(properties))
        least = min(int(_number(told, "minProperties", 0)), _MOST)
        named = _list(part(told.get("propertyNames"), self._root).get("enum"))
        extra = [*named, *(f"field_{place}" for place in range(1, least + 1))]
        wanted = [
            name
            for name, one in properties.items()
            if name in required or self._literal(name, part(one, self._root), said) is not MISSING
        ]
        names = dict.fromkeys([*wanted, *required, *extra[: max(0, least - len(required))]])
        return {
            name: self.make(properties.get(name, told.get("additionalProperties")), name, depth, said) for name in names
        }

    def _array(self, told: Mapping[str, Any], name: str, depth: int, said: _Said) -> list[Any]:
        fixed = _list(told.get("prefixItems"))
        made = [self.make(one, name, depth, said) for one in fixed]
        items = told.get("items", not made)
        one_item = part(items, self._root)
        most = int(min(_number(told, "maxItems", _MOST), _MOST))
        least = int(min(_number(told, "minItems", 0), most))
        if {"r", "g", "b"} <= set(one_item["properties"]):
            least = max(least, min(len(self._colours), 3))
        if one_item["properties"] and said is self.said:
            made += [self.make(items, name, depth, row) for row in self._rows]
        while len(made) < min(max(least, depth < 5), most) and self._left > 0 and items is not False:
            one = self.make(items, name, depth, said)
            made.append(_another(one, made, one_item) if told.get("uniqueItems") else one)
        return made[:most]

    def _plain(self, told: Mapping[str, Any], name: str, said: _Said) -> Any:
        """Return a number, a text or a truth value: as it is said, when that is valid, else the plainest one."""
        wished = [self._literal(name, told, said), self._result, told.get("default")]
        kind = told["type"]
        if kind in {"boolean", "null"}:
            return next((one for one in wished if isinstance(one, bool)), False) if kind == "boolean" else None
        if kind in {"integer", "number"}:
            return _bounded(wished, told, whole=kind == "integer")
        return _text(wished, told)


def _lower(known: object) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in _mapping(known).items()}


def _bounded(wished: Iterable[Any], schema: Mapping[str, Any], *, whole: bool) -> float:
    """Return the first number that the schema allows: a wished one, else one at the bounds or between them."""
    low, high = _number(schema, "minimum", -math.inf), _number(schema, "maximum", math.inf)
    over, under = _number(schema, "exclusiveMinimum", -math.inf), _number(schema, "exclusiveMaximum", math.inf)
    step = _number(schema, "multipleOf", 0) or (1 if whole else 0)
    edges = [one for one in (low, high, over, under) if math.isfinite(one)]
    tried = [one for one in wished if isinstance(one, int | float) and not isinstance(one, bool)]
    tried += [0, 1, *edges, sum(edges) / max(len(edges), 1)]
    tried += [(round(one / (step or 1)) + add) * (step or 1) for one in edges for add in (0, 1, -1)]
    fits = (
        one
        for one in tried
        if low <= one <= high and over < one < under and not (step and abs(one / step - round(one / step)) > 1e-9)
    )
    found = next(fits, 0)
    return int(found) if whole else found


def _number(schema: Mapping[str, Any], key: str, default: float) -> float:
    value = schema.get(key)
    return value if isinstance(value, int | float) and value is not True and math.isfinite(value) else default


def _text(wished: Iterable[Any], schema: Mapping[str, Any]) -> str:
    """Return the first wished text that the schema allows, else one of its pattern, its format, or its length."""
    if isinstance(schema.get("pattern"), str):
        with contextlib.suppress(re.error, OverflowError, RecursionError):  # a pattern that Python cannot read
            return _written(_parser.parse(schema["pattern"]))
    form = _FORMATS.get(str(schema.get("format")))
    least, most = min(_number(schema, "minLength", 0), _LONGEST), _number(schema, "maxLength", _LONGEST)
    plain = ("demo" + " demo" * int(least // 5 + 1))[: int(max(least, min(4, most), 0))]
    return form or next((one for one in wished if isinstance(one, str) and least <= len(one) <= most), plain)


def _written(parsed: Any) -> str:
    """Return the shortest text that a parsed pattern matches."""
    made = ""
    for kind, told in parsed:
        name = str(kind)
        if name == "LITERAL":
            made += chr(told)
        elif name in {"IN", "ANY", "NOT_LITERAL"}:
            one = _compiler.compile(_parser.SubPattern(parsed.state, [(kind, told)]))
            made += next(filter(one.fullmatch, string.printable), "")
        elif name.endswith("REPEAT"):
            once = _written(told[2])
            made += once * min(told[0], _MOST // max(len(once), 1))
        elif name in {"SUBPATTERN", "BRANCH"}:
            made += _written(told[-1] if name == "SUBPATTERN" else told[1][0])
    return made


def _another(value: Any, taken: list[Any], items: Mapping[str, Any]) -> Any:
    """Return a value of the same kind that is not taken yet."""
    more = [value, *_list(items.get("enum"))]
    step = len(taken) * _number(items, "multipleOf", 1)
    more += [value + step] if isinstance(value, int | float) else [f"{value}{len(taken)}"] * isinstance(value, str)
    return next((one for one in more if one not in taken), value)
