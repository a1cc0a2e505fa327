"""What a tool returned, as the model reads it."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import uuid
from collections import Counter, OrderedDict, deque, namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from neosantara_magic.tools.results import MOST_ITEMS, as_told


class Color(Enum):
    RED = "red"


class Model(BaseModel):
    name: str
    when: dt.date | None = None


@dataclass
class Data:
    name: str
    inner: list[Model] = field(default_factory=list)


Pair = namedtuple("Pair", "left right")  # noqa: PYI024  (also without types)


class Address:
    """Has the default repr, which holds a memory address."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        ("", ""),
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        ({"kota": "Sūrabaya", "suhu": [28, None]}, '{"kota": "Sūrabaya", "suhu": [28, null]}'),
        ([1, "a", None], '[1, "a", null]'),
        ({1: "a", "1": "b"}, '{"1": "a", "1 (str)": "b"}'),
        ({"None": 1, None: 2, "None (NoneType)": 3}, '{"None": 1, "None (NoneType)": 2, "None (NoneType) (str)": 3}'),
        ((1, 2), "[1, 2]"),
        ({3, 1, 2}, "[1, 2, 3]"),
        (frozenset({"b", "a"}), '["a", "b"]'),
        ({1: "a", Color.RED: 2, (1, 2): 3, None: 4}, '{"1": "a", "red": 2, "(1, 2)": 3, "None": 4}'),
        (Color.RED, "red"),
        ([Color.RED], '["red"]'),
        (dt.date(2026, 11, 21), "2026-11-21"),
        ([dt.datetime(2026, 11, 21, 7, 0)], '["2026-11-21T07:00:00"]'),  # noqa: DTZ001
        (dt.timedelta(hours=1), "1:00:00"),
        (Decimal("0.10"), "0.10"),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (Path("a") / "b", str(Path("a") / "b")),
        (float("nan"), "nan"),
        ([float("inf"), float("nan")], '["inf", "nan"]'),
        (Model(name="a", when=dt.date(2026, 1, 1)), '{"name": "a", "when": "2026-01-01"}'),
        (Data("a", [Model(name="b")]), '{"name": "a", "inner": [{"name": "b", "when": null}]}'),
        (Pair(1, 2), '{"left": 1, "right": 2}'),
        (OrderedDict(a=1), '{"a": 1}'),
        (MappingProxyType({"a": 1}), '{"a": 1}'),
        (Counter("aab"), '{"a": 2, "b": 1}'),
        (deque([1]), "[1]"),
        (range(3), "[0, 1, 2]"),
        ({"a": 1}.keys(), '["a"]'),
        ((number for number in range(3)), "[0, 1, 2]"),
        (map(str, [1]), '["1"]'),
        (b"\x00\x01", "bytes, 2 long, beginning with 00 01"),
        ({"raw": b"\xff"}, '{"raw": "bytes, 1 long, beginning with ff"}'),
        (Fraction(1, 3), "Fraction(1, 3)"),
        (Address(), f"<{__name__}.Address object>"),
        (Address, f"<class '{__name__}.Address'>"),
        (ValueError("x"), "ValueError('x')"),
        (10**20_000, "a whole number of 66,439 bits"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values(value: Any, text: str) -> None:
    """Each kind of value reads as documented, the same in every process."""
    told = as_told(value)
    assert told.text == text
    assert told.images == ()


@pytest.mark.parametrize(
    "value", ["key nsk_0123456789ab.", {"KEY": "nsk_0123456789ab"}, ["nsk_0123456789ab"], Path("nsk_0123456789ab")]
)
def test_no_key_is_told(value: Any) -> None:
    """What a model is told is stored, shown and recorded too."""
    told = as_told(value).text
    assert "nsk_…" in told
    assert "0123456789ab" not in told


def test_a_huge_text_is_cut_with_a_note() -> None:
    """The note says how much there was."""
    assert as_told("x" * 30_000).text == "x" * 20_000 + "\n[cut: the first 20,000 of 30,000 characters]"
    assert as_told("abcdef", 3).text == "abc\n[cut: the first 3 of 6 characters]"


@pytest.mark.parametrize(
    "value",
    [
        list(range(1_000_000)),
        {str(i): i for i in range(1_000_000)},
        ["x" * 10_000_000],
        {"x" * 10_000_000: 1},
        [["y" * 5_000] * 1_000] * 1_000,
    ],
    ids=["list", "dict", "text in a list", "key", "nested"],
)
def test_a_huge_value_costs_no_more_than_its_beginning(value: Any) -> None:
    """The text is bounded, and says that it was cut."""
    text = as_told(value).text
    assert len(text) < 20_100
    assert "[cut:" in text


def test_an_endless_generator_is_bounded() -> None:
    """Items are taken up to a limit, and the text says so."""
    items = json.loads(as_told(itertools.count()).text)
    assert items[:MOST_ITEMS] == list(range(MOST_ITEMS))
    assert items[-1] == "... (only the first 1,000 items)"


def test_a_generator_that_raises() -> None:
    """What cannot be read is described; nothing raises here."""

    def broken() -> Iterator[int]:
        yield 1
        raise RuntimeError

    assert "generator object" in as_told(broken()).text
    assert as_told([1, Hostile()]).text == '[1, "<Hostile>"]'


def test_recursion() -> None:
    """A value that holds itself ends."""
    circle: list[Any] = [1]
    circle.append(circle)
    assert as_told(circle).text == '[1, "..."]'
    loop: dict[str, Any] = {}
    loop["self"] = loop
    assert as_told(loop).text == '{"self": "..."}'
    shared = [1]
    assert as_told([shared, shared]).text == "[[1], [1]]"
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "..." in as_told(deep).text


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError

    def __str__(self) -> str:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __len__(self) -> int:
        raise RuntimeError

    def __iter__(self) -> Any:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = object.__hash__


class Anything:
    """Seems to have every attribute, as mocks do."""

    def __getattr__(self, name: str) -> Any:
        return Anything()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return Anything()

    def __repr__(self) -> str:
        return "Anything()"


def test_hostile_objects() -> None:
    """Whatever an object's own code does, there is a text."""
    assert as_told(Hostile()).text == "<Hostile>"
    assert as_told([Hostile(), 1]).text == '["<Hostile>", 1]'
    assert as_told({Hostile(): 1}).text == '{"<Hostile>": 1}'
    assert as_told(Anything()).text == "Anything()"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
        max_leaves=30,
    ).filter(lambda value: not isinstance(value, str))
)
def test_json_stays_json(value: Any) -> None:
    """What JSON can carry arrives unchanged."""
    assert json.loads(as_told(value).text) == value


