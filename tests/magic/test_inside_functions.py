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


@pytest.mark.parametrize(
    "flags",
    ["-c {{name}}", "-c {{ name }}", "--conversation={{name}}", "--conversation {{ name | lower }}", "-c '{{ name }}'"],
)
def test_a_conversation_may_be_named_by_a_variable(asked: Asked, flags: str) -> None:
    """One for each pupil of a loop; never one that is called {{name}}."""
    asked.says("ok", "ok")
    asked.run("name = 'budi'")
    assert asked.cell(flags).error is None
    asked.run("def h(name):\n    %ns ask -c {{ name }} hi\nh('siti')")
    listed = asked.run("%neosantara conversations").answer
    assert "budi" in listed
    assert "siti" in listed
    assert "{" not in listed
    assert "budi" in asked.run("%neosantara history {{ name }}").answer
    asked.run("%neosantara new {{ name }}\n%neosantara new siti")


@pytest.mark.parametrize("value", ["''", "' '"])
def test_a_variable_that_names_nothing_is_refused(asked: Asked, value: str) -> None:
    """A conversation needs a name; a missing variable is told like any."""
    asked.run(f"name = {value}")
    for flags in ("-c {{ name }}", "-c {{ nosuch }}"):
        assert asked.cell(flags).error is not None
    assert not asked.server.requests


def test_expressions_are_python_and_nothing_else_is_withheld(asked: Asked) -> None:
    """The notebook's owner typed them (decision 16)."""
    asked.says("ok")
    asked.cell("--once", "{{ eval('1 + 1') }} {{ compile('1', '', 'eval').co_name }}")
    assert texts_of(asked.bodies[-1])[-1][1] == "2 <module>"


@pytest.mark.parametrize("form", ["environment", "config", "configuration"])
def test_nothing_out_of_a_setting_is_evaluated(asked: Asked, form: str) -> None:
    """A setting may come from a file of a cloned project: it is text, in a cell, a batch and a dry run."""
    evil = "{{ [].append(1) or open('evaluated', 'w').write('x') }}"
    if form == "environment":
        asked.run(f"import os; os.environ['NEOSANTARA_SYSTEM'] = {evil!r}")
    elif form == "config":
        asked.run(f"get_ipython().magics_manager.registry['NeosantaraMagics'].system = {evil!r}")
    else:
        asked.run(f"get_ipython().config.NeosantaraMagics.system = {evil!r}\n%reload_ext neosantara_magic")
    asked.says("ok", "ok")
    asked.cell("--dry-run")
    asked.cell("--once")
    asked.run("import pandas as pd; df = pd.DataFrame({'a': [1]})")
    asked.cell("--each df --into b", "{{ row.a }}")
    asked.run("import os; os.environ.pop('NEOSANTARA_SYSTEM', None)\n%config NeosantaraMagics.system = None")
    assert asked.value("__import__('os').path.exists('evaluated')") == "False"
    assert [body["instructions"] for body in asked.bodies] == [evil, evil]


def test_explain_passes_over_errors_that_explain_themselves(asked: Asked) -> None:
    """A typo in a command, an unknown magic, a refused ask: the error before them is the user's own."""
    assert asked.kernel.execute("1 / 0").error is not None
    for typo in ("%neosantara explian", "%nosuchmagic", "%%neosantara --nosuch\nhi", "%%neosantara\n{{ nosuch }}"):
        asked.kernel.execute(typo)
    asked.says("because")
    asked.run("%neosantara explain")
    assert "ZeroDivisionError" in texts_of(asked.bodies[-1])[-1][1]
    assert asked.kernel.execute("if:").error is not None
    assert asked.kernel.execute("%neosantara explian").error is not None
    asked.says("because")
    asked.run("%neosantara explain")
    assert "SyntaxError" in texts_of(asked.bodies[-1])[-1][1]
