"""`ask()` from a plain script: what it refuses, and what it only shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from catalogue import catalogue
from neosantara_magic import ask, ipython, public, texts
from neosantara_magic.errors import NeosantaraError, UsageError
from neosantara_magic.settings import Settings
from neosantara_magic.texts.scripts import for_script
from neosantara_magic.workspace import Workspace


@pytest.fixture(autouse=True)
def _demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the demo model answer, without any pace, in a workspace of this test's own."""
    monkeypatch.setenv("NEOSANTARA_DEMO", "1")
    monkeypatch.setenv("NEOSANTARA_DEMO_PACE", "0")
    monkeypatch.setattr(public, "_script", [])
    monkeypatch.setattr(ipython, "loaded", [])
    monkeypatch.setattr(public, "running_notebook", lambda: None)


def spent() -> int:
    """Return how many calls were made."""
    workspace: Workspace = public.surroundings()[0]
    return sum(row.calls for row in workspace.ledger.rows())


def test_a_dry_run_shows_the_request_and_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON body is on the screen, and the ledger stays empty."""
    planned = public.ask("hello", dry_run=True)
    assert planned.text == ""
    assert '"hello"' in capsys.readouterr().out
    assert spent() == 0


def test_a_dry_run_finds_the_scripts_own_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a real ask finds, its dry run finds too."""
    monkeypatch.setattr("__main__.Planet", {"type": "object", "properties": {"moons": {}}}, raising=False)
    public.ask("hello", schema="Planet", dry_run=True)
    assert '"moons"' in capsys.readouterr().out


@pytest.mark.parametrize("prompt", [None, 5, ["a", "b"]])
def test_what_is_no_text_is_refused(prompt: Any) -> None:
    """A variable that is None must not cost a request."""
    with pytest.raises(UsageError, match=type(prompt).__name__) as refused:
        public.ask(prompt)
    assert "ask_many" in refused.value.next_step
    assert spent() == 0


def test_the_batch_flags_point_to_ask_many() -> None:
    """Nothing is silently ignored."""
    with pytest.raises(UsageError) as refused:
        public.ask("hi", each="df", into="x")
    assert "ask_many" in refused.value.next_step
    assert spent() == 0


def test_an_answer_comes_back_as_a_response() -> None:
    """The other tests of this file would pass if nothing ever worked."""
    assert public.ask("hello").text
    assert spent() == 1


def test_a_request_whose_history_was_replaced_is_not_continued_by_id() -> None:
    """``param`` may put another input in place of ours; then the server's history is not the local one."""
    workspace: Workspace = public.surroundings()[0]
    public.ask("hello")
    assert workspace.conversations.get("main").turns[-1].response_id is not None
    public.ask("hello", param={"input": "something else"})
    assert workspace.conversations.get("main").turns[-1].response_id is None


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_script_is_told_what_a_script_can_do(language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, an unknown tool, a budget: variables of the environment and Python, no magics, no cells."""
    texts.use_language(language)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEOSANTARA_API_KEY", raising=False)
    monkeypatch.delenv("NEOSANTARA_DEMO", raising=False)
    monkeypatch.setattr(public, "_script", [Workspace(lambda: Settings(language=language), demo=False)])
    with pytest.raises(NeosantaraError) as caught:
        ask("hi")
    assert "NEOSANTARA_API_KEY" in caught.value.next_step
    assert "NEOSANTARA_DEMO=1" in caught.value.next_step
    for refused in ({"tools": ["nope"]}, {"schema": "nope"}, {"image": "nope.png"}, {"raw": False}):
        with pytest.raises(NeosantaraError) as caught:
            ask("hi {{ nope }}", **refused)
        told = str(caught.value)
        assert not re.search(r"%\w|notebook|\bcell|\bsel\b", told), told
    texts.use_language("auto")


@pytest.mark.parametrize("key", sorted(key for key in catalogue() if key.split(".")[0] not in ("command", "flag")))
@pytest.mark.parametrize("language", [0, 1])
def test_no_sentence_sends_a_script_to_a_magic_it_lacks(key: str, language: int) -> None:
    """What has a variable of the environment is named by it; placeholders stay."""
    sentence = catalogue()[key][language]
    told = for_script(sentence)
    assert not re.search(r"%config NeosantaraMagics\.|%neosantara demo on|[Rr]un the cell again|%pwd", told)
    assert sorted(re.findall(r"\{\w+", told)) == sorted(re.findall(r"\{\w+", sentence))
