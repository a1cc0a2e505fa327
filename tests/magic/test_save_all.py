"""``save --all``: every ask of the notebook, whatever became of its turn."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

from magic.spoken import KEY, Asked
from neosantara_magic import ask_many, public
from neosantara_magic.transcript_files import load, save
from neosantara_magic.workspace import Workspace

pytestmark = pytest.mark.kernel


def rows(asked: Asked) -> list[dict[str, Any]]:
    """Save all, and return the lines of the file."""
    asked.run("%neosantara save all.jsonl --all")
    return [json.loads(line) for line in asked.value("open('all.jsonl').read()")[1:-1].split("\\n")[:-1]]


def test_each_ask_is_there_with_its_time_its_model_and_who_answered(asked: Asked) -> None:
    """Single questions, replaced and undone turns, failures; live, demo and replay; no id of the server, no key."""
    asked.says("First.", "Again.", "Single.")
    asked.cell(prompt="one", cell_id="a")
    asked.cell(prompt="one, better", cell_id="a")
    asked.cell("--once", prompt="alone")
    asked.run("%neosantara undo")
    asked.server.answer(400, {"error": {"message": "no"}})
    asked.kernel.execute("%%neosantara -c other -m garda-core\nbad")
    asked.run("%neosantara record week.jsonl\n%neosantara demo on\n%neosantara ask --once Halo")
    asked.run("%neosantara replay week.jsonl\n%neosantara ask --once Halo")
    asked.run("from neosantara_magic import ask_many\n_ = ask_many(['Halo'])")
    head, *found = rows(asked)
    assert head == {"format": "neosantara-asks", "version": 1, "asks": 7}
    said = [(row["conversation"], row["prompt"]["parts"][0]["text"], row["answered_by"]) for row in found]
    assert said == [
        ("main", "one", "live"),
        ("main", "one, better", "live"),
        (None, "alone", "live"),
        ("other", "bad", "live"),
        (None, "Halo", "demo"),
        (None, "Halo", "replay"),
        (None, "Halo", "replay"),
    ]
    assert found[3]["outcome"] == "failed"
    assert all(row["model"] for row in found)
    times = [dt.datetime.fromisoformat(row["time"]) for row in found]
    assert times == sorted(times)
    assert times[0].tzinfo is not None
    assert not any("response_id" in row for row in found)
    assert KEY not in str(found)
    asked.run("%neosantara save all.jsonl --all")  # its own file, again
    assert "not a conversation" in asked.kernel.execute("%neosantara load all.jsonl").error.value  # type: ignore[union-attr]
    for line, told in (("all.jsonl main --all", '"main" is more than the command takes'), ("all.csv --all", ".csv")):
        error = asked.kernel.execute(f"%neosantara save {line}").error
        assert error is not None
        assert told in error.value


def test_the_newest_are_kept_and_pages_are_for_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long batch leaves its end, and no images; Markdown and a notebook name time and conversation; both can be written again."""
    space = Workspace(public._settings_of_environment, demo=True)
    monkeypatch.setattr(public, "_script", [space])
    assert space.asks.maxlen == 2_000
    space.asks = type(space.asks)(maxlen=2)
    ask_many(["Satu", "Dua", "Tiga"], concurrency=1, show="none")
    asks = tuple(space.asks)
    assert [ask.turn.prompt.text for ask in asks] == ["Dua", "Tiga"]
    for name in ("all.md", "all.ipynb"):
        save(tmp_path / name, "all", (), asks=asks)
        save(tmp_path / name, "all", (), asks=asks)
        page = (tmp_path / name).read_text()
        for told in ("## 1. ", "## 2. ", asks[0].time, "(single questions)", "demo"):
            assert told in page, name
    ask_many(["Empat"], image=Image.new("RGB", (2, 2)), show="none")
    assert (space.asks[-1].turn.prompt.text, space.asks[-1].turn.prompt.images) == ("Empat", ())
    save(tmp_path / "none.jsonl", "all", (), asks=())
    assert json.loads((tmp_path / "none.jsonl").read_text())["asks"] == 0
    nbformat.validate(nbformat.read(tmp_path / "all.ipynb", as_version=4))
    save(tmp_path / "one.jsonl", "one", [asks[0].turn])
    assert load(tmp_path / "one.jsonl")[1][0].text == asks[0].turn.text
