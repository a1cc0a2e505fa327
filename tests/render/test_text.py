"""Plain text, streamed."""

from __future__ import annotations

import io

import pytest

from neosantara_magic.events import RoundCompleted, RoundStarted, TextDelta, Waiting
from neosantara_magic.messages import assistant_message
from neosantara_magic.render.static import footer
from neosantara_magic.render.text import TextRenderer, writer
from neosantara_magic.texts import printable
from render.answers import one_round, play, with_tools


def test_text_is_written_as_it_comes() -> None:
    """Each delta is written at once, the footer at the end, on its own line after a blank one."""
    written: list[str] = []
    document = play(TextRenderer(written.append), one_round("Hello"))
    assert written[:2] == ["Hel", "lo"]
    assert "".join(written) == f"Hello\n\n{footer(document)}\n"


def test_tools_are_lines_between_the_rounds() -> None:
    """A call that has its answer is a line of its own, between what was said before and after."""
    written: list[str] = []
    document = play(TextRenderer(written.append), with_tools())
    assert "".join(written) == (
        "Let me look.\n"
        '[get_weather({"location": "Jakarta"})] done: 31 °C\n'
        '[get_time({"zone": "Asia/Jakarta"})] done: 09:00\n'
        "\nIt is **31 °C** at 09:00.\n\n" + footer(document) + "\n"
    )


def test_replaced_text_is_written_again() -> None:
    """What is written can't be taken back; the right text follows on a new line."""
    written: list[str] = []
    events = [RoundStarted("m", "chat"), TextDelta("Hallo"), RoundCompleted(assistant_message("Hello"))]
    play(TextRenderer(written.append), events)
    assert "".join(written).startswith("Hallo\nHello\n")


def test_a_wait_in_vain_is_said() -> None:
    """The wait is a line when it begins, and what was waited is said when it was in vain."""
    written: list[str] = []
    play(TextRenderer(written.append), [Waiting(20, 1, 429)], "failed")
    assert "".join(written).splitlines()[:2] == [
        "HTTP 429: asking again in 20 s (wait 1 of 2)",
        "HTTP 429: waited 20 s",
    ]


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_nothing_is_written_above_an_error(outcome: str) -> None:
    """Without any text nothing is written."""
    written: list[str] = []
    play(TextRenderer(written.append), [RoundStarted("m", "chat")], outcome)  # type: ignore[arg-type]
    assert written == []


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]52;c;ZXZpbA==\x1b\\x", "x"),
        ("a\rb", "ab"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\x9b31mx\x08", "31mx"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("Selamat pagi, dunia 🌏", "Selamat pagi, dunia 🌏"),
    ],
)
def test_the_terminal_is_not_steered(hostile: str, safe: str) -> None:
    """Control sequences of a model never reach the terminal."""
    assert printable(hostile) == safe
    written: list[str] = []
    play(TextRenderer(written.append), one_round(hostile))
    assert not set("".join(written)) & set("\x1b\x07\x08\x9b\r\u202e")


def test_the_first_words_are_shown_at_once() -> None:
    """A kernel holds what is printed for 0.2 s: the first words are flushed, and the rest not word by word."""
    out = io.StringIO()
    flushes = []
    out.flush = lambda: flushes.append(out.getvalue())  # type: ignore[method-assign]
    write = writer(out, held=60.0)
    for text in ("Ha", "lo", "."):
        write(text)
    assert flushes == ["Ha"]
    assert out.getvalue() == "Halo."


def test_an_answer_goes_on_in_a_terminal_that_knows_only_ascii() -> None:
    """`PYTHONIOENCODING=ascii`: what cannot be shown is a question mark, and nothing breaks off."""
    raw = io.BytesIO()
    write = writer(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    write("2 ≤ 3 · demo")
    assert raw.getvalue() == b"2 ? 3 ? demo"
