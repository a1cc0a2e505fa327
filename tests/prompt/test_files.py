"""Prompt files: found by name, read strictly, and what they can and cannot set."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neosantara_magic import ask, ask_many, asking, public
from neosantara_magic.asking import Stage
from neosantara_magic.errors import UsageError
from neosantara_magic.parsing.asks import ask_from_keywords
from neosantara_magic.parsing.flags import Ask
from neosantara_magic.parsing.parse import parse_cell
from neosantara_magic.prompt import files
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.settings.fields import Settings
from neosantara_magic.tools.approval import Decision
from neosantara_magic.workspace import Workspace

FRONT = """---
# for grade 10
description: "A guide"
model: garda-core
temperature: 0.3
max_tokens: 300
tools:
  - get_time
  - os.system
  - open
  - nowhere
---
Ask back. {{ secret }}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own, with one file in ``prompts/``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "guide.md").write_text(FRONT)
    return tmp_path


def planned(asked: Ask, **variables: Any) -> asking.Plan:
    """Return what would be sent, in a notebook with these variables."""
    space = Workspace(lambda: Settings(system="from the settings"), demo=True)
    return asking.prepare(asked, space, Stage(SilentRenderer(), variables))


def get_time() -> str:
    """Return the time."""
    return "noon"


def test_a_file_sets_what_the_line_does_not() -> None:
    """Its text is sent as it is; flags win over it, ``-s`` over its text, and it over the settings."""
    request = planned(parse_cell("--as guide", "hi")).request
    assert (request.model, request.max_tokens, request.sampling) == ("garda-core", 300, {"temperature": 0.3})
    assert request.instructions == "Ask back. {{ secret }}"
    assert request.named == {"model", "max_tokens", "instructions"}
    line = '--as guide.md -m other -t 1 --max-tokens 9 -s "Mine {{ 1 + 1 }}"'
    assert planned(parse_cell("--as guide --top-p 0.5", "hi")).request.sampling == {"temperature": 0.3, "top_p": 0.5}
    request = planned(parse_cell(line, "hi")).request
    assert (request.model, request.max_tokens, request.sampling) == ("other", 9, {"temperature": 1.0})
    assert request.instructions == "Mine 2"
    assert planned(parse_cell("", "hi")).request.instructions == "from the settings"
    assert "garda-core" in str(ask("Hi", as_="guide", dry_run=True).bundle)  # `as` is Python's own word


def test_a_lock_holds_and_a_batch_takes_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file raises no limit that a class has set; each row of a batch is asked with its text."""
    space = Workspace(lambda: Settings(max_tokens=200), demo=True, held={"max_tokens": 200})
    with pytest.raises(UsageError, match="max_tokens"):
        asking.prepare(parse_cell("--as guide", "hi"), space, Stage(SilentRenderer(), {}))
    monkeypatch.setattr(public, "_script", [Workspace(Settings, demo=True)])
    assert [one.model for one in ask_many(["Hi", "Ho"], as_="guide", show="none")] == ["garda-core"] * 2
    assert {one.turn.instructions for one in public._script[0].asks} == {"Ask back. {{ secret }}"}


def test_a_file_lends_only_functions_of_the_notebook_and_each_call_is_asked_about() -> None:
    """No path into a module, nothing of Python's, nothing missing; with ``--tools`` it is the user who named it."""
    variables = {"get_time": get_time, "open": open, "os": __import__("os")}
    for line, asks in (("", True), ("--approve never", True), ("--approve never --tools get_time", False)):
        plan = planned(parse_cell(f"--as guide {line}", "hi"), **variables)
        assert [*plan.tools.toolbox] == ["get_time"]
        assert plan.tools.approve.asks(plan.tools.toolbox.get("get_time")) is asks, line  # type: ignore[attr-defined]
        assert plan.notes == ("guide names tools that this notebook does not have: os.system, open, nowhere",)
    call = SimpleNamespace(name="get_time")
    unattended = planned(parse_cell("--as guide", "hi"), **variables)
    assert unattended.tools.approve(call, unattended.tools.toolbox.get("get_time")) is Decision.NOBODY  # type: ignore[arg-type]
    assert planned(ask_from_keywords("hi", {"as_": "guide", "tools": [get_time]}), **variables).tools.toolbox


