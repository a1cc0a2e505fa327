"""Saved conversations: exact, atomic, all or nothing, and readable."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from neosantara_magic import completion, texts
from neosantara_magic.errors import ConversationFileError, UsageError
from neosantara_magic.messages import (
    ImagePart,
    Message,
    TextPart,
    ToolCall,
    Turn,
    Usage,
    assistant_message,
    user_message,
)
from neosantara_magic.transcript_files import MOST_SHOWN, PAGES, bundle, load, save
from render.inert import live

_TEXT = st.text(st.characters(codec=None))  # lone surrogates, line separators and control characters included
_PARTS = st.lists(st.builds(TextPart, _TEXT) | st.builds(ImagePart, _TEXT), max_size=3).map(tuple)
_CALLS = st.lists(st.builds(ToolCall, _TEXT, _TEXT, _TEXT), max_size=2).map(tuple)
_MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["user", "assistant", "tool"]),
    parts=_PARTS,
    tool_calls=_CALLS,
    call_id=st.none() | _TEXT,
)
_COUNT = st.integers(min_value=0)
_TURNS = st.builds(
    Turn,
    prompt=_MESSAGES,
    replies=st.lists(_MESSAGES, max_size=3).map(tuple),
    instructions=st.none() | _TEXT,
    api=st.sampled_from(["responses", "chat"]),
    model=_TEXT,
    usage=st.none() | st.builds(Usage, _COUNT, _COUNT, _COUNT, _COUNT, _COUNT),
    cost_idr=st.none() | st.floats(allow_nan=False) | st.integers(),
    outcome=st.sampled_from(["completed", "stopped", "failed"]),
    response_id=st.none() | _TEXT,
    label=st.sampled_from(["", "demo", "recorded"]),
    stands_for=st.none() | _TEXT,
)

_PNG = "data:image/png;base64,iVBORw0KGgo="
_CALL = ToolCall("call_1", "get_weather", '{"location": "Bogor"}')
WEATHER = Turn(
    prompt=Message("user", (TextPart("Rain in Bogor? [image 1]"), ImagePart(_PNG), ImagePart("https://example.org/a b.png"))),
    replies=(
        Message("assistant", (TextPart("Let me look."),), (_CALL,)),
        Message("tool", (TextPart("31 °C, rain\n```\nnot the end\n```"),), call_id="call_1"),
        Message("assistant", (TextPart("Yes: **31 °C** and rain."),)),
    ),
    instructions="Answer briefly.",
    api="chat",
    model="nusantara-base",
    usage=Usage(1200, 34, 1234, 1000, 5),
    cost_idr=0.69,
    response_id="resp_1",
    stands_for="server abc",
)  # fmt: skip
HOSTILE = Turn(
    prompt=user_message("Show me"),
    replies=(
        Message("assistant", (TextPart("<script>alert(1)</script> ![x](https://evil.example/?q=1)\n\n```python\nprint(1)"),)),
    ),
    model="garda-core",
    outcome="stopped",
    label="demo",
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file of a conversation of two turns."""
    path = tmp_path / "lesson.jsonl"
    save(path, "main", [WEATHER, HOSTILE])
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=_TEXT, turns=st.lists(_TURNS, max_size=3))
def test_any_turns_come_back_exactly(tmp_path: Path, name: str, turns: list[Turn]) -> None:
    """What is loaded equals what was saved, and saving it again gives the same bytes."""
    path = tmp_path / "any.jsonl"
    save(path, name, turns)
    assert load(path) == (name, tuple(turns))
    first = path.read_bytes()
    save(path, *load(path))
    assert path.read_bytes() == first


def test_format(file: Path) -> None:
    """One header, then one turn a line, in words that can be read and compared."""
    header, first, second = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    assert header == {"format": "neosantara-conversation", "version": 1, "name": "main", "turns": 2}
    assert first["replies"][0] == {
        "role": "assistant",
        "parts": [{"text": "Let me look."}],
        "tool_calls": [{"id": "call_1", "name": "get_weather", "arguments": '{"location": "Bogor"}'}],
    }
    assert first["prompt"]["parts"][1] == {"image": _PNG}
    assert first["usage"]["cached_tokens"] == 1000
    assert set(second) == {"prompt", "replies", "api", "model", "outcome", "label"}


def test_files_that_travelled(file: Path) -> None:
    """Windows line endings, a byte order mark and blank lines at the end change nothing."""
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\n")
    assert load(file) == ("main", (WEATHER, HOSTILE))


def _refused(path: Path) -> tuple[str, str]:
    with pytest.raises(ConversationFileError) as caught:
        load(path)
    return caught.value.what.replace(str(path.parent) + os.sep, ""), caught.value.next_step


