"""What --tools may name, what is refused before anything is sent, and what each kind of result is on the wire."""

from __future__ import annotations

import json

import pytest

from magic.spoken import Asked
from tools_end_to_end.functions import contents

pytestmark = pytest.mark.kernel

THINGS = '''
import collections, dataclasses, datetime, enum, types
class Cart:
    def __init__(self): self.items = []
    def put(self, item: str) -> list:
        """Put an item in."""
        self.items.append(item)
        return self.items
cart = Cart()
shop = types.ModuleType("shop")
def price(item: str) -> int: return 7
shop.price = price
both = [add, price]
@tool(name="look_up", description="Look it up.")
def find(word: str) -> str: return word
number = 5
nothing = []
'''


@pytest.mark.parametrize(
    ("named", "wire"),
    [
        ("add", ["add"]),
        ("add,get_time", ["add", "get_time"]),
        ("add --tools get_time", ["add", "get_time"]),
        ("cart.put", ["cart_put"]),
        ("shop.price", ["shop_price"]),
        ("both", ["add", "price"]),
        ("both,cart.put", ["add", "price", "cart_put"]),
        ("find", ["look_up"]),
    ],
)
def test_names_on_the_wire(tooled: Asked, named: str, wire: list[str]) -> None:
    """Functions, methods, module members, lists, @tool(name=): what the model is told they are called."""
    tooled.run(THINGS)
    tooled.chats("ok")
    run = tooled.cell(f"--tools {named} --once")
    assert run.error is None, run.error
    assert [one["function"]["name"] for one in tooled.bodies[0]["tools"]] == wire


def test_a_method_keeps_its_state(tooled: Asked) -> None:
    """The call reaches the very object."""
    tooled.run(THINGS)
    tooled.chats([("cart_put", {"item": "kopi"})], "ok")
    assert tooled.cell("--tools cart.put").error is None
    assert contents(tooled.bodies[1]) == ['["kopi"]']
    assert tooled.value("cart.items") == "['kopi']"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--tools get_wether", "Did you mean get_weather?"),
        ("--tools cart.pot", "Did you mean cart.put?"),
        ("--tools number", "not a function"),
        ("--tools shop", "type module, not a function"),
        ("--tools nothing", "type list, not a function"),
        ("--tools price,others", "Two tools would have the same name"),
        ("--tools add,add", "--tools add is given twice"),
        ("--tools add --tool-choice ad", "Did you mean add?"),
        ("--tools add --tool-choice get_weather", "Use one of: auto, none, required, add"),
        ("--tool-choice required", "--tools"),
        ("--tools unsent", "can't be a tool"),
    ],
)
def test_refused_before_anything_is_sent(tooled: Asked, flags: str, said: str) -> None:
    """Two lines, the nearest name, and no request."""
    tooled.run(THINGS + "\ndef unsent(x: 'Missing') -> int: ...\n")
    tooled.run("def clash(item: str): ...\nclash.__name__ = 'price'\nothers = [clash]")
    run = tooled.cell(flags)
    assert run.error is not None
    assert run.error.name in {"UsageError", "ToolDefinitionError"}
    assert said in "\n".join(run.error.traceback)
    assert len("\n".join(run.error.traceback).splitlines()) == 2
    assert tooled.requests == []


RESULTS = {
    "'text'": "text",
    "{'a': [1, 2.5, None, True]}": '{"a": [1, 2.5, null, true]}',
    "None": "null",
    "Point(1, 2)": '{"x": 1, "y": 2}',
    "Model(n=3)": '{"n": 3}',
    "datetime.date(2025, 1, 2)": "2025-01-02",
    "Colour.RED": "red",
    "{3, 1, 2}": "[1, 2, 3]",
    "(n for n in range(3))": "[0, 1, 2]",
    "b'ab'": "bytes, 2 long, beginning with 61 62",
    "float('nan')": "nan",
    "object()": "<object object>",
    "'x' * 30_000": "x" * 20_000 + "\n[cut: the first 20,000 of 30,000 characters]",
}


def test_every_kind_of_result_on_the_wire(tooled: Asked) -> None:
    """Text as it is, data as JSON, the rest as its repr, and what is too long cut with a note."""
    tooled.run(
        THINGS + "from pydantic import BaseModel\nclass Model(BaseModel):\n    n: int\n"
        "@dataclasses.dataclass\nclass Point:\n    x: int\n    y: int\n"
        "class Colour(enum.Enum):\n    RED = 'red'\n"
        "def give(expression: str):\n    return eval(expression)"
    )
    tooled.chats([("give", {"expression": one}) for one in RESULTS], "ok")
    run = tooled.cell("--tools give")
    assert run.error is None, run.error
    assert dict(zip(RESULTS, contents(tooled.bodies[1]), strict=True)) == RESULTS


def test_tables_and_pictures_on_the_wire(tooled: Asked) -> None:
    """A DataFrame is a Markdown table with its shape; pictures follow the batch in one user message."""
    tooled.run(
        "import pandas as pd\nfrom PIL import Image\nimport matplotlib\n"
        "def table(): return pd.DataFrame({'a': [1, 2]})\n"
        "def picture(): return Image.new('RGB', (2, 2), 'red')\n"
        "def several(): return {'left': picture(), 'right': picture()}\n"
    )
    tooled.chats([("table", {}), ("picture", {}), ("several", {})], "ok")
    run = tooled.cell("--tools table,picture,several")
    assert run.error is None, run.error
    table, one, several = contents(tooled.bodies[1])
    assert table.startswith("| a |\n|---|\n| 1 |\n| 2 |")
    assert "2 rows × 1 column" in table
    assert one == "[image 1]"
    assert json.loads(several) == {"left": "[image 1]", "right": "[image 2]"}
    last = tooled.bodies[1]["messages"][-1]
    assert last["role"] == "user"
    assert [part["type"] for part in last["content"]] == ["text", "image_url", "image_url", "image_url"]


def test_the_tools_command(tooled: Asked) -> None:
    """%neosantara tools lists what was named so far; tools NAME shows one schema; a wrong name offers the nearest."""
    tooled.chats("ok")
    tooled.cell("--tools get_weather,add --once")
    listed = tooled.run("%neosantara tools").answer
    assert "get_weather" in listed
    assert "add" in listed
    one = tooled.run("%neosantara tools get_weather").answer
    assert json.loads(one)["parameters"]["required"] == ["location"]
    wrong = tooled.kernel.execute("%neosantara tools get_wether")
    assert wrong.error is not None
    assert "get_weather" in "\n".join(wrong.error.traceback)
