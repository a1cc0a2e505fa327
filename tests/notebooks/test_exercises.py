"""The checks of the lessons' exercises: what they say about right answers, and about what else pupils may write.

For: the verdict on every answer of `tries.py`, on values of any type, with somebody there to be asked and with nobody.
Not for: how a lesson is graded (`tests/classroom`).
"""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from isolation import ROOT
from kernels import Kernel
from notebooks.tries import ALSO_RIGHT, NOT_YET, translated

LESSONS = sorted((ROOT / "notebooks").rglob("[0-9]*.ipynb"))
EXERCISES = [lesson for lesson in LESSONS if not lesson.name.startswith("17")]
"""All but the lesson for teachers."""
SAMPLE = [lesson for lesson in LESSONS if (int(lesson.name[:2]) % 2 == 1) == (lesson.parent.name == "id")]
"""Each lesson in one of its languages, for time. `NEOSANTARA_ALL_ANSWERS=1` takes both."""
ANY_TYPE = """
def _with_any_value(check, name):
    import pandas, neosantara_magic
    response = neosantara_magic.Response("a text")
    values = [None, False, 0, -1.5, float("nan"), "", b"", [], ["a text"], {}, {1: 2}, set(), object(), response, len]
    values += [pandas.Series([1, 2]), pandas.DataFrame({"a": [1, 2]}), lambda *_: response, lambda *_: 1 / 0]
    for value in values:
        globals()[name] = value
        exec(check, globals())
    del globals()[name]
    exec(check, globals())
"""
"""Runs a check with values of many types in a pupil's variable, and at last with no such variable."""


def named(path: Path) -> str:
    """Return a lesson's name, for test ids."""
    return path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()


def cells(path: Path) -> list[dict[str, Any]]:
    """Return the code cells, each with its source as one text."""
    found = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    return [cell | {"source": "".join(cell["source"])} for cell in found]


def assigned(source: str) -> list[str]:
    """Return the names that a cell gives values to."""
    nodes = [*ast.walk(ast.parse(source))]
    values = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return values + [node.name for node in nodes if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("lesson", EXERCISES, ids=named)
def test_every_check_can_be_made_a_test(lesson: Path) -> None:
    """As `assignment.py` of docs/how-to/teach.md does it: the check stands below the answer, and is reached."""
    below = itertools.pairwise(json.loads(lesson.read_text("utf-8"))["cells"])
    checks = ["".join(check["source"]) for cell, check in below if "answer" in cell["metadata"].get("neosantara", {})]
    found = [re.findall(r'^print\("[\w ]+" if .+ else "[\w ]+"\)$', check, re.MULTILINE) for check in checks]
    assert [len(one) for one in found] == [1, 1, 1]


@pytest.mark.kernel
@pytest.mark.parametrize("lesson", LESSONS if os.environ.get("NEOSANTARA_ALL_ANSWERS") else SAMPLE, ids=named)
def test_a_check_says_right_or_not_yet_to_whatever_stands_above_it(fresh_kernel: Kernel, lesson: Path) -> None:
    """Three exercises; with the teacher's answers, last, each check says right, as pupils get them none does.

    The kernel is locked as a class's: to the lesson's recording, or to the demo model. No cell stumbles over that.
    """
    number, indonesian = lesson.name[:2], lesson.parent.name == "id"
    right, not_yet = ("benar", "belum") if indonesian else ("right", "not yet")
    recording = lesson.with_suffix(".jsonl")
    lock = f"replay:{recording.name}" if recording.exists() else "demo"
    fresh_kernel.set_environment(NEOSANTARA_LOCK=lock, NEOSANTARA_DEMO_PACE="0")
    fresh_kernel.execute(f"import os; os.chdir({str(lesson.parent)!r})\n{ANY_TYPE}")
    exercise, wrong = 0, []
    above: dict[str, Any] = {}

    def verdict(tried: str, expected: str) -> None:
        fresh_kernel.execute(above["source"], cell_id=above["id"])
        fresh_kernel.execute(tried, cell_id=above["id"])
        for there in (True, False):
            run = fresh_kernel.execute(cell["source"], cell_id=cell["id"], allow_stdin=there, answers="y")
            if (run.stdout.strip(), run.error, run.prompts) != (expected, None, []):
                wrong.append((f"{number}.{exercise}", tried, run.stdout, run.error, run.prompts))

    for cell in cells(lesson):
        if f'print("{right}" if' not in cell["source"]:
            run = fresh_kernel.execute(cell["source"], cell_id=cell["id"])
            assert not run.error or "raises-exception" in cell["metadata"].get("tags", []), run.error
            above = cell
            continue
        exercise += 1
        for name in assigned(above["source"]):
            fresh_kernel.execute(above["source"], cell_id=above["id"])
            run = fresh_kernel.execute(f"_with_any_value({cell['source']!r}, {name!r})", cell_id=cell["id"])
            if run.error or set(run.stdout.splitlines()) != {not_yet}:
                wrong.append((f"{number}.{exercise}", name, run.stdout, run.error, []))
        for tries, expected in ((NOT_YET, not_yet), (ALSO_RIGHT, right)):
            for tried in tries.get(f"{number}.{exercise}", []):
                verdict(translated(tried, number) if indonesian else tried, expected)
        verdict(above["source"], not_yet)
        verdict(above["metadata"]["neosantara"]["answer"], right)
        assert "".join(cell["outputs"][-1]["text"]).strip() == not_yet
    assert exercise == 3 * (lesson in EXERCISES)
    assert not wrong, "\n\n".join(map(str, wrong))
