"""What is described is what will be called: wrappers, defaults that pydantic holds, types that JSON cannot carry."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from neosantara_magic.tools.arguments import Mismatch
from neosantara_magic.tools.schema import describe


def called(function: Callable[..., Any], arguments: str, namespace: dict[str, Any] | None = None) -> Any:
    """Call a function as a model would; return its value, or the lines that a model is told."""
    _, binding = describe(function, "f", {**globals(), **(namespace or {})})
    try:
        args, kwargs = binding.bind(arguments)
    except Mismatch as error:
        return error.lines
    return function(*args, **kwargs)


def properties(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what a model is told of the arguments."""
    found: dict[str, Any] = describe(function, "f", globals())[0].parameters["properties"]
    return found


# ------------------------------------------------------------------------------------------------------ wrappers


def grow(plants: int, plot: str = "north", *, deep: bool = False) -> tuple[Any, ...]:
    """Grow plants."""
    return plants, plot, deep


def fills_in(function: Any) -> Any:
    """Take less than what is wrapped."""

    @functools.wraps(function)
    def inner(plants):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return function(plants, "filled")

    return inner


def by_position(function: Any) -> Any:
    """Pass on what comes by position."""

    @functools.wraps(function)
    def inner(*args: Any) -> Any:
        return function(*args)

    return inner


def by_name(function: Any) -> Any:
    """Pass on what comes by name."""

    @functools.wraps(function)
    def inner(**kwargs: Any) -> Any:
        return function(**kwargs)

    return inner


def adds(function: Any) -> Any:
    """Take more than what is wrapped."""

    @functools.wraps(function)
    def inner(seed, *args: Any, retries=3, **kwargs: Any) -> Any:  # type: ignore[no-untyped-def]  # noqa: ANN001
        return seed, retries, function(*args, **kwargs)

    return inner


def undecorated(function: Any) -> Any:
    """Wrap with nothing but ``__wrapped__``."""

    def inner(plants: int) -> Any:
        return function(plants, "bare")

    inner.__wrapped__ = function  # type: ignore[attr-defined]
    return inner


class Garden:
    @adds
    def grow(self, plants: int) -> tuple[Any, ...]:
        return (plants,)

    @by_position
    def __call__(self, plants: int) -> int:
        return plants


GARDEN = Garden()


@pytest.mark.parametrize(
    ("function", "names", "arguments", "value"),
    [
        (fills_in(grow), ["plants"], {"plants": "2"}, (2, "filled", False)),
        (by_position(grow), ["plants", "plot"], {"plants": "2", "plot": "south"}, (2, "south", False)),
        (by_name(grow), ["plants", "plot", "deep"], {"plants": 2, "deep": True}, (2, "north", True)),
        (
            adds(grow),
            ["seed", "plants", "plot", "retries", "deep"],
            {"seed": 1, "plants": 2, "deep": "true"},
            (1, 3, (2, "north", True)),
        ),
        (functools.cache(fills_in(grow)), ["plants"], {"plants": 2}, (2, "filled", False)),
        (by_position(fills_in(grow)), ["plants"], {"plants": 2}, (2, "filled", False)),
        (functools.partial(fills_in(grow)), ["plants"], {"plants": 2}, (2, "filled", False)),
        (functools.partial(adds(grow), 7), ["plants", "plot", "retries", "deep"], {"plants": 2}, (7, 3, (2, "north", False))),
        (undecorated(grow), ["plants"], {"plants": 2}, (2, "bare", False)),
        (adds(undecorated(grow)), ["seed", "plants", "retries"], {"seed": 1, "plants": 2}, (1, 3, (2, "bare", False))),
        (GARDEN, ["plants"], {"plants": "2"}, 2),
    ],
)  # fmt: skip
def test_a_wrapper_is_described_by_what_it_takes(
    function: Any, names: list[str], arguments: dict[str, Any], value: Any
) -> None:
    """Its own parameters, and through its ``*args`` and ``**kwargs`` those that it passes on."""
    assert list(properties(function)) == names
    assert called(function, json.dumps(arguments)) == value


