"""The terminal: finished blocks printed once, the tail redrawn, nothing swallowed."""

from __future__ import annotations

import io
import re

import pytest

from neosantara_magic.events import Event, RoundStarted, TextDelta, Waiting
from neosantara_magic.render.document import Document
from neosantara_magic.render.text import _finished, terminal_renderer
from render.answers import MIXED, FakeClock, one_round, play, streamed, with_tools


class Tty(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "12")
    monkeypatch.delenv("NO_COLOR", raising=False)


def _run(events: list[Event], *, seconds: float = 0.02, outcome: str = "completed") -> tuple[Tty, Document]:
    tty, clock = Tty(), FakeClock()
    renderer = terminal_renderer(tty, clock=clock)
    document = Document()
    for event in events:
        document.fold(event)
        renderer.show(document, event)
        clock.pass_(seconds)
    document.finish(outcome)  # type: ignore[arg-type]
    renderer.close(document)
    assert clock.waiting == 0
    return tty, document


def screen(raw: str) -> str:
    """Return what a terminal shows after these bytes: text, line feeds, cursor up, erase line, carriage return."""
    lines, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\n|\r|[^\x1b\n\r]+", raw):
        if token == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif token == "\r":
            column = 0
        elif token.startswith("\x1b["):
            if token.endswith("A"):
                row = max(0, row - int(token[2:-1] or 1))
            elif token.endswith("K"):
                lines[row] = "" if token[2:-1] == "2" else lines[row][:column]
        elif not token.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + token + lines[row][column + len(token) :]
            column += len(token)
    return "\n".join(line.rstrip() for line in lines)


def test_the_whole_answer_stands_there_once() -> None:
    """However it streamed, the terminal ends with each block once, then the footer."""
    tty, document = _run(one_round(MIXED))
    shown = screen(tty.getvalue())
    for piece in ("Heading", "Some text with code.", "• one", "print('<b>')", "The end."):
        assert shown.count(piece) == 1, shown
    assert "12 tokens in, 34 out" in " ".join(shown.split())
    assert document.text == MIXED


def test_text_appears_before_the_end() -> None:
    """The first words are on screen while the answer streams."""
    tty, clock = Tty(), FakeClock()
    renderer = terminal_renderer(tty, clock=clock)
    document = Document()
    for event in (RoundStarted("m", "chat"), TextDelta("Hello")):
        document.fold(event)
        renderer.show(document, event)
    assert "Hello" in screen(tty.getvalue())
    document.finish("stopped")
    renderer.close(document)


def test_finished_blocks_are_printed_once() -> None:
    """Bytes grow with the answer, not with its square."""

    def size(paragraphs: int) -> int:
        text = "\n\n".join(f"Paragraph number {n} has a few words in it." for n in range(paragraphs))
        tty, _ = _run([RoundStarted("m", "chat"), *streamed(text, 8)], seconds=0.05)
        return len(tty.getvalue())

    assert size(80) < 3 * size(40)


def test_a_tail_higher_than_the_screen_is_not_lost() -> None:
    """A code block of many screens shows its last lines while it grows and is printed whole at its end."""
    code = "\n".join(f"line_{n} = {n}" for n in range(100))
    tty, _ = _run([RoundStarted("m", "chat"), *streamed(f"```python\n{code}\n```", 20)])
    shown = screen(tty.getvalue())
    for n in (0, 50, 99):
        assert f"line_{n} = {n}" in shown


def test_no_color_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR nothing is coloured."""
    monkeypatch.setenv("NO_COLOR", "1")
    tty, _ = _run(one_round(MIXED))
    assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;|48;|4[0-7])[0-9;]*m", tty.getvalue())
    assert "The end." in screen(tty.getvalue())


@pytest.mark.parametrize("columns", ["12", "300"])
def test_narrow_and_wide(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any width all words are there."""
    monkeypatch.setenv("COLUMNS", columns)
    tty, _ = _run(one_round("Some words that have to be wrapped somewhere."))
    assert "Some words that have to be wrapped somewhere." in " ".join(screen(tty.getvalue()).split())


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_dumb_terminal_gets_plain_text(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cursor movement the text is written as it comes."""
    monkeypatch.setenv("TERM", term)
    tty, _ = _run(one_round("Hello **you**"))
    assert tty.getvalue().startswith("Hello **you**\n")
    assert "\x1b" not in tty.getvalue()


def test_tools_and_waits_are_lines() -> None:
    """The live region makes way for a wait and for the lines of calls."""
    tty, _ = _run([Waiting(20, 1, 429), *with_tools()])
    shown = " ".join(screen(tty.getvalue()).split())
    order = [
        "asking again in 20 s",
        "Let me look.",
        "get_weather",
        "31 °C",
        "get_time",
        "It is 31 °C at 09:00.",
        "2 tools",
    ]
    places = [shown.index(piece) for piece in order]
    assert places == sorted(places), shown


def test_raw_html_is_shown_not_swallowed() -> None:
    """Rich drops raw HTML; the reader sees it as the text it is."""
    tty, _ = _run(one_round("Use <b>bold</b> here.\n\n<div>block</div>\n\nend"))
    shown = screen(tty.getvalue())
    assert "<b>bold</b>" in shown
    assert "<div>block</div>" in shown


def test_hostile_sequences_do_not_arrive() -> None:
    """No title change, no clipboard write, no link comes from an answer."""
    tty, _ = _run(one_round("a\x1b]52;c;ZXZpbA==\x07b [c](https://example.org) \x1b[2J"))
    assert "\x1b]" not in tty.getvalue()
    assert "\x1b[2J" not in tty.getvalue()


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_nothing_above_an_error(outcome: str) -> None:
    """Without any text nothing is written."""
    tty, _ = _run([RoundStarted("m", "chat")], outcome=outcome)
    assert tty.getvalue() == ""


def test_the_cursor_comes_back() -> None:
    """Stopped half-way, the live region ends and the cursor is visible again."""
    tty, _ = _run([RoundStarted("m", "chat"), TextDelta("Half")], outcome="stopped")
    raw = tty.getvalue()
    assert raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l")
    assert screen(raw).count("Half") == 1
    assert "stopped" in screen(raw)


@pytest.mark.parametrize(
    ("source", "finished"),
    [
        ("One", ""),
        ("One\n\n", "One\n\n"),
        ("One\n\nTwo", "One\n\n"),
        ("One\n\nTwo\n", "One\n\n"),
        ("# One\nTwo\n", "# One\n"),
        ("- a\n\n- b\n", ""),
        ("- a\nb\n", ""),
        ("```\na\n\nb\n", ""),
        ("```\na\n```\nb\n", "```\na\n```\n"),
        ("a\u2028b\n\nc\n", "a\u2028b\n\n"),
    ],
)
def test_finished(source: str, finished: str) -> None:
    """Only blocks that no later text can change are printed for good."""
    assert source[: _finished(source)] == finished


def test_a_pipe_is_plain() -> None:
    """Into a file goes plain text."""
    out = io.StringIO()
    play(terminal_renderer(out), one_round("Hello **you**"))
    assert out.getvalue().startswith("Hello **you**\n")
