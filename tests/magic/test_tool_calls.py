"""Functions of the notebook as tools, through the wire: contract, *Tools*."""

from __future__ import annotations

import json

import pytest

from magic.spoken import Asked

pytestmark = pytest.mark.kernel

TOOLS = """
from typing import Literal
from neosantara_magic import tool
ran = []
def get_weather(location: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict:
    "Weather now.\\n\\nArgs:\\n    location: City name."
    ran.append(location); print("looking at", location)
    return {"location": location, "degrees": 31}
def broken(x: int) -> int:
    raise ValueError("no such x")
@tool(confirm=True)
def pay(amount: int) -> str:
    ran.append(amount)
    return "paid"
class Clinic:
    def find(self, name: str) -> str: return "Dr. " + name
clinic = Clinic()
"""


def _results(body: dict[str, object]) -> list[tuple[str, str]]:
    return [
        (message["tool_call_id"], message["content"])
        for message in body["messages"]  # type: ignore[attr-defined]
        if message["role"] == "tool"
    ]


def test_calls_are_answered_in_order_and_the_answer_comes(asked: Asked) -> None:
    """Several calls of one message: results in call order with their ids; cards in the output, prints not sent."""
    asked.run(TOOLS)
    asked.chats([("get_weather", {"location": "Jakarta"}), ("get_weather", {"location": "Medan"})], "Hot in both.")
    run = asked.cell("--tools get_weather")
    assert run.error is None, run.error
    schema = asked.bodies[0]["tools"][0]["function"]
    assert schema["parameters"]["required"] == ["location"]
    assert schema["parameters"]["properties"]["unit"]["enum"] == ["celsius", "fahrenheit"]
    sent = _results(asked.bodies[1])
    assert [name for name, _ in sent] == ["call_get_weather_0", "call_get_weather_1"]
    assert [json.loads(result)["location"] for _, result in sent] == ["Jakarta", "Medan"]
    assert "looking at" not in asked.requests[1].body.decode()
    assert asked.value("ran") == "['Jakarta', 'Medan']"
    assert "Hot in both." in run.answer
    assert "2 tools" in run.answer
    assert "looking at Medan" in "".join(b.get("text/html", "") for b in run.bundles)
    assert run.stdout == ""
    kept = asked.value("[(c.name, c.arguments, c.result, c.error) for c in _neosantara.tool_calls]")
    assert "Jakarta" in kept
    assert asked.value("all(c.seconds >= 0 for c in _neosantara.tool_calls)") == "True"


def test_sequential_rounds_and_methods(asked: Asked) -> None:
    """A call, its result, another call, its result, the answer; obj.method is clinic_find on the wire."""
    asked.run(TOOLS)
    asked.chats([("clinic_find", {"name": "Sari"})], [("get_weather", {"location": "Bogor"})], "Done.")
    assert asked.cell("--tools clinic.find,get_weather").error is None
    assert _results(asked.bodies[1]) == [("call_clinic_find_0", "Dr. Sari")]
    assert len(_results(asked.bodies[2])) == 2
    asked.says("and then")
    asked.cell(prompt="b", cell_id="b")
    roles = [item.get("role", item.get("type")) for item in asked.bodies[3]["input"]]
    assert roles.count("function_call") == roles.count("function_call_output") == 2


def test_wrong_arguments_errors_and_unknown_names_go_back(asked: Asked) -> None:
    """None of them ends the turn: the model is told, each call is answered."""
    asked.run(TOOLS)
    asked.chats(
        [
            ("get_weather", {"location": "Bogor", "unit": "kelvin"}),
            ("broken", {"x": 1}),
            ("nobody", {}),
            ("get_weather", "{not json"),
        ],
        "I see.",
    )
    run = asked.cell("--tools get_weather,broken")
    assert run.error is None, run.error
    wrong, raised, unknown, garbled = [result for _, result in _results(asked.bodies[1])]
    assert "unit" in wrong
    assert "ValueError" in raised
    assert "no such x" in raised
    assert "Traceback" not in raised
    assert "nobody" in unknown
    assert garbled
    assert asked.value("ran") == "[]"


