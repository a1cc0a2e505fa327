"""Instances of any schema: each is checked by `jsonschema`, which we did not write."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid
from typing import Annotated, Any, Literal

import pydantic
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from neosantara_magic.demo import schema
from neosantara_magic.demo.requests import Asked
from neosantara_magic.messages import user_message

TEXT = "Extract the people: Budi is 32 years old and lives in Bandung. Siti is 28 and lives in Jakarta."


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Person(BaseModel):
    name: str
    age: int
    city: str


class Node(BaseModel):
    value: int
    children: list["Node"] = []


class Linked(BaseModel):
    title: str
    next: "Linked | None" = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Everything(BaseModel):
    when: dt.datetime
    day: dt.date
    time: dt.time
    price: decimal.Decimal
    key: uuid.UUID
    mood: Mood
    level: Literal[1, 2, 3]
    score: float = Field(gt=0, lt=1)
    even: int = Field(multiple_of=2, ge=10)
    code: str = Field(min_length=3, max_length=5)
    plate: str = Field(pattern=r"^[A-Z]{2}\d{2}$")
    tags: Annotated[list[str], Field(min_length=2, max_length=3)]
    pair: tuple[int, str]
    unique: set[int]
    counts: dict[str, int]
    maybe: int | None
    either: int | str
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    flag: bool
    site: pydantic.HttpUrl
    nested: list[Person]


@dataclasses.dataclass
class Point:
    x: float
    y: float


class Movie(TypedDict):
    title: str
    year: int


TYPES = [Person, Node, Linked, Everything, list[Person], list[Point], Point, dict[str, float], list[int], Mood, Literal["a", "b"],
         Person | None, tuple[int, int, int], bool, int, float, str, list[list[int]], dict[str, list[Person]], list[Node]]  # fmt: skip

SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {"type": "object", "properties": {}, "additionalProperties": False},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    {"type": "object", "required": ["a"], "properties": {"b": {"type": "null"}}},
    {"type": "array", "minItems": 4, "items": {"type": "number", "minimum": 5, "maximum": 6}},
    {"type": "array", "maxItems": 0, "items": {"type": "string"}},
    {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"enum": ["x", "y", "z"]}},
    {"type": "array", "uniqueItems": True, "minItems": 4, "items": {"type": "integer"}},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
    {"const": 7},
    {"enum": [None, "only"]},
    {"type": ["string", "null"], "maxLength": 2},
    {"type": ["null", "integer"], "exclusiveMinimum": 10},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "integer", "maximum": -3},
    {"type": "integer", "multipleOf": 7, "minimum": 50},
    {"type": "string", "minLength": 40},
    {"type": "string", "format": "email"},
    {"type": "string", "format": "ipv4"},
    {"type": "string", "pattern": r"^[A-Z]{2}-\d{3,}[^a-z ](?:x|y)+\.$"},
    {"type": "string", "pattern": r"^\+62\d{9,12}$"},
    {"type": "number", "multipleOf": 0.25, "minimum": 0.3},
    {"type": "object", "propertyNames": {"enum": ["a", "b", "c"]}, "minProperties": 2},
    {"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}], "type": "object"},
    {"oneOf": [{"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}, {"type": "string"}]},
    {"$ref": "#/$defs/leaf", "$defs": {"leaf": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}},
    {"type": "object", "properties": {"tree": {"$ref": "#"}, "n": {"type": "integer"}}, "required": ["n"]},
    {
        "$defs": {"expr": {"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"left": {"$ref": "#/$defs/expr"}, "right": {"$ref": "#/$defs/expr"}}, "required": ["left", "right"]}]}},
        "$ref": "#/$defs/expr",
    },
]  # fmt: skip


def instance(wanted: dict[str, Any], text: str) -> Any:
    """Return the demo's instance of a schema for a prompt."""
    return schema.instance(Asked("nusantara-base", (user_message(text),)), wanted)


def _valid(value: Any, wanted: dict[str, Any]) -> None:
    Draft202012Validator(wanted, format_checker=FormatChecker()).validate(value)


