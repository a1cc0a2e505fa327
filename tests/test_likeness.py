"""Which outline is most like a given one."""

from __future__ import annotations

import pytest

from neosantara_magic.recordings.nearest import Outlines

HELD = {
    "apple": ["model: a", "prompt: Red apple"],
    "apricot": ["model: a", "prompt: Red apricot"],
    "other model": ["model: b", "prompt: Red apple pie"],
    "longer": ["model: a", "history", "more history", "prompt: Red apple"],
    "alone": ["prompt: alone"],
}


def held() -> Outlines:
    """Return all of them."""
    outlines = Outlines()
    for key, outline in HELD.items():
        outlines.add(key, outline)
    return outlines


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        *((outline, key) for key, outline in HELD.items()),
        (["model: a", "prompt: Red appl"], "apple"),
        (["model: a", "prompt: Red apricots"], "apricot"),
        (["model: a", "prompt: Red a"], "apple"),
        (["model: b", "prompt: Red apricot"], "other model"),
        (["model: a", "history", "prompt: x"], "longer"),
        (["prompt: nobody"], "alone"),
    ],
)
def test_most_lines_alike_then_the_longest_beginning(wanted: list[str], nearest: str) -> None:
    """The last line decides among those whose other lines are equally alike."""
    assert held().nearest(wanted) == nearest


def test_nothing_is_like_nothing() -> None:
    """Of no outlines none is the nearest."""
    assert Outlines().nearest(["prompt"]) is None


def test_it_knows_what_it_holds() -> None:
    """Keys can be counted, looked up and listed."""
    outlines = held()
    assert len(outlines.keys) == len(HELD)
    assert outlines.keys == set(HELD)
    assert "apple" in outlines.keys
    assert "pear" not in outlines.keys
