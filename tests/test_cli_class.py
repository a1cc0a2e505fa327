"""``collect`` and ``class-report``: many pupils' files, some of them broken or hostile, in one table."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neosantara_magic.cli import main
from neosantara_magic.messages import Turn, assistant_message, user_message
from neosantara_magic.texts import use_language
from neosantara_magic.transcript_files import save
from neosantara_magic.turns import Asked

KEY = "nsk_" + "5ec2e7" * 5 + "42"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a folder of its own; put the language back, which `main` chooses for its whole process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    yield tmp_path
    use_language("auto")


def code(source: str, *answers: str, **more: Any) -> dict[str, Any]:
    """Return a cell that asked, with its answers as they are stored."""
    outputs = [
        {"output_type": "display_data", "data": {"text/plain": [a], "text/markdown": a}, "metadata": {}}
        for a in answers
    ]
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": outputs, **more}


def submit(path: str, *cells: dict[str, Any]) -> None:
    """Write a notebook of a pupil's."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))


def rows(path: str = "prompts.csv") -> list[dict[str, str]]:
    """Read a table back."""
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_three_hundred_notebooks_of_which_three_are_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The three are named and skipped; the others are all there, under pseudonyms in no order of the names."""
    for at in range(297):
        submit(f"in/Pupil {at:03}/task/work.ipynb", code("%%neosantara --once\nWhy?\n", f"Because {at}.\n\nMore."))
    Path("in/cut").mkdir()
    Path("in/cut/a.ipynb").write_text('{"cells": [{"cell_type"')
    Path("in/old").mkdir()
    Path("in/old/b.ipynb").write_text('{"nbformat": 3, "worksheets": []}')
    Path("in/odd").mkdir()
    Path("in/odd/c.ipynb").write_text('{"cells": 7}')
    submit("in/Pupil 000/.ipynb_checkpoints/work.ipynb", code("%ns ask no"))
    assert main(["collect", "in"]) == 0
    out, err = capsys.readouterr()
    assert "Prompts: 297, pupils: 297" in out
    assert "Files skipped: 3" in out
    for name in ("cut/a.ipynb", "old/b.ipynb", "odd/c.ipynb"):
        assert f"Skipped in/{name}: it is damaged." in err
    found = rows()
    assert {row["prompt"] for row in found} == {"'--once\nWhy?"}
    assert {row["answer"] for row in found} == {f"Because {at}." for at in range(297)}
    who = {row["name"]: row["pseudonym"] for row in rows("prompts.key.csv")}
    assert len(set(who.values())) == 297
    assert [who[name] for name in sorted(who)] != sorted(who.values())
    assert "Pupil" not in Path("prompts.csv").read_text()
    assert stat.S_IMODE(Path("prompts.key.csv").stat().st_mode) == 0o600
    submit("in/Late/work.ipynb", code("%ns ask me too"))
    assert main(["collect", "in"]) == 0
    again = {row["name"]: row["pseudonym"] for row in rows("prompts.key.csv")}
    assert {name: again[name] for name in who} == who  # what was graded under a pseudonym stays findable


def test_what_a_cell_asks_is_found_without_running_it() -> None:
    """Cells, lines, Python and saved files; answers go with their asks; a comment asks nothing."""
    submit(
        "in/a/work.ipynb",
        {"cell_type": "markdown", "source": "%%neosantara\nno"},
        code("%%ns -m garda-core\nSatu?\n\nDua?", "\n  Ya.\nTidak."),
        code("x = 1\n# %ns ask no\n%neosantara ask Tiga?\nfor n in x:\n    b = ask(f'Empat {n}')", "3", "4"),
        code("%%neosantara --nope\nLima?"),
        code("print('basket(1)')"),
    )
    turn = Turn(user_message("Enam?"), (assistant_message("Enam.\nSelesai."),), model="garda-core", label="demo")
    save("in/a/all.jsonl", "", (), asks=[Asked("2026-11-29T08:00:00+07:00", None, "demo", turn)])
    save("in/a/one.jsonl", "main", [turn])
    Path("in/a/recording.jsonl").write_text('{"version": 1}\n')
    assert main(["collect", "in"]) == 0
    found = [(row["file"].split("/")[-1], row["place"], row["prompt"], row["answer"]) for row in rows()]
    assert found == [
        ("all.jsonl", "1", "Enam?", "Enam."),
        ("one.jsonl", "1", "Enam?", "Enam."),
        ("work.ipynb", "2", "'-m garda-core\nSatu?\n\nDua?", "Ya."),
        ("work.ipynb", "3", "Tiga?", "3"),
        ("work.ipynb", "3", "f'Empat {n}')", "4"),
        ("work.ipynb", "4", "'--nope\nLima?", ""),
    ]
    saved = rows()[0]
    assert (saved["time"], saved["model"], saved["answered_by"]) == ("2026-11-29T08:00:00+07:00", "garda-core", "demo")


def test_names_keys_formulas_and_markup_stay_out(folder: Path) -> None:
    """A name goes in whole or in parts, whoever writes it; a word that most folders share stays."""
    ask = "=HYPERLINK(1)\nSaya Budi Santoso, teman SARI. task santosoku"
    submit("in/budi_santoso_task/work-budi.ipynb", code(f"%%ns\n{ask} {KEY}", "Halo Budi <b>|</b>"))
    submit("in/sari_task/work.ipynb", code("%%ns\nHai"))
    submit("in/tono_task/work.ipynb", code("%%ns\nHai"))
    Path("in/sari_task/link.ipynb").symlink_to(folder / "in" / "budi_santoso_task" / "work-budi.ipynb")
    assert main(["collect", "in", "--to", "sheet.csv"]) == 0
    who = {row["name"]: row["pseudonym"] for row in rows("sheet.key.csv")}
    budi, sari = who["budi_santoso_task"], who["sari_task"]
    row = next(row for row in rows("sheet.csv") if row["pupil"] == budi)
    assert row["file"] == f"{budi}/work-{budi}.ipynb"
    assert row["prompt"].startswith(f"'=HYPERLINK(1)\nSaya {budi} {budi}, teman {sari}. task santosoku nsk_")
    assert KEY not in Path("sheet.csv").read_text()
    assert main(["collect", "in", "--to", "sheet.md"]) == 0
    page = Path("sheet.md").read_text()
    assert "Halo" in page
    assert "<b>" not in page
    assert len(page.splitlines()) == 2 + 3


def test_what_is_not_ours_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is a table made of nothing; each in two lines."""
    submit("in/a/work.ipynb", code("%%ns\nHai"))
    for name, words in (("grades.csv", ["--to", "grades.csv"]), ("prompts.key.csv", [])):
        Path(name).write_text("my grades")
        assert main(["collect", "in", *words]) == 1
        assert f"{name!r} holds something else" in capsys.readouterr().err
        assert Path(name).read_text() == "my grades"
    (folder / "empty").mkdir()
    assert main(["collect", "empty"]) == 1
    assert "empty holds nothing that can be read; skipped: 0." in capsys.readouterr().err
    for place in ("nowhere", "in/a/work.ipynb"):
        assert main(["collect", place]) == 1
        what, step = capsys.readouterr().err.splitlines()
        assert (
            what == f"{place!r} is not a folder; collect takes the folder that holds one folder or file for each pupil."
        )
        assert step == "neosantara-magic collect --help says what belongs there."


