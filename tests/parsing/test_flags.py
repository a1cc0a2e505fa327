"""Each row of the flag table, as a cell writes it and as Python writes it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from neosantara_magic.parsing.asks import ask_from_keywords
from neosantara_magic.parsing.flags import FLAGS, Ask
from neosantara_magic.parsing.help import help_text
from neosantara_magic.parsing.parse import parse_cell
from neosantara_magic.settings.fields import Settings

ROWS = [
    *((flag.long, {flag.target: True}) for flag in FLAGS if flag.read is None and flag.target == flag.keyword),
    ("-m garda-core", {"model": "garda-core"}),
    ("--model neosantara/garda-core", {"model": "garda-core"}),
    ("-mneosantara:garda-core", {"model": "garda-core"}),
    ("--model=vendor/garda-core", {"model": "vendor/garda-core"}),
    ('-s "Answer briefly"', {"system": "Answer briefly"}),
    ("--system='Say \"hi\" to {{name}}'", {"system": 'Say "hi" to {{name}}'}),
    ("--as tutor.md", {"as_": "tutor.md"}),
    ("-c lesson", {"conversation": "lesson"}),
    ('--conversation "my lesson"', {"conversation": "my lesson"}),
    ("--api responses", {"api": "responses"}),
    ("--api=chat", {"api": "chat"}),
    ("--tools get_weather,db.find", {"tools": ("get_weather", "db.find")}),
    ("--tools a --tools b,c", {"tools": ("a", "b", "c")}),
    ("--tools a, b --once", {"tools": ("a", "b"), "once": True}),
    ('--tools "a, b"', {"tools": ("a", "b")}),
    ("--tools a --tool-choice required", {"tools": ("a",), "tool_choice": "required"}),
    ("--tools a --tool-choice a", {"tools": ("a",), "tool_choice": "a"}),
    ("--tool-choice none", {"tool_choice": "none"}),
    ("--max-rounds 0", {"max_rounds": 0}),
    ("--approve never", {"approve": "never"}),
    ("-P tools!=[]", {"params": {"tools!": []}}),
    ("--schema list[Person]", {"schema": "list[Person]"}),
    ("-i plot.png -i fig", {"images": ("plot.png", "fig")}),
    (r'--image "C:\My photos\cat.png"', {"images": (r"C:\My photos\cat.png",)}),
    (r"-i C:\photos\new\cat.png", {"images": (r"C:\photos\new\cat.png",)}),
    ('-i "C:\\My photos\\"', {"images": ("C:\\My photos\\",)}),
    ("--context 3", {"context": 3}),
    ("--context ALL", {"context": "all"}),
    ("-t 0.2", {"sampling": {"temperature": 0.2}}),
    ("-t0.2", {"sampling": {"temperature": 0.2}}),
    ("-t=2", {"sampling": {"temperature": 2.0}}),
    ("--temperature 0", {"sampling": {"temperature": 0.0}}),
    ("--top-p .5", {"sampling": {"top_p": 0.5}}),
    ("--max-tokens 64", {"max_tokens": 64}),
    (r'--stop "\n" --stop ---', {"sampling": {"stop": (r"\n", "---")}}),
    ("--stop=--", {"sampling": {"stop": ("--",)}}),
    ('--stop "  "', {"sampling": {"stop": ("  ",)}}),
    ("--presence-penalty -1.5", {"sampling": {"presence_penalty": -1.5}}),
    ("--frequency-penalty=-2", {"sampling": {"frequency_penalty": -2.0}}),
    ("--reasoning high", {"reasoning": "high"}),
    ("-P seed=7 -P user=null", {"params": {"seed": 7, "user": None}}),
    ('-P metadata={"a": [1, 2], "b": "x y"} --once', {"params": {"metadata": {"a": [1, 2], "b": "x y"}}, "once": True}),
    ('--param user="Budi \\"S\\""', {"params": {"user": 'Budi "S"'}}),
    ("-P 'user=\"Budi S\"'", {"params": {"user": "Budi S"}}),
    ("-P user='\"Budi S\"'", {"params": {"user": "Budi S"}}),
    ('--param="a={\\"b\\": 1}"', {"params": {"a": {"b": 1}}}),
    ("-o answer", {"out": "answer"}),
    ("--out jawaban_é", {"out": "jawaban_é"}),
    ("--no-stream", {"stream": False}),
    ("--show markdown", {"show": "markdown"}),
    ("--timeout 5", {"timeout": 5.0}),
    ("--each df --into summary", {"each": "df", "into": "summary"}),
    ("", {}),
    ("   --once\t--new=".removesuffix("\t--new="), {"once": True}),
    ("--once --once", {"once": True}),
    ("--once --", {"once": True}),
    ("-s \u201cAnswer briefly\u201d", {"system": "Answer briefly"}),
    ("-m\u00a0garda-core", {"model": "garda-core"}),
    ("-s it's", {"system": "it's"}),
    ('-s ""x', {"system": "x"}),
]


@pytest.mark.parametrize(("line", "expected"), ROWS)
def test_a_flag_becomes_its_field(line: str, expected: dict[str, object]) -> None:
    """What is typed on the line is in its field, and every other field says that it was not given."""
    assert parse_cell(line, "hi\n") == replace(Ask(prompt="hi"), **expected)


def test_every_flag_of_the_table_is_tried_above() -> None:
    """A new flag needs a row in this file; one of sampling, in ``tests/magic/test_flags_on_the_wire.py``."""
    assert {flag.target for flag in FLAGS} == {name for _, expected in ROWS for name in expected}


def test_every_flag_has_a_field_and_every_field_a_flag() -> None:
    """`Ask` is the table, and nothing more than the prompt."""
    assert {f.name for f in fields(Ask)} == {flag.target for flag in FLAGS} | {"prompt"}


def test_the_help_shows_the_defaults_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand there once; a flag without a setting names its own."""
    monkeypatch.setattr(Settings, "model", "another-model")
    assert "another-model" in help_text("model")
    assert str(Settings.max_tokens) in help_text("max-tokens")
    assert "8" in help_text("max-rounds")


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        ("Hello\n", "Hello"),
        ("\n  \nHello\n\nWorld  \n\n", "Hello\n\nWorld"),
        ("    code\nx\n", "    code\nx"),
        ("--once is a flag\n", "--once is a flag"),
        ("{x} {{y}} $z %w \\n ? 'a\" \u00e9\n", "{x} {{y}} $z %w \\n ? 'a\" \u00e9"),
    ],
)
def test_the_body_is_the_prompt(body: str, prompt: str) -> None:
    """Only blank lines around the prompt go."""
    assert parse_cell("", body).prompt == prompt