def test_every_cut_is_noticed(file: Path) -> None:
    """Wherever a file is cut off, nothing is loaded; only the last line end may be missing."""
    whole = file.read_bytes()
    line_ends = [at + step for at, byte in enumerate(whole) if byte == 0x0A for step in (0, 1)]
    for size in sorted({*range(0, len(whole), 23), *line_ends} - {len(whole) - 1, len(whole)}):
        file.write_bytes(whole[:size])
        with pytest.raises(ConversationFileError):
            load(file)
    file.write_bytes(whole[:-1])
    assert load(file) == ("main", (WEATHER, HOSTILE))


_AGAIN = "Correct that line or load another copy. Nothing was loaded."


@pytest.mark.parametrize(
    ("line", "change", "what"),
    [
        (2, lambda text: text[:-20], "'lesson.jsonl' is damaged in line 2 (JSON)."),
        (3, lambda _: "", "'lesson.jsonl' is damaged in line 3 (JSON)."),
        (2, lambda _: "[" * 100_000, "'lesson.jsonl' is damaged in line 2 (JSON)."),
        (2, lambda _: "[]", "'lesson.jsonl' is damaged in line 2."),
        (2, lambda text: text.replace('"chat"', '"telnet"'), "'lesson.jsonl' is damaged in line 2 (api)."),
        (2, lambda text: text.replace("0.69", '"0.69"'), "'lesson.jsonl' is damaged in line 2 (cost_idr)."),
        (2, lambda text: text.replace("1200", "true"), "'lesson.jsonl' is damaged in line 2 (input_tokens)."),
        (2, lambda text: text.replace('"call_id"', '"called"'), "'lesson.jsonl' is damaged in line 2."),
        (3, lambda text: text.replace('"text"', '"txet"'), "'lesson.jsonl' is damaged in line 3."),
        (3, lambda text: text.replace('"user"', '"system"'), "'lesson.jsonl' is damaged in line 3 (role)."),
        (3, lambda text: text.replace('"demo"', '"live"'), "'lesson.jsonl' is damaged in line 3 (label)."),
        (1, lambda text: text.replace('"version": 1', '"version": "1"'), "'lesson.jsonl' is damaged in line 1."),
    ],
)  # fmt: skip
def test_damage(file: Path, line: int, change: Any, what: str) -> None:
    """A damaged line is named, and no other line is loaded either."""
    rows = file.read_text("utf-8").split("\n")
    rows[line - 1] = change(rows[line - 1])
    if line == 3 and not rows[2]:
        rows.append(rows[1])
    file.write_text("\n".join(rows), "utf-8")
    assert _refused(file) == (what, _AGAIN)


def test_newer_version(file: Path) -> None:
    """A newer format is not guessed at."""
    file.write_text(file.read_text("utf-8").replace('"version": 1', '"version": 2'), "utf-8")
    assert _refused(file) == (
        "'lesson.jsonl' is from a newer version of neosantara-magic (format 2; this one reads 1).",
        "Update with %pip install -U neosantara-magic, then load it again. Nothing was loaded.",
    )


def test_missing_turn(file: Path) -> None:
    """A file that lost whole lines is noticed."""
    file.write_text("\n".join(file.read_text("utf-8").split("\n")[:2]), "utf-8")
    assert _refused(file) == (
        "'lesson.jsonl' holds 1 turns, and its first line says 2.",
        "Load another copy, or correct the number if you took lines out on purpose. Nothing was loaded.",
    )


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"\xff\xfe\x00", b'{"format": "other"}\n', b"[1]"])
def test_foreign_files(tmp_path: Path, content: bytes) -> None:
    """A file that we did not write is called that."""
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    assert _refused(path)[0] == "'data.jsonl' is not a conversation that neosantara-magic saved."


def test_missing_file(file: Path) -> None:
    """A missing file names the nearest one."""
    assert _refused(file.with_name("leson.jsonl"))[0] == "There is no file 'leson.jsonl'."
    assert "lesson.jsonl" in _refused(file.with_name("leson.jsonl"))[1]
    assert _refused(file.with_name("zzz"))[1] == "Check the name and the working directory (%pwd shows it)."
    assert _refused(file.parent)[1] == "Check the file and its permissions."


@pytest.mark.parametrize("ending", [".md", ".ipynb", ".MD"])
def test_pages_do_not_load(tmp_path: Path, ending: str) -> None:
    """What is for reading says so."""
    path = tmp_path / f"lesson{ending}"
    save(path, "main", [WEATHER])
    what, next_step = _refused(path)
    assert what == f"'lesson{ending}' is for reading: a {ending.lower()} file does not load again."
    assert next_step == "Load the .jsonl file of this conversation; %neosantara save NAME.jsonl writes one."


