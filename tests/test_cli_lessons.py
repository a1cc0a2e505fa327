"""`neosantara-magic lessons` and `neosantara-magic check`, as a teacher starts them.

For: what is copied and what is left alone, what is reported, exit codes.
Not for: the demo (`test_cli.py`), nor for what the lessons hold (nbval compares them).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isolation import ROOT
from neosantara_magic.cli import lessons, main

Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(folder: Path, clean_environment: dict[str, str]) -> Check:
    """Give a function that writes code cells into a notebook and checks it."""

    def check(*cells: str | tuple[str, str], words: tuple[str, ...] = (), **more: str) -> Any:
        path = folder / "course.ipynb"
        if cells:
            path.write_text(json.dumps(notebook(*cells)), encoding="utf-8")
        before = path.read_bytes()
        start = "import sys; from neosantara_magic.cli import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", start, "check", "course.ipynb", *words],
            env=clean_environment | more, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert path.read_bytes() == before
        return done

    return check


def notebook(*cells: str | tuple[str, str]) -> dict[str, Any]:
    """Return a notebook that loads the extension and then runs these cells; a tuple is a source and its tag."""
    pairs = [cell if isinstance(cell, tuple) else (cell, "") for cell in ("%load_ext neosantara_magic", *cells)]
    code = [
        {
            "cell_type": "code", "id": f"cell-{place}", "execution_count": None, "outputs": [],
            "metadata": {"tags": [tag]} if tag else {}, "source": source,
        }
        for place, (source, tag) in enumerate(pairs)
    ]  # fmt: skip
    return {"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_every_notebook_of_the_tree_is_a_lesson_with_a_title(capsys: pytest.CaptureFixture[str]) -> None:
    """The list names all of them, ours in Indonesian after the others."""
    assert main(["lessons"]) == 0
    bare = capsys.readouterr().out
    assert main(["lessons", "list"]) == 0
    assert capsys.readouterr().out == bare
    told = [line.split(maxsplit=1) for line in bare.splitlines()]
    tree = ROOT / "notebooks"
    assert {name for name, _ in told} == {
        path.relative_to(tree).with_suffix("").as_posix() for path in tree.rglob("[0-9]*.ipynb")
    }
    assert told[0] == ["01-what-a-model-does", "What a model is and does"]


def test_a_lesson_is_copied_with_its_recording(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By number or by name; a second time it is there already, and that is no failure."""
    assert main(["lessons", "copy", "17", "05-prompt-injection.ipynb", "--to", "course"]) == 0
    copied = {"17-recordings.ipynb", "17-recordings.jsonl", "05-prompt-injection.ipynb"}
    assert {path.name for path in (folder / "course").iterdir()} == copied
    assert capsys.readouterr().out.count(": copied") == 3
    original = ROOT / "notebooks" / "17-recordings.jsonl"
    assert (folder / "course" / original.name).read_bytes() == original.read_bytes()
    assert main(["lessons", "copy", "17", "--to", "course"]) == 0
    assert capsys.readouterr().out.count("is here already") == 2


@pytest.mark.parametrize("name", ["02-quickstart", "id/02-mulai"])
def test_the_teachers_copy_has_the_answers(folder: Path, name: str) -> None:
    """In the cells of the exercises, with nothing run; a pupil's copy holds no answer, not in its metadata either."""
    answer = "tokens = ram.usage.output_tokens" if name == "02-quickstart" else "token = ram.usage.output_tokens"
    assert answer in (ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8")
    assert main(["lessons", "copy", name, "--to", "pupil"]) == 0
    assert main(["lessons", "copy", name, "--answers", "--to", "teacher"]) == 0
    pupil, teacher = (json.loads((folder / who / f"{name}.ipynb").read_text("utf-8")) for who in ("pupil", "teacher"))
    assert answer not in json.dumps(pupil)
    assert all(not cell["metadata"].get("neosantara") for cell in pupil["cells"] + teacher["cells"])
    assert answer in ["".join(cell["source"]) for cell in teacher["cells"]]
    assert not any(cell.get("outputs") for cell in teacher["cells"])
    assert [cell["cell_type"] for cell in pupil["cells"]] == [cell["cell_type"] for cell in teacher["cells"]]


def test_one_digit_names_a_lesson_too(folder: Path) -> None:
    """In both languages, and 10 stays 10."""
    assert main(["lessons", "copy", "2", "id/6", "10"]) == 0
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb"))
    assert names == ["02-quickstart.ipynb", "10-cost.ipynb", "id/06-fungsi.ipynb"]


def test_a_folder_names_all_lessons_in_it(folder: Path) -> None:
    """`id` copies the Indonesian ones with their recording, as many as there are; named twice, a lesson comes once."""
    assert main(["lessons", "copy", "id", "id/01"]) == 0
    copied = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    tree = ROOT / "notebooks"
    assert copied == {path.relative_to(tree).as_posix() for path in (tree / "id").glob("[0-9]*")} - {
        "id/17-rekaman.jsonl.lock"
    }
    assert {"id/02-mulai.ipynb", "id/17-rekaman.jsonl"} <= copied


def test_a_students_work_is_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of that name stays to the byte, the others are copied, and the exit code says that one wasn't."""
    (folder / "05-prompt-injection.ipynb").write_text("my answers")
    assert main(["lessons", "copy", "05", "02"]) == 1
    assert (folder / "05-prompt-injection.ipynb").read_text() == "my answers"
    assert (folder / "02-quickstart.ipynb").is_file()
    assert capsys.readouterr().err.startswith("Not copied, because another file of that name is there")


@pytest.mark.parametrize(
    ("name", "next_step"),
    [("quickstart", "Did you mean 02-quickstart?"), ("99", "neosantara-magic lessons lists them.")],
)
def test_an_unknown_lesson_is_two_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, next_step: str
) -> None:
    """Nothing is copied, also of the lessons that are known."""
    assert main(["lessons", "copy", "01", name]) == 1
    assert capsys.readouterr().err.splitlines() == [f"There is no lesson {name}.", next_step]
    assert not list(folder.iterdir())


