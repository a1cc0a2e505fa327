"""Answers as validated data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, NewType, NotRequired, TypedDict

import pytest
from pydantic import AfterValidator, BaseModel, Field
from typing_extensions import TypeAliasType

from neosantara_magic.errors import SchemaError, UsageError
from neosantara_magic.tools.answer_schema import _outline, answer_schema
from neosantara_magic.tools.arguments import Mismatch


class City(BaseModel):
    """A city of Indonesia."""

    name: str
    people: int = Field(ge=0)


@dataclass
class Size:
    width: int
    height: int = 1


class Address(TypedDict):
    street: str
    number: NotRequired[int]


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


JSON_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer", "minimum": 0}},
    "required": ["name"],
}
CITY = City(name="Solo", people=500_000)
ANSWER = '{"name": "Solo", "people": 500000}'


@pytest.mark.parametrize(
    ("target", "text", "data"),
    [
        (City, ANSWER, CITY),
        (Size, '{"width": "3"}', Size(3)),
        (Address, '{"street": "Jl. Braga", "number": 5}', {"street": "Jl. Braga", "number": 5}),
        (list[City], f'{{"items": [{ANSWER}]}}', [CITY]),
        (list[City], f"[{ANSWER}]", [CITY]),
        (list[City], json.dumps({"items": f"[{ANSWER}]"}), [CITY]),
        (tuple[int, str], '{"items": [1, "a"]}', (1, "a")),
        (Mood, '{"value": "good"}', Mood.GOOD),
        (Mood, "good", Mood.GOOD),
        (Mood, '"good"', Mood.GOOD),
        (Literal["yes", "no"], "**no**", "no"),
        (int, '{"value": 3}', 3),
        (int, "3", 3),
        (City | Size, '{"value": {"width": 3}}', Size(3)),
        (dict[str, int], '{"a": "1"}', {"a": 1}),
        (Tree, '{"name": "a", "children": [{"name": "b"}]}', Tree(name="a", children=[Tree(name="b")])),
        (JSON_SCHEMA, '{"name": "Solo"}', {"name": "Solo"}),
        ({"type": "array", "items": {"type": "integer"}}, '{"items": [1]}', [1]),
        ({"properties": {"a": {}}}, '{"a": 1}', {"a": 1}),
        ({"type": ["object", "null"]}, '{"value": {"a": 1}}', {"a": 1}),
        ({"enum": ["a", "b"]}, '{"value": "a"}', "a"),
    ],
)
def test_targets(target: Any, text: str, data: Any) -> None:
    """Every kind of schema gives its own kind of object, also when the wrapping was left out."""
    schema = answer_schema(target)
    assert schema.format.schema["type"] == "object"
    assert schema.parse(text) == data


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"```json\n{ANSWER}\n```",
        f"```\n{ANSWER}\n```",
        f"```json\n{ANSWER}",
        f"Sure! Here it is:\n\n```json\n{ANSWER}\n```\nAnything else?",
        f"The city is {ANSWER}, as you asked.",
        f"In {{braces}} and [1] first, then {ANSWER}",
        json.dumps(ANSWER),
        f'{{"other": 1}} and then {ANSWER}',
    ],
)
def test_json_is_found_wherever_it_stands(text: str) -> None:
    """Alone, in a fence, in prose, doubly encoded, after other JSON."""
    assert answer_schema(City).parse(text) == CITY


OTHER = '{"name": "Palu", "people": 1}'


@pytest.mark.parametrize(
    "text",
    [
        f"<think>Maybe {OTHER}? No.</think>{ANSWER}",
        f"<think>Maybe {ANSWER}? No.</think>{ANSWER}<think>or {OTHER}</think>",
        f"Maybe {OTHER}? No.</think>\n{ANSWER}",
        f"<reasoning>\n{OTHER}\n</reasoning> {ANSWER} <thinking>{OTHER}",
        f"```json\n{OTHER}\n```\nNo, rather:\n```json\n{ANSWER}\n```\nSee [1].",
        f"A draft: {OTHER}. The answer: {ANSWER}, with {{braces}} and [2] behind it.",
        f"{OTHER}\n{ANSWER}",
        f'{ANSWER}\n```json\n{{"name": 5, "half": true}}\n```',
        "{" * 900 + OTHER + ANSWER,
    ],
)
def test_the_last_json_that_fits_is_the_answer(text: str) -> None:
    """Models think aloud, and correct themselves; what they thought is not what they say."""
    assert answer_schema(City).parse(text) == CITY


def test_json_that_only_was_thought_is_no_answer() -> None:
    """Half an answer must not be taken from what the model considered; a text that only speaks of tags may be."""
    for text in (f"<think>Maybe {OTHER}", f"<think>{OTHER}</think>I cannot tell."):
        with pytest.raises(SchemaError, match="no JSON"):
            answer_schema(City).parse(text)
    said = 'So: {"name": "<think>Solo</think>", "people": 5}'
    assert answer_schema(City).parse(said).name == "<think>Solo</think>"
    assert answer_schema(Mood).parse('<think>{"a": 1}, bad?</think> good') is Mood.GOOD


def test_an_empty_block_is_no_answer() -> None:
    """Blank text reads as an empty object where arguments are wanted, and here it must not."""
    assert answer_schema(dict[str, int]).parse('```json\n{"a": 1}\n```\n\n```\n') == {"a": 1}


def test_the_error_is_about_the_last_object() -> None:
    """Not about a footnote, nor about the draft."""
    with pytest.raises(SchemaError) as caught:
        answer_schema(City).parse('{"name": "Palu"} or {"people": 3} [1]')
    assert caught.value.lines == ("name: required, but missing",)


class Panic(BaseException):
    pass


def panics(value: Any) -> Any:
    """Fail as a validator written in Rust may."""
    raise Panic("no")


@pytest.mark.parametrize(
    "target", [Annotated[int, AfterValidator(panics)], list[Annotated[int, AfterValidator(panics)]]]
)
def test_a_validator_may_raise_anything(target: Any) -> None:
    """The answer does not fit then; its text is kept."""
    with pytest.raises(SchemaError) as caught:
        answer_schema(target).parse("[1]" if "list" in str(target) else "1")
    assert caught.value.lines == ("Panic: no",)


@pytest.mark.parametrize("target", [dict[str, float], JSON_SCHEMA | {"properties": {"a": {"type": "number"}}}])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_json_does_not_have(target: Any, number: str) -> None:
    """The model is told which."""
    with pytest.raises(SchemaError) as caught:
        answer_schema(target).parse(f'{{"a": {number}, "name": 1}}')
    assert caught.value.lines[0].startswith("a: must be a finite number")


Cities = TypeAliasType("Cities", list[City])
CityName = NewType("CityName", str)
WRAPPED = {"name": "person", "strict": True, "schema": JSON_SCHEMA}


@pytest.mark.parametrize(
    ("target", "name", "text", "data"),
    [
        (Cities, "Cities", f"[{ANSWER}]", [CITY]),
        (CityName, "CityName", '{"value": "Solo"}', "Solo"),
        (Annotated[int, Field(ge=0)], None, "3", 3),
        (Cities | None, None, f'{{"value": [{ANSWER}]}}', [CITY]),
        (Any, "Any", '{"value": 1}', 1),
        (WRAPPED, "person", '{"name": "Solo"}', {"name": "Solo"}),
        ({"type": "json_schema", "json_schema": WRAPPED}, "person", '{"name": "Solo"}', {"name": "Solo"}),
        ({"type": "json_schema", **WRAPPED}, "person", '{"name": "Solo"}', {"name": "Solo"}),
        ({"schema": JSON_SCHEMA}, "answer", '{"name": "Solo"}', {"name": "Solo"}),
        ({"type": "object", "properties": {"schema": {"type": "object"}}}, "answer", '{"schema": {}}', {"schema": {}}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}, "answer", '{"value": 1}', 1),
        ({"type": "object", "description": "Anything."}, "answer", '{"a": 1}', {"a": 1}),
    ],
)
def test_what_may_be_a_schema(target: Any, name: str | None, text: str, data: Any) -> None:
    """Whatever a tool takes as a type, and a JSON Schema also in OpenAI's wrapping."""
    schema = answer_schema(target, {})
    assert name in (None, schema.format.name)
    assert schema.parse(text) == data
    assert answer_schema("S", {"S": target}).parse(text) == data