@pytest.mark.parametrize("name", ["t.xlsx", "t.txt", "table", ".md", "t.csv.gz"])
@pytest.mark.parametrize("words", [["collect", "in"], ["class-report", "class.log"]])
def test_a_table_is_csv_or_markdown(
    folder: Path, words: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another ending is refused before anything is written, in two lines of the reader's language."""
    submit("in/a/work.ipynb", code("%%ns\nHai"))
    Path("class.log").write_text(json.dumps(LOG[0]))
    before = sorted(folder.rglob("*"))
    assert main([*words, "--to", name, "--language", "id"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert err.splitlines()[0] == f"{name!r} tidak bisa ditulis: namanya harus berakhiran .csv atau .md."
    assert len(err.splitlines()) == 2
    assert sorted(folder.rglob("*")) == before
    assert main([*words, "--to", "T.CSV"]) == 0
    assert rows("T.CSV")


LOG = [
    {"pupil": "S001", "path": "/v1/responses", "status": 200, "idr": "1.5", "tokens_in": 10, "tokens_out": 20},
    {"pupil": "S001", "path": "/v1/chat/completions", "status": 200, "idr": ""},
    {"pupil": "S001", "path": "/v1/responses", "status": 429, "idr": ""},
    {"pupil": "S001", "path": "/v1/models", "status": 200, "idr": ""},
    {"pupil": "S002", "path": "/v1/responses", "status": 200, "idr": "nan"},
    {"pupil": "S002", "path": "/v1/responses", "status": 502, "idr": "-4"},
    {"pupil": "", "path": "/v1/responses", "status": 401, "idr": ""},
    {"pupil": "\x1b[31mred", "path": "/v1/responses", "status": 200, "idr": "1e999"},
    {"pupil": "S003", "path": "/v1/responses", "status": 200, "idr": "0.3", "tokens_in": 7},
]
TORN = [
    b'{"pupil": "S001", "status": 2',
    b"\x00\xff",
    b"[]",
    b'{"pupil": 3, "status": 200}',
    b'{"status": 200}',
    b"[" * 5000,
]


def test_a_report_of_who_asked_how_often(capsys: pytest.CaptureFixture[str]) -> None:
    """Rupiah and tokens as far as the log has them, unknown prices apart; torn lines are skipped and counted."""
    lines = [json.dumps(line).encode() for line in LOG]
    Path("class.log").write_bytes(b"\n".join([*lines[:3], *TORN, b"", *lines[3:]]))
    assert main(["class-report", "class.log"]) == 0
    out = capsys.readouterr().out
    assert "Lines skipped: 6" in out
    assert "\x1b" not in out
    told = {row.split("  ")[0]: row.split() for row in out.splitlines()}
    assert told["S001"] == ["S001", "2", "1", "0", "10", "20", "Rp", "1.50", "1"]
    assert told["Total"] == ["Total", "5", "1", "2", "17", "20", "Rp", "1.80", "3"]
    assert "Answered" in told["Pupil"]  # as the files name it: what was refused or failed is not in it
    written = [[*row.values()] for row in rows("class-report.csv")]
    assert written == [  # numbers, also of a pupil with one line
        ["red", "1", "0", "0", "0", "0", "0", "1"],
        ["?", "0", "0", "1", "0", "0", "0", "0"],
        ["S001", "2", "1", "0", "10", "20", "1.5", "1"],
        ["S002", "1", "0", "1", "0", "0", "0", "1"],
        ["S003", "1", "0", "0", "7", "0", "0.3", "0"],
    ]
    assert main(["class-report", "class.log", "--to", "report.md", "--language", "id"]) == 0
    assert "Dijawab  Terlalu cepat (429)" in capsys.readouterr().out
    assert "| ? | 0 | 0 | 1 | 0 | 0 | 0 | 0 |" in Path("report.md").read_text()
    Path("class.log").write_bytes(b"\n".join(TORN))
    assert main(["class-report", "class.log"]) == 1
    assert "skipped: 6" in capsys.readouterr().err
    assert main(["class-report", "none.log"]) == 1
    assert capsys.readouterr().err.startswith("There is no file 'none.log'.\nGive the path of one file, ")
