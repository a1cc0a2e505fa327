"""A lesson as a graded assignment, by what docs/how-to/teach.id.md says: nbgrader's cycle and Otter's, no key, no network.

For: that the page's files and commands work, and give each pupil exactly the points they earned.
Not for: the lessons' own checks (`tests/notebooks`), nor the lock (`tests/magic/test_lock.py`).
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from isolation import ROOT, isolated

pytestmark = [pytest.mark.classroom, pytest.mark.timeout(300)]

KEY = "nsk_0123456789abcdefghij"
LESSONS = {"06-fungsi": "demo", "04-benar-atau-yakin": "replay:04-benar-atau-yakin.jsonl"}
"""Lessons that the page grades, each with its lock: one without a recording, one with."""
WRONG = {
    "06-fungsi": [
        'def ke_fahrenheit(celsius: float) -> float:\n    """Ubah."""\n    return celsius',
        'from neosantara_magic import ask\n\nhangat = ask("Halo", once=True, show="none")',
        'status = "done"',
    ],
    "04-benar-atau-yakin": [
        'saya = ["benar"] * 5',
        "kesepakatan = 1",
        "def harus_diperiksa(kalimat):\n    return True",
    ],
}
POINTS = {"ani": 3, "budi": 0, "cici": 0}
"""Ani hands in the teacher's answers, Budi wrong ones, Cici the notebook as she got it."""


def section(page: str, heading: str) -> list[str]:
    """Return the texts of the blocks below a heading of a how-to page."""
    text = (ROOT / "docs" / "how-to" / page).read_text("utf-8")
    below = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```\w+\n(.*?)^```$", below, re.MULTILINE | re.DOTALL)


NBGRADER = section("teach.id.md", "Menilai dengan nbgrader")
OTTER = section("teach.id.md", "Otter")
AUTOGRADE = next(block for block in NBGRADER if "nbgrader autograde" in block).splitlines()


def starting(blocks: list[str], start: str) -> str:
    """Return the block that starts so."""
    (found,) = [block for block in blocks if block.startswith(start)]
    return found


def cells(path: Path) -> list[dict[str, Any]]:
    """Return a notebook's cells."""
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return found


class Course:
    """A teacher's folder, and a shell in it with nbgrader and Otter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "koding"
        programs = folder / "programs"
        programs.mkdir()
        (folder / "home").mkdir()
        command = programs / "neosantara-magic"
        command.write_text('#!/bin/sh\nexec python -m neosantara_magic.cli "$@"\n')
        command.chmod(0o755)
        path = [str(programs), str(Path(os.environ["CLASSROOM_PYTHON"]).parent), os.environ["PATH"]]
        self.environment = isolated(folder / "home") | {"PATH": os.pathsep.join(path), "NEOSANTARA_DEMO_PACE": "0"}
        self.folder.mkdir()
        for block in NBGRADER:
            if found := re.match(r"# (\w+\.py)\n", block):
                (self.folder / found[1]).write_text(block, "utf-8")

    def run(self, commands: str, folder: Path | None = None) -> None:
        """Run commands of the page."""
        words = ["sh", "-e", "-c", commands]
        done = subprocess.run(
            words, check=False, cwd=folder or self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def answers(self, lesson: str) -> list[str]:
        """Return the teacher's answers."""
        stubs, right = (cells(self.folder / copy / "id" / f"{lesson}.ipynb") for copy in ("course", "teacher"))
        pairs = zip(stubs, right, strict=True)
        return ["".join(answer["source"]) for stub, answer in pairs if stub["source"] != answer["source"]]

    def hand_in(self, released: Path, pupil: str, to: Path) -> None:
        """Fill the cells for answers, and leave a key and another recording beside the notebook."""
        notebook = json.loads(released.read_text("utf-8"))
        empty = [cell for cell in notebook["cells"] if is_for_an_answer(cell)]
        answers = {"ani": self.answers(released.stem), "budi": WRONG[released.stem]}.get(
            pupil, ["".join(cell["source"]) for cell in empty]
        )
        for cell, answer in zip(empty, answers, strict=True):
            cell["source"] = answer
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(notebook), "utf-8")
        (to.parent / ".env").write_text(f"NEOSANTARA_API_KEY={KEY}\n")
        (to.parent / f"{released.stem}.jsonl").write_text("")