def test_what_is_sent() -> None:
    """The schema is plain: inlined, no titles, the docstring as description."""
    form = answer_schema(list[City]).format
    assert form.name == "City_list"
    assert form.schema == {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "description": "A city of Indonesia.",
                    "properties": {"name": {"type": "string"}, "people": {"type": "integer", "minimum": 0}},
                    "required": ["name", "people"],
                },
            }
        },
        "required": ["items"],
    }


def test_a_recursive_type_has_an_object_at_the_root() -> None:
    """Its definition stays, the root is no bare reference."""
    schema = answer_schema(Tree).format.schema
    assert schema["type"] == "object"
    assert list(schema["$defs"]) == ["Tree"]


def test_definitions_of_a_wrapped_schema_stay_reachable() -> None:
    """``#/$defs/...`` counts from the root, so definitions move there."""
    pytest.importorskip("jsonschema")
    target = {"type": "array", "items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "integer"}}}
    schema = answer_schema(target)
    assert schema.format.schema["$defs"] == {"n": {"type": "integer"}}
    assert schema.parse('{"items": [1]}') == [1]
    with pytest.raises(SchemaError):
        schema.parse('{"items": ["a"]}')


@pytest.mark.parametrize(
    ("target", "text", "lines"),
    [
        (City, "", ("There is no JSON in it.",)),
        (City, "I cannot do that.", ("There is no JSON in it.",)),
        (
            City,
            '{"people": -1}',
            ("name: required, but missing", "people: Input should be greater than or equal to 0 (got -1)"),
        ),
        (City, '{"name": "So', ("There is no JSON in it.",)),
        (Mood, "happy", ("value: Input should be 'good' or 'bad' (got \"happy\")",)),
        (list[City], '{"items": [{"name": "a", "people": "x"}]}', None),
        (JSON_SCHEMA, '{"people": "many"}', None),
    ],
)
def test_answers_that_do_not_fit(target: Any, text: str, lines: tuple[str, ...] | None) -> None:
    """The error names the fields, for the model line by line, and keeps the paid text."""
    with pytest.raises(SchemaError) as caught:
        answer_schema(target).parse(text)
    assert caught.value.text == text
    if lines is not None:
        assert caught.value.lines == lines
    assert caught.value.lines
    for line in caught.value.lines:
        assert line in caught.value.what
    assert "_neosantara.text" in caught.value.next_step


@pytest.mark.parametrize(
    ("data", "lines"), [([], ("value: not of type 'object'",)), ({}, ("name: required, but missing",))]
)
def test_a_json_schema_without_the_jsonschema_package(data: Any, lines: tuple[str, ...]) -> None:
    """The outermost level is checked with nothing installed."""
    with pytest.raises(Mismatch) as caught:
        _outline(JSON_SCHEMA, data)
    assert caught.value.lines == lines
    assert _outline(JSON_SCHEMA, {"name": 3}) == {"name": 3}


def test_a_json_schema_with_the_jsonschema_package() -> None:
    """The whole schema counts: its own correctness, every level of the data, and no "$ref" to an address is fetched."""
    pytest.importorskip("jsonschema")
    with pytest.raises(SchemaError) as caught:
        answer_schema(JSON_SCHEMA).parse('{"people": -1}')
    assert caught.value.lines == (
        "people: -1 is less than the minimum of 0",
        "value: 'name' is a required property",
    )
    with pytest.raises(UsageError, match="'objekt'"):
        answer_schema({"type": "objekt"})
    with pytest.raises(SchemaError, match=r"Unresolvable"):
        answer_schema({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}}).parse('{"a": 1}')