def test_raw_keeps_the_body_as_typed() -> None:
    """With --raw nothing goes but the line break that IPython appends."""
    assert parse_cell("--raw", "\n  {{ x }}  \n\n").prompt == "\n  {{ x }}  \n"


def test_python_takes_the_long_names() -> None:
    """Keywords and flags build the same `Ask`."""
    line = '-m neosantara/x -t 1 --tools a,b --stop x --stop y --no-stream --once -P seed=7 -i p.png -s "a b"'
    built = ask_from_keywords(
        "hi",
        {
            "model": "neosantara/x",
            "temperature": 1,
            "tools": ["a", "b"],
            "stop": ["x", "y"],
            "stream": False,
            "once": True,
            "new": False,
            "param": {"seed": 7},
            "image": "p.png",
            "system": "a b",
            "top_p": None,
        },
    )
    assert built == parse_cell(line, "hi")


def test_python_takes_objects() -> None:
    """Functions, types and images stay the objects they are."""
    picture = object()
    built = ask_from_keywords("hi", {"tools": [len, "a"], "schema": dict, "image": picture})
    assert (built.tools, built.schema, built.images) == ((len, "a"), dict, (picture,))


def test_values_are_plain_enough_to_compare() -> None:
    """Two equal lines give equal asks, which a recording's key relies on."""
    assert parse_cell("-P a=1", "x") == parse_cell("-P  a=1 ", "x\n")
