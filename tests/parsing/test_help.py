"""The help text: everything in the tables, in both languages, readable as plain text."""

from __future__ import annotations

import pytest

from neosantara_magic.parsing.flags import COMMANDS, FLAGS
from neosantara_magic.parsing.help import help_text
from neosantara_magic.texts import say, use_language


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_help_names_every_flag_and_command(language: str) -> None:
    """No row of the tables is missing, in either language, and no line is too wide for a cell."""
    use_language(language)
    text = help_text()
    for flag in FLAGS:
        assert f"{flag.long} {flag.value}".rstrip() in text
        assert flag.help in " ".join(text.split())
    for form in COMMANDS.values():
        assert f"\n  {form.name} {form.synopsis}".rstrip() in text
        assert form.help in " ".join(text.split())
    assert max(len(line) for line in text.splitlines()) <= 100


def test_the_help_opens_with_the_cell() -> None:
    """The first lines show what a cell looks like, with both braces."""
    assert help_text(None).splitlines()[:4] == [
        "Ask Neosantara AI from a notebook cell.",
        "",
        "    %%neosantara [flags]",
        "    the prompt, any Markdown, with {{ expressions }}",
    ]


@pytest.mark.parametrize("topic", ["-t", "t", "--temperature", "temperature", " temperature "])
def test_a_flag_is_a_topic_with_and_without_dashes(topic: str) -> None:
    """However it is written, it is the same flag."""
    assert help_text(topic) == f"-t, --temperature N\n    {say('flag.temperature')}"


def test_a_flag_with_choices_lists_them() -> None:
    """Allowed values stand in a line of their own."""
    assert "Values: ask, always, never" in help_text("approve").splitlines()[-1]


def test_a_command_is_a_topic() -> None:
    """A command shows how it is written."""
    assert help_text("fork").splitlines() == [
        "%neosantara fork NEW [NAME] [--at N]",
        "    Copy a conversation, up to turn N with --at, under a new name.",
    ]


def test_a_word_that_is_both_shows_both() -> None:
    """``tools`` is a command and a flag."""
    text = help_text("tools")
    assert "%neosantara tools [NAME]" in text
    assert "--tools A,B" in text
