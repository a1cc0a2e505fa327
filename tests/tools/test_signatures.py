"""Every kind of signature, from the schema through validation to the real call."""

# ruff: noqa: D103  (the functions are the examples; each test has its sentence)

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict, Unpack
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from neosantara_magic.events import ToolReturned
from neosantara_magic.messages import ToolCall
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import Approver
from neosantara_magic.tools.call import call_all
from neosantara_magic.tools.toolbox import Toolbox


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Point(BaseModel):
    """A place."""

    x: float
    y: float = 0.0


class Line(BaseModel):
    start: Point
    end: Point


class Node(BaseModel):
    name: str
    children: list[Node] = []


@dataclass
class Size:
    width: int
    height: int = 1


class Address(TypedDict):
    """Where somebody lives."""

    street: str
    city: NotRequired[str]


class Options(TypedDict, total=False):
    deep: bool


class Thermometer:
    def __init__(self, degrees: int) -> None:
        self.degrees = degrees

    def read(self, place: str) -> str:
        return f"{place}: {self.degrees}"

    @classmethod
    def make(cls, degrees: int) -> int:
        return cls(degrees).degrees

    @staticmethod
    def convert(celsius: float) -> float:
        return celsius * 2

    def __call__(self, more: int) -> int:
        return self.degrees + more


def plain(name: str, count: int, ratio: float, loud: bool) -> Any:
    return [name, count, ratio, loud]


def with_defaults(name: str, count: int = 3, greeting: str = None) -> Any:  # type: ignore[assignment]  # noqa: RUF013
    return [name, count, greeting]


def literal(unit: Literal["celsius", "fahrenheit"] = "celsius") -> Any:
    return unit


def enumeration(color: Color) -> Any:
    return [type(color).__name__, color.name]


def int_enumeration(level: Level) -> Any:
    return level.name


def optional(limit: int | None = None) -> Any:
    return limit


def union(value: int | str | list[int]) -> Any:
    return [type(value).__name__, value]


def containers(words: list[str], pair: tuple[int, str], unique: set[int], ages: dict[str, int]) -> Any:
    return [words, list(pair), sorted(unique), type(unique).__name__, ages]


def model(point: Point) -> Any:
    return [type(point).__name__, point.x, point.y]


def models(points: list[Point]) -> Any:
    return [type(points[0]).__name__, len(points)]


def nested(line: Line) -> Any:
    return line.end.x - line.start.x


def recursive(tree: Node) -> Any:
    return [tree.name, tree.children[0].children[0].name]


def data_class(size: Size) -> Any:
    return [type(size).__name__, size.width * size.height]


def typed_dict(address: Address) -> Any:
    return sorted(address.items())


def typed_dicts(addresses: list[Address] | None = None) -> Any:
    return len(addresses or [])


def moments(day: date, at: datetime) -> Any:
    return [type(day).__name__, day.year, at.hour]


def exact(price: Decimal, key: UUID, where: Path) -> Any:
    return [str(price * 2), key.version, where.name, isinstance(where, Path)]


def var_positional(first: str, *rest: int) -> Any:
    return [first, list(rest)]


def var_keyword(first: str, **more: int) -> Any:
    return [first, more]


def unpacked(**options: Unpack[Options]) -> Any:
    return options


def everything(a: int, /, b: int = 2, *c: int, d: int, **e: int) -> Any:
    return [a, b, list(c), d, e]


def positional_only(a: int, b: int = 5, c: int = 6, /) -> Any:
    return [a, b, c]


def unannotated(value, other=7):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return [value, other]


def described(city: Annotated[str, "The city, e.g. Jakarta"], days: Annotated[int, Field(ge=1, le=7)] = 1) -> Any:
    return [city, days]


def field_default(days: int = Field(3, ge=1, description="How many days")) -> Any:
    return days


def awkward_names(json: str, schema: int, model_config: int, _private: int, self_: bool) -> Any:
    return [json, schema, model_config, _private, self_]


async def asynchronous(name: str) -> Any:
    return f"hello {name}"


async def counting(up_to: int) -> Any:
    for number in range(up_to):
        yield number


def generating(up_to: int) -> Any:
    yield from range(up_to)


def no_arguments() -> Any:
    return "done"


def three(a: int, b: int, c: int = 3) -> Any:
    return [a, b, c]


