"""`ask()` from a plain script: what it refuses, and what it only shows."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import pandas as pd
import pytest

from catalogue import catalogue
from neosantara_magic import (
    Conversation,
    ask,
    ask_many,
    chat,
    conversation,
    ipython,
    playground,
    public,
    texts,
    transcript_files,
)
from neosantara_magic.errors import ConversationFileError, NeosantaraError, UsageError
from neosantara_magic.parsing import asks
from neosantara_magic.parsing.flags import FLAGS
from neosantara_magic.settings.fields import Settings
from neosantara_magic.texts import for_script
from neosantara_magic.workspace import Workspace


@pytest.fixture(autouse=True)
def _demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the demo model answer, without any pace, in a workspace of this test's own."""
    monkeypatch.setenv("NEOSANTARA_DEMO", "1")
    monkeypatch.setenv("NEOSANTARA_DEMO_PACE", "0")
    monkeypatch.setattr(public, "_script", [])
    monkeypatch.setattr(ipython, "loaded", [])
    for module in (public, asks):
        monkeypatch.setattr(module, "running_notebook", lambda: None)


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


@pytest.mark.parametrize("key", sorted(key for key in catalogue() if key.split(".")[0] not in ("command", "flag")))
@pytest.mark.parametrize("language", [0, 1])
def test_no_sentence_sends_a_script_to_a_magic_it_lacks(key: str, language: int) -> None:
    """What has a variable of the environment is named by it; placeholders stay."""
    sentence = catalogue()[key][language]
    told = for_script(sentence)
    assert not re.search(r"%config NeosantaraMagics\.|%neosantara demo on|[Rr]un the cell again|%pwd", told)
    assert sorted(re.findall(r"\{\w+", told)) == sorted(re.findall(r"\{\w+", sentence))


def test_what_is_sent_of_a_frame_stands_below_the_answer_and_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the prompt and in the instructions; in each form that a notebook keeps; in both languages."""
    monkeypatch.setattr("__main__.rows", pd.DataFrame({"a": range(5000)}), raising=False)
    monkeypatch.setattr("__main__.few", pd.Series(range(3)), raising=False)
    answer = ask("How many? {{ rows }} {{ few }}", system="{{ rows.a }}", raw=False, once=True)
    for form in ("text/plain", "text/markdown"):
        last = answer.bundle[form].rstrip().splitlines()[-1]
        assert "rows: 20 of 5,000 rows · rows.a: 20 of 5,000 rows" in last
        assert "few" not in last


def test_what_is_sent_of_a_frame_stands_in_the_closing_line_of_a_batch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once, however many rows."""
    monkeypatch.setattr("__main__.rows", pd.DataFrame({"a": range(5000)}), raising=False)
    ask_many([{"x": 1}, {"x": 2}], template="{{ row.x }} {{ rows }}")
    assert capsys.readouterr().err.count("rows: 20 of 5,000 rows") == 1


def test_the_keywords_are_the_flags() -> None:
    """What an editor completes and mypy checks is the table that the magic reads."""
    flags = {flag.keyword for flag in FLAGS} - {"each", "into", "no_stream"} | {"stream"}
    assert set(get_type_hints(public.AskFlags)) == flags
    # What one question alone can be told; `schema` and `out` are parameters of `ask_many` itself.
    alone = {"context", "conversation", "new", "code", "dry_run", "schema", "out"}
    assert set(get_type_hints(public.RowFlags)) == flags - alone
    assert not alone - {"schema", "out"} & set(inspect.signature(ask_many).parameters)
    assert set(get_type_hints(public.ChatFlags)) == flags - {"once", "code", "dry_run", "show"}
    # Each ask of a playground is a single question, and its braces are what there is to pick.
    single = {"once", "raw", "new", "conversation", "context", "out", "code", "dry_run", "show"}
    parameters = set(inspect.signature(playground).parameters)
    assert parameters - {"prompt_template", "choices"} == flags - single


def test_a_conversation_is_used_from_python() -> None:
    """One's own, the live ones by name, their forks; another one of a name that is taken is refused."""
    mine = Conversation("mine")
    ask("My name is Sari.", conversation=mine)
    assert "Sari" in ask("What is my name?", conversation="mine").text
    assert len(mine) == 2
    assert conversation("mine") is mine
    fork = mine.fork("other", 1)
    ask("What is my name?", conversation=fork)
    assert (len(fork), len(mine), mine.undo()) == (2, 2, 1)
    with pytest.raises(UsageError, match="mine"):
        ask("hello", conversation=Conversation("mine"))
    assert len(conversation()) == 0


def test_a_conversation_becomes_a_file_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of `%neosantara save` and `load`, with their errors; a script is told no magics."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    mine = Conversation("mine")
    ask("My name is Sari.", conversation=mine)
    mine.save("~/mine.jsonl")
    mine.save(tmp_path / "mine.md")
    loaded = Conversation.load("mine.jsonl")
    assert (loaded.name, loaded.turns) == (transcript_files.load("mine.jsonl")) == ("mine", mine.turns)
    with pytest.raises(UsageError, match="mine"):  # the live one has turns; a cell that is run again may (next test)
        ask("What is my name?", conversation=loaded)
    mine.clear()
    assert "Sari" in ask("What is my name?", conversation=loaded).text
    Path("taken.jsonl").write_text("a shopping list")
    with pytest.raises(UsageError) as refused:
        mine.save("taken.jsonl")
    assert "force=True" in refused.value.next_step
    assert "%" not in str(refused.value)
    mine.save("taken.jsonl", force=True)
    for bad in ("mine.md", "mien.jsonl", "."):
        with pytest.raises(ConversationFileError) as caught:
            Conversation.load(bad)
        assert "%neosantara" not in str(caught.value)


def test_a_cell_that_is_run_again_brings_its_conversation_again() -> None:
    """A fork, a loaded one, one of its own: as `%neosantara fork` and `load`; another cell is refused."""
    workspace, cell = public.surroundings()[0], SimpleNamespace(cell_id="a")
    source = Conversation("source")
    ask("hello", conversation=source)
    for _run in range(2):
        fork = source.fork("other")
        assert public.named(fork, workspace, cell) == "other"
        assert conversation("other") is fork
    assert public.named(fork, workspace, SimpleNamespace(cell_id="b")) == "other"
    for elsewhere in (SimpleNamespace(cell_id="b"), SimpleNamespace(cell_id=None), None):
        with pytest.raises(UsageError, match="other"):
            public.named(source.fork("other"), workspace, elsewhere)


@pytest.mark.parametrize("function", [ask, ask_many, chat, playground])
def test_an_unknown_keyword_is_refused_in_the_name_of_the_function(
    function: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way to ask from Python names itself: `ask()` was not called where `chat()` was."""
    notebook: Any = SimpleNamespace(front_end=SimpleNamespace(displays=True), namespace={})
    if function is playground:  # it looks for a notebook first
        monkeypatch.setattr(public, "surroundings", lambda: (Workspace(Settings), notebook))
    with pytest.raises(UsageError, match=rf'{function.__name__}\(\) has no keyword "unknown"'):
        function(*([] if function is chat else ["hi"]), unknown=1)
    if function is ask_many:  # its own keywords count too
        with pytest.raises(UsageError, match=r"Did you mean concurrency=\?"):
            ask_many(["hi"], concurency=8)  # type: ignore[call-arg]
