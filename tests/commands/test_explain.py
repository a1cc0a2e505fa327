"""The question that ``%neosantara explain`` asks: everything needed, nothing of this machine, bounded."""

from __future__ import annotations

import linecache
import textwrap
from typing import Any

import pytest

from kernels import Kernel
from neosantara_magic.commands.asks import explanation_prompt


def failing(code: str, namespace: dict[str, Any], path: str = "/run/ipykernel_4242/123456.py") -> BaseException:
    """Run code as a kernel runs a cell, and return what it raised."""
    source = textwrap.dedent(code)
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    try:
        exec(compile(source, path, "exec"), namespace)  # noqa: S102  (the cell under test)
    except BaseException as error:  # noqa: BLE001  (whatever it raised)
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
        return error
    raise AssertionError("the code did not fail")


LOOP = """
    def total(rows, rate):
        result = 0
        for row in rows:
            result += row["price"] * rate
        return result

    prices = [{"price": 3}, {"cost": 4}]
    total(prices, 2)
"""


def test_the_prompt_holds_traceback_code_and_the_values_it_names() -> None:
    """The innermost frames' code, their own values and those of the notebook, and nothing that code doesn't name."""
    namespace: dict[str, Any] = {"unrelated": 7}
    prompt = explanation_prompt(failing(LOOP, namespace), namespace)
    assert 'File "<cell>", line 9, in <module>' in prompt
    assert "KeyError: 'price'" in prompt
    assert "Code in total, line 5:" in prompt
    assert "- row: dict = {'cost': 4}" in prompt
    assert "- prices: list = [{'price': 3}, {'cost': 4}]" in prompt
    assert "- result: int = 6" in prompt
    assert "unrelated" not in prompt


def test_the_same_error_gives_the_same_prompt() -> None:
    """Neither the kernel's name for a cell, nor an address, nor a folder of this machine is in it."""
    code = """
        class Thing: pass
        thing = Thing()
        thing.size + 1
    """
    first = explanation_prompt(failing(code, {}, "/run/ipykernel_1/11.py"), {})
    second = explanation_prompt(failing(code, {}, "/var/x/ipykernel_2/22.py"), {})
    assert first == second
    assert "ipykernel" not in first
    assert "/srv" not in explanation_prompt(failing(code, {}, "/srv/sari/project/model.py"), {})
    assert 'File "model.py"' in explanation_prompt(failing(code, {}, "/srv/sari/project/model.py"), {})


def test_a_cause_and_a_syntax_error() -> None:
    """What an exception was raised from is shown too; a syntax error has its line."""
    chained = explanation_prompt(
        failing("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e", {}), {}
    )
    assert chained.index("KeyError: 'a'") < chained.index("direct cause") < chained.index("ValueError: b")
    broken = explanation_prompt(failing("1 +", {}), {})
    assert "SyntaxError" in broken
    assert "ipykernel" not in broken


def test_everything_is_bounded() -> None:
    """A deep recursion, a huge value, a repr that raises: the question stays short."""
    namespace: dict[str, Any] = {}
    recursion = failing("def f(n):\n    return f(n + 1)\nbig = list(range(10**6))\nf(len(big) and 0)", namespace)
    assert len(explanation_prompt(recursion, namespace)) < 12_000
    odd = failing("class Odd:\n    def __repr__(self): raise RuntimeError\nodd = Odd()\nodd + ('x' * 10**6)", namespace)
    prompt = explanation_prompt(odd, namespace)
    assert "odd: Odd = <Odd whose str() raised RuntimeError>" in prompt
    long = failing("text = 'x' * 10**6\n" + "y = 1\n" * 5_000 + "text + 1", namespace)
    assert len(explanation_prompt(long, namespace)) < 12_000


def test_what_is_named_like_a_secret_stays_here() -> None:
    """Neither the value of such a variable nor a key in the source is sent."""
    namespace: dict[str, Any] = {}
    error = failing(
        "api_key = 'nsk_' + 'ab' * 16\npassword = 'hunter2'\nother = 'nsk_0123456789abcdef'\nother + api_key + password + 1",
        namespace,
    )
    prompt = explanation_prompt(error, namespace)
    assert "abab" not in prompt
    assert "- password: str, not shown" in prompt
    assert "0123456789abcdef" not in prompt


def test_the_users_own_question_comes_first() -> None:
    """``%neosantara explain Why is row empty?`` asks that."""
    assert explanation_prompt(failing("1/0", {}), {}, " Why? ").startswith("Why?\n")


@pytest.mark.kernel
def test_explain_in_a_kernel(kernel: Kernel) -> None:
    """The cell that failed is explained twice with the same request; before any error there is none."""
    kernel.set_environment(NEOSANTARA_DEMO="1")
    assert "no error" in str(kernel.execute("%load_ext neosantara_magic\n%neosantara explain").error)
    asked = []
    for _ in range(2):
        assert kernel.execute('temperatures = {"Medan": 30}\ntemperatures["Medam"]').error is not None
        run = kernel.execute("%neosantara explain --once")
        assert "KeyError" in run.answer, run.outputs
        asked.append(kernel.value("_neosantara.messages[0].text"))
    assert asked[0] == asked[1]
    assert "temperatures: dict" in asked[0]
    assert "IPython" not in asked[0]


@pytest.mark.kernel
def test_an_explanation_that_failed_is_asked_for_again(fresh_kernel: Kernel) -> None:
    """What its error advises works: the user's own error is explained then, not the failed explanation."""
    kernel = fresh_kernel
    kernel.execute("%load_ext neosantara_magic")
    for _ in range(2):
        assert "There is no error to explain" in str(kernel.execute("%neosantara explain").error)
    assert kernel.execute('{"Medan": 30}["Medam"]').error is not None
    for _ in range(2):
        failed = kernel.execute("%neosantara explain --once")
        assert failed.error is not None
        assert "%neosantara demo on" in failed.error.value
    kernel.execute("%neosantara demo on")
    assert "KeyError: 'Medam'" in kernel.execute("%neosantara explain --dry-run --once").answer
    assert kernel.execute("1 / 0").error is not None
    assert "ZeroDivisionError" in kernel.execute("%neosantara explain --dry-run --once").answer