SIGNATURES: dict[str, tuple[Callable[..., Any], dict[str, Any], Any, Any]] = {
    # name: function, part of the schema's properties, arguments as a model writes them, what the function returned
    "str int float bool": (
        plain,
        {
            "name": {"type": "string"},
            "count": {"type": "integer"},
            "ratio": {"type": "number"},
            "loud": {"type": "boolean"},
        },
        {"name": "a", "count": "3", "ratio": "0.5", "loud": "true"},
        ["a", 3, 0.5, True],
    ),
    "defaults": (with_defaults, {"count": {"type": "integer", "default": 3}}, {"name": "a"}, ["a", 3, None]),
    "null for a default": (with_defaults, {}, {"name": "a", "count": None, "greeting": None}, ["a", 3, None]),
    "number for text": (with_defaults, {}, {"name": 17411}, ["17411", 3, None]),
    "literal": (
        literal,
        {"unit": {"enum": ["celsius", "fahrenheit"], "type": "string", "default": "celsius"}},
        {"unit": "fahrenheit"},
        "fahrenheit",
    ),
    "enum": (enumeration, {"color": {"enum": ["red", "blue"], "type": "string"}}, {"color": "blue"}, ["Color", "BLUE"]),
    "int enum": (int_enumeration, {"level": {"enum": [1, 2], "type": "integer"}}, {"level": 2}, "HIGH"),
    "optional": (
        optional,
        {"limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}},
        {"limit": None},
        None,
    ),
    "union": (union, {}, {"value": [1]}, ["list", [1]]),
    "containers": (
        containers,
        {
            "words": {"type": "array", "items": {"type": "string"}},
            "unique": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
            "ages": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        {"words": ["a"], "pair": [1, "b"], "unique": [3, 3], "ages": {"Ani": 7}},
        [["a"], [1, "b"], [3], "set", {"Ani": 7}],
    ),
    "pydantic model": (
        model,
        {
            "point": {
                "description": "A place.",
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number", "default": 0.0}},
                "required": ["x"],
            }
        },
        {"point": {"x": 1}},
        ["Point", 1.0, 0.0],
    ),
    "list of models": (models, {}, {"points": [{"x": 1}, {"x": 2}]}, ["Point", 2]),
    "nested models": (nested, {}, {"line": {"start": {"x": 1}, "end": {"x": 3}}}, 2.0),
    "recursive model": (
        recursive,
        {},
        {"tree": {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]}},
        ["a", "c"],
    ),
    "dataclass": (data_class, {}, {"size": {"width": 4, "height": 2}}, ["Size", 8]),
    "TypedDict": (
        typed_dict,
        {
            "address": {
                "description": "Where somebody lives.",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
                "required": ["street"],
            }
        },
        {"address": {"street": "Jl. Braga"}},
        [["street", "Jl. Braga"]],
    ),
    "optional list of TypedDict": (typed_dicts, {}, {"addresses": [{"street": "a"}, {"street": "b"}]}, 2),
    "date and datetime": (
        moments,
        {"day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"}},
        {"day": "2026-11-21", "at": "2026-11-21T14:00:00"},
        ["date", 2026, 14],
    ),
    "Decimal UUID Path": (
        exact,
        {"key": {"type": "string", "format": "uuid"}, "where": {"type": "string", "format": "path"}},
        {"price": "0.10", "key": "12345678-1234-4234-8234-123456789abc", "where": "data/a.csv"},
        ["0.20", 4, "a.csv", True],
    ),
    "*args": (
        var_positional,
        {"rest": {"type": "array", "items": {"type": "integer"}}},
        {"first": "a", "rest": [1, "2"]},
        ["a", [1, 2]],
    ),
    "no *args given": (var_positional, {}, {"first": "a"}, ["a", []]),
    "**kwargs": (
        var_keyword,
        {"more": {"type": "object", "additionalProperties": {"type": "integer"}}},
        {"first": "a", "more": {"x": "1"}},
        ["a", {"x": 1}],
    ),
    "**kwargs given flat": (var_keyword, {}, {"first": "a", "x": "1", "y": 2}, ["a", {"x": 1, "y": 2}]),
    "**kwargs of a TypedDict": (unpacked, {}, {"options": {"deep": True}}, {"deep": True}),
    "every kind of parameter": (
        everything,
        {},
        {"a": 1, "c": [3, 4], "d": 5, "e": {"f": 6}},
        [1, 2, [3, 4], 5, {"f": 6}],
    ),
    "positional-only": (positional_only, {}, {"a": 1, "c": 9}, [1, 5, 9]),
    "positional-only, last left out": (positional_only, {}, {"a": 1, "b": 2}, [1, 2, 6]),
    "no annotations": (unannotated, {"value": {}, "other": {"default": 7}}, {"value": {"k": [1]}}, [{"k": [1]}, 7]),
    "Annotated text and Field bounds": (
        described,
        {
            "city": {"type": "string", "description": "The city, e.g. Jakarta"},
            "days": {"type": "integer", "minimum": 1, "maximum": 7, "default": 1},
        },
        {"city": "Solo", "days": 7},
        ["Solo", 7],
    ),
    "Field as default": (
        field_default,
        {"days": {"type": "integer", "minimum": 1, "default": 3, "description": "How many days"}},
        {},
        3,
    ),
    "names that pydantic keeps for itself": (
        awkward_names,
        {},
        {"json": "a", "schema": 1, "model_config": 2, "_private": 3, "self_": False},
        ["a", 1, 2, 3, False],
    ),
    "bound method": (Thermometer(28).read, {"place": {"type": "string"}}, {"place": "Bandung"}, "Bandung: 28"),
    "classmethod": (Thermometer.make, {}, {"degrees": 5}, 5),
    "staticmethod": (Thermometer.convert, {}, {"celsius": 2}, 4.0),
    "callable object": (Thermometer(28), {}, {"more": 2}, 30),
    "partial, by position": (functools.partial(three, 1), {}, {"b": 2}, [1, 2, 3]),
    "partial, by name": (functools.partial(three, b=5), {}, {"a": 1}, [1, 5, 3]),
    "partial of a method": (functools.partial(Thermometer(1).read, place="Solo"), {}, {}, "Solo: 1"),
    "lambda": (lambda value: value, {}, {"value": 1}, 1),
    "async": (asynchronous, {"name": {"type": "string"}}, {"name": "Ani"}, "hello Ani"),
    "async generator": (counting, {}, {"up_to": 3}, [0, 1, 2]),
    "generator": (generating, {}, {"up_to": 3}, [0, 1, 2]),
    "no arguments": (no_arguments, {}, {}, "done"),
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_signature(case: str) -> None:
    """A function of this kind gets its schema, its arguments and its call."""
    function, properties, arguments, returned = SIGNATURES[case]
    toolbox = Toolbox.from_names(["f"], {"f": function})
    (spec,) = toolbox.specs
    assert spec.parameters["type"] == "object"
    for name, expected in properties.items():
        found = spec.parameters["properties"][name]
        if "TypedDict" in case:  # whether unknown keys are told or dropped is up to the version of pydantic
            found.pop("additionalProperties", None)
        assert found == expected
    call = ToolCall("call_1", "f", json.dumps(arguments))
    events = list(call_all([call], toolbox, approve=Approver(), cancel=Cancel()))
    assert isinstance(events[-1], ToolReturned)
    result = events[-1].result
    assert result.status == "done", result.result
    assert result.result == (returned if isinstance(returned, str) else json.dumps(returned))


def test_only_what_has_no_default_is_required() -> None:
    """The model must give what Python must be given, and nothing else."""
    (spec,) = Toolbox.from_names([everything], {}).specs
    assert spec.parameters["required"] == ["a", "d"]


def test_what_a_partial_binds_leaves_the_schema() -> None:
    """The model sees neither the positional nor the named arguments that are already given."""
    (spec,) = Toolbox.from_names([functools.partial(three, 1, c=9)], {}).specs
    assert list(spec.parameters["properties"]) == ["b"]


def test_a_recursive_model_keeps_its_definition_and_no_other() -> None:
    """What refers to itself cannot be inlined; everything else is."""
    (spec,) = Toolbox.from_names([recursive], {}).specs
    assert list(spec.parameters["$defs"]) == ["Node"]
    (spec,) = Toolbox.from_names([nested], {}).specs
    assert "$ref" not in json.dumps(spec.parameters)


def test_the_seeds_weather_tool() -> None:
    """The schema of the service's own example comes out of a plain function."""

    def get_weather(location: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, Any]:
        """Get the current weather in a given location.

        Args:
            location: The city and state, e.g. Jakarta, ID
            unit: The unit of temperature, either "celsius" or "fahrenheit"
        """
        raise NotImplementedError

    (spec,) = Toolbox.from_names([get_weather], {}).specs
    assert spec.name == "get_weather"
    assert spec.description == "Get the current weather in a given location."
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "The city and state, e.g. Jakarta, ID"},
            "unit": {
                "type": "string",
                "enum": ["celsius", "fahrenheit"],
                "default": "celsius",
                "description": 'The unit of temperature, either "celsius" or "fahrenheit"',
            },
        },
        "required": ["location"],
    }


def test_a_default_without_a_json_form_stays_pythons() -> None:
    """An object as default is left out of the schema, without a warning, and still used."""
    marker = object()

    def f(value: int = marker) -> bool:  # type: ignore[assignment]
        return value is marker

    toolbox = Toolbox.from_names([f], {})
    assert "default" not in toolbox.specs[0].parameters["properties"]["value"]
    (*_, last) = call_all([ToolCall("1", "f", "")], toolbox, approve=Approver(), cancel=Cancel())
    assert isinstance(last, ToolReturned)
    assert last.result.result == "true"


def test_a_typed_dict_that_holds_itself() -> None:
    """A recursive TypedDict works on every Python; on 3.11 its inside is any object."""
    toolbox = Toolbox.from_names(["f"], {"f": family})
    arguments = '{"person": {"name": "Ani", "children": [{"name": "Budi"}]}}'
    (*_, last) = call_all([ToolCall("1", "f", arguments)], toolbox, approve=Approver(), cancel=Cancel())
    assert isinstance(last, ToolReturned)
    assert last.result.result == "Budi"


class Person(TypedDict):
    name: str
    children: NotRequired[list[Person]]


def family(person: Person) -> str:
    return person["children"][0]["name"]