def test_a_wrapped_method() -> None:
    """``self`` is the wrapper's first argument, whatever the wrapper calls it."""

    class Plot:
        @by_position
        def grow(self, plants: int) -> int:
            return plants

    assert called(Plot().grow, '{"plants": "3"}') == 3


def test_a_signature_that_was_set_counts() -> None:
    """Whoever sets one says what the wrapper takes."""

    @functools.wraps(grow)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return grow(1, *args, **kwargs)

    plot = inspect.Parameter("plot", inspect.Parameter.KEYWORD_ONLY, annotation=str)
    inner.__signature__ = inspect.Signature([plot])  # type: ignore[attr-defined]
    assert called(inner, '{"plot": "south"}') == (1, "south", False)


# ------------------------------------------------------------------------------------------------------ defaults


def test_defaults_that_pydantic_holds() -> None:
    """In ``Annotated`` and in the default's place; a factory is called anew for each call."""
    days = iter(range(100))

    def visit(
        km: Annotated[float, Field(default=5.0, ge=0)],
        stops: Annotated[list[int], Field(default_factory=list)],
        day: int = Field(default_factory=lambda: next(days)),
        shop: str = Field("warung", description="Where."),
        *,
        who: str = Field(description="Whom."),
        note: Annotated[str, Field(description="More.")] = "none",
    ) -> tuple[Any, ...]:
        stops.append(1)
        return km, list(stops), day, shop, who, note

    spec, _ = describe(visit, "f", globals())
    assert spec.parameters["required"] == ["who"]
    assert spec.parameters["properties"]["km"] == {"default": 5.0, "minimum": 0, "type": "number"}
    assert spec.parameters["properties"]["shop"]["default"] == "warung"
    first, second = (called(visit, '{"who": "Ani"}') for _ in range(2))
    assert first[1] == second[1] == [1]
    assert first[2] != second[2]
    assert (first[0], *first[3:]) == (5.0, "warung", "Ani", "none")
    assert called(visit, '{"who": "Ani", "km": "7", "stops": [4]}')[:2] == (7.0, [4, 1])
    assert called(visit, '{"who": "Ani", "km": -1}')[0].startswith("km: ")


class Axes:
    """Nothing that JSON can carry."""


def test_what_json_cannot_carry_keeps_its_default() -> None:
    """Such a parameter is left out of the schema, and no model can name it; one without a default refuses the function."""

    def plot(a: int, ax: Axes | None = None, /, b: int = 3, *more: Axes, on: Callable[[], None] | None = None) -> Any:
        return a, ax, b, more, on

    _, arguments = describe(plot, "f", globals())
    assert list(arguments.schema["properties"]) == ["a", "b"]
    assert arguments.left_out == ("ax", "more", "on")
    assert called(plot, '{"a": 1, "b": 4}') == (1, None, 4, (), None)
    assert called(plot, '{"a": 1, "ax": 4}') == ("ax: there is no such argument",)


# --------------------------------------------------------------------------------- numbers that JSON does not have


def cheapest(
    items: list[str],
    budget: float = math.inf,
    weights: list[float] = [math.nan],  # noqa: B006
    most: Annotated[float, Field(le=math.inf)] = 1.0,
    more: Any = None,
) -> float:
    """Find the cheapest."""
    return budget


def test_a_default_that_is_no_json_is_not_sent() -> None:
    """The parameter stays optional, and Python's default stays Python's."""
    schema = describe(cheapest, "f", globals())[0].parameters
    json.dumps(schema, allow_nan=False)
    assert "default" not in {**schema["properties"]["budget"], **schema["properties"]["weights"]}
    assert schema["required"] == ["items"]
    assert called(cheapest, '{"items": []}') == math.inf