@pytest.mark.parametrize(("typed", "ran"), [("y", "[5]"), ("n", "[]"), ("", "[]")])
def test_confirm_waits_for_the_user(asked: Asked, typed: str, ran: str) -> None:
    """@tool(confirm=True) asks first; y runs, anything else refuses and the model is told."""
    asked.run(TOOLS)
    asked.chats([("pay", {"amount": 5})], "Done.")
    run = asked.cell("--tools pay", allow_stdin=True, answers=[typed])
    assert run.error is None, run.error
    [prompt] = run.prompts
    assert "pay" in prompt["prompt"]
    assert "5" in prompt["prompt"]
    assert asked.value("ran") == ran
    if typed != "y":
        assert "refused" in _results(asked.bodies[1])[0][1].lower() or "not" in _results(asked.bodies[1])[0][1].lower()


def test_nobody_to_ask_means_refused(asked: Asked) -> None:
    """Under nbclient a tool that must be confirmed is refused, and both model and reader learn why."""
    asked.run(TOOLS)
    asked.chats([("pay", {"amount": 5})], "Not done.")
    run = asked.cell("--tools pay")
    assert run.error is None
    assert asked.value("ran") == "[]"
    assert _results(asked.bodies[1])[0][1]
    assert "refused" in "".join(b.get("text/html", "") + b["text/plain"] for b in run.bundles)


def test_approve_always_and_never(asked: Asked) -> None:
    """--approve never runs a confirm tool unasked; --approve always asks for every tool, once for all with a."""
    asked.run(TOOLS)
    asked.chats([("pay", {"amount": 5})], "Done.")
    assert asked.cell("--tools pay --approve never --once").prompts == []
    assert asked.value("ran") == "[5]"
    asked.chats([("get_weather", {"location": "A"}), ("get_weather", {"location": "B"})], "Done.")
    run = asked.cell("--tools get_weather --approve always --once", allow_stdin=True, answers=["a"])
    assert len(run.prompts) == 1
    assert asked.value("ran") == "[5, 'A', 'B']"


def test_rounds_end(asked: Asked) -> None:
    """--max-rounds 1: one calling round, then a last call with tool_choice none; the footer says so."""
    asked.run(TOOLS)
    asked.chats([("get_weather", {"location": "A"})], "Enough.")
    run = asked.cell("--tools get_weather --max-rounds 1")
    assert run.error is None
    assert [body.get("tool_choice", "auto") for body in asked.bodies] == ["auto", "none"]
    assert asked.bodies[1]["tools"]
    assert "limit of 1 tool round" in run.answer


def test_a_tool_that_cannot_be_one_is_refused_before_sending(asked: Asked) -> None:
    """A missing name, something that is no function, a collision: two lines, nothing sent."""
    asked.run(TOOLS + "\nclass Other:\n    def find(self, name: str) -> str: return name\nclinic_find = Other().find")
    for flags, word in {
        "--tools get_wether": "get_weather",
        "--tools ran": "ran",
        "--tools clinic.fnd": "find",
        "--tools clinic.find,clinic_find": "clinic_find",
    }.items():
        run = asked.cell(flags)
        assert run.error is not None, flags
        assert word in "\n".join(run.error.traceback), run.error
        assert len(run.error.traceback) == 2, run.error
        assert len(run.outputs) == 1
    assert asked.requests == []


def test_async_tools_and_results_of_every_kind(asked: Asked) -> None:
    """Coroutines are awaited; str stays, the rest is JSON, a table or repr; long results are cut with a note."""
    asked.run(
        "import asyncio, pandas\n"
        "async def slow(x: int) -> int:\n    await asyncio.sleep(0)\n    return x * 2\n"
        "def frame() -> object:\n    return pandas.DataFrame({'a': [1, 2]})\n"
        "def long() -> str:\n    return 'x' * 50_000\n"
    )
    asked.chats([("slow", {"x": 4}), ("frame", {}), ("long", {})], "ok")
    run = asked.cell("--tools slow,frame,long")
    assert run.error is None, run.error
    doubled, table, cut = [result for _, result in _results(asked.bodies[1])]
    assert doubled == "8"
    assert "| a |" in table.replace("|   a |", "| a |").replace("|  a |", "| a |")
    assert 20_000 <= len(cut) < 20_400