def test_hostile_answers_are_bounded() -> None:
    """A million braces cost no more than two hundred."""
    for text in ("{" * 1_000_000, "[" * 1_000_000, '{"a":' * 200_000):
        with pytest.raises(SchemaError):
            answer_schema(City).parse(text)


NAMESPACE: dict[str, Any] = {"City": City, "Mood": Mood, "cities": list[City], "plain": JSON_SCHEMA, "number": 3}


@pytest.mark.parametrize(
    ("typed", "name", "text", "data"),
    [
        ("City", "City", ANSWER, CITY),
        ("cities", "cities", f"[{ANSWER}]", [CITY]),
        ("list[City]", "list_City", f"[{ANSWER}]", [CITY]),
        ("City | None", "City_None", '{"value": null}', None),
        ("Literal['a', 'b']", "Literal_a_b", "b", "b"),
        ("plain", "plain", '{"name": "Solo"}', {"name": "Solo"}),
    ],
)
def test_typed_names(typed: str, name: str, text: str, data: Any) -> None:
    """``--schema`` takes a name of the notebook or a type made of such names."""
    schema = answer_schema(typed, NAMESPACE)
    assert schema.format.name == name
    assert schema.parse(text) == data


@pytest.mark.parametrize(
    ("schema", "first", "second"),
    [
        ("Citty", "--schema: there is no 'Citty' in this notebook.", "Did you mean City?"),
        ("xyzzy", "--schema: there is no 'xyzzy' in this notebook.", "Run the cell that defines it"),
        ("list[Citty]", "--schema: there is no 'Citty' in this notebook.", "Did you mean City?"),
        ("number", "it is a value of type int", "Give a pydantic model"),
        ("City()", "only names, [...] and | may stand in it", "Give a pydantic model"),
        ("__import__('os')", "only names", "Give a pydantic model"),
        ("a b", "only names", "Give a pydantic model"),
        ("", "only names", "Give a pydantic model"),
        (len, "it is a", "Give a pydantic model"),
        (object(), "it is a value of type object", "Give a pydantic model"),
        ({}, "is no JSON Schema", "Give a pydantic model"),
        ({"name": "string"}, "is no JSON Schema (its keys: name)", "Give a pydantic model"),
        ({"name": {"type": "string"}}, "is no JSON Schema (its keys: name)", "Give a pydantic model"),
        ({"title": "City", "description": "A city."}, "is no JSON Schema", "Give a pydantic model"),
        ({"type": "object", "name": "string"}, "is no JSON Schema", "Give a pydantic model"),
        ({"type": "function", "function": {"name": "f"}}, "'function'", "Give a pydantic model"),
        ({"type": {"type": "string"}}, "not valid under any", "Give a pydantic model"),
        ({"type": "number", "maximum": float("inf")}, "not JSON compliant", "Give a pydantic model"),
        ({"a": object()}, "not JSON serializable", "Give a pydantic model"),
        (type("Custom", (), {}), "'Custom'", "Give a pydantic model"),
    ],
)
def test_what_cannot_be_a_schema(schema: Any, first: str, second: str) -> None:
    """Two lines, and nothing is sent."""
    with pytest.raises(UsageError) as caught:
        answer_schema(schema, NAMESPACE)
    assert first in caught.value.what
    assert "\n" not in caught.value.what
    assert second in caught.value.next_step


def test_a_name_that_its_annotations_lack_is_named() -> None:
    """Pydantic's own sentence holds the class and a method to call, but not the name; the class itself is fine."""

    class Trip(BaseModel):
        to: Citty  # type: ignore[name-defined]  # noqa: F821

    for schema in ("Trip", "list[Trip]"):
        with pytest.raises(UsageError) as refused:
            answer_schema(schema, {"Trip": Trip, "City": City})
        assert refused.value.what == "--schema: there is no 'Citty' in this notebook."
        assert refused.value.next_step == "Did you mean City?"