def test_where_a_name_is_looked_for(folder: Path) -> None:
    """Here, then in ``prompts/``, then in this package; a path says it all; every shipped file can be used."""
    assert files.names()[0] == "guide"
    assert {"tutor", "tutor.id", "reviewer", "peninjau.id", "translator", "penerjemah.id"} < set(files.names())
    for name in files.names():
        assert files.read(name).text
        assert files.read(name).description
    assert "patient tutor" in files.read("tutor").text
    (folder / "prompts" / "tutor.md").write_text("Ours")
    assert files.read("tutor").text == "Ours"
    (folder / "tutor.md").write_bytes("\ufeff---\r\ntemperature: 1\r\n---\r\nHere".encode())
    assert files.read("tutor").text == "Here"
    assert files.read("tutor").fields["sampling"] == {"temperature": 1.0}
    (folder / "tutor.md").write_text("---\ntools: ['a', \"b\", c ]\ndescription: 'It''s'\n---\nHere")
    assert files.read("tutor").tools == ("a", "b", "c")
    assert files.read(str(folder / "prompts" / "guide.md")).fields["max_tokens"] == 300


BAD = {
    "missing": (None, "no prompt file"),
    "gide": (None, "guide, penerjemah.id"),
    "open": ("---\nmodel: a\nHi", "second line of ---"),
    "blank": ("---\nmodel: a\n---\n \n", "no instructions"),
    "empty": ("", "no instructions"),
    "line": ("---\nmodel: a\nmodel garda\n---\nHi", "Line 3"),
    "nested": ("---\nmodel: a\n  b: c\n---\nHi", "Line 3"),
    "twice": ("---\nmodel: a\nmodel: b\n---\nHi", "Line 3"),
    "key": ("---\ntemprature: 1\n---\nHi", "description, model, temperature, top-p"),
    "approve": ("---\napprove: never\n---\nHi", '"approve: never"'),
    "image": ("---\nimage: ~/photo.png\n---\nHi", '"image: ~/photo.png"'),
    "value": ("---\ntemperature: hot\n---\nHi", "value: temperature takes a number"),
    "range": ("---\nmax_tokens: 0\n---\nHi", "whole number"),
    "none": ("---\nmodel:\n---\nHi", "needs some text"),
    "latin": (b"caf\xe9", "UTF-8"),
    "long": ("x" * 100_001, "longer than 100 kB"),
    "x" * 300: (None, "cannot be used"),
    "a\0b": (None, "prompt file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_two_lines(folder: Path, name: str) -> None:
    """Before anything is sent; each quotes what is wrong, and the screen shows it beside the others."""
    content, said = BAD[name]
    if content is not None:
        written = content if isinstance(content, bytes) else content.encode()
        (folder / "prompts" / f"{name}.md").write_bytes(written)
        assert name in files.names()
    with pytest.raises(UsageError) as caught:
        planned(parse_cell(f"--as '{name}'", "hi"))
    assert said in str(caught.value)
    assert re.fullmatch(r"[^\n]+\n[^\n]+", f"{caught.value.what}\n{caught.value.next_step}")


def test_a_link_out_of_the_project_is_no_prompt_file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A cloned project could send a file of the user's; whoever names that file may."""
    diary = tmp_path_factory.mktemp("home") / "diary.md"
    diary.write_text("private")
    (folder / "prompts" / "diary.md").symlink_to(diary)
    (folder / "linked").symlink_to(diary.parent)
    for name in ("diary", "linked/diary"):
        with pytest.raises(UsageError, match="a link out of this folder"):
            files.read(name)
    assert files.read(str(diary)).text == "private"
    (folder / "prompts" / "folder.md").mkdir()
    with pytest.raises(UsageError, match="a folder"):
        files.read("folder")
