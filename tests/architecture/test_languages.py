"""English and Indonesian pages say the same: `scripts/languages`, on this tree and on made-up ones.

For: the command as `scripts/test` and a translator run it. Not for: the messages (tests/test_texts.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from isolation import ROOT

ENGLISH = """# Keys

Type `%neosantara key`, see [costs](costs.md#a-limit).

```
%%neosantara --once -m garda-core
Why?
```

## More

    NEOSANTARA_MODEL=x jupyter lab
"""
INDONESIAN = """# API key

Ketik `%neosantara key`, lihat [biaya](costs.id.md).

```
%%neosantara --once -m garda-core
Mengapa?
```

## Selengkapnya

    NEOSANTARA_MODEL=x jupyter lab
"""


def languages(root: Path) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    words = [sys.executable, str(ROOT / "scripts" / "languages"), str(root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def written(root: Path, **pages: str) -> Path:
    """Write how-to pages; ``costs_id`` is ``costs.id.md``."""
    folder = root / "docs" / "how-to"
    folder.mkdir(parents=True)
    for name, text in pages.items():
        folder.joinpath(name.replace("_", ".") + ".md").write_text(text, "utf-8")
    return root


def lesson(*cells: tuple[str, str]) -> str:
    """Return a notebook of these cells."""
    return json.dumps({"cells": [{"cell_type": kind, "source": [source]} for kind, source in cells]})


def test_both_languages_of_this_tree_agree() -> None:
    """Every page that has a twin has the same headings, code, flags and links as it."""
    code, told = languages(ROOT)
    assert code == 0, told
    assert "README.md" not in told.partition("Not translated yet")[2]


def test_twins_may_differ_in_prose_only(tmp_path: Path) -> None:
    """Headings, sentences, prompts and anchors are translated; that is no difference."""
    assert languages(written(tmp_path, keys=ENGLISH, keys_id=INDONESIAN)) == (
        0,
        "1 of 1 have a twin in Indonesian; 0 differ.\n",
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("## Selengkapnya", "Selengkapnya", "outline: # ## | #"),
        ("## Selengkapnya", "### Selengkapnya", "outline: # ## | # ###"),
        ("    NEOSANTARA_MODEL=x jupyter lab", "", "code blocks: 2 | 1"),
        (" --once", "", "code block 1:  %%neosantara --once -m |  %%neosantara -m"),
        ("NEOSANTARA_MODEL", "NEOSANTARA_API", "code block 2:  NEOSANTARA_MODEL |  NEOSANTARA_API"),
        ("`%neosantara key`", "`%neosantara keys`", "code words: only ['%neosantara key'] | only ['%neosantara keys']"),
        ("costs.id.md", "tools.id.md", "links: only ['costs.md'] | only ['tools.md']"),
        ("Ketik", "Unduh, lalu ketik", "line 3: 'Unduh' is avoided"),
        ("Ketik", "Ketik \u2014 ya \u2014", "line 3: '\u2014' is avoided"),
    ],
)
def test_a_difference_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    """With the page and what is on each side; the exit code says so."""
    assert old in INDONESIAN
    code, out = languages(written(tmp_path, keys=ENGLISH, keys_id=INDONESIAN.replace(old, new)))
    assert code == 1
    assert f"docs/how-to/keys.id.md\n  {told}\n" in out


def test_a_link_to_a_lesson_goes_by_its_number(tmp_path: Path) -> None:
    """The Indonesian page leads to the Indonesian lesson, and not to another one."""
    english = f"{ENGLISH}\n[Tools](../../notebooks/02-tools.ipynb)\n"
    indonesian = f"{INDONESIAN}\n[Tools](../../notebooks/id/02-fungsi.ipynb)\n"
    assert languages(written(tmp_path / "same", keys=english, keys_id=indonesian))[0] == 0
    code, out = languages(written(tmp_path / "other", keys=english, keys_id=indonesian.replace("02-", "03-")))
    assert code == 1
    assert "links: only ['../../notebooks/02'] | only ['../../notebooks/03']" in out


def test_a_missing_twin_is_named_and_an_orphan_fails(tmp_path: Path) -> None:
    """A new page waits for its translation; a translation of a page that is gone is a mistake."""
    code, out = languages(written(tmp_path, keys=ENGLISH, costs_id=INDONESIAN))
    assert code == 1
    assert "docs/how-to/costs.id.md\n  there is no such page in English" in out
    assert "Not translated yet: docs/how-to/keys.md" in out


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([("markdown", "# Mulai"), ("code", "%%ns -t 0.2\nMengapa?")], ""),
        ([("markdown", "# Mulai"), ("code", '%config NeosantaraMagics.language = "id"\n%%ns -t 0.2')], ""),
        ([("markdown", "# Mulai"), ("code", "%%ns\nMengapa?")], "code block 1: code %%ns -t | code %%ns"),
        ([("code", "%%ns -t 0.2\nMengapa?"), ("markdown", "# Mulai")], "outline: # markdown code | # code markdown"),
    ],
)
def test_lessons_are_compared_cell_by_cell(tmp_path: Path, cells: list[tuple[str, str]], told: str) -> None:
    """By the number in their names, since the rest of the name is a word of a language."""
    (tmp_path / "notebooks" / "id").mkdir(parents=True)
    english = lesson(("markdown", "# Start"), ("code", "%%ns -t 0.2\nWhy?"))
    (tmp_path / "notebooks" / "01-start.ipynb").write_text(english)
    (tmp_path / "notebooks" / "id" / "01-mulai.ipynb").write_text(lesson(*cells))
    code, out = languages(tmp_path)
    assert code == (1 if told else 0)
    assert told in out
