"""A magic inside a function sees what the function sees: its arguments, its closures, its module."""

from __future__ import annotations

import pytest

from magic.spoken import Asked, texts_of

pytestmark = pytest.mark.kernel

PLACES = {
    "a line magic": "def h(x):\n    r = %neosantara ask --once {{ x }}\nh('LOCAL')",
    "a sentence with a question mark": "def h(x):\n    %ns ask --once {{ x }}?\nh('LOCAL')",
    "a local variable": "def h():\n    x = 'LOCAL'\n    %ns ask --once {{ x }}\nh()",
    "a cell magic": "def h(x):\n    get_ipython().run_cell_magic('neosantara', '--once', '{{ x }}')\nh('LOCAL')",
    "a nested function": "def h(x):\n    def inner():\n        %ns ask --once {{ x }}\n    inner()\nh('LOCAL')",
    "two functions deep": "def h(x):\n    def a():\n        def b():\n            %ns ask --once {{ x }}\n        b()\n    a()\nh('LOCAL')",
    "the deepest one": "def g(x):\n    %ns ask --once {{ x }}\ndef h(x):\n    g('LOCAL')\nh('OTHER')",
    "a closure": "def h(x):\n    def inner():\n        x\n        %ns ask --once {{ x }}\n    return inner\nh('LOCAL')()",
    "a comprehension": "def h(y):\n    [get_ipython().run_line_magic('ns', 'ask --once {{ x }}') for x in y]\nh(['LOCAL'])",
    "around a comprehension": "def h(x):\n    [get_ipython().run_line_magic('ns', 'ask --once {{ x }}') for _ in 'a']\nh('LOCAL')",
    "a lambda": "(lambda x: get_ipython().run_line_magic('ns', 'ask --once {{ x }}'))('LOCAL')",
    "a method": "class A:\n    def h(self, x):\n        %ns ask --once {{ x }}\nA().h('LOCAL')",
    "a class body": "class A:\n    x = 'LOCAL'\n    %ns ask --once {{ x }}",
    "a generator": "def h(x):\n    %ns ask --once {{ x }}\n    yield\nlist(h('LOCAL'))",
    "a coroutine": "async def h(x):\n    %ns ask --once {{ x }}\nawait h('LOCAL')",
    "a decorated one": "import functools\ndef d(f):\n    @functools.wraps(f)\n    def w(x):\n        return f('LOCAL')\n    return w\n@d\ndef h(x):\n    %ns ask --once {{ x }}\nh('OTHER')",
    "a timed one": "def h(x):\n    %time get_ipython().run_line_magic('ns', 'ask --once {{ x }}')\nh('LOCAL')",
    "ask() from Python": "from neosantara_magic import ask\ndef h(x):\n    ask('{{ x }}', once=True, raw=False)\nh('LOCAL')",
    "a module": "import types, sys\nm = types.ModuleType('m')\nexec(\"x = 'LOCAL'\\nfrom IPython import get_ipython\\ndef h():\\n    get_ipython().run_line_magic('ns', 'ask --once {{ x }}')\", vars(m))\nm.h()",
    "the system text": "def h(x):\n    get_ipython().run_line_magic('ns', \"ask --once --system '{{ x }}' LOCAL\")\nh('LOCAL')",
}


@pytest.mark.parametrize("place", PLACES)
def test_an_expression_is_read_where_it_stands(asked: Asked, place: str) -> None:
    """Never the notebook's variable of the same name."""
    asked.says("ok")
    asked.run("x = 'GLOBAL'")
    asked.run(PLACES[place])
    body = asked.bodies[-1]
    assert "LOCAL" in texts_of(body)[-1][1]
    assert "GLOBAL" not in str(body)


def test_in_a_cell_and_beside_functions_the_notebook_counts(asked: Asked) -> None:
    """What no function has is the notebook's."""
    asked.says("ok", "ok")
    asked.run("x = 'GLOBAL'\ndef h(y):\n    %ns ask --once {{ x }} {{ y }}\nh('LOCAL')")
    assert texts_of(asked.bodies[-1])[-1][1] == "GLOBAL LOCAL"
    asked.cell("--once", "{{ x }}")
    assert texts_of(asked.bodies[-1])[-1][1] == "GLOBAL"


def test_a_name_without_a_value_yet_is_missing(asked: Asked) -> None:
    """Python would say so too; the notebook's variable is another one."""
    run = asked.kernel.execute("x = 'GLOBAL'\ndef h():\n    %ns ask --once {{ x }}\n    x = 1\nh()")
    assert run.error is not None
    assert "'x'" in run.error.value
    assert not asked.server.requests


def test_tools_schemas_and_images_are_looked_up_there_too(asked: Asked) -> None:
    """A function, a type, a picture that only the function has."""
    asked.chats([("price", {})], "done")
    asked.run("def h():\n    def price() -> int:\n        return 7\n    %ns ask --once --tools price How much\nh()")
    assert any("7" in str(message) for message in asked.bodies[-1]["messages"])
    asked.says('{"n": 1}')
    asked.run(
        "def h():\n    from dataclasses import dataclass\n    @dataclass\n    class One:\n        n: int\n"
        "    r = %ns ask --once --schema One How many\n    print(r.parsed.n)\nh()"
    )
    asked.says("ok")
    asked.run(
        "def h():\n    from PIL import Image\n    dot = Image.new('RGB', (2, 2))\n    %ns ask --once -i dot What is it\nh()"
    )
    assert "data:image/png" in str(asked.bodies[-1])


def test_what_is_set_is_set_in_the_notebook(asked: Asked) -> None:
    """`--out` and `_neosantara`: a running function's variables cannot be set from outside; the value is returned."""
    asked.says("text")
    told = asked.run(
        "def h():\n    out = 'mine'\n    r = %ns ask --once --out out hi\n    return out, r.text\nprint(h(), out.text, _neosantara.text)"
    )
    assert told.stdout.strip().endswith("('mine', 'text') text text")
