"""Prompts with expressions: what is replaced, what stays text, what becomes an image."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import neosantara_magic
from neosantara_magic.errors import UsageError
from neosantara_magic.messages import ImagePart, TextPart
from neosantara_magic.prompt.render import render_instructions, render_prompt


def rendered(text: str, /, **namespace: Any) -> str:
    """Render a prompt that gives one text part."""
    (part,) = render_prompt(text, namespace)
    assert isinstance(part, TextPart)
    return part.text


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Hello {{ name }}!", "Hello Budi!"),
        ("{{name}}{{ name }}", "BudiBudi"),
        ("{{ len(items) }} of {{ sum(items) }}", "3 of 6"),
        ("{{ sorted(items, reverse=True)[0] }} {{ items[1:] }}", "3 [1, 2]"),
        ("{{ table.key }} {{ table['key'] }} {{ table['a b'] }}", "1 1 2"),
        ("{{ {'a': {'b': 1}} }}|{{ '}}' }}|{{ '{{' }}", "{'a': {'b': 1}}|}}|{{"),
        ("{{ items | join('-') }} {{ name | upper }} {{ table | tojson }}", '3-1-2 BUDI {"key": 1, "a b": 2}'),
        ("{{ name if items else 'nobody' }} {{ missing | default('?') }}", "Budi ?"),
        ("{{ html | tojson }}", '"<b>&é"'),
        ("{{ html }}", "<b>&é"),
        ("{{\n  name\n}}", "Budi"),
        ("{{ round(2.345, 1) }} {{ str(3) ~ 4 }}", "2.3 34"),
    ],
)
def test_expressions(prompt: str, expected: str) -> None:
    """Variables, attributes, calls, builtins and filters, each replaced by its value."""
    namespace = {"name": "Budi", "items": [3, 1, 2], "table": {"key": 1, "a b": 2}, "html": "<b>&é"}
    assert rendered(prompt, **namespace) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "{single} {0} }} } {",
        "{% if x %} {% endif %} {# note #} {%- raw -%}",
        "costs $5 and $x at 100% of %s or %(x)s # ## line",
        r"$\frac{a}{b} + \sqrt{\frac{1}{2}}$ and \mathbf{{\bf x}} and ${{\alpha}}_{i}$",
        '{"a": {"b": {"c": [{}]}}}',
        "f\"{x} {x!r} {x:>{width}}\" and '{}'.format(1)",
        "<p style={{color: 'red', margin: 0}}>hi</p>",
        "<View\n  style={{ flex: 1, nested: { a: '}}' } }} onPress={() => go()}>",
        "<A onClick={() => f()} style={{...base, 'font-size': 2}} other={{}}/>",
        "trailing newlines and spaces  \n\n",
        "carriage\r\nreturns\r and tabs\t",
    ],
)
def test_ordinary_text(prompt: str) -> None:
    """What is no double brace, or can be told from an expression, is sent byte for byte; beside an expression too."""
    assert rendered(prompt) == prompt
    assert rendered(prompt + " {{ 1 }}" + prompt) == f"{prompt} 1{prompt}"


@given(st.text(), st.text(), st.text())
def test_bytes_outside_expressions_stay(before: str, value: str, after: str) -> None:
    """Nothing outside the braces changes, and the value goes in as it is, braces and line endings included."""
    before, after = before.replace("{{", ""), after.replace("{{", "")
    before = before.rstrip("{")
    assert rendered(before + "{{ value }}" + after, value=value) == before + value + after


def test_no_key_leaves_in_a_value() -> None:
    """A prompt is shown, stored and recorded; what is typed stays as it is, without braces."""
    environment = {"NEOSANTARA_API_KEY": "nsk_0123456789ab", "USER": "budi"}
    assert rendered("{{ e }}", e=environment) == "{'NEOSANTARA_API_KEY': 'nsk_…', 'USER': 'budi'}"
    assert render_instructions("Key: {{ e.NEOSANTARA_API_KEY }}", {"e": environment}) == "Key: nsk_…"
    assert rendered("What is nsk_0123456789ab?") == "What is nsk_0123456789ab?"


def test_values_are_never_expanded_again() -> None:
    """Braces in a value are the value's own."""
    assert rendered("{{ a }} {{ a }}", a="{{ b }}", b="{{ a }}") == "{{ b }} {{ b }}"


def test_evaluated_once() -> None:
    """An expression with an effect has it once, and in the order of the prompt."""
    calls: list[str] = []

    def note(name: str) -> str:
        calls.append(name)
        return name

    assert rendered("{{ note('a') }}{{ note('b') | upper }}", note=note) == "aB"
    assert calls == ["a", "b"]


