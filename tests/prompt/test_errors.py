"""Expressions that cannot be read or computed: the exact lines, in both languages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from neosantara_magic import texts
from neosantara_magic.errors import UsageError
from neosantara_magic.prompt import render_prompt


class _Silent:
    def __str__(self) -> str:
        message = "no text"
        raise ValueError(message)


def _raises() -> None:
    message = "first line\nsecond line"
    raise RuntimeError(message)


NAMESPACE: dict[str, Any] = {
    "sales": 1,
    "table": {"alpha": 1},
    "items": [1],
    "df": pd.DataFrame({"n": [1]}),
    "silent": _Silent(),
    "fail": _raises,
    "place": SimpleNamespace(city="Solo"),
}

_READ = "Correct it (Jinja2 syntax), or add --raw to send the braces as typed."
_TRY = "Try it in a cell of its own, or add --raw to send the braces as typed."
_MEANT = "Did you mean '{}'? To send the braces as typed, add --raw."
_FIX = "Correct the expression, or add --raw to send the braces as typed."


def refused(prompt: str) -> str:
    """Return what the user reads."""
    with pytest.raises(UsageError) as caught:
        render_prompt(prompt, NAMESPACE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("prompt", "first", "second"),
    [
        ("{{ slaes }}", "{{ slaes }}: there is no variable 'slaes' in this notebook.", _MEANT.format("sales")),
        ("{{ sortd(items) }}", "{{ sortd(items) }}: there is no variable 'sortd' in this notebook.", _MEANT.format("sorted")),
        ("{{ [slaes] }}", "{{ [slaes] }}: there is no variable 'slaes' in this notebook.", _MEANT.format("sales")),
        (
            r"\frac{{a}}{b}",
            "{{ a }}: there is no variable 'a' in this notebook.",
            "Run the cell that defines it, or add --raw to send the braces as typed.",
        ),
        ("{{ df.hed() }}", "{{ df.hed() }}: this DataFrame has no attribute or item 'hed'.", _MEANT.format("head")),
        ("{{ table['alhpa'] }}", "{{ table['alhpa'] }}: this dict has no attribute or item 'alhpa'.", _MEANT.format("alpha")),
        ("{{ place.citty }}", "{{ place.citty }}: this SimpleNamespace has no attribute or item 'citty'.", _MEANT.format("city")),
        ("{{ items[7] }}", "{{ items[7] }}: this list has no attribute or item 7.", _FIX),
        ("{{ 1 / 0 }}", "{{ 1 / 0 }} could not be computed: ZeroDivisionError: division by zero", _TRY),
        ("{{ fail() }}", "{{ fail() }} could not be computed: RuntimeError: first line second line", _TRY),
        ("{{ silent }}", "{{ silent }} could not be computed: ValueError: no text", _TRY),
    ],
)  # fmt: skip
def test_two_lines(prompt: str, first: str, second: str) -> None:
    """What happened with the expression quoted, then one next step."""
    assert refused(prompt).split("\n") == [first, second]


@pytest.mark.parametrize(
    ("prompt", "reason", "excerpt", "caret"),
    [
        ("{{ df.head( }} now", "it ends too early", "{{ df.head( }} now", "           ^"),
        ("{{ }}", "it is empty", "{{ }}", "  ^"),
        ("a\n\tb {{ x y }} c", "unexpected 'y'", " b {{ x y }} c", "        ^"),
        ("{{ price:.2f }}", "unexpected ':.2f'", "{{ price:.2f }}", "        ^"),
        ("{{ x $ }}", "unexpected char '$'", "{{ x $ }}", "     ^"),
        ("{{ don't }} x", 'unexpected char "\'"', "{{ don't }} x", "      ^"),
        ("{{ [q for q in items] }}", "expected token ',', got 'for'", "{{ [q for q in items] }}", "      ^"),
        ("{{ items | sotr }}", "No filter named 'sotr', nearest: sort", "{{ items | sotr }}", "           ^"),
        ("日本 {{ x + }}", "it ends too early", "日本 {{ x + }}", "           ^"),
        ("one\r\ntwo {{\r\n items\r\n  oops }}", "unexpected 'oops'", "  oops }}", "  ^"),
    ],
)
def test_caret(prompt: str, reason: str, excerpt: str, caret: str) -> None:
    """A broken expression is shown with a caret where it stops making sense, and the hint ``--raw``."""
    first, shown, pointer, last = refused(prompt).split("\n")
    number = prompt.replace("\r\n", "\n").split("\n").index(excerpt.replace(" b", "\tb")) + 1
    assert first == f"Line {number} of the prompt has an expression that cannot be read: {reason}."
    assert (shown, pointer, last) == (f"    {excerpt}", f"    {caret}", _READ)


def test_long_lines_are_shown_around_the_place() -> None:
    """A broken expression in a page-long line does not fill the screen."""
    _, shown, pointer, _ = refused("word " * 500 + "{{ x y }}" + " word" * 500).split("\n")
    assert len(shown) == 104
    assert shown[pointer.index("^")] == "y"


@pytest.mark.parametrize("prompt", ["see {{ sales", "{{ f(", "{{" + "(" * 5000])
def test_open_brace(prompt: str) -> None:
    """An expression that never ends is shown where it begins."""
    first, _, pointer, last = refused(prompt).split("\n")
    assert first == "Line 1 of the prompt opens an expression with {{ that no }} closes."
    assert pointer == "    " + " " * prompt.index("{{") + "^"
    assert last == "Close it with }}, or add --raw to send the braces as typed."


def test_nesting_bomb() -> None:
    """Thousands of brackets are an error, not a crash."""
    assert "cannot be read" in refused("{{" + "(" * 5000 + "sales" + ")" * 5000 + "}}")


def test_indonesian() -> None:
    """The same errors in Indonesian."""
    texts.use_language("id")
    assert refused("{{ slaes }}") == (
        "{{ slaes }}: tidak ada variabel 'slaes' di notebook ini.\n"
        "Maksud Anda 'sales'? Agar kurung kurawal dikirim apa adanya, tambahkan --raw."
    )
    assert refused("{{ x y }}").split("\n")[0] == (
        "Baris 1 pada prompt berisi ekspresi yang tidak bisa dibaca: 'y' tidak pada tempatnya."
    )
