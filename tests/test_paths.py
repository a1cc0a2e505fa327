"""Paths that cannot be: no home, no working directory, folders, pipes, devices. Two lines each, and at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from neosantara_magic import ask, ask_many
from neosantara_magic.errors import NeosantaraError
from neosantara_magic.prompt.files import load_image
from neosantara_magic.transcript_files import load, save
from neosantara_magic.validators import here
from neosantara_magic.workspace import open_recording

Take = Callable[[str], object]
TAKERS: dict[str, Take] = {
    "load": load,
    "save": lambda path: save(path, "main", ()),
    "save a page": lambda path: save(f"{path}.md", "main", ()),
    "record": lambda path: open_recording(path, "record"),
    "replay": lambda path: open_recording(path, "replay"),
    "image": lambda path: load_image(path, {}),
    "image in a variable": lambda path: load_image("it", {"it": Path(path)}),
    "rows": lambda path: ask_many(Path(path)),
    "out": lambda path: ask_many(["a"], out=path),
}
"""Everything that takes the name of a file."""


@pytest.fixture
def strange(tmp_path: Path, taker: str) -> dict[str, Path]:
    """Give a path of every kind that is no ordinary file."""
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    # Never where `save` is tried: with its check taken out, a test that runs as root would replace the device.
    (tmp_path / "zero.jsonl").symlink_to(tmp_path / "pipe.jsonl" if taker.startswith("save") else "/dev/zero")
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    for name in ("pipe", "folder", "zero", "loop"):
        (tmp_path / f"{name}.jsonl.md").symlink_to(f"{name}.jsonl")
    return {name: tmp_path / f"{name}.jsonl" for name in ("pipe", "folder", "zero", "loop")}


@pytest.mark.timeout(20)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
@pytest.mark.parametrize("kind", ["pipe", "folder", "zero", "loop"])
@pytest.mark.parametrize("taker", TAKERS)
def test_what_is_no_ordinary_file_is_refused_at_once(
    taker: str, kind: str, strange: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing hangs, nothing is read without an end, nothing is written."""
    monkeypatch.setenv("NEOSANTARA_DEMO", "1")
    before = sorted(path.name for path in strange[kind].parent.iterdir())
    with pytest.raises(NeosantaraError) as caught:
        TAKERS[taker](str(strange[kind]))
    assert "None" not in caught.value.what
    assert caught.value.next_step
    assert sorted(path.name for path in strange[kind].parent.iterdir()) == before


@pytest.mark.parametrize("taker", TAKERS)
def test_a_home_that_is_not_there_is_told(taker: str) -> None:
    """`~nosuch` in two lines, wherever a path is typed."""
    with pytest.raises(NeosantaraError) as caught:
        TAKERS[taker]("~nosuch_user_of_this_machine/x.jsonl")
    assert "~nosuch_user" in caught.value.what


def test_a_deleted_working_directory_ends_no_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function's temporary folder is gone when it returns; asks go on, with and without files."""
    monkeypatch.setenv("NEOSANTARA_DEMO", "1")
    kept = tmp_path / "dot.png"
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert here() == Path()
    assert ask("say exactly: here", once=True).text
    assert ask("say exactly: here", once=True, dry_run=True)
    assert ask_many(["say exactly: a"], show="none")[0].text
    for take in TAKERS.values():
        with pytest.raises(NeosantaraError):
            take("x.png/y.jsonl")
    open_recording(str(tmp_path / "r.jsonl"), "record")
    with pytest.raises(NeosantaraError):
        load_image(str(kept), {}, cwd=here())
