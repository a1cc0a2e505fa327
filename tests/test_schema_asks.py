"""``--schema`` from the prompt to the variable, on both endpoints, against a scripted server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypedDict

import pytest
from pydantic import BaseModel

from magic.spoken import answer_events, chat_events
from neosantara_magic import asking
from neosantara_magic.errors import SchemaError
from neosantara_magic.parsing import ask_from_keywords
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.settings import from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer


class City(BaseModel):
    name: str
    people: int = 0


@dataclass
class Point:
    x: int


class Row(TypedDict):
    a: str


class Colour(Enum):
    RED = "red"


def ask(server: ScriptedServer, namespace: dict[str, Any], **flags: Any) -> Any:
    """Ask with nobody watching."""
    settings = from_environment({"NEOSANTARA_BASE_URL": server.base_url})
    space = Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")
    return asking.ask(
        ask_from_keywords("go", {"once": True, **flags}), space, asking.Stage(SilentRenderer(), namespace)
    )


CASES = [
    (City, '{"name": "Palu", "people": "3"}', City(name="Palu", people=3)),
    (list[City], '{"items": [{"name": "Palu"}]}', [City(name="Palu")]),
    (Point, '```json\n{"x": 1}\n```', Point(1)),
    (list[Point], '[{"x": 1}, {"x": 2}]', [Point(1), Point(2)]),
    (Row, 'Here you are: {"a": "b"} Anything else?', {"a": "b"}),
    (Colour, '{"value": "red"}', Colour.RED),
    (Literal["good", "bad"], '{"value": "bad"}', "bad"),
    ({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, '{"n": 5}', {"n": 5}),
]


@pytest.mark.parametrize(("schema", "said", "value"), CASES)
def test_every_kind_of_schema_on_responses(server: ScriptedServer, schema: Any, said: str, value: Any) -> None:
    """The schema travels as text.format; the variable holds the validated object, the Response has both."""
    namespace: dict[str, Any] = {"S": schema}
    server.stream(answer_events(said))
    response = ask(server, namespace, schema="S", out="got")
    assert namespace["got"] == value == response.parsed
    assert namespace["_neosantara"].text == said
    form = server.requests[0].json["text"]["format"]
    assert (form["type"], form["strict"], form["schema"]["type"]) == ("json_schema", True, "object")


@pytest.mark.parametrize(("schema", "said", "value"), CASES)
def test_every_kind_of_schema_on_chat(server: ScriptedServer, schema: Any, said: str, value: Any) -> None:
    """The schema travels as one tool with a forced choice; its arguments are the answer."""
    namespace: dict[str, Any] = {"S": schema}
    server.stream(chat_events("", ("S", said)), done=True)
    assert ask(server, namespace, schema="S", api="chat", out="got").parsed == value == namespace["got"]
    body = server.requests[0].json
    assert body["tool_choice"] == {"type": "function", "function": {"name": "S"}}
    assert [tool["function"]["name"] for tool in body["tools"]] == ["S"]


def test_tools_first_and_the_record_last(server: ScriptedServer) -> None:
    """Tool rounds offer the tools only; the last request offers the record only and forces it."""

    def look(city: str) -> int:
        """Count the people of a city."""
        return len(city)

    namespace: dict[str, Any] = {"look": look, "City": City}
    server.stream(chat_events("", ("look", {"city": "Palu"})), done=True)
    server.stream(chat_events("It has 4."), done=True)
    server.stream(chat_events("", ("City", {"name": "Palu", "people": 4})), done=True)
    response = ask(server, namespace, schema="City", tools="look", out="got")
    assert namespace["got"] == City(name="Palu", people=4)
    assert [call.name for call in response.tool_calls] == ["look"]
    offered = [[tool["function"]["name"] for tool in one.json["tools"]] for one in server.requests]
    assert offered == [["look"], ["look"], ["City"]]


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_one_repair_that_shows_the_mistake(server: ScriptedServer, api: str) -> None:
    """The second request holds the wrong answer and what is wrong with which field; its answer counts."""

    def say(data: dict[str, Any]) -> None:
        text = json.dumps(data)
        if api == "chat":
            server.stream(chat_events("", ("City", text)), done=True)
        else:
            server.stream(answer_events(text))

    say({"name": "Palu", "people": "many"})
    say({"name": "Palu", "people": 380_000})
    namespace: dict[str, Any] = {"City": City}
    response = ask(server, namespace, schema="City", api=api, out="got")
    assert namespace["got"] == City(name="Palu", people=380_000)
    assert response.usage.total_tokens == 38
    repair = json.dumps(server.requests[1].json)
    assert "many" in repair
    assert "people" in repair
    assert response.bundle["text/plain"].count("Palu") == 1


def test_a_failure_names_the_fields_and_keeps_the_text(server: ScriptedServer) -> None:
    """After one repair it is an error; the variable stays as it was, and the paid text can be read."""
    namespace: dict[str, Any] = {"City": City, "got": "before"}
    server.stream(answer_events('{"people": "many"}'))
    server.stream(answer_events('{"people": "some"}', id="resp_2"))
    with pytest.raises(SchemaError) as failed:
        ask(server, namespace, schema="City", out="got")
    assert "name" in failed.value.what
    assert "people" in failed.value.what
    assert namespace["got"] == "before"
    assert namespace["_neosantara"].text == '{"people": "some"}'
    assert len(server.requests) == 2


def test_a_cut_answer_gets_no_repair(server: ScriptedServer) -> None:
    """Asking again for what did not fit into the limit would be cut again."""
    namespace: dict[str, Any] = {"City": City}
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    server.stream(answer_events('{"name": "Pa', **cut))
    with pytest.raises(SchemaError) as failed:
        ask(server, namespace, schema="City")
    assert "--max-tokens" in failed.value.next_step
    assert len(server.requests) == 1
    assert namespace["_neosantara"].finish_reason == "length"