def test_indonesian(tmp_path: Path) -> None:
    """The same errors in Indonesian."""
    texts.use_language("id")
    try:
        assert _refused(tmp_path / "zzz.jsonl") == (
            "Tidak ada file 'zzz.jsonl'.",
            "Periksa namanya dan direktori kerja (lihat dengan %pwd).",
        )
    finally:
        texts.use_language("auto")


def test_unknown_ending(tmp_path: Path) -> None:
    """A form that does not exist is refused before anything is written."""
    with pytest.raises(UsageError, match=r"\.pdf is not a form it has"):
        save(tmp_path / "lesson.pdf", "main", [WEATHER])
    assert list(tmp_path.iterdir()) == []


def test_a_new_form_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What writes it and knows its files; then it is saved, overwritten, not loaded, named in the error, and offered."""
    monkeypatch.setitem(
        PAGES, ".txt", (lambda name, turns, _: f"{name}: {len(turns)}", lambda held: held == b"main: 1")
    )
    path = tmp_path / "lesson.TXT"
    for _ in range(2):
        save(path, "main", [WEATHER])
    assert path.read_text() == "main: 1"
    path.write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        save(path, "main", [WEATHER])
    assert _refused(path)[0].endswith("a .txt file does not load again.")
    for language in texts.LANGUAGES:
        texts.use_language(language)
        with pytest.raises(UsageError) as refused:
            save(tmp_path / "lesson.pdf", "main", [WEATHER])
        assert all(ending in refused.value.next_step for ending in (".jsonl", ".md", ".ipynb", ".txt"))
    texts.use_language("auto")
    assert completion._Names(None, None, f"{tmp_path}/")["files"] == [str(path)]


def test_failed_save_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing breaks off, the old file is whole and nothing else is left behind."""
    before = file.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConversationFileError) as caught:
        save(file, "main", [])
    assert caught.value.what.endswith("cannot be written: No space left on device.")
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == ["lesson.jsonl"]


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is an error, not a new folder."""
    with pytest.raises(ConversationFileError, match="cannot be written: No such file or directory"):
        save(tmp_path / "no" / "lesson.jsonl", "main", [WEATHER])


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_saving_keeps_permissions_and_links(file: Path) -> None:
    """A private file stays private, and a link stays a link."""
    file.chmod(0o600)
    link = file.with_name("link.jsonl")
    link.symlink_to(file)
    save(link, "other", [HOSTILE])
    assert link.is_symlink()
    assert load(file) == ("other", (HOSTILE,))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_markdown(tmp_path: Path) -> None:
    """The page reads from top to bottom: prompt, calls with their results, answer, what it cost."""
    path = tmp_path / "lesson.md"
    save(path, "main", [WEATHER])
    page = path.read_text("utf-8")
    places = [page.index(piece) for piece in (
        "# Conversation *main*", "## 1. Prompt", "Answer briefly.", "Rain in Bogor?", "<https://example.org/a%20b.png>",
        "### Answer", "Let me look.", '````text\nget_weather({"location": "Bogor"})\n→ 31 °C, rain\n```\nnot the end\n```\n````',
        "Yes: **31 °C** and rain.", "1,200 tokens in, 34 out · Rp 0.69",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "base64" not in page


def test_pages_are_harmless(tmp_path: Path) -> None:
    """What a model wrote runs nothing and fetches nothing, and an open code block swallows nothing."""
    save(tmp_path / "lesson.md", "main", [HOSTILE])
    save(tmp_path / "lesson.ipynb", "main", [HOSTILE])
    cells = nbformat.read(tmp_path / "lesson.ipynb", as_version=4).cells
    for page in ((tmp_path / "lesson.md").read_text("utf-8"), cells[-1].source):
        blocks = MarkdownIt("commonmark").parse(page)
        tokens = [token for block in blocks for token in (block, *(block.children or ()))]
        assert not {token.type for token in tokens} & {"html_block", "html_inline", "image"}
        assert blocks[-2].content == "*garda-core · responses · demo · stopped*"


def test_notebook(tmp_path: Path) -> None:
    """The notebook is valid, shows attached images, and is the same each time."""
    path = tmp_path / "lesson.ipynb"
    save(path, "main", [WEATHER, HOSTILE])
    first = path.read_bytes()
    save(path, "main", [WEATHER, HOSTILE])
    assert path.read_bytes() == first
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown"] * 5
    assert [cell.id for cell in notebook.cells] == [
        "title",
        "turn-1-prompt",
        "turn-1-answer",
        "turn-2-prompt",
        "turn-2-answer",
    ]
    assert notebook.cells[1].attachments == {"image1.png": {"image/png": "iVBORw0KGgo="}}
    assert "](attachment:image1.png)" in notebook.cells[1].source


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30)
@given(name=_TEXT, turns=st.lists(_TURNS, max_size=2))
def test_any_turns_become_pages(tmp_path: Path, name: str, turns: list[Turn]) -> None:
    """No text is too strange to be written for reading."""
    save(tmp_path / "any.md", name, turns)
    save(tmp_path / "any.ipynb", name, turns)
    nbformat.validate(nbformat.read(tmp_path / "any.ipynb", as_version=4))


def test_what_a_notebook_shows() -> None:
    """Images and calls are named, a stopped turn says so, and nothing a model wrote is live."""
    shown = bundle("main", [WEATHER, HOSTILE])
    assert set(shown) == {"text/html", "text/markdown", "text/plain"}
    assert shown["text/plain"].startswith(
        "Conversation main\n\n1. Rain in Bogor? [image 1]\n[Image 1]\n[Image 2]\n\nLet me look.\n\n"
        '[get_weather({"location": "Bogor"}) → 31 °C, rain'
    )
    assert (
        "Yes: **31 °C** and rain.\n\nnusantara-base · chat · 1,200 tokens in, 34 out · Rp 0.69" in shown["text/plain"]
    )
    assert shown["text/plain"].endswith("garda-core · responses · demo · stopped")
    assert live(shown["text/markdown"]) == []


def test_a_long_conversation_shows_its_newest_turns() -> None:
    """The output stays bounded and says what it left out."""
    turns = [Turn(user_message(f"question {n}"), (assistant_message(f"answer {n}"),)) for n in range(MOST_SHOWN + 50)]
    shown = bundle("main", turns)
    assert shown["text/plain"].startswith("50 earlier turns are not shown")
    assert "question 49" not in shown["text/plain"]
    assert "question 50" in shown["text/markdown"]


FOREIGN = {
    "notes.md": "# My notes\n",
    "empty looking.md": "\ufeff \n# x",
    "lesson.ipynb": '{"cells": [{"cell_type": "code", "source": "1"}], "metadata": {}, "nbformat": 4}',
    "mine too.ipynb": '{"cells": [{"cell_type": "code"}], "metadata": {"neosantara-conversation": {"page": 1}}, "nbformat": 4}',
    "odd.ipynb": "[1, 2]",
    "data.jsonl": '{"a": 1}\n',
    "recording.jsonl": '{"version": 1, "key": "0", "request": {}, "events": []}\n',
    "Makefile": "all:\n\ttrue\n",
    "binary": "\x00\x01\x02",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_save_overwrites_nothing_that_is_not_ours(tmp_path: Path, name: str) -> None:
    """Refused in two lines, the file untouched; with force it goes."""
    target = tmp_path / name
    target.write_text(FOREIGN[name])
    with pytest.raises(UsageError) as caught:
        save(target, "main", (WEATHER,))
    assert "--force" in caught.value.next_step
    assert target.read_text() == FOREIGN[name]
    save(target, "main", (WEATHER,), force=True)
    assert target.read_text() != FOREIGN[name]
    save(target, "main", (WEATHER,))


@pytest.mark.parametrize("name", ["a.jsonl", "a.md", "a.ipynb", "a"])
def test_a_save_overwrites_what_it_wrote_and_what_is_empty(tmp_path: Path, name: str) -> None:
    """Also a damaged one, and one whose line endings an editor changed."""
    target = tmp_path / name
    target.touch()
    save(target, "main", (WEATHER,))
    target.write_bytes(target.read_bytes().replace(b"\n", b"\r\n"))
    save(target, "main", ())
    save(target, "main", (WEATHER,))
    if name in ("a.jsonl", "a"):
        target.write_bytes(target.read_bytes()[:-20])
        save(target, "main", (WEATHER,))


@pytest.mark.parametrize("ending", [".md", ".ipynb", ".jsonl"])
def test_no_save_writes_through_a_link_to_something_foreign(tmp_path: Path, ending: str) -> None:
    """A link in a cloned project may lead to a start-up file of the shell."""
    aim = tmp_path / "bashrc"
    aim.write_text("export A=1\n")
    link = tmp_path / f"notes{ending}"
    link.symlink_to(aim)
    with pytest.raises(UsageError):
        save(link, "main", (WEATHER,))
    assert aim.read_text() == "export A=1\n"
    own = tmp_path / f"own{ending}"
    save(own, "main", (WEATHER,))
    link.unlink()
    link.symlink_to(own)
    save(link, "main", ())
    assert link.is_symlink()
