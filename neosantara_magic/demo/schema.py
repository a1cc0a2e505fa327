"""A valid instance for any JSON Schema, made of the prompt's own words and numbers where they fit.

For: answers with a schema, and the arguments of a tool that must be called whatever the prompt says.
Not for: checking an instance against a schema, and not for text patterns beyond the common ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .evidence import MISSING, Reader, kinds
from .images import seen
from .material import rows_of
from .talk import Asked
from .values import WORDS_FOR_PATTERNS, Source, another, fits, fitted, number_for, of_colour, text_for, unlike
from .words import numbers, topic, words

_DEEPEST = 12
_OPTIONAL_DEPTH = 4
"""Deeper than this only what is required is filled, so that recursion ends."""


def answer(asked: Asked) -> Any:
    """Return a valid instance of the schema that the request wants its answer in."""
    wanted = asked.answer_format.schema if asked.answer_format else {}
    return instance(wanted, _material(asked), _urls(asked))


def arguments(asked: Asked, parameters: Mapping[str, Any]) -> Any:
    """Return valid arguments for a tool that has to be called."""
    return instance(parameters, _material(asked), _urls(asked))


def _urls(asked: Asked) -> list[str]:
    last = next((message for message in reversed(asked.messages) if message.role == "user"), None)
    return [image.url for image in last.images] if last else []


def _material(asked: Asked) -> str:
    """The text to draw on: the last prompt; with a repair round, the one before it that brought the material."""
    users = [message.text for message in asked.messages if message.role == "user"]
    results = [message.text for message in asked.messages if message.role == "tool"]
    if len(users) > 1 and re.search(r"\bschema\b|valid|does not (?:fit|match)", users[-1], re.IGNORECASE):
        users = users[:-1]
    return "\n".join([*users[-1:], *results[-3:]])


def instance(schema: Mapping[str, Any], text: str, image_urls: list[str] | None = None) -> Any:
    """Return an instance of ``schema`` drawn from ``text``."""
    pictures = tuple(seen(url) for url in image_urls or [])
    colours = [colour for picture in pictures for colour in picture.colours]
    return _Maker(schema).make(schema, Source(text, Reader(text), pictures, colours), "", 0, ())


class _Maker:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def make(  # noqa: PLR0911  (one return for each keyword that decides alone)
        self, schema: object, source: Source, name: str, depth: int, path: tuple[str, ...]
    ) -> Any:
        """Return an instance of one part of the schema.

        Args:
            schema: The part.
            source: What to draw on.
            name: Name of the field it stands in.
            depth: How many parts are around it.
            path: References followed on the way here, to see recursion.
        """
        if not isinstance(schema, Mapping) or depth > _DEEPEST * 2:
            return topic(source.text) or "demo"
        if "$ref" in schema:
            target = self._resolve(str(schema["$ref"]))
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return self.make({**target, **beside}, source, name, depth, (*path, str(schema["$ref"])))
        if "allOf" in schema:
            return self.make(self._merged(schema), source, name, depth, path)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            found = source.reader.find(name, schema)
            return _undecided(schema["enum"]) if found is MISSING else found
        variants = schema.get("anyOf") or schema.get("oneOf")
        if variants and not ("properties" in schema and "type" in schema):
            return self._variant(schema, variants, source, name, depth, path)
        return self._typed(schema, source, name, depth, path)

    def _typed(self, schema: Mapping[str, Any], source: Source, name: str, depth: int, path: tuple[str, ...]) -> Any:
        kind = (kinds(schema) or [_implied(schema)])[0]
        if kind == "object":
            return self._object(schema, source, depth, path)
        if kind == "array":
            return self._array(schema, source, name, depth, path)
        if kind in {"integer", "number"}:
            return number_for(schema, source, name, kind)
        if kind == "boolean":
            found = source.reader.find(name, {"type": "boolean"})
            return True if found is MISSING else found
        return None if kind == "null" else text_for(schema, source, name)

    def _resolve(self, reference: str) -> Mapping[str, Any]:
        part: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            part = part.get(key, {}) if isinstance(part, Mapping) and key else part
        return part if isinstance(part, Mapping) else {}

    def _merged(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for part in [*schema["allOf"], {key: value for key, value in schema.items() if key != "allOf"}]:
            whole = (
                {**self._resolve(part["$ref"]), **{k: v for k, v in part.items() if k != "$ref"}}
                if "$ref" in part
                else part
            )
            whole = self._merged(whole) if "allOf" in whole else whole
            for key, value in whole.items():
                if key == "properties":
                    merged[key] = {**merged.get(key, {}), **value}
                elif key == "required":
                    merged[key] = [*merged.get(key, []), *value]
                else:
                    merged[key] = value
        return merged

    def _variant(
        self,
        schema: Mapping[str, Any],
        variants: list[Any],
        source: Source,
        name: str,
        depth: int,
        path: tuple[str, ...],
    ) -> Any:
        """The first variant that the text speaks for, else the first that is not null."""
        beside = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "default"}}
        whole = [{**beside, **variant} if isinstance(variant, Mapping) else variant for variant in variants]
        plain = [variant for variant in whole if not (isinstance(variant, Mapping) and kinds(variant) == ["null"])]
        recursive = depth > _OPTIONAL_DEPTH or len(path) != len(set(path))
        if len(plain) < len(whole) and (recursive or not plain):
            return None
        if recursive:
            # The way out of a recursion is the variant that refers to nothing.
            plain.sort(key=lambda variant: "$ref" in str(variant))
        if [kinds(variant) for variant in plain if isinstance(variant, Mapping)] == [["number"], ["string"]]:
            # A Decimal as pydantic describes it: as a text it must still be a number, which words are not.
            plain = plain[:1]
        named = [variant for variant in plain if self._is_named(variant, source)]
        if not named:
            named = [
                v
                for v in plain
                if isinstance(v, Mapping) and "$ref" not in v and source.reader.find(name, v) is not MISSING
            ][:1]
        return self.make((named or plain)[0], source, name, depth + 1, path)

    def _is_named(self, variant: object, source: Source) -> bool:
        """Whether the text names a variant, by its discriminating constant or its title."""
        if not isinstance(variant, Mapping):
            return False
        whole = {**self._resolve(variant["$ref"]), **variant} if "$ref" in variant else variant
        marks = [
            str(part["const"])
            for part in whole.get("properties", {}).values()
            if isinstance(part, Mapping) and "const" in part
        ]
        return any(
            re.search(rf"(?<!\w){re.escape(mark)}(?!\w)", source.text, re.IGNORECASE)
            for mark in [*marks, str(whole.get("title", "\0"))]
        )

    def _object(self, schema: Mapping[str, Any], source: Source, depth: int, path: tuple[str, ...]) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        required = list(schema.get("required") or [])
        colour = source.colours.pop(0) if {"r", "g", "b"} <= set(properties) and source.colours else None
        made: dict[str, Any] = {}
        for name, part in properties.items():
            if name not in required and not self._worth_it(part, source, name, depth, path):
                continue
            told = of_colour(name, part, colour) if colour else None
            made[name] = told if told is not None else self.make(part, source, name, depth + 1, path)
        for name in required:
            if name not in made:
                made[name] = self.make(schema.get("additionalProperties", {}), source, name, depth + 1, path)
        extra = schema.get("additionalProperties")
        wanted = max(
            int(schema.get("minProperties", 0)) - len(made), 1 if isinstance(extra, Mapping) and not properties else 0
        )
        for key in _keys(source, schema, wanted):
            made.setdefault(key, self.make(extra if isinstance(extra, Mapping) else {}, source, key, depth + 1, path))
        return made

    def _worth_it(self, part: object, source: Source, name: str, depth: int, path: tuple[str, ...]) -> bool:
        """Whether an optional field is filled: near the top, or when the text speaks of it; never into a recursion."""
        if not isinstance(part, Mapping):
            return True
        if "$ref" in part and part["$ref"] in path:
            return False
        if depth > _OPTIONAL_DEPTH or len(path) != len(set(path)):
            return False
        if "default" in part or str(part.get("description", "")).lower().find("only set this if") >= 0:
            return Reader(source.text).find(name, part) is not MISSING
        return True

    def _array(
        self, schema: Mapping[str, Any], source: Source, name: str, depth: int, path: tuple[str, ...]
    ) -> list[Any]:
        fixed = list(schema.get("prefixItems") or [])
        made = [self.make(part, source, name, depth + 1, path) for part in fixed]
        items = schema.get("items", {})
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", 10_000))
        if items is False or (fixed and "items" not in schema):
            return made
        recursive = depth > _OPTIONAL_DEPTH or (
            isinstance(items, Mapping) and items.get("$ref") in path and path.count(str(items.get("$ref"))) > 1
        )
        if recursive:
            return [self.make(items, source, name, depth + 2, path) for _ in range(max(0, least - len(made)))] + made
        simple = source.reader.find(name, schema) if isinstance(items, Mapping) and "$ref" not in items else MISSING
        if isinstance(simple, list) and not fixed and len(simple) >= least:
            fitting = [
                value if isinstance(value, str) and fits(value, items) else fitted(value, items) for value in simple
            ]
            return unlike(fitting, schema)[:most]
        parts = _segments(source, name, least, most, is_record=_is_record(self._seen_through(items)))
        rows = rows_of(source.text)
        for place, text in enumerate(parts):
            row = rows[place] if place < len(rows) else None
            inner = Source(text, Reader(text, row=row), source.images, source.colours)
            made.append(self.make(items, inner, name.rstrip("s"), depth + 1, path))
        made = unlike(made, schema)
        for number in range(1, 50 * least if schema.get("uniqueItems") else 0):
            fresh = another(made[0], number, items) if made else number
            if len(made) < least and fresh not in made:
                made.append(fresh)
        return made[:most]

    def _seen_through(self, schema: object) -> Mapping[str, Any]:
        if not isinstance(schema, Mapping):
            return {}
        return {**self._resolve(str(schema["$ref"])), **schema} if "$ref" in schema else schema


def _undecided(choices: list[Any]) -> Any:
    """The choice when the text speaks for none: the neutral one, else the first."""
    return next((choice for choice in choices if str(choice).lower() in {"neutral", "netral", "mixed"}), choices[0])


def _implied(schema: Mapping[str, Any]) -> str:
    """The type that the keywords of an untyped schema speak of."""
    if "items" in schema or "prefixItems" in schema or "minItems" in schema:
        return "array"
    if {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"} & set(schema):
        return "number"
    return "object" if "required" in schema else "string"


def _is_record(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema


def _segments(source: Source, name: str, least: int, most: int, *, is_record: bool) -> list[str]:
    """Split the text into as many parts as the array should have items."""
    if source.colours and any(word in name.lower() for word in ("color", "colour", "warna")):
        return [source.text] * max(least, min(len(source.colours), most, 3))
    rows = rows_of(source.text)
    lines = [line.strip(" -*•\t") for line in source.text.splitlines() if re.match(r"\s*(?:[-*•]|\d+[.)])\s+\S", line)]
    if rows:
        found = ["; ".join(f"{column}: {cell}" for column, cell in row.items()) for row in rows]
    elif len(lines) > 1:
        found = [re.sub(r"^\d+[.)]\s+", "", line) for line in lines]
    elif is_record:
        found = _sentences(source.text)
    else:
        asked = [number for number in numbers(source.text) if isinstance(number, int) and 1 <= number <= 20]
        found = [f"{topic(source.text)} {place}" for place in range(1, (asked or [2])[0] + 1)]
    while len(found) < least:
        found.append(found[len(found) % max(1, len(found))] if found else source.text)
    return found[:most] or [source.text][:most]


def _sentences(text: str) -> list[str]:
    """The sentences that bring data: those with a number or a name, when there are any."""
    body = text.partition(":\n")[2] or text.partition(": ")[2] or text
    parts = [part.strip() for part in re.split(r"(?<=[.!?])\s+|;\s*|\n+", body) if part.strip()]
    telling = [part for part in parts if re.search(r"\d", part)]
    return telling or parts[:3] or [text]


def _keys(source: Source, schema: Mapping[str, Any], wanted: int) -> Iterator[str]:
    if wanted <= 0:
        return
    told = [word for word in words(topic(source.text)) if not word.isdigit()]
    pattern = (
        (schema.get("propertyNames") or {}).get("pattern") if isinstance(schema.get("propertyNames"), Mapping) else None
    )
    choices = (
        (schema.get("propertyNames") or {}).get("enum") if isinstance(schema.get("propertyNames"), Mapping) else None
    )
    if choices:
        told = list(choices)
    if pattern:
        told = [word for word in [*told, *WORDS_FOR_PATTERNS] if re.search(pattern, word)]
    names = list(dict.fromkeys(told))
    while len(names) < wanted:
        names.append(f"field_{len(names) + 1}")
    yield from names[:wanted]