def test_a_folder_that_takes_no_files_is_two_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file stands where the folder should be."""
    (folder / "course").write_text("")
    assert main(["lessons", "copy", "01", "--to", "course"]) == 1
    assert "'course' cannot be written" in capsys.readouterr().err


def test_what_lies_beside_a_lesson_belongs_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its recording; not the lock that recording leaves, and not another lesson."""
    for name in ("04-a.ipynb", "04-a.jsonl", "04-a.jsonl.lock", "05-b.ipynb", "id/01-c.ipynb", "notes.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(notebook()))
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    found = {lesson.name: [path.name for path in lesson.files] for lesson in lessons.lessons()}
    assert found == {"04-a": ["04-a.ipynb", "04-a.jsonl"], "05-b": ["05-b.ipynb"], "id/01-c": ["01-c.ipynb"]}
    assert list(found) == ["04-a", "05-b", "id/01-c"]


@pytest.mark.kernel
def test_check_tells_about_each_cell_that_asks(check: Check) -> None:
    """A question that was answered, one that failed, one that should fail, and a failure beside them."""
    done = check(
        "%%neosantara\nWhat is a token?",
        "%%ns --oops\nWhy?",
        ("%%neosantara --oops\nWhy not?", "raises-exception"),
        "1 / 0",
        "answer = %neosantara ask --once Halo",
        "print('asks nothing')",
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "course.ipynb",
        "  ok         In [2]  What is a token?",
        "  ERROR      In [3]  Why?",
        "             UsageError: There is no flag --oops.",
        "             Did you mean --tools? %neosantara help shows all flags.",
        "  expected   In [4]  Why not?",
        "             UsageError: There is no flag --oops.",
        "             Did you mean --tools? %neosantara help shows all flags.",
        "  ERROR      In [5]  1 / 0",
        "             ZeroDivisionError: division by zero",
        "  ok         In [6]  answer = %neosantara ask --once Halo",
        "Notebooks: 1. Cells that ask: 4. Failed: 2.",
    ]


@pytest.mark.kernel
def test_check_without_the_extension_fails(check: Check) -> None:
    """A cell magic that isn't there leaves no error output in a notebook; it counts all the same."""
    done = check("%unload_ext neosantara_magic", "%%neosantara\nHalo")
    assert done.returncode == 1
    assert "Cell magic `%%neosantara` not found." in done.stdout


@pytest.mark.kernel
def test_check_sends_nothing_and_takes_no_key(check: Check) -> None:
    """A notebook that turns the demo off finds neither the key of the environment nor the service."""
    done = check(
        "%neosantara demo off",
        "import os; os.environ['NEOSANTARA_API_KEY'] = 'nsk_made_up'",
        "%%neosantara --once\nHalo",
        NEOSANTARA_API_KEY="nsk_of_the_teacher",
        NEOSANTARA_BASE_URL="https://api.neosantara.xyz/v1",
    )
    assert done.returncode == 1
    assert "APIConnectionError" in done.stdout
    assert "nsk_" not in done.stdout


@pytest.mark.kernel
def test_check_replays_a_recording(check: Check, folder: Path) -> None:
    """What is in the file is answered from it; what isn't fails, and the demo model doesn't step in."""
    main(["lessons", "copy", "17"])
    asked = "%%neosantara\nWhy is the sky blue? Answer in one sentence."
    done = check(asked, words=("--replay", "17-recordings.jsonl"))
    assert done.returncode == 0, done.stdout
    missed = check(asked, "%%neosantara\nMengapa laut asin?", words=("--replay", "17-recordings.jsonl"))
    assert missed.returncode == 1
    assert "RecordingError" in missed.stdout
    assert missed.stdout.count("  ok ") == 1


@pytest.mark.kernel
def test_check_ends_what_takes_too_long_or_dies(check: Check) -> None:
    """Each is one failure with its reason."""
    done = check("import time; time.sleep(60)", words=("--timeout", "1", "--language", "id"))
    assert done.returncode == 1
    assert "Satu sel berjalan lebih dari 1 detik" in done.stdout
    died = check("import os; os._exit(3)")
    assert died.returncode == 1
    assert "The kernel ended before the notebook did." in died.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "none.ipynb"], "There is no file 'none.ipynb'."),
        (["check", "course"], "'course' cannot be read: it is a folder."),
        (["check", "text.ipynb/x.ipynb"], "'text.ipynb/x.ipynb' cannot be read: Not a directory."),
        (["check", "--outputs", "none.ipynb"], "There is no file 'none.ipynb'."),
        (["check", "--repair", "course"], "'course' cannot be read: it is a folder."),
        (["check", "text.ipynb", "--replay", "course"], "'course' cannot be read: it is a folder."),
        (["class-report", "course"], "'course' cannot be read: it is a folder."),
        (["bundle", "stick", "--wheel", "none.whl"], "There is no file 'none.whl'."),
        (["bundle", "stick", "--wheel", "course"], "'course' cannot be read: it is a folder."),
        (["bundle", "stick", "--add", "none.ipynb"], "There is no file 'none.ipynb'."),
        (["bundle", "stick", "--add", "course"], "'course' cannot be read: it is a folder."),
        (["check", "text.ipynb", "--timeout", "0"], '--timeout takes a number from 0.001 to 86400, not "0".'),
        (["check", "text.ipynb"], "text.ipynb is not a notebook."),
        (["check", "list.ipynb"], "list.ipynb is not a notebook."),
        (["check", "cells.ipynb"], "cells.ipynb is not a notebook."),
        (["check", "text.ipynb", "--replay", "none.jsonl"], "There is no file 'none.jsonl'."),
    ],
)
def test_a_wrong_file_is_two_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """Found before any kernel starts."""
    (folder / "text.ipynb").write_text("no notebook")
    (folder / "list.ipynb").write_text("[]")
    (folder / "cells.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [5]}')
    (folder / "course").mkdir()
    assert main(words) == 1
    what, step = capsys.readouterr().err.splitlines()
    assert what == told
    assert "getcwd" not in step
    if "folder" in what or "no file" in what:
        ending = {"--replay": ".jsonl", "class-report": ".log", "--wheel": ".whl"}
        wanted = next((ending[word] for word in words if word in ending), ".ipynb")
        assert step == f"Give the path of one file, as seen from {folder}: FOLDER/NAME{wanted}"
    assert not (folder / "stick").exists()


def test_a_file_that_may_not_be_read_is_two_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway's log often belongs to the system; whoever runs the tests may read everything."""

    def refuse(*_how: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    (folder / "class.log").touch()
    monkeypatch.setattr(Path, "open", refuse)
    assert main(["class-report", "class.log"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "'class.log' cannot be read: Permission denied.",
        "Check the file and its permissions.",
    ]


@pytest.mark.kernel
def test_lessons_check_runs_a_lesson_elsewhere(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is left in the working directory."""
    assert main(["lessons", "check", "05"]) == 0
    assert "Cells that ask: 7. Failed: 0." in capfd.readouterr().out
    assert not list(folder.iterdir())


@pytest.mark.parametrize("words", [["lessons"], ["lessons", "copy"], ["lessons", "check"], ["check"]])
def test_help_speaks_both_languages(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every description and every option, from the catalogue."""
    told = {}
    for language in ("en", "id"):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--language", language, "--help"])
        assert ended.value.code == 0
        told[language] = " ".join(capsys.readouterr().out.split())
    assert "show this help" in told["en"]
    assert "tampilkan bantuan ini" in told["id"]
    assert "bahasa pesan" in told["id"]