def is_for_an_answer(cell: dict[str, Any]) -> bool:
    """Whether a pupil fills this cell."""
    metadata = cell["metadata"]
    return bool(metadata.get("nbgrader", {}).get("solution")) or "otter_answer_cell" in metadata.get("tags", [])


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Give a course whose folder holds the page's files."""
    if "CLASSROOM_PYTHON" not in os.environ:
        pytest.skip("no nbgrader here: scripts/test classroom brings it")
    return Course(tmp_path_factory.mktemp("class"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_nbgrader_gives_each_pupil_the_points_they_earned(course: Course, lesson: str) -> None:
    """From the page's release to its table of grades; no key that was handed in leaves its folder."""
    grade = next(line for line in AUTOGRADE if line.startswith(f"NEOSANTARA_LOCK={LESSONS[lesson]} "))
    week = grade.split()[-1]
    make = starting(NBGRADER, "neosantara-magic lessons copy").replace("week-1", week).replace("06-fungsi", lesson)
    source = course.folder / "source" / week
    source.mkdir(parents=True)
    (source / ".env").write_text(f"NEOSANTARA_API_KEY={KEY}\n")  # the teacher's stays too
    course.run(make)
    released = course.folder / "release" / week / f"{lesson}.ipynb"
    told = released.read_text("utf-8")
    assert told.count("assert ") == 3
    assert not [answer for answer in course.answers(lesson) if json.dumps(answer)[1:-1] in told]
    for pupil in POINTS:
        course.hand_in(released, pupil, course.folder / "submitted" / pupil / week / released.name)
    course.run(grade)
    course.run(starting(NBGRADER, "nbgrader generate_feedback").replace("week-1", week))
    with (course.folder / "grades.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["assignment"] == week]
    grades = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in rows}
    assert grades == {pupil: (points, 3) for pupil, points in POINTS.items()}
    for made in ("release", "autograded", "feedback"):
        files = [path for path in (course.folder / made).rglob("*") if path.is_file() and week in path.parts]
        assert len(files) >= (1 if made == "release" else 3)
        assert not [path for path in files if path.name == ".env" or KEY in path.read_text("utf-8")], made


def test_otter_gives_each_pupil_the_points_they_earned(course: Course, tmp_path: Path) -> None:
    """The same lesson, assigned and run; each pupil's run in a folder of its own."""
    course.run("".join(starting(NBGRADER, "neosantara-magic lessons copy").splitlines(keepends=True)[:2]))
    make, grade = starting(OTTER, "python assignment.py").strip().rsplit("\n", 1)
    course.run(make)
    (packed,) = (course.folder / "dist" / "autograder").glob("*.zip")
    assert ".env" not in zipfile.ZipFile(packed).namelist()

    def graded(pupil: str) -> list[tuple[float, float]]:
        folder = tmp_path / pupil
        shutil.copytree(course.folder / "dist", folder / "dist")
        course.hand_in(folder / "dist" / "student" / "06-fungsi.ipynb", pupil, folder / "handed-in" / "ani.ipynb")
        course.run(grade, folder)
        tests = json.loads((folder / "results.json").read_text())["tests"]
        return [(test["score"], test["max_score"]) for test in tests if "score" in test]

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(POINTS, pool.map(graded, POINTS), strict=True))
    assert found == {pupil: [(points / 3, 1)] * 3 for pupil, points in POINTS.items()}


def test_both_pages_show_the_same_program() -> None:
    """What was tried from one holds for the other."""
    (english,) = [
        block for block in section("teach.md", "Grading with nbgrader") if block.startswith("# assignment.py")
    ]
    assert english in NBGRADER
