"""Names typed in ``--tools`` and the functions they mean."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.display import display

from neosantara_magic.errors import ToolDefinitionError, UsageError
from neosantara_magic.tools.decorator import tool
from neosantara_magic.tools.toolbox import Toolbox


def get_weather(city: str) -> str:
    """Look the weather up."""
    return city


def get_time(zone: str) -> str:
    """Tell the time."""
    return zone


@tool(name="forecast", confirm=True, timeout=5, parallel=True, description="Told by the decorator")
def named(city: str) -> str:
    """Look a forecast up."""
    return city


class Station:
    def read(self, place: str) -> str:
        return place

    @tool(confirm=True)
    def write(self, place: str) -> str:
        return place

    @property
    def broken(self) -> Any:
        raise RuntimeError


NAMESPACE: dict[str, Any] = {
    "get_weather": get_weather,
    "get_time": get_time,
    "named": named,
    "station": Station(),
    "math": math,
    "weather_tools": [get_weather, get_time],
    "deep": SimpleNamespace(inner=SimpleNamespace(f=get_time)),
    "number": 3,
    "nothing": [],
    "shout": lambda text: text.upper(),
    "größe": get_weather,
}


@pytest.mark.parametrize(
    ("names", "wire"),
    [
        (["get_weather"], ["get_weather"]),
        (["get_weather", "get_time"], ["get_weather", "get_time"]),
        (["get_weather, get_time"], ["get_weather", "get_time"]),
        (["station.read"], ["station_read"]),
        (["math.sqrt"], ["math_sqrt"]),
        (["deep.inner.f"], ["deep_inner_f"]),
        (["weather_tools"], ["get_weather", "get_time"]),
        (["weather_tools", "get_weather"], ["get_weather", "get_time"]),
        (["named"], ["forecast"]),
        (["shout"], ["shout"]),
    ],
)
def test_names(names: list[str], wire: list[str]) -> None:
    """A tool is known by the name in @tool, else as typed, with dots as underscores."""
    assert list(Toolbox.from_names(names, NAMESPACE)) == wire


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("get_wether", "there is no 'get_wether'", "Did you mean get_weather?"),
        ("xyzzy", "there is no 'xyzzy'", "Run the cell that defines it, then ask again."),
        ("station.raed", "there is no 'station.raed'", "Did you mean station.read?"),
        ("station.broken", "there is no 'station.broken'", "Did you mean"),
        ("number", "'number' is a value of type int", "{{ number }}"),
        ("math", "'math' is a value of type module", "module.function"),
        ("nothing", "'nothing' is a value of type list", "a list with functions in it"),
    ],
)
def test_wrong_names(name: str, first: str, second: str) -> None:
    """Each wrong name gets two lines: what it is, and what to type."""
    with pytest.raises(UsageError) as caught:
        Toolbox.from_names([name], NAMESPACE)
    assert first in caught.value.what
    assert second in caught.value.next_step


def test_a_name_the_wire_cannot_carry() -> None:
    """A name in other letters is refused with the way out."""
    with pytest.raises(ToolDefinitionError, match=r"@tool\(name="):
        Toolbox.from_names(["größe"], NAMESPACE)


def test_what_is_pythons_is_not_proposed() -> None:
    """Only what the user made may have been meant."""
    space: dict[str, Any] = {"open": open, "show": print, "display": display, "get_time": get_time, "root": math.sqrt}
    for typed in ("opn", "shw", "displa"):
        with pytest.raises(UsageError) as caught:
            Toolbox.from_names([typed], space)
        assert "Did you mean" not in caught.value.next_step
    for typed, near in (("get_tme", "get_time"), ("rot", "root")):
        with pytest.raises(UsageError, match=f"Did you mean {near}"):
            Toolbox.from_names([typed], space)


def test_a_collision_is_refused() -> None:
    """Two functions under one name: the model could not tell them apart."""
    namespace = {**NAMESPACE, "station_read": get_time}
    with pytest.raises(ToolDefinitionError, match="same name: 'station_read'"):
        Toolbox.from_names(["station.read", "station_read"], namespace)


def test_several_bad_functions_come_in_one_error() -> None:
    """All problems of all functions, so that the user repairs them once."""
    with pytest.raises(ToolDefinitionError) as caught:
        Toolbox.from_names([lambda x: x, 3, get_time], {})
    assert caught.value.what.count("can't be a tool") == 2


def test_options_reach_the_tool() -> None:
    """What @tool says arrives; a bound method has its function's options."""
    toolbox = Toolbox.from_names(["named", "station.write", "get_time"], NAMESPACE)
    forecast, write, plain = toolbox.values()
    assert (forecast.confirm, forecast.timeout, forecast.parallel) == (True, 5.0, True)
    assert forecast.spec.description == "Told by the decorator"
    assert write.confirm is True
    assert (plain.confirm, plain.timeout, plain.parallel, plain.is_async) == (False, None, False, False)


def test_get() -> None:
    """The toolbox finds by wire name, and nothing else."""
    toolbox = Toolbox.from_names(["named"], NAMESPACE)
    assert toolbox.get("forecast") is next(iter(toolbox.values()))
    assert toolbox.get("named") is None
    assert len(toolbox) == 1


def test_the_chosen_tool() -> None:
    """--tool-choice takes the three words, a wire name, and a method as it was typed; nothing else."""

    class Cart:
        def put(self, item: str) -> None: ...

    box = Toolbox.from_names(["cart.put"], {"cart": Cart()})
    for word in (None, "auto", "none", "required", "cart_put"):
        assert box.chosen(word) == word
    assert box.chosen("cart.put") == "cart_put"
    with pytest.raises(UsageError, match='--tool-choice does not know "cart_pot"') as caught:
        box.chosen("cart_pot")
    assert caught.value.next_step == "Did you mean cart_put?"
