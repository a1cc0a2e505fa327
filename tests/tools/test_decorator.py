"""``@tool``: the function comes back, the options stay with it."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
from typing import Any

import pytest

from neosantara_magic.errors import ToolDefinitionError
from neosantara_magic.tools.decorator import ToolOptions, options_of, tool


def double(value: int) -> int:
    """Double."""
    return value * 2


def test_the_function_itself_comes_back() -> None:
    """With and without parentheses, usable as before."""

    def f(value: int) -> int:
        return value + 1

    assert tool(f) is f
    assert tool(confirm=True)(f) is f
    assert f(1) == 2
    assert options_of(f).confirm is True


def test_defaults() -> None:
    """An unmarked function has the documented defaults."""
    assert options_of(double) == ToolOptions(None, None, confirm=False, timeout=None, parallel=False)


class Base:
    @tool(confirm=True)
    def wipe(self) -> None: ...
    @classmethod
    @tool(confirm=True)
    def reset(cls) -> None: ...
    @tool(confirm=True)
    def __call__(self) -> None: ...


class Child(Base):
    def wipe(self) -> None: ...
    @classmethod
    def reset(cls) -> None: ...
    def __call__(self) -> None: ...


class Tame(Child):
    @tool
    def wipe(self) -> None: ...


def bare(function: Any) -> Any:
    """Wrap with nothing but ``__wrapped__``."""

    def inner(*args: Any) -> Any:
        return function(*args)

    inner.__wrapped__ = function  # type: ignore[attr-defined]
    return inner


def test_what_overrides_or_wraps_keeps_the_safety() -> None:
    """``confirm`` is never lost unseen; an override that is a ``@tool`` itself has its own options."""
    child = Child()
    asked = [child.wipe, Child.reset, child.reset, child, bare(child.wipe), bare(bare(Base().wipe))]
    asked += [functools.partial(bare(child.wipe)), functools.cache(child.wipe)]
    assert [options_of(one).confirm for one in asked] == [True] * len(asked)
    assert not options_of(Tame().wipe).confirm
    assert not options_of(child.__init__).confirm  # type: ignore[misc]


def test_a_partial_keeps_its_functions_safety() -> None:
    """``confirm`` is never lost by binding an argument; the name is, or two partials would collide."""

    @tool(name="erase", confirm=True)
    def erase(path: str, *, force: bool) -> None: ...

    options = options_of(functools.partial(erase, force=True))
    assert options.confirm is True
    assert options.name is None


def test_what_takes_no_attributes() -> None:
    """Builtins, bound methods and methods inside their class keep options as well."""

    class Station:
        def read(self) -> None: ...

        @tool(timeout=1)
        @staticmethod
        def convert() -> None: ...

        @tool(parallel=True)
        def __call__(self) -> None: ...

    one, other = Station(), Station()
    tool(confirm=True)(one.read)
    assert options_of(one.read).confirm is True
    assert options_of(other.read).confirm is False
    assert options_of(one.convert).timeout == 1.0
    assert options_of(one).parallel is True
    tool(timeout=2)(math.sqrt)
    assert options_of(math.sqrt).timeout == 2.0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": "has space"}, "name='has space'"),
        ({"name": ""}, "name=''"),
        ({"name": "x" * 65}, "1 to 64 characters"),
        ({"name": 3}, "name=3"),
        ({"description": 3}, "description=3"),
        ({"confirm": "yes"}, "confirm='yes'"),
        ({"parallel": 1}, "parallel=1"),
        ({"timeout": 0}, "timeout=0"),
        ({"timeout": -1}, "timeout=-1"),
        ({"timeout": "30"}, "timeout='30'"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"timeout": True}, "timeout=True"),
    ],
)
def test_bad_options(options: dict[str, Any], problem: str) -> None:
    """A bad option is refused where it is written, not when the model calls."""
    with pytest.raises(ToolDefinitionError) as caught:
        tool(**options)
    assert problem in caught.value.what


def test_all_bad_options_in_one_error() -> None:
    """Two mistakes, one error."""
    with pytest.raises(ToolDefinitionError) as caught:
        tool(timeout=0, confirm="yes")  # type: ignore[call-overload]
    assert "timeout=0" in caught.value.what
    assert "confirm='yes'" in caught.value.what


def test_not_a_function() -> None:
    """``@tool("name")`` is the likely slip; the second line shows the right form."""
    with pytest.raises(ToolDefinitionError) as caught:
        tool("get_weather")  # type: ignore[call-overload]
    assert "'get_weather', a value of type str" in caught.value.what
    assert "@tool(confirm=True)" in caught.value.next_step


def test_the_decorator_imports_nothing_heavy() -> None:
    """It is imported in a user's first cell."""
    program = (
        "import sys; import neosantara_magic.tools.decorator;"
        "print([m for m in ('pydantic', 'asyncio', 'docstring_parser') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