NO_JSON = "Each number must be finite: JSON has no NaN and no Infinity."


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ('"budget": NaN', NO_JSON),
        ('"budget": 1e999', NO_JSON),
        ('"budget": "Infinity"', 'budget: Input should be a finite number (got "Infinity")'),
        ('"weights": [1, -Infinity]', NO_JSON),
        ('"more": {"a": [NaN]}', NO_JSON),
    ],
)
def test_a_number_that_is_no_json_is_refused(argument: str, line: str) -> None:
    """Python's reader takes them, the function is not called with them."""
    assert called(cheapest, f'{{"items": [], {argument}}}') == (line,)


# --------------------------------------------------------------------------------------------- lazily read arguments

Amounts = TypeAliasType("Amounts", Iterable[int])


LAZY: list[tuple[Any, type]] = [
    (Iterable[int], list),
    (Collection[int], list),
    (Sequence[int], list),
    (Iterator[int], Iterator),
    (Generator[int, None, None], Generator),
    (Amounts, list),
    (Iterable[int] | None, list),
]


@pytest.mark.parametrize(("hint", "kind"), LAZY, ids=str)
def test_lazy_arguments_are_validated_before_the_call(hint: Any, kind: type) -> None:
    """Wholly, and handed over as what they look like."""
    ran: list[Any] = []

    def pay(amounts: Any) -> list[int]:
        ran.append(amounts)
        return list(amounts)

    pay.__annotations__["amounts"] = hint
    assert called(pay, '{"amounts": [10, "20"]}') == [10, 20]
    assert isinstance(ran[0], kind)
    lines = called(pay, '{"amounts": [10, "x"]}')
    assert len(ran) == 1
    assert lines[0].startswith("amounts.1: ")


class Basket(BaseModel):
    prices: Iterable[int]


@dataclass
class Shop:
    baskets: dict[str, list[Basket]]
    opens: Iterable[dt.date] = ()


def test_lazy_fields_are_validated_before_the_call() -> None:
    """However deep in classes they lie."""

    def total(shop: Shop) -> int:
        return sum(sum(basket.prices) for baskets in shop.baskets.values() for basket in baskets)

    assert called(total, '{"shop": {"baskets": {"a": [{"prices": [1, "2"]}]}}}') == 3
    for wrong in ('{"baskets": {"a": [{"prices": [1, "x"]}]}}', '{"baskets": {}, "opens": ["never"]}'):
        assert "(got" in called(total, f'{{"shop": {wrong}}}')[0]


@dataclass
class Node:
    """Holds itself, as trees with parents do."""

    name: str

    def __post_init__(self) -> None:
        self.parts = [self]


def test_what_is_read_stays_what_it_is() -> None:
    """Counted once, and a circle ends."""

    def count(fruit: Counter[str], node: Node) -> tuple[Any, ...]:
        return fruit, node.parts[0].name

    assert called(count, '{"fruit": {"a": 2}, "node": {"name": "n"}}') == (Counter(a=2), "n")


# ----------------------------------------------------------------------------------------------------------- choices


class Level(IntEnum):
    LOW = 1


class Size(Enum):
    SMALL = 1
    OTHER = "other"


class Order(BaseModel):
    size: Literal[1, 2]


def test_a_choice_of_numbers_takes_their_text() -> None:
    """As ``int`` does, and a choice of texts takes numbers, as ``str`` does; also inside a model."""

    def choose(
        a: Literal[1, 2] = 1,
        b: Literal["1", "2"] = "1",
        c: Literal[True] | None = None,
        d: Size = Size.SMALL,
        e: Level = Level.LOW,
        f: Order | None = None,
    ) -> tuple[Any, ...]:
        return a, b, c, d, e, f

    right = '{"a": "2", "b": 2, "c": "True", "d": "1", "e": "1", "f": {"size": "2"}}'
    assert called(choose, right) == (2, "2", True, Size.SMALL, Level.LOW, Order(size=2))
    assert called(choose, '{"a": "3", "b": 3}') == (
        "a: Input should be 1 or 2 (got 3)",
        "b: Input should be '1' or '2' (got 3)",
    )


def test_a_date_is_still_read() -> None:
    """Arguments go through JSON again for this."""

    def when(day: dt.date) -> dt.date:
        return day

    assert called(when, '{"day": "2026-01-02"}') == dt.date(2026, 1, 2)
