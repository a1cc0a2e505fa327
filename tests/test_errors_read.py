"""Every error, warning and remark, word for word, in both languages: the catalogue against `errors.txt`.

`errors.txt` is for reading: who has never seen this project, and who translates it, goes through it in one sitting. An
entry is a key with sample values, then what the user reads, first in English, then in Indonesian; an error is two
lines in each. A value that is itself a piece of the catalogue stands there in both languages: ``wait=12 s / 12 detik``.
A new sentence, or a changed one, fails here until it stands there too.
"""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from neosantara_magic.texts import catalogue, say, use_language

FILE = Path(__file__).with_name("errors.txt")

# Not errors: labels, help, and what a command reports when all is well. Where a key has a next step, it is one.
LABELS = re.compile(
    r"(help|flag|command|setting|card|usage|answer|widget|models|page)\..*|key\.place\..*|(status|table)_.*"
    r"|footer\.(tokens|recorded|demo|tools?|seconds)|approve\.(short|long|choices|cut)"
    r"|batch\.(unit|bar_failed|bar_waiting|rows|answered|kept|failed|dry_run)"
    r"|panel\.(?!not_image|bug|stopped|gone|reloaded).*|playground\..*|shell\.(?!interrupted).*"
    r"|dry_run(_demo|_unpriced)?|recording_on|replay_on|live|demo_(on|off)|forked|undone|cleared|saved|loaded|no_usage"
    r"|key_(prompt|set|stored|forgotten|forgotten_here)|no_turns|no_conversations|usage_reset|tools_none"
)


class Entry(NamedTuple):
    """One block of the file."""

    key: str
    values: dict[str, str]
    lines: list[str]


def entries() -> list[Entry]:
    """Read the file."""
    found = []
    for block in FILE.read_text(encoding="utf-8").split("\n\n"):
        head, *lines = block.strip("\n").split("\n")
        if not head.startswith("#"):
            key, *values = re.split(r"  (?=\w+=)", head)
            found.append(Entry(key, dict(value.split("=", 1) for value in values), [line[4:] for line in lines]))
    return found


ENTRIES = entries()


def rendered(key: str, values: dict[str, str], language: Literal["en", "id"]) -> list[str]:
    """Return what the user reads."""
    use_language(language)
    spoken = {name: value.split(" / ")[-1 if language == "id" else 0] for name, value in values.items()}
    return [say(one, **spoken) for one in (key, f"{key}.next") if one in catalogue()]


def is_read(key: str) -> bool:
    """Whether a key of the catalogue belongs into the file."""
    return not key.endswith(".next") and (f"{key}.next" in catalogue() or not LABELS.fullmatch(key))


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.key for entry in ENTRIES])
def test_what_a_user_reads(entry: Entry) -> None:
    """English, then Indonesian; exactly what was read and approved."""
    assert entry.lines == [*rendered(entry.key, entry.values, "en"), *rendered(entry.key, entry.values, "id")]


def test_none_is_missing() -> None:
    """Every error, warning and remark of the catalogue stands in the file once, and nothing else does."""
    listed = [entry.key for entry in ENTRIES]
    assert sorted(listed) == sorted(filter(is_read, catalogue()))


def test_no_value_is_left_over() -> None:
    """Each sample value is used: the heads name exactly the placeholders."""
    for entry in ENTRIES:
        sentences = [*catalogue()[entry.key], *catalogue().get(f"{entry.key}.next", ())]
        named = {name for one in sentences for _, name, _, _ in string.Formatter().parse(one) if name is not None}
        assert set(entry.values) == named, entry.key