@pytest.mark.parametrize("wanted", SCHEMAS, ids=str)
@pytest.mark.parametrize("text", ["", TEXT, 'Give me 3 things: -1000000, 99 and "a quoted text"', "demo"])
def test_plain_schemas_get_a_valid_instance(wanted: dict[str, Any], text: str) -> None:
    """Whatever the text holds, the instance obeys the schema."""
    _valid(instance(wanted, text), wanted)


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize(
    "text", ["", TEXT, "| name | age | city |\n|:--|--:|:--|\n| Ani | 3 | Bogor |\n| Eka | 4 | Solo |"]
)
def test_python_types_get_a_valid_instance(kind: Any, text: str) -> None:
    """What pydantic writes as a schema, pydantic takes back as a value."""
    adapter = TypeAdapter(kind)
    wanted = adapter.json_schema()
    value = instance(wanted, text)
    _valid(value, wanted)
    adapter.validate_python(value) if kind in {bool, int, float, str} else adapter.validate_json(
        pydantic.TypeAdapter(Any).dump_json(value)
    )


def test_a_decimal_is_a_number_whatever_the_words() -> None:
    """Its schema also takes a text, but not any."""
    adapter = TypeAdapter(dict[Literal["a"], decimal.Decimal])
    wanted = {"type": "object", "properties": {"a": TypeAdapter(decimal.Decimal).json_schema()}, "required": ["a"]}
    adapter.validate_python(instance(wanted, "Give me data about Budi"))


def test_a_table_gives_a_record_for_each_row() -> None:
    """Columns fill the fields of the same name."""
    table = "Read this:\n\n| name | age | city |\n|:--|--:|:--|\n| Ani | 3 | Bogor |\n| Eka | 4 | Solo |\n"
    assert instance(TypeAdapter(list[Person]).json_schema(), table) == [
        {"name": "Ani", "age": 3, "city": "Bogor"},
        {"name": "Eka", "age": 4, "city": "Solo"},
    ]


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Is this good or bad? The label says good.", "good"),
        ("bad, bad, good", "bad"),
        ("It rains.", "good"),
        ("goodness", "good"),
    ],
)
def test_a_choice_is_the_one_named_most(text: str, mood: str) -> None:
    """Read, not felt: without a name it is the first."""
    assert instance({"enum": ["good", "bad"]}, text) == mood


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year: 2011, title: The Raid", {"title": "The Raid", "year": 2011}),
        ('Its title is "The Raid" and its year is 2011.', {"title": "The Raid", "year": 2011}),
        ("In 2020 Surabaya had 2874314 people", {"title": "demo", "year": 0}),
    ],
)
def test_labelled_values_are_read(text: str, expected: dict[str, Any]) -> None:
    """What stands at a field's name fills it; a number without a label fills none."""
    assert instance(TypeAdapter(Movie).json_schema(), text) == expected


HOSTILE: list[dict[str, Any]] = [
    {"$ref": "#"},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    {"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}, "required": ["a", "b"]},
    {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    {"allOf": [{"$ref": "#"}]},
    {"allOf": [{"$ref": "#/allOf/0"}]},
    {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
    {"$defs": {n: {"allOf": [{"$ref": f"#/$defs/{m}"} for m in "abcdefgh"]} for n in "abcdefgh"}, "$ref": "#/$defs/a"},
    {"allOf": 5},
    {"type": "array", "minItems": 10**12, "items": {"type": "array", "minItems": 10**9}},
    {"type": "array", "uniqueItems": True, "minItems": 10**6, "items": {"enum": [1]}},
    {"type": "array", "prefixItems": [{"$ref": "#"}] * 40},
    {"type": "string", "minLength": 10**15},
    {"type": "string", "pattern": "((((a{900}){900}){900}){900})"},
    {"type": "string", "pattern": "("},
    {"type": "integer", "minimum": 5, "maximum": 1},
    {"type": "integer", "multipleOf": 0},
    {"type": "number", "minimum": "x", "exclusiveMaximum": True},
    {"type": "object", "minProperties": 10**9},
    {"type": "object", "required": "x"},
    {"required": [1, {}]},
    {"properties": [1]},
    {"enum": []},
    {"enum": "abc"},
    {"anyOf": []},
    {"anyOf": [5]},
    {"type": []},
    {"type": 5},
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("wanted", HOSTILE, ids=str)
def test_a_hostile_schema_ends(wanted: dict[str, Any]) -> None:
    """Recursion, loops and contradictions give some value, soon, and no error."""
    json.dumps(instance(wanted, "x is 5, n: 3"))
