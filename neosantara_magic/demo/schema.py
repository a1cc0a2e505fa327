"""A valid instance for a JSON Schema: what the prompt says literally, else the plainest value that the schema takes.

Any schema ends, also a recursion or a contradiction. ``not``, ``if`` and the like are not read.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import string
from collections.abc import Iterable, Mapping
from re import _compiler, _parser  # type: ignore[attr-defined]  # the only readers of patterns that Python has
from typing import Any

from ..validators import from_json
from . import pictures
from .book import language
from .clues import MISSING, Clues, as_number, marked, rows
from .talk import Asked

_FORMATS = {
    "date": "2025-01-15", "date-time": "2025-01-15T09:00:00Z", "time": "09:00:00", "duration": "P1D",
    "email": "demo@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000", "json-pointer": "/demo",
}  # fmt: skip
_MARKS = ("score", "mark", "points", "skor", "nilai", "poin")
_MOST, _DEEPEST, _LONGEST = 2000, 24, 100_000
"""Values and depth of an instance, and characters of a string: what asks for more has no instance here."""
_IMPLIED = {
    "object": {"properties", "required", "additionalProperties", "minProperties"},
    "array": {"items", "prefixItems", "minItems"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
"""Keywords that tell the type of a schema without one."""


def part(schema: object, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a schema as a dictionary, with its references followed."""
    told: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
    seen: set[str] = set()
    while isinstance(told.get("$ref"), str) and told["$ref"] not in seen:
        reference = told.pop("$ref")
        seen.add(reference)
        target: Any = root
        for step in reference.removeprefix("#").strip("/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) and key else target
        told = {**(target if isinstance(target, Mapping) else {}), **told}
    return told


def kind(schema: Mapping[str, Any]) -> str:
    """Return the first type that a part allows; of an optional one, that of its value."""
    told = schema.get("type")
    found = told if isinstance(told, list) else [told] if told else [kind(one) for one in _variants(schema)]
    found = found or [next((name for name, keys in _IMPLIED.items() if keys & set(schema)), "string")]
    return str(next((one for one in found if one != "null"), "null"))


def _variants(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = schema.get("anyOf") or schema.get("oneOf")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def literal(clues: Clues, name: str, schema: Mapping[str, Any]) -> Any:
    """Return what a text says for a field at its label, or by naming one of its choices; else `MISSING`."""
    choices = schema.get("enum") or [one["const"] for one in _variants(schema) if "const" in one]
    if choices and isinstance(choices, list):
        labelled = clues.labelled(name, "string")
        return labelled if labelled in choices else clues.chosen(choices)
    told = kind(schema)
    return clues.labelled(name, told) if told in {"string", "integer", "number", "boolean"} else MISSING


def unlabelled(clues: Clues, name: str, schema: Mapping[str, Any]) -> list[Any]:
    """Return the values in a text that may be a field's by their form alone; for a list, all of them as one value."""
    told = kind(schema)
    if told in {"integer", "number"}:
        return [one for one in clues.numbers() if told == "number" or isinstance(one, int)]
    if told == "array":
        several = unlabelled(clues, name, {"type": "string", **part(schema.get("items"), {}), "items": None})
        return [several] if several else []
    return clues.strings(name, str(schema.get("description", ""))) if told == "string" else []


def instance(asked: Asked, schema: Mapping[str, Any]) -> Any:
    """Return a valid instance of a schema."""
    return _Maker(asked, schema).make(schema, "", 0, {})


class _Maker:
    def __init__(self, asked: Asked, root: Mapping[str, Any]) -> None:
        users = [message.text for message in asked.messages if message.role == "user"]
        repair = len(users) > 1 and "schema" in users[-1].lower()  # then the prompt before it brought the values
        self._root, self._text, self._left = root, users[-2 if repair else -1] if users else "", _MOST
        self._rows = rows(self._text)
        seen = [pictures.seen(url) for url in asked.images]
        self._colours = [colour for one in seen for colour in one.colours]
        results = [from_json(message.text) for message in asked.messages if message.role == "tool"]
        self._result = next((one for one in reversed(results) if not isinstance(one, str)), MISSING)
        self._known: dict[str, Any] = dict(self._result) if isinstance(self._result, dict) else {}
        self._known |= seen[0].fields(language(self._text)) if seen else {}
        mark, _, wanted = marked(self._text)
        self._known |= dict.fromkeys(_MARKS, mark) if wanted else {}

    def make(self, schema: object, name: str, depth: int, row: Mapping[str, str]) -> Any:
        """Return an instance of the part of the schema that stands in field ``name``, made of a table's ``row``."""
        told = self._merged(part(schema, self._root), depth)
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST or "const" in told:
            return told.get("const")
        if _variants(told):
            beside = {key: value for key, value in told.items() if key not in {"anyOf", "oneOf", "default"}}
            return self.make({**beside, **self._variant(_variants(told), depth)}, name, depth + 1, row)
        if isinstance(told.get("enum"), list) and told["enum"]:
            value = self._literal(name, told, row)
            return told["enum"][0] if value is MISSING else value
        if kind(told) == "object":
            return self._object(told, depth, row)
        return self._array(told, name, depth, row) if kind(told) == "array" else self._plain(told, name, row)

    def _merged(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return a part with what its ``allOf`` says in it."""
        parts = schema.pop("allOf", None)
        for one in parts if isinstance(parts, list) and depth < _DEEPEST else []:
            whole = self._merged(part(one, self._root), depth + 1)
            both = {"properties": {**fields(whole), **fields(schema)}}
            needed = {"required": [*whole.get("required", []), *schema.get("required", [])]}
            schema = {**whole, **schema, **{key: value for key, value in (both | needed).items() if value}}
        return schema

    def _variant(self, variants: list[Mapping[str, Any]], depth: int) -> Mapping[str, Any]:
        """Return the variant whose constant the text names, else the first that is not null; deep down a short one."""
        if depth > _DEEPEST // 3:
            variants = [one for one in variants if "$ref" not in json.dumps(one, default=str)] or variants
        whole = [part(one, self._root) for one in variants]
        for one in whole:
            marks = [part(told, {}).get("const") for told in fields(one).values()]
            if Clues(self._text).chosen([mark for mark in marks if mark is not None]) is not MISSING:
                return one
        return next((one for one in whole if kind(one) != "null"), whole[0])

    def _literal(self, name: str, schema: Mapping[str, Any], row: Mapping[str, str]) -> Any:
        """Return the value given for a field: in its row, else in a picture, a mark, a tool's result, or the text."""
        if row:
            text = "; ".join(f"{column}: {cell}" for column, cell in row.items())
            cell: Any = row.get(name, MISSING)
            known = as_number(cell) if cell is not MISSING and kind(schema) in {"integer", "number"} else cell
            return literal(Clues(text), name, schema) if known is MISSING or "enum" in schema else known
        known = self._known.get(name.lower(), MISSING)
        known = literal(Clues(self._text), name, schema) if known is MISSING else known
        return self._result if known is MISSING and isinstance(self._result, int | float) else known

    def _object(self, schema: Mapping[str, Any], depth: int, row: Mapping[str, str]) -> dict[str, Any]:
        properties = fields(schema)
        required = needed(schema)
        colour = self._colours.pop(0).fields(properties) if {"r", "g", "b"} <= set(properties) and self._colours else {}
        made: dict[str, Any] = {}
        for name, one in properties.items():
            if name in required or self._literal(name, part(one, self._root), row) not in (MISSING, self._result):
                made[name] = colour[name] if name in colour else self.make(one, name, depth + 1, row)
        least = min(int(_number(schema, "minProperties", 0)), _MOST)
        named = part(schema.get("propertyNames"), self._root).get("enum")
        extra = [*(named if isinstance(named, list) else []), *(f"field_{place}" for place in range(1, least + 1))]
        for name in [*required, *extra[: max(0, least - len(required))]]:
            if name not in made:
                made[name] = self.make(schema.get("additionalProperties"), name, depth + 1, row)
        return made

    def _array(self, schema: Mapping[str, Any], name: str, depth: int, row: Mapping[str, str]) -> list[Any]:
        fixed = schema.get("prefixItems")
        made = [self.make(one, name, depth + 1, row) for one in fixed] if isinstance(fixed, list) else []
        items = schema.get("items", {} if not made else False)
        most = int(min(_number(schema, "maxItems", _MOST), _MOST))
        least = int(min(_number(schema, "minItems", 0), most))
        record = fields(part(items, self._root))
        if {"r", "g", "b"} <= set(record):
            least = max(least, min(len(self._colours), 3))
        if record and self._rows and not row:
            made += [self.make(items, name, depth + 1, one) for one in self._rows]
        unique = bool(schema.get("uniqueItems"))
        while len(made) < min(max(least, depth < 4), most) and self._left > 0 and items is not False:
            one = self.make(items, name, depth + 1, row)
            made.append(_another(one, made, part(items, self._root)) if unique else one)
        return made[:most]

    def _plain(self, schema: Mapping[str, Any], name: str, row: Mapping[str, str]) -> Any:
        """Return a number, a text or a truth value: as it is said, when that is valid, else the plainest one."""
        wished = [self._literal(name, schema, row), schema.get("default", MISSING)]
        told = kind(schema)
        if told in {"boolean", "null"}:
            return next((one for one in wished if isinstance(one, bool)), False) if told == "boolean" else None
        if told in {"integer", "number"}:
            return _bounded(wished, schema, whole=told == "integer")
        free, least, most = not {"pattern", "format"} & set(schema), *_lengths(schema, _LONGEST)
        said = [one for one in wished if isinstance(one, str) and free and least <= len(one) <= most]
        return said[0] if said else _text(schema)


def _bounded(wished: Iterable[Any], schema: Mapping[str, Any], *, whole: bool) -> float:
    """Return the first number that the schema allows: a wished one, else one at the bounds or between them."""
    over, under = _number(schema, "exclusiveMinimum", -math.inf), _number(schema, "exclusiveMaximum", math.inf)
    low, high = max(_number(schema, "minimum", -math.inf), over), min(_number(schema, "maximum", math.inf), under)
    step = _number(schema, "multipleOf", 0) or (1 if whole else 0)
    tried = [one for one in wished if isinstance(one, int | float) and not isinstance(one, bool)]
    near = [one for one in (low, high) if math.isfinite(one)]
    tried += [0, 1, *near, *(one + add for one in near for add in (1, -1)), sum(near) / max(len(near), 1)]
    tried += [round(one / step + add) * step for one in near if step for add in (0, 1, -1)]
    for one in tried:
        if low <= one <= high and over < one < under and (not step or abs(one / step - round(one / step)) < 1e-9):
            return int(one) if whole else one
    return 0


def _number(schema: Mapping[str, Any], key: str, default: float) -> float:
    value = schema.get(key)
    return value if isinstance(value, int | float) and value is not True and math.isfinite(value) else default


def _text(schema: Mapping[str, Any]) -> str:
    if isinstance(schema.get("pattern"), str):
        with contextlib.suppress(re.error, OverflowError, RecursionError):  # a pattern that Python cannot read
            return _written(_parser.parse(schema["pattern"]))
    form = _FORMATS.get(str(schema.get("format")))
    least, most = _lengths(schema, 4)
    return form or ("demo" + " demo" * (least // 5 + 1))[: max(least, min(4, most), 0)]


def _lengths(schema: Mapping[str, Any], most: int) -> tuple[int, int]:
    return int(min(_number(schema, "minLength", 0), _LONGEST)), int(_number(schema, "maxLength", most))


def _written(parsed: Any) -> str:
    """Return the shortest text that a parsed pattern matches."""
    made = ""
    for kind_, told in parsed:
        name = str(kind_)
        if name == "LITERAL":
            made += chr(told)
        elif name in {"IN", "ANY", "NOT_LITERAL"}:
            one = _compiler.compile(_parser.SubPattern(parsed.state, [(kind_, told)]))
            made += next(filter(one.fullmatch, string.printable), "")
        elif name.endswith("REPEAT"):
            part_ = _written(told[2])
            made += part_ * min(told[0], _MOST // max(len(part_), 1))
        elif name in {"SUBPATTERN", "BRANCH"}:
            made += _written(told[-1] if name == "SUBPATTERN" else told[1][0])
    return made


def _another(value: Any, taken: list[Any], items: Mapping[str, Any]) -> Any:
    """Return a value of the same kind that is not taken yet."""
    more = [value, *(items["enum"] if isinstance(items.get("enum"), list) else [])]
    step = len(taken) * _number(items, "multipleOf", 1)
    more += [value + step] if isinstance(value, int | float) else [f"{value}{len(taken)}"] * isinstance(value, str)
    return next((one for one in more if one not in taken), value)


def needed(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that an object must have."""
    wanted = schema.get("required")
    return [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []


def fields(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parts of an object's schema by the names of its fields."""
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}
