"""Line commands: their words and options, and the prompt of ``ask`` exactly as typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from neosantara_magic.parsing.flags import COMMANDS, Ask
from neosantara_magic.parsing.parse import Command, looks_like_flag, parse_line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Command("status")),
        ("  ", Command("status")),
        ("status", Command("status")),
        ("help", Command("help")),
        ("help models", Command("help", ("models",))),
        ("help --tools", Command("help", ("--tools",))),
        ("--help", Command("help")),
        ("-h", Command("help")),
        ("help -m", Command("help", ("-m",))),
        ("models", Command("models")),
        ("models vision gemini", Command("models", ("vision", "gemini"))),
        ("tools get_weather", Command("tools", ("get_weather",))),
        ("conversations", Command("conversations")),
        ("history lesson", Command("history", ("lesson",))),
        ("fork try", Command("fork", ("try",))),
        ("fork try lesson --at 3", Command("fork", ("try", "lesson"), {"at": 3})),
        ("fork --at=3 try", Command("fork", ("try",), {"at": 3})),
        ("undo", Command("undo")),
        ("undo 2", Command("undo", (), {"count": 2})),
        ("undo lesson", Command("undo", ("lesson",))),
        ("undo 2 lesson", Command("undo", ("lesson",), {"count": 2})),
        ("new", Command("new")),
        ("new lesson", Command("new", ("lesson",))),
        ('save "my notes.jsonl" lesson', Command("save", ("my notes.jsonl", "lesson"))),
        (r"load C:\notes\new.jsonl", Command("load", (r"C:\notes\new.jsonl",))),
        ("usage", Command("usage")),
        ("usage --reset", Command("usage", (), {"reset": True})),
        ("explain", Command("explain", ask=Ask())),
        ("explain -m garda-core Why?", Command("explain", ask=Ask("Why?", model="garda-core"))),
        ("record lesson.jsonl", Command("record", ("lesson.jsonl",))),
        ("replay lesson.jsonl", Command("replay", ("lesson.jsonl",))),
        ("live", Command("live")),
        ("demo on", Command("demo", ("on",))),
        ("demo off", Command("demo", ("off",))),
        ("key", Command("key")),
        ("key --store", Command("key", (), {"store": True})),
        ("key --forget", Command("key", (), {"forget": True})),
        ("chat --tools a", Command("chat", ask=Ask(tools=("a",)))),
        ("ask hi", Command("ask", ask=Ask("hi"))),
    ],
)
def test_a_line_becomes_its_command(line: str, expected: Command) -> None:
    """Words, options and flags are where the docstring of `Command` says."""
    assert parse_line(line) == expected


def test_every_command_can_be_written() -> None:
    """Each row of the table parses with the fewest words it takes."""
    least = {"ask": "ask x", "demo": "demo on"}
    for name, form in COMMANDS.items():
        line = least.get(name, " ".join([name, *["x"] * form.least]))
        assert parse_line(line).name == name


@pytest.mark.parametrize(
    "prompt",
    [
        "What's {x}, {{y}}, $z, 100% and \\alpha?",
        'Say "hi"  with   spaces, and an open "quote',
        r"Open C:\new\table.csv",
        "use -m and --once in a sentence",
        "- a list item",
        "-5 degrees in Fahrenheit?",
        "--- a rule",
        "\u2014 a dash",
        "Apa kabar? ",
        "a\tb\u00a0c",
        "'tis the season",
        "!ls; rm -rf `x`",
    ],
)
def test_a_prompt_stays_as_typed(prompt: str) -> None:
    """From the first word that is no flag on, the line is the prompt."""
    assert parse_line(f"ask {prompt}").ask == Ask(prompt)
    flagged = parse_line(f'ask -s "a b" -t0.5  --once   {prompt}').ask
    assert flagged == replace(Ask(prompt), system="a b", sampling={"temperature": 0.5}, once=True)


@given(st.text(min_size=1).filter(lambda text: text.strip() and not text[0].isspace()))
@example("-- x")
@example("--once")
def test_any_prompt_survives(prompt: str) -> None:
    """After ``--``, and without it when the first word is no flag, any text is the prompt, character for character."""
    assert parse_line(f"ask -m x -- {prompt}").ask == Ask(prompt, model="x")
    first = prompt.split(maxsplit=1)[0]
    if not looks_like_flag(first) and first != "--":
        assert parse_line(f"ask {prompt}").ask == Ask(prompt)


@given(st.text(alphabet=st.characters(exclude_characters="\"'\u201c\u2018", exclude_categories=("Cs",)), min_size=1))
def test_any_quoted_value_survives(value: str) -> None:
    """Between quotes each character of a value stays, backslashes too."""
    if value.strip():
        for quote in "\"'":
            asked = parse_line(f"ask -s {quote}{value}{quote} hi").ask
            # A backslash before the closing " escapes it only if another " follows.
            assert asked == Ask("hi", system=value)
