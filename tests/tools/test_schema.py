"""Docstrings, postponed annotations, refusals and the cache."""

from __future__ import annotations

import functools
import gc
import json
import textwrap
import weakref
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from neosantara_magic.errors import ToolDefinitionError
from neosantara_magic.tools.hints import plain_schema
from neosantara_magic.tools.schema import describe

GOOGLE = """Look the weather up.

Asks the nearest station.

Args:
    city: The city,
        e.g. Jakarta.
    *days: Days from today.
    **options: Anything else.

Returns:
    The weather in words.
"""
NUMPY = """Look the weather up.

Asks the nearest station.

Parameters
----------
city : str
    The city,
    e.g. Jakarta.
*days : int
    Days from today.
**options : int
    Anything else.

Returns
-------
str
    The weather in words.
"""
SPHINX = """Look the weather up.

Asks the nearest station.

:param city: The city,
    e.g. Jakarta.
:type city: str
:param days: Days from today.
:param int options: Anything else.
:returns: The weather in words.
"""


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["Google", "NumPy", "Sphinx"])
def test_docstring_styles(text: str) -> None:
    """Description and parameters are read from each of the three styles."""

    def weather(city: str, *days: int, **options: int) -> str:
        raise NotImplementedError

    weather.__doc__ = text
    spec, _ = describe(weather)
    assert spec.description == "Look the weather up.\n\nAsks the nearest station.\n\nReturns: The weather in words."
    said = {name: one["description"] for name, one in spec.parameters["properties"].items()}
    assert said == {"city": "The city, e.g. Jakarta.", "days": "Days from today.", "options": "Anything else."}


def test_two_parameters_documented_together() -> None:
    """NumPy's ``x, y : float`` describes both."""

    def add(x: float, y: float) -> float:
        """Add.

        Parameters
        ----------
        x, y : float
            The numbers.
        """
        raise NotImplementedError

    spec, _ = describe(add)
    assert [one["description"] for one in spec.parameters["properties"].values()] == ["The numbers."] * 2


REMARKS = {
    "google": """Move money.

    Args:
        amount (int): How much.

    Keyword Args:
        memo: What for.

    Note:
        Costs Rp 2,500.

        Also on Sundays.

    Warning: It cannot be undone.

    Returns:
        A receipt.

    Raises:
        ValueError: too much

    Examples:
        >>> move(1)
    """,
    "numpy": """Move money.

    Parameters
    ----------
    amount : int
        How much.

    Other Parameters
    ----------------
    memo : str
        What for.

    Returns
    -------
    str
        A receipt.

    Raises
    ------
    ValueError
        too much

    Warnings
    --------
    It cannot be undone.

    Notes
    -----
    Costs Rp 2,500.

    Also on Sundays.

    Examples
    --------
    >>> move(1)
    """,
    "sphinx": """Move money.

    :param amount: How much.
    :keyword memo: What for.
    :raises ValueError: too much

    .. note:: Costs Rp 2,500.
        Also on Sundays.

    .. warning::

        It cannot be undone.

    :returns: A receipt.
    """,
}


@pytest.mark.parametrize("style", REMARKS)
def test_notes_and_warnings_are_told(style: str) -> None:
    """They are for whoever calls; examples and exceptions are not. A ``**kwargs`` is told with its texts."""

    def move(amount: int, **options: str) -> str:
        return ""

    move.__doc__ = REMARKS[style]
    spec, _ = describe(move)
    paragraphs = spec.description.split("\n\n")
    assert paragraphs[0] == "Move money."
    assert paragraphs[-1] == "Keyword Args: memo: What for."
    said = sorted(one.partition(": ")[2] for one in paragraphs[1:-1])
    assert said == ["A receipt.", "Costs Rp 2,500. Also on Sundays.", "It cannot be undone."]
    assert spec.parameters["properties"]["amount"]["description"] == "How much."

    def fixed(amount: int, *, memo: str = "") -> str:
        return ""

    fixed.__doc__ = REMARKS[style]
    spec, _ = describe(fixed)
    assert spec.parameters["properties"]["memo"]["description"] == "What for."
    assert "What for" not in spec.description


def test_an_annotated_text_wins_over_the_docstring() -> None:
    """What stands at the parameter is nearer to the truth."""

    def f(city: Annotated[str, "from the hint"]) -> None:
        """Do it.

        Args:
            city: from the docstring
        """

    spec, _ = describe(f)
    assert spec.parameters["properties"]["city"]["description"] == "from the hint"


def test_an_annotated_text_inside_a_container_is_kept() -> None:
    """``list[Annotated[str, "text"]]`` describes the items."""

    def f(cities: list[Annotated[str, "a city"]]) -> None: ...

    spec, _ = describe(f)
    assert spec.parameters["properties"]["cities"]["items"] == {"type": "string", "description": "a city"}


def in_notebook(source: str) -> dict[str, Any]:
    """Return the names that a cell with this source defines."""
    namespace: dict[str, Any] = {"__name__": "a_notebook"}
    exec(textwrap.dedent(source), namespace)  # noqa: S102  (this is what a cell does)
    return namespace


