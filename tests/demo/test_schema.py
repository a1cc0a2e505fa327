"""Instances of any schema: each is checked by `jsonschema`, which we did not write."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated, Any, Literal

import pydantic
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from neosantara_magic.demo import schema

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
    {"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}], "type": "object"},
    {"oneOf": [{"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}, {"type": "string"}]},
    {"$ref": "#/$defs/leaf", "$defs": {"leaf": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}},
    {"type": "object", "properties": {"tree": {"$ref": "#"}, "n": {"type": "integer"}}, "required": ["n"]},
    {
        "$defs": {"expr": {"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"left": {"$ref": "#/$defs/expr"}, "right": {"$ref": "#/$defs/expr"}}, "required": ["left", "right"]}]}},
        "$ref": "#/$defs/expr",
    },
]  # fmt: skip


def _valid(value: Any, wanted: dict[str, Any]) -> None:
    Draft202012Validator(wanted, format_checker=FormatChecker()).validate(value)


@pytest.mark.parametrize("wanted", SCHEMAS, ids=str)
@pytest.mark.parametrize("text", ["", TEXT, 'Give me 3 things: -1000000, 99 and "a quoted text"', "demo"])
def test_plain_schemas_get_a_valid_instance(wanted: dict[str, Any], text: str) -> None:
    """Whatever the text holds, the instance obeys the schema."""
    _valid(schema.instance(wanted, text), wanted)


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize(
    "text", ["", TEXT, "| name | age | city |\n|:--|--:|:--|\n| Ani | 3 | Bogor |\n| Eka | 4 | Solo |"]
)
def test_python_types_get_a_valid_instance(kind: Any, text: str) -> None:
    """What pydantic writes as a schema, pydantic takes back as a value."""
    adapter = TypeAdapter(kind)
    wanted = adapter.json_schema()
    value = schema.instance(wanted, text)
    _valid(value, wanted)
    adapter.validate_python(value) if kind in {bool, int, float, str} else adapter.validate_json(
        pydantic.TypeAdapter(Any).dump_json(value)
    )


def test_a_decimal_is_a_number_whatever_the_words() -> None:
    """Its schema also takes a text, but not any."""
    adapter = TypeAdapter(dict[Literal["a"], decimal.Decimal])
    wanted = {"type": "object", "properties": {"a": TypeAdapter(decimal.Decimal).json_schema()}, "required": ["a"]}
    adapter.validate_python(schema.instance(wanted, "Give me data about Budi"))


def test_the_values_come_from_the_text() -> None:
    """Each person of the text becomes one record."""
    assert schema.instance(TypeAdapter(list[Person]).json_schema(), TEXT) == [
        {"name": "Budi", "age": 32, "city": "Bandung"},
        {"name": "Siti", "age": 28, "city": "Jakarta"},
    ]


def test_a_table_gives_a_record_for_each_row() -> None:
    """Columns fill the fields of the same name."""
    table = "Read this:\n\n| name | age | city |\n|:--|--:|:--|\n| Ani | 3 | Bogor |\n| Eka | 4 | Solo |\n"
    assert schema.instance(TypeAdapter(list[Person]).json_schema(), table) == [
        {"name": "Ani", "age": 3, "city": "Bogor"},
        {"name": "Eka", "age": 4, "city": "Solo"},
    ]


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("The food was terrible and the service slow.", "negative"),
        ("Saya suka sekali, pelayanannya bagus!", "positive"),
        ("It arrived on Tuesday. The sentiment is neutral.", "neutral"),
    ],
)
def test_an_enum_follows_the_tone(text: str, mood: str) -> None:
    """A review is sorted by its words."""
    wanted = {
        "type": "object",
        "properties": {"sentiment": {"enum": ["neutral", "positive", "negative"]}},
        "required": ["sentiment"],
    }
    assert schema.instance(wanted, text) == {"sentiment": mood}


def test_labelled_values_are_read() -> None:
    """``label: value`` pairs fill their fields, whatever the order."""
    wanted = TypeAdapter(Movie).json_schema()
    assert schema.instance(wanted, "year: 2011, title: The Raid") == {"title": "The Raid", "year": 2011}


COMMENTS = """Sort these comments by mood: | comment | stars |
|---|---|
| Love it, works great | 5 |
| Broke after two days: bad | 1 |
| Pelayanannya jelek | 2 |
| Arrived on Tuesday | 3 |

4 rows × 2 columns
dtypes: comment str, stars int64
"""


@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        (Literal["good", "bad"], ["good", "bad", "bad", "good"]),
        (Literal["happy", "angry", "neutral"], ["happy", "angry", "angry", "neutral"]),
        (str, ["good", "bad", "bad", "neutral"]),
    ],
)
@pytest.mark.parametrize("field", ["comment", "text"])
def test_comments_of_a_frame_are_sorted_by_mood(mood: Any, expected: list[str], field: str) -> None:
    """The README's example: each row is one record, its comment whole, its mood from its words."""
    review = pydantic.create_model("Review", **{field: (str, ...), "mood": (mood, ...)})
    made = schema.instance(TypeAdapter(list[review]).json_schema(), COMMENTS)
    comments = ["Love it, works great", "Broke after two days: bad", "Pelayanannya jelek", "Arrived on Tuesday"]
    assert [one[field] for one in made] == comments
    assert [one["mood"] for one in made] == expected