def test_broken_brace_is_found_before_anything_runs() -> None:
    """A brace left open ends the ask before an expression above it had its effect."""
    calls: list[int] = []
    with pytest.raises(UsageError):
        render_prompt("{{ calls.append(1) }} {{ open", {"calls": calls})
    assert calls == []


def test_variables_win_over_builtins() -> None:
    """A notebook that calls a variable ``sum`` means its own."""
    assert rendered("{{ sum }} {{ max(1, 2) }}", sum=7) == "7 2"


@pytest.mark.parametrize("name", ["self", "result", "caller", "loop", "context", "environment", "undefined", "resolve"])
def test_words_of_jinja_are_names_like_any_other(name: str) -> None:
    """No variable is hidden by what a template holds besides, and none of that stands in for a missing one."""
    assert rendered(f"{{{{ {name} }}}} {{{{ [{name}, {name}] }}}}", **{name: 7}) == "7 [7, 7]"
    with pytest.raises(UsageError, match=f"there is no variable '{name}' in this notebook"):
        rendered(f"{{{{ {name} }}}}")


def test_raw_is_sent_as_typed() -> None:
    """With ``--raw`` nothing is syntax."""
    assert render_prompt("{{ nope }} {{", {}, raw=True) == (TextPart("{{ nope }} {{"),)
    assert render_instructions("{{ nope }}", {}, raw=True) == "{{ nope }}"


def test_frames_become_tables() -> None:
    """A frame is a Markdown table with its shape and dtypes."""
    assert rendered("Data:\n{{ df }}\nEnd", df=pd.DataFrame({"n": [1]})) == (
        "Data:\n| n |\n|---|\n| 1 |\n\n1 row × 1 column\ndtypes: n int64\nEnd"
    )


def test_a_table_begins_on_a_line_of_its_own() -> None:
    """Behind words a table would be none, here and on a saved page; a value that only looks like one stays in its line."""
    table = "| n |\n|---|\n| 1 |\n\n1 row × 1 column\ndtypes: n int64"
    assert rendered("Sort: {{ df }}", df=pd.DataFrame({"n": [1]})) == f"Sort: \n\n{table}"
    assert rendered("{{ df }} {{ df }}", df=pd.DataFrame({"n": [1]})) == f"{table} \n\n{table}"
    assert rendered("{{ a }}\n  {{ df }}", a=1, df=pd.DataFrame({"n": [1]})) == f"1\n  {table}"
    assert rendered("Or: {{ a }}", a="| b |\nc") == "Or: | b |\nc"


def test_long_values_are_cut_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is told what it does not see."""
    monkeypatch.setattr("neosantara_magic.prompt.render.VALUE_LIMIT", 10)
    (part,) = render_prompt("{{ text }}!", {"text": "x" * 30})
    assert part == TextPart("xxxxxxxxxx\n[cut: the first 10 characters of 30]!")


def test_images_are_attached_and_marked() -> None:
    """An image leaves a mark in the text and follows it; the same image is attached once."""
    red, blue = Image.new("RGB", (2, 2), "red"), Image.new("RGB", (2, 2), "blue")
    text, *images = render_prompt("From {{ red }} to {{ blue }}, not {{ red }}.", {"red": red, "blue": blue})
    assert text == TextPart("From [image 1] to [image 2], not [image 1].")
    assert len(images) == len(set(images)) == 2
    assert all(isinstance(image, ImagePart) and image.url.startswith("data:image/png;base64,") for image in images)


def test_instructions_take_text_only() -> None:
    """The system text has expressions too, and refuses an image."""
    assert render_instructions("You teach {{ subject }}.", {"subject": "maths"}) == "You teach maths."
    with pytest.raises(UsageError) as caught:
        render_instructions("Look: {{ plot }}", {"plot": Image.new("L", (2, 2))})
    assert str(caught.value) == (
        "{{ plot }} is an image, and instructions are text only.\nPut it in the prompt, or attach it with --image."
    )


def test_interrupt_goes_through() -> None:
    """Stopping the kernel inside an expression is a stop, not a bad expression."""

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_prompt("{{ stop() }}", {"stop": stop})


def test_prompt_without_expressions_needs_no_jinja() -> None:
    """Jinja2, pandas and the like are not imported for a plain prompt."""
    code = (
        "import sys; from neosantara_magic.prompt.render import render_prompt; render_prompt('plain {x}', {});"
        "print([name for name in ('jinja2', 'pandas', 'numpy', 'PIL', 'IPython') if name in sys.modules])"
    )
    root = str(Path(neosantara_magic.__file__).parents[1])
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ast.literal_eval(found.stdout) == []