# -------------------------------------------------------------------------------------------- tables and images


def test_data_frames() -> None:
    """Frames and series of pandas and polars become a Markdown table with their shape."""
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for frame in (
        pandas.DataFrame({"kota": ["Solo"], "suhu": [28]}),
        polars.DataFrame({"kota": ["Solo"], "suhu": [28]}),
    ):
        text = as_told(frame).text
        assert "| kota | suhu |" in text
        assert "| Solo | 28 |" in text
        assert "1 row × 2 columns" in text
    assert "| 7 |" in as_told(pandas.Series([7], name="n")).text
    assert "| 7 |" in as_told(polars.Series("n", [7])).text
    assert "| kota |" in json.loads(as_told({"table": pandas.DataFrame({"kota": ["Solo"]})}).text)["table"]
    assert len(as_told(pandas.DataFrame({"n": range(10_000_000)})).text) < 3_000


def test_numpy() -> None:
    """Scalars are numbers, arrays have their shape, large ones are abridged."""
    numpy = pytest.importorskip("numpy")
    assert as_told(numpy.float64(0.5)).text == "0.5"
    assert as_told(numpy.int32(7)).text == "7"
    assert as_told({"n": numpy.int64(7), "b": numpy.bool_(True)}).text == '{"n": 7, "b": true}'
    assert as_told(numpy.array([[1, 2], [3, 4]])).text == "ndarray of shape (2, 2), dtype int64\n[[1 2]\n [3 4]]"
    large = as_told(numpy.zeros((5_000, 5_000))).text
    assert large.startswith("ndarray of shape (5000, 5000), dtype float64")
    assert len(large) < 3_000


def test_pillow_images() -> None:
    """An image is shown to the model; the text says which it is."""
    image = pytest.importorskip("PIL.Image").new("RGB", (4, 4), "red")
    told = as_told(image)
    assert told.text == "[image 1]"
    assert told.images[0].url.startswith("data:image/png;base64,")
    target = io.BytesIO()
    image.save(target, "JPEG")
    assert as_told(target.getvalue()).images[0].url.startswith("data:image/jpeg;base64,")


def test_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Matplotlib figure, or the axes a plotting function returns, is an image."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.subplots()
    for value in (figure, axes):
        assert as_told(value).images[0].url.startswith("data:image/png;base64,")


def test_images_inside_a_value() -> None:
    """Text and pictures together: the JSON says where each picture belongs."""
    image = pytest.importorskip("PIL.Image").new("RGB", (2, 2))
    told = as_told({"caption": "a", "plots": [image, image]})
    assert json.loads(told.text) == {"caption": "a", "plots": ["[image 1]", "[image 2]"]}
    assert len(told.images) == 2
    many = as_told([image] * 20)
    assert len(many.images) == 8
    assert "more than 8" in many.text


def test_an_image_the_service_refuses() -> None:
    """It is described in words; the call is no failure."""
    told = as_told(b"II*\x00" + bytes(100))
    assert told.images == ()
    assert "cannot be sent" in told.text
    assert "TIFF" in told.text
