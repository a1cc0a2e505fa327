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

_MEANT = "Did you mean '{}'? To send the braces as typed, add --raw."
_FIX = "Correct the expression (Jinja2 syntax), or add --raw to send the braces as typed."


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
        ("{{ 1 / 0 }}", "{{ 1 / 0 }} could not be computed: ZeroDivisionError: division by zero", _FIX),
        ("{{ fail() }}", "{{ fail() }} could not be computed: RuntimeError: first line second line", _FIX),
        ("{{ silent }}", "{{ silent }} could not be computed: ValueError: no text", _FIX),
    ],
)  # fmt: skip
def test_two_lines(prompt: str, first: str, second: str) -> None:
    """What happened with the expression quoted, then one next step."""
    assert refused(prompt).split("\n") == [first, second]


@pytest.mark.parametrize(
    ("prompt", "line", "reason"),
    [
        ("{{ df.head( }} now", 1, "unexpected '}', expected ')'"),
        ("{{ }}", 1, "Expected an expression, got '}}'"),
        ("a\n\tb {{ x y }} c", 2, "expected token '}}', got 'y'"),
        ("{{ price:.2f }}", 1, "expected token '}}', got ':'"),
        ("{{ x $ }}", 1, "unexpected char '$'"),
        ("{{ don't }} x", 1, 'unexpected char "\'"'),
        ("{{ [q for q in items] }}", 1, "expected token ',', got 'for'"),
        ("{{ items | zzzz }}", 1, "No filter named 'zzzz'"),
        ("日本 {{ x + }}", 1, "unexpected '}}'"),
        ("one\r\ntwo {{\r\n items\r\n  oops }}", 2, "expected token '}}', got 'oops'"),
    ],
)
def test_an_expression_that_cannot_be_read(prompt: str, line: int, reason: str) -> None:
    """It is quoted, with its line, with what the parser found, and with the hint ``--raw``."""
    quoted = "{{ " + " ".join(prompt[prompt.index("{{") + 2 : prompt.index("}}")].split()) + " }}"
    assert refused(prompt) == f"{quoted} in line {line} of the prompt cannot be read: {reason}.\n{_FIX}"


def test_a_filter_that_is_meant() -> None:
    """The nearest one is named."""
    assert refused("{{ items | sotr }}").endswith(
        "cannot be read: No filter named 'sotr'.\nDid you mean 'sort'? To send the braces as typed, add --raw."
    )


@pytest.mark.parametrize("prompt", ["see {{ sales", "{{ f(", "{{" + "(" * 5000])
def test_open_brace(prompt: str) -> None:
    """An expression that never ends is shown from where it begins."""
    first, last = refused(prompt).split("\n")
    assert first.startswith("The {{ in line 1 of the prompt is never closed: {{")
    assert len(first) < 120
    assert last == _FIX


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
        "{{ x y }} di baris 1 pada prompt tidak bisa dibaca: expected token '}}', got 'y'."
    )
