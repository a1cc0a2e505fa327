"""Everything a model can send wrong: none raises, each is answered, the function is not called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from neosantara_magic.events import ToolReturned
from neosantara_magic.messages import ToolCall, ToolResult
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import Approver
from neosantara_magic.tools.call import call_all
from neosantara_magic.tools.toolbox import Toolbox

called: list[Any] = []


def get_weather(city: str, days: int = 1, tags: list[str] | None = None, extra: dict[str, int] | None = None) -> str:
    """Look the weather up."""
    called.append((city, days, tags, extra))
    return "sunny"


def no_arguments() -> str:
    """Need nothing."""
    called.append(())
    return "done"


@pytest.fixture(autouse=True)
def _nothing_called() -> None:
    called.clear()


def answer(arguments: str, name: str = "get_weather", call_id: str = "call_1") -> ToolResult:
    """Return how one call of ``name`` with these arguments was answered."""
    toolbox = Toolbox.from_names([get_weather, no_arguments], {})
    events = list(call_all([ToolCall(call_id, name, arguments)], toolbox, approve=Approver(), cancel=Cancel()))
    assert isinstance(events[-1], ToolReturned)
    return events[-1].result


NOT_CALLED = "The arguments do not fit, so the function was not called.\n"

WRONG = {
    "missing": ("{}", ["city: required, but missing"]),
    "empty": ("", ["city: required, but missing"]),
    "blank": (" \n", ["city: required, but missing"]),
    "null": ("null", ["city: required, but missing"]),
    "extra": ('{"city": "a", "dayz": 2}', ["dayz: there is no such argument"]),
    "mistyped": (
        '{"city": "a", "days": "many"}',
        ['days: Input should be a valid integer, unable to parse string as an integer (got "many")'],
    ),
    "an object for text": ('{"city": {"name": "a"}}', ['city: Input should be a valid string (got {"name": "a"})']),
    "null for text": ('{"city": null}', ["city: Input should be a valid string (got null)"]),
    "inside a list": (
        '{"city": "a", "tags": ["x", {}]}',
        ["tags.1: Input should be a valid string (got {})"],
    ),
    "several": (
        '{"days": [], "oops": 1}',
        ["city: required, but missing", "days: Input should be a valid integer (got [])", "oops: there is no such"],
    ),
    "an array": ('["Jakarta"]', ['The arguments must be a JSON object (got ["Jakarta"]).']),
    "a number": ("7", ["The arguments must be a JSON object (got 7)."]),
    "plain words": ("Jakarta", ["This is not valid JSON: Expecting value at character 1"]),
    "cut": ('{"city": "Jaka', ["This is not valid JSON: it ends before it is complete"]),
    "cut after a comma": ('{"city": "Jakarta",', ["This is not valid JSON"]),
    "Python, not JSON": ("{'city': 'Jakarta'}", ["This is not valid JSON"]),
    "two objects": ('{"city": "a"}{"city": "b"}', ["This is not valid JSON: Extra data"]),
    "nested too deeply": ("[" * 100_000, ["The JSON is nested too deeply."]),
    "deep inside": ('{"city": "a", "tags": ' + "[" * 900 + "]" * 900 + "}", ["recursion limit exceeded"]),
    "a number of 10,000 digits": ('{"city": "a", "days": ' + "9" * 10_000 + "}", [""]),
    "half a character": ('{"city": "\\ud800"}', [""]),
    "10 MB": (json.dumps({"city": "x" * 10_000_000}), ["The arguments are too long: 10,000,012 characters, 1,000,000"]),
    "a hundred unknown names": (json.dumps({f"n{i}": i for i in range(100)}), ["city: required, but missing"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments(case: str) -> None:
    """One short line per field, and no call."""
    arguments, lines = WRONG[case]
    result = answer(arguments)
    assert called == []
    assert result.status == "failed"
    assert result.result.startswith(NOT_CALLED)
    for line in lines:
        assert line in result.result
    assert len(result.result) < 10_000


REPAIRED = {
    "JSON in a string": (json.dumps('{"city": "a"}'), ("a", 1, None, None)),
    "JSON in a string in a string": (json.dumps(json.dumps('{"city": "a"}')), ("a", 1, None, None)),
    "a list in a string": ('{"city": "a", "tags": "[\\"x\\", \\"y\\"]"}', ("a", 1, ["x", "y"], None)),
    "an object in a string": ('{"city": "a", "extra": "{\\"n\\": 1}"}', ("a", 1, None, {"n": 1})),
    "numbers as text": ('{"city": "a", "days": "3"}', ("a", 3, None, None)),
    "a whole float": ('{"city": "a", "days": 3.0}', ("a", 3, None, None)),
    "null for a default": ('{"city": "a", "days": null}', ("a", 1, None, None)),
    "space around": ('  {"city": "a"}\n', ("a", 1, None, None)),
    "text that looks like JSON stays text": ('{"city": "[1]"}', ("[1]", 1, None, None)),
    "a name twice": ('{"city": "a", "city": "b"}', ("b", 1, None, None)),
}


@pytest.mark.parametrize("case", REPAIRED)
def test_repaired_arguments(case: str) -> None:
    """What can only mean one thing is understood."""
    arguments, expected = REPAIRED[case]
    assert answer(arguments).status == "done"
    assert called == [expected]


@pytest.mark.parametrize("arguments", ["", "{}", " ", "null", '""', '"{}"'])
def test_no_arguments_in_every_spelling(arguments: str) -> None:
    """A function without parameters is called whatever empty thing came."""
    assert answer(arguments, "no_arguments").result == "done", arguments
    assert called == [()]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("get_wether", "There is no tool named 'get_wether'. Did you mean get_weather?"),
        ("", "There is no tool named ''. The tools are: get_weather, no_arguments."),
        ("functions.get_weather\n\x00<script>", "There is no tool named"),
        ("x" * 1_000_000, "There is no tool named 'xxx"),
        ("__import__('os').system('true')", "There is no tool named"),
    ],
)
def test_unknown_tools(name: str, told: str) -> None:
    """Nothing but the named tools can be reached; the model gets their names."""
    result = answer('{"city": "a"}', name)
    assert result.status == "failed"
    assert result.result.startswith(told)
    assert "The tools are: get_weather, no_arguments." in result.result
    assert len(result.result) < 1_000
    assert called == []


def test_the_same_id_twice() -> None:
    """Both calls are answered."""
    toolbox = Toolbox.from_names([get_weather], {})
    calls = [ToolCall("same", "get_weather", f'{{"city": "{city}"}}') for city in "ab"]
    events = list(call_all(calls, toolbox, approve=Approver(), cancel=Cancel()))
    assert [event.result.call.arguments for event in events if isinstance(event, ToolReturned)] == [
        call.arguments for call in calls
    ]


def test_a_bad_call_does_not_cost_a_good_one() -> None:
    """In one message, what can run runs."""
    toolbox = Toolbox.from_names([get_weather], {})
    calls = [
        ToolCall("1", "get_weather", "{"),
        ToolCall("2", "get_weather", '{"city": "a"}'),
        ToolCall("3", "nope", ""),
    ]
    events = list(call_all(calls, toolbox, approve=Approver(), cancel=Cancel()))
    results = {event.result.call.id: event.result.status for event in events if isinstance(event, ToolReturned)}
    assert results == {"1": "failed", "2": "done", "3": "failed"}


def test_a_validator_of_the_users_own_that_raises() -> None:
    """An error out of the user's own class is told like any other."""
    from dataclasses import dataclass

    @dataclass
    class Ratio:
        whole: int

        def __post_init__(self) -> None:
            1 / self.whole

    def f(ratio: Ratio) -> None:
        called.append(ratio)

    toolbox = Toolbox.from_names(["f"], {"f": f, "Ratio": Ratio})
    (event,) = call_all([ToolCall("1", "f", '{"ratio": {"whole": 0}}')], toolbox, approve=Approver(), cancel=Cancel())
    assert isinstance(event, ToolReturned)
    assert "ZeroDivisionError: division by zero" in event.result.result
    assert called == []


def test_a_name_for_kwargs_that_is_a_parameter() -> None:
    """Python could not tell the two apart, so the model is told."""

    def f(city: str, **more: str) -> None:
        called.append((city, more))

    toolbox = Toolbox.from_names([f], {})
    arguments = '{"city": "a", "more": {"city": "b"}}'
    (event,) = call_all([ToolCall("1", "f", arguments)], toolbox, approve=Approver(), cancel=Cancel())
    assert isinstance(event, ToolReturned)
    assert "city: an argument of its own" in event.result.result
    assert called == []
