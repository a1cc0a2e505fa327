"""The catalogue: both languages, the same placeholders, a next step for every error, house style."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import neosantara_magic.texts as texts_package
from catalogue import catalogue
from neosantara_magic.texts import LANGUAGES, say, sentences, two_lines, use_language

PACKAGE = Path(texts_package.__file__).parent.parent
KEYS = sorted(catalogue())

# The vendor's house style keeps the English terms; these are the translations it avoids.
BANNED = "kunci api|galat|peladen|perkakas|peramban|pustaka|unduh|unggah|ikhtisar"


def placeholders(sentence: str) -> set[str]:
    """Return the names in a sentence's braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def calls(function: str) -> set[tuple[str, str]]:
    """Return (key, file) for each call of ``say`` or ``two_lines`` with a literal key, in the whole package."""
    found: set[tuple[str, str]] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == function and isinstance(node.args[0].value, str):
                found.add((node.args[0].value, str(path.relative_to(PACKAGE))))
    return found


def test_every_sentence_is_there_in_every_language() -> None:
    """None is missing, and all have the same placeholders, by name."""
    for key in KEYS:
        for spoken in catalogue()[key]:
            assert spoken.strip(), key
            assert placeholders(spoken) == placeholders(catalogue()[key][0]), key
            assert all(name.isidentifier() for name in placeholders(spoken)), key


def test_every_error_is_two_lines() -> None:
    """What happened and the next step are one line each, without space around them."""
    for key in KEYS:
        if f"{key}.next" in catalogue():
            for line in (*catalogue()[key], *catalogue()[f"{key}.next"]):
                assert line == line.strip(), key
                assert "\n" not in line, key


def test_every_sentence_keeps_the_house_style() -> None:
    """No em dashes, and none of the words the vendor avoids in Indonesian."""
    for key in KEYS:
        assert not any("\u2014" in spoken for spoken in catalogue()[key]), key
        indonesian = sentences("id")[key]
        assert not re.search(rf"\b({BANNED})", indonesian, re.IGNORECASE), key


def test_every_language_has_the_same_keys() -> None:
    """In the same order, so that the files can be read side by side; and no other file holds sentences."""
    assert len({tuple(sentences(one)) for one in LANGUAGES}) == 1
    on_disk = {path.stem for path in PACKAGE.joinpath("texts").glob("*.py") if "SENTENCES:" in path.read_text("utf-8")}
    assert on_disk == set(LANGUAGES)


def test_every_key_that_is_said_exists() -> None:
    """A missing one would fail only when a user meets it."""
    missing = {(key, path) for key, path in calls("say") if key not in catalogue()}
    assert not missing


def said_somewhere() -> re.Pattern[str]:
    """Return what matches each key that the package can say: every text in it, and every f-string with its gaps."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "texts" and path.stem in {*LANGUAGES, "shared"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in catalogue():
                found.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                pieces = [piece.value if isinstance(piece, ast.Constant) else None for piece in node.values]
                if any(pieces):
                    found.add("".join(r"[\w.]+" if piece is None else re.escape(str(piece)) for piece in pieces))
    return re.compile("|".join(found))


def test_every_sentence_is_said() -> None:
    """One that nobody says is read, translated and kept up for nothing."""
    said = said_somewhere()
    assert not [key for key in KEYS if not key.endswith(".next") and not said.fullmatch(key)]


def test_every_error_has_both_lines() -> None:
    """What happened and the next step."""
    missing = {
        (key, path) for key, path in calls("two_lines") if key not in catalogue() or f"{key}.next" not in catalogue()
    }
    assert not missing


def test_every_next_step_belongs_to_a_sentence() -> None:
    """No second line without a first one."""
    assert not [key for key in KEYS if key.endswith(".next") and key.removesuffix(".next") not in catalogue()]


def test_no_sentence_is_written_twice() -> None:
    """What stands under several keys is in a language's file once; ``_ALSO`` names the others."""
    written = [import_module(f"neosantara_magic.texts.{one}").SENTENCES for one in LANGUAGES]
    said = Counter(tuple(language[key] for language in written) for key in written[0])
    assert not [sentences for sentences, count in said.items() if count > 1]


def test_the_language_is_chosen() -> None:
    """English, Indonesian, and both lines in the same one."""
    assert two_lines("prompt.blank")[0] == "The cell has no prompt."
    use_language("id")
    assert two_lines("prompt.blank")[0] == "Sel ini tidak berisi prompt."
    assert say("flag.unknown", flag="--x") == "Tidak ada flag --x."


def test_a_missing_placeholder_is_a_bug_that_shows() -> None:
    """It fails instead of showing braces to a user."""
    with pytest.raises(KeyError):
        say("flag.unknown")


@pytest.mark.parametrize(
    ("spelled", "found"),
    [
        ("id_ID.UTF-8", "id"),
        ("id", "id"),
        ("en_US.UTF-8", "en"),
        ("Indonesian_Indonesia", "id"),  # Windows
        ("English_United States", "en"),
        ("C.UTF-8", "en"),
        ("de_DE", "en"),
        ("ido_XX", "en"),
        ("India_India", "en"),
        ("", "en"),
    ],
)
def test_the_locale_names_the_language(spelled: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its code, or by the name that the language's file has."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(texts_package.locale, "getlocale", lambda: (spelled or None, None))
    assert texts_package._from_locale.__wrapped__() == found
