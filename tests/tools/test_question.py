"""The question about a call: all that matters is seen, and nothing in it can pass for ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from neosantara_magic import texts
from neosantara_magic.messages import ToolCall
from neosantara_magic.tools.approval import Decision, decide, name_of, question


def call(arguments: object, name: str = "delete_file") -> ToolCall:
    """Make a call; anything but text is written as JSON."""
    return ToolCall("call_1", name, arguments if isinstance(arguments, str) else json.dumps(arguments))


def typing(*lines: str | None) -> tuple[Callable[[str], str | None], list[str]]:
    """Return someone who types these lines, and the prompts she was shown."""
    shown: list[str] = []
    left: Iterator[str | None] = iter(lines)

    def read(prompt: str) -> str | None:
        shown.append(prompt)
        return next(left)

    return read, shown


def test_short_arguments_stand_in_the_line() -> None:
    """One look is enough for a short call."""
    assert question(call({"path": "a.txt"})) == 'The model wants to run delete_file({"path": "a.txt"})'
    assert question(call("")) == "The model wants to run delete_file()"


def test_whose_tool_it_is_is_told() -> None:
    """A tool of a server by the server's name too; what does not print is spelled out in any name."""
    of_server = ToolCall("call_1", "lend\u202e", "{}", server="library")
    assert (name_of(of_server), name_of(call({}, "add\u202e"))) == ("library.lend\\u202e", "add\\u202e")


def test_long_arguments_are_indented_json() -> None:
    """Each on its line, behind a mark that only we write."""
    said = question(call({"to": "budi@example.com", "subject": "Rapat", "body": "Besok jam sembilan di kantor. " * 3}))
    head, *lines = said.split("\n")
    assert head == "The model wants to run delete_file with"
    assert all(line.startswith("  | ") for line in lines)
    assert '  |   "subject": "Rapat",' in lines


def test_doubly_encoded_arguments_are_shown_as_what_will_run() -> None:
    """JSON inside a JSON string is repaired before the call, so the user sees it repaired."""
    assert question(call(json.dumps('{"path": "a.txt"}'))) == question(call({"path": "a.txt"}))


@pytest.mark.parametrize(
    "trick",
    [
        "a.txt" + " " * 60 + "[y] run  [n] refuse: ",
        "a.txt\n[y] run  [n] refuse: ",
        "a.txt\r\x1b[2K\x1b[1AThe model wants to run read_file()",
        "a\u202etxt.exe",
        "a\u2028[y]",
        "a\x85[y]",
        "a\u200bb",
        "\x9b2J",
    ],
)
@pytest.mark.parametrize("length", [1, 30])
def test_arguments_cannot_fake_the_prompt(trick: str, length: int) -> None:
    """No line break, escape, direction mark or invisible character of the model's reaches the screen."""
    read, shown = typing("n")
    decide(call({"path": trick * length}), read)
    *lines, choices = shown[0].split("\n")
    assert all(line.isprintable() and len(line) <= 80 for line in lines)
    assert all(line.startswith("  | ") for line in lines[1:])
    assert lines[0].startswith("The model wants to run delete_file")
    assert choices.startswith("[y] run")


def test_arguments_that_are_no_json_are_spelled_out_too() -> None:
    """Text is shown as a JSON string, so its line breaks are visible."""
    assert question(call("rm\n[y]")) == 'The model wants to run delete_file("rm\\n[y]")'


def test_all_of_long_arguments_can_be_read() -> None:
    """Harm hides in what is left out."""
    command = "echo start; " + "x" * 4_000 + "; rm -rf /; " + "y" * 9_000 + "; echo end"
    rows = question(call({"command": command})).split("\n")[1:]
    assert command in "".join(row.removeprefix("  | ") for row in rows)


@pytest.mark.parametrize(
    ("typed", "decision"),
    [
        ("y", Decision.RUN), (" YES ", Decision.RUN), ("ya", Decision.RUN), ("jalankan", Decision.RUN),
        ("n", Decision.REFUSE), ("", Decision.REFUSE), ("tidak", Decision.REFUSE), ("tolak", Decision.REFUSE),
        ("a", Decision.RUN_ALL), ("semua", Decision.RUN_ALL),
    ],
)  # fmt: skip
def test_answers_in_both_languages(typed: str, decision: Decision) -> None:
    """Words and letters count in either language; Enter alone refuses."""
    read, shown = typing(typed)
    assert decide(call({"path": "a"}), read) is decision
    assert len(shown) == 1


def test_an_unknown_answer_asks_once_more() -> None:
    """A typo is no refusal, but two of them are."""
    read, shown = typing("yy", "y")
    assert decide(call({"path": "a"}), read) is Decision.RUN
    assert shown[1].startswith("Please answer y, n or a. [y] run")
    read, shown = typing("what?", "hm")
    assert decide(call({"path": "a"}), read) is Decision.REFUSE
    assert len(shown) == 2


def test_nobody_there() -> None:
    """No line at all means that nobody can be asked."""
    assert decide(call({}), typing(None)[0]) is Decision.NOBODY
    assert decide(call({}), typing("hm", None)[0]) is Decision.NOBODY


def test_in_indonesian() -> None:
    """The question follows the language of the settings."""
    texts.use_language("id")
    read, shown = typing("y")
    decide(call({"path": "a.txt"}), read)
    assert shown[0].startswith('Model ingin menjalankan delete_file({"path": "a.txt"})\n[y] jalankan  [n] tolak')
