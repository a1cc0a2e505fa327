"""Validated data on the page: tables for lists of records, JSON for the rest, nothing of it markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from neosantara_magic.events import Parsed, RoundCompleted, RoundStarted, TextDelta
from neosantara_magic.messages import assistant_message
from neosantara_magic.render import static
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import MOST_ROWS, data_forms, data_json
from render.inert import live


class Island(Enum):
    JAVA = "Java"


class City(BaseModel):
    name: str
    people: int
    island: Island | None = None


@dataclass
class Point:
    x: float
    tags: set[str] = field(default_factory=set)


CITIES = [City(name="Bandung", people=2_500_000, island=Island.JAVA), City(name="Palu", people=380_000)]


def answered(text: str, value: Any = None) -> Document:
    """Return a finished document whose answer was this JSON."""
    document = Document()
    document.structured = True
    document.fold(RoundStarted("m", "responses"))
    document.fold(TextDelta(text))
    document.fold(RoundCompleted(assistant_message(text)))
    if value is not None:
        document.fold(Parsed(value))
    document.finish("completed")
    return document


def test_a_list_of_models_is_a_table() -> None:
    """One row a model, one column a field, in their order; an absent value is an empty cell."""
    forms = data_forms(CITIES)
    assert forms is not None
    plain, markdown = forms
    assert plain == (
        "name     people   island\n"
        "Bandung  2500000  Java\n"
        "Palu     380000"
    )  # fmt: skip
    assert markdown == (
        "| name | people | island |\n"
        "|---|---|---|\n"
        "| Bandung | 2500000 | Java |\n"
        "| Palu | 380000 |  |"
    )  # fmt: skip


def test_dataclasses_and_dicts_are_records_too() -> None:
    """Nested values stand in their cell as JSON, sets in one order; missing keys of a dict are empty."""
    assert data_forms([Point(1.5, {"b", "a"})]) == (
        'x    tags\n1.5  ["a", "b"]',
        '| x | tags |\n|---|---|\n| 1.5 | &#91;"a", "b"] |',
    )
    forms = data_forms([{"a": 1}, {"b": True}])
    assert forms is not None
    assert forms[0] == "a  b\n1\n   true"


@pytest.mark.parametrize("value", [[], [1, 2], [{}], "text", {"a": 1}, CITIES[0], [[1]], None, [City, City]])
def test_anything_else_is_no_table(value: Any) -> None:
    """A single object, plain values and the empty list are shown as JSON."""
    assert data_forms(value) is None


def test_cells_hold_text_and_never_markup() -> None:
    """A cell can't end its cell, start a tag, a link, a formula or a new row, and no control sequence gets through."""
    forms = data_forms([{"a|b": "x | <img src=q onerror=alert(1)>\n| y | $a$ `c` [l](javascript:x) \x1b[31mred"}])
    assert forms is not None
    plain, markdown = forms
    assert len(markdown.splitlines()) == 3
    assert "\x1b" not in plain + markdown
    stored = static.bundle(answered("[]", [{"a|b": "<img src=q onerror=alert(1)> [l](javascript:x)"}]))
    assert "&lt;img" in stored["text/markdown"]
    assert "&#91;l]&#40;javascript: x)" in stored["text/markdown"]
    assert "&lt;img src=q onerror=alert(1)&gt; [l](javascript:x)" in stored["text/html"]
    assert live(stored["text/markdown"]) == []


def test_a_long_list_shows_its_first_rows() -> None:
    """The saved notebook holds a bounded table and says how much there is beyond it."""
    forms = data_forms([{"n": number, "long": "x" * 10_000} for number in range(MOST_ROWS + 1_050)])
    assert forms is not None
    assert forms[1].endswith("\n\n… 1,050 more rows")
    assert len(forms[0]) < MOST_ROWS * 250


def test_the_stored_answer_is_the_validated_data() -> None:
    """Before validation the JSON as it grows; afterwards the table, in both forms, the same bytes each time."""
    text = 'Here: {"items": [{"name": "Bandung", "people": "2500000"}]}'
    assert "```json\nHere" in answered(text).answer
    stored = static.bundle(answered(text, CITIES))
    assert "| Bandung | 2500000 | Java |" in stored["text/markdown"]
    assert "Bandung  2500000  Java" in stored["text/plain"]
    assert "<td>Bandung<td>" in stored["text/html"]
    assert stored == static.bundle(answered(text, CITIES))


def test_a_single_object_is_its_json_with_defaults() -> None:
    """What was validated is shown, not what the model wrote around it."""
    stored = static.bundle(answered('Sure! {"name": "Palu", "people": "380000"}', CITIES[1]))
    assert '```json\n{\n  "name": "Palu",\n  "people": 380000,\n  "island": null\n}\n```' in stored["text/markdown"]
    assert "Sure" not in stored["text/plain"]
    assert data_json(Island.JAVA) == '"Java"'