def test_postponed_names_of_the_notebook_are_found() -> None:
    """A function from a module may name a class that only the notebook has."""

    def f(point: Point) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    namespace = in_notebook("from pydantic import BaseModel\nclass Point(BaseModel): x: int")
    spec, _ = describe(f, namespace=namespace)
    assert spec.parameters["properties"]["point"]["properties"] == {"x": {"type": "integer"}}


def test_the_functions_own_module_comes_before_the_notebook() -> None:
    """A name that both have means what it means where the function was written."""
    function = in_notebook("Unit = int\ndef f(unit: 'Unit'): ...")["f"]
    spec, _ = describe(function, namespace={"Unit": str})
    assert spec.parameters["properties"]["unit"] == {"type": "integer"}


def test_a_typed_dict_of_any_python_with_postponed_annotations() -> None:
    """``typing.TypedDict``, which pydantic refuses on Python 3.11, with keys that may be missing, nested."""
    namespace = in_notebook("""
        from __future__ import annotations
        from typing import NotRequired, TypedDict
        class Inner(TypedDict):
            n: int
        class Outer(TypedDict):
            one: Inner
            many: NotRequired[list[Inner]]
        def f(outer: Outer, maybe: Outer | None = None): return outer
    """)
    spec, arguments = describe(namespace["f"], namespace=namespace)
    outer = spec.parameters["properties"]["outer"]
    assert outer["required"] == ["one"]
    assert outer["properties"]["many"]["items"]["properties"] == {"n": {"type": "integer"}}
    assert arguments.bind('{"outer": {"one": {"n": "1"}}}') == ((), {"outer": {"one": {"n": 1}}})


def test_all_problems_come_in_one_error() -> None:
    """The user repairs the function once, not once per problem."""

    class Handle:
        pass

    def f(a: Handle, b: Callable[[int], int], c: Nope, d: int) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ToolDefinitionError) as caught:
        describe(f, "bad name", {"Handle": Handle})
    assert "'bad name' can't be a tool" in caught.value.what
    assert "A-Z, a-z, 0-9" in caught.value.what
    assert "name 'Nope' is not defined" in caught.value.what

    def g(a: Handle, b: Callable[[int], int], d: int) -> None: ...

    with pytest.raises(ToolDefinitionError) as caught:
        describe(g, namespace={"Handle": Handle})
    assert caught.value.what == (
        "'g' can't be a tool: 'a' is Handle, which JSON can't carry; "
        "'b' is Callable[[int], int], which JSON can't carry."
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (3, "it is a value of type int"),
        (max, "Python does not know its parameters"),
        (textwrap.TextWrapper.fill, "it is a method without its object"),
        (lambda: None, "its name may have only"),
    ],
    ids=["no function", "no signature", "unbound method", "lambda's own name"],
)
def test_what_cannot_be_a_tool(value: Any, problem: str) -> None:
    """Each is refused before anything is sent, in words."""
    with pytest.raises(ToolDefinitionError) as caught:
        describe(value)
    assert problem in caught.value.what


def test_the_schema_is_made_once_per_function() -> None:
    """Describing again, also a bound method that is a new object each time, gives the same Arguments."""

    class Station:
        def read(self, place: str) -> str:
            return place

    station = Station()
    assert describe(station.read)[1] is describe(station.read)[1]
    assert describe(station.read)[1] is describe(Station().read)[1]
    partial = functools.partial(station.read)
    assert describe(partial, "f")[1] is describe(partial, "f")[1]


def test_the_cache_notices_a_class_defined_anew() -> None:
    """A postponed annotation may name a class that the notebook has redefined since."""

    def f(point: Point) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    old = in_notebook("from pydantic import BaseModel\nclass Point(BaseModel): x: int")
    new = in_notebook("from pydantic import BaseModel\nclass Point(BaseModel): y: int")
    describe(f, namespace=old)
    spec, _ = describe(f, namespace=new)
    assert list(spec.parameters["properties"]["point"]["properties"]) == ["y"]


def test_the_cache_keeps_no_function_alive() -> None:
    """Redefining a cell a hundred times must not fill the memory."""

    def make() -> weakref.ref[Any]:
        def f(value: int) -> None: ...

        describe(f)
        return weakref.ref(f)

    gone = make()
    gc.collect()
    assert gone() is None


def test_an_exploding_schema_keeps_its_references() -> None:
    """Thirty models that each hold the next one twice would be a billion parts when inlined."""
    definitions: dict[str, Any] = {
        f"M{i}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/M{i + 1}"} for side in ("left", "right")},
        }
        for i in range(30)
    }
    definitions["M30"] = {"type": "object", "title": "Last"}
    plain = plain_schema({"$ref": "#/$defs/M0", "$defs": definitions})
    assert len(json.dumps(plain)) < 10_000
    assert plain["type"] == "object"
    assert "Last" not in json.dumps(plain)


def test_a_property_called_title_is_no_title() -> None:
    """Titles are left out; a parameter of that name is not, nor a default that looks like one."""

    def f(title: str, default: str = "title", properties: dict[str, int] = {"title": 1}) -> None: ...  # noqa: B006

    spec, _ = describe(f)
    assert list(spec.parameters["properties"]) == ["title", "default", "properties"]
    assert spec.parameters["properties"]["properties"]["default"] == {"title": 1}
