"""What Tab offers. In each line the cursor stands at ``|``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic.parsing.flags import COMMANDS, FLAGS
from neosantara_magic.parsing.help import complete

NAMES = {
    "models": ["garda-core", "garda-agentic-mini", "nusantara-base", "vendor/x"],
    "tools": ["get_weather", "get_time", "find"],
    "schemas": ["Person", "Place"],
    "conversations": ["main", "lesson"],
    "images": ["fig", "photo"],
    "variables": ["frame", "free", "name"],
    "frames": ["frame", "free"],
}
LONG = [flag.long for flag in FLAGS]


def offered(text: str) -> tuple[str, list[str]]:
    """Return the text that would be replaced and what is offered for it."""
    cursor = text.index("|")
    line = text.replace("|", "", 1)
    start, candidates = complete(line, cursor, NAMES)
    return line[start:cursor], candidates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%%neosantara --mo|", ("--mo", ["--model"])),
        ("%%ns --no|", ("--no", ["--no-stream"])),
        ("%%neosantara --|", ("--", LONG)),
        ("%%neosantara -|", ("-", LONG)),
        ("%%neosantara |", ("", LONG)),
        ("%%neosantara --once --on|", ("--on", [])),
        ("%%neosantara --tools a --to|", ("--to", ["--tools", "--tool-choice", "--top-p"])),
        ("%%neosantara --mo| --once\nhi", ("--mo", ["--model"])),
        ("%%neosantara -m |", ("", NAMES["models"])),
        ("%%neosantara -m GARDA|", ("GARDA", ["garda-core", "garda-agentic-mini"])),
        ("%%neosantara --model=garda-c|", ("garda-c", ["garda-core"])),
        ("%%neosantara --api |", ("", ["auto", "responses", "chat"])),
        ("%%neosantara --show m|", ("m", ["markdown"])),
        ("%%neosantara --reasoning m|", ("m", ["minimal", "medium", "max"])),
        ("%%neosantara --tools get|", ("get", ["get_weather", "get_time"])),
        ("%%neosantara --tools get_weather,|", ("", ["get_time", "find"])),
        ("%%neosantara --tools get_weather,get|", ("get", ["get_time"])),
        ("%%neosantara --tools get_weather, f|", ("f", ["find"])),
        ("%%neosantara --tool-choice |", ("", ["auto", "none", "required", *NAMES["tools"]])),
        ("%%neosantara --schema P|", ("P", ["Person", "Place"])),
        ("%%neosantara -c l|", ("l", ["lesson"])),
        ("%%neosantara -i f|", ("f", ["fig"])),
        ("%%neosantara -o f|", ("f", ["frame", "free"])),
        ("%%neosantara --each f|", ("f", ["frame", "free"])),
        ('%%neosantara -s "be brief" --fr|', ("--fr", ["--frequency-penalty", "--fresh"])),
        ("%%neosantara -t 0.2 --fresh --c|", ("--c", ["--conversation", "--context", "--code"])),
        ("%%neosantara -s '{{ fr|", ("fr", ["frame", "free"])),
        ("%%neosantara -t |", ("", [])),
        ("%%neosantara hello --mo|", ("", [])),
        ("%%neosantara|", ("", [])),
        ("%%neosantara\n{{ fr|", ("fr", ["frame", "free"])),
        ("%%neosantara\nLook at {{|", ("", NAMES["variables"])),
        ("%%neosantara\n{{ a }} and {{ n| }}", ("n", ["name"])),
        ("%%neosantara\n{{ frame.fr|", ("", [])),
        ("%%neosantara\n{{ frame[fr|", ("fr", ["frame", "free"])),
        ('%%neosantara\n{{ frame["fr|', ("", [])),
        ("%%neosantara\n{{ frame }} fr|", ("", [])),
        ("%%neosantara\nfr|", ("", [])),
        ("%%neosantara\n--mo|", ("", [])),
        ("%neosantara |", ("", list(COMMANDS))),
        ("%neosantara mo|", ("mo", ["models"])),
        ("%ns us|", ("us", ["usage"])),
        ("x = 1\nanswer = %neosantara as|", ("as", ["ask"])),
        ("%neosantara ask --on|", ("--on", ["--once"])),
        ("%neosantara ask -m gard|", ("gard", ["garda-core", "garda-agentic-mini"])),
        ("%neosantara ask |", ("", [])),
        ("%neosantara ask Why --on|", ("", [])),
        ("%neosantara ask Why {{ fr|", ("fr", ["frame", "free"])),
        ("%neosantara help temp|", ("temp", [])),
        ("%neosantara help --temp|", ("--temp", ["--temperature"])),
        ("%neosantara help fo|", ("fo", ["fork"])),
        ("%neosantara models gard|", ("gard", ["garda-core", "garda-agentic-mini"])),
        ("%neosantara tools f|", ("f", ["find"])),
        ("%neosantara history l|", ("l", ["lesson"])),
        ("%neosantara fork new |", ("", ["main", "lesson"])),
        ("%neosantara fork new --|", ("--", ["--at"])),
        ("%neosantara fork new --at |", ("", [])),
        ("%neosantara fork --at 2 new m|", ("m", ["main"])),
        ("%neosantara save f.md m|", ("m", ["main"])),
        ("%neosantara demo |", ("", ["on", "off"])),
        ("%neosantara key --s|", ("--s", ["--store"])),
        ("%neosantara live |", ("", [])),
        ("%neosantara nonsense |", ("", [])),
        ("%neosantarax |", ("", [])),
        ("%time --mo|", ("", [])),
        ("x = 5 % neosantara --mo|", ("", [])),
    ],
)
def test_tab_offers(text: str, expected: tuple[str, list[str]]) -> None:
    """The replaced text and the candidates, in the order of their table."""
    assert offered(text) == expected


def test_nothing_known_offers_nothing() -> None:
    """Missing kinds of names are no error."""
    assert complete("%%neosantara -m g", 17, {}) == (16, [])


@given(st.text(alphabet="%neosatr -m,{}'\"=\n|a"), st.integers(0, 40))
def test_completion_never_fails(tail: str, cursor: int) -> None:
    """Any text and any cursor give an offset inside the text."""
    for head in ("%%neosantara ", "%neosantara ", "%ns ask ", ""):
        line = head + tail
        place = min(cursor, len(line))
        start, _ = complete(line, place, NAMES)
        assert 0 <= start <= place
