"""The lessons as files, and Run All twice. That their outputs are today's is nbval's to say (`scripts/test notebooks`)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from isolation import ROOT
from kernels import Kernel

ENGLISH = sorted((ROOT / "notebooks").glob("*.ipynb"))
INDONESIAN = sorted((ROOT / "notebooks" / "id").glob("*.ipynb"))
LESSONS = ENGLISH + INDONESIAN
TWICE = ("02-quickstart", "03-conversations", "06-tools", "07-tools-that-ask", "17-recordings")
"""Lessons that are run twice in one kernel: those with conversations, tools and recordings. nbval runs all of them."""
QUICKSTART = ROOT / "notebooks" / "02-quickstart.ipynb"


def named(path: Path) -> str:
    """Return a lesson's name, for test ids."""
    return path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()


def cells(path: Path, kind: str = "code") -> list[dict[str, Any]]:
    """Return the cells of one kind."""
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    """Return a cell's source."""
    return "".join(cell["source"])


@pytest.mark.parametrize("lesson", LESSONS, ids=named)
def test_a_lesson_is_a_valid_small_notebook_with_outputs(lesson: Path) -> None:
    """Valid, run from top to bottom, without widgets, times or anything of the machine it ran on."""
    notebook = nbformat.read(lesson, as_version=4)
    nbformat.validate(notebook)
    code = cells(lesson)
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    asks = [cell for cell in code if source(cell).startswith("%%neosantara")]
    assert all(cell["outputs"] for cell in asks)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert not any("execution" in cell["metadata"] for cell in code)
    text = lesson.read_text("utf-8")
    assert "widget-view" not in text
    assert not re.search(r"/(?:home|Users|root|tmp|work)/", text)
    assert len(text) < 400_000


@pytest.mark.parametrize("lesson", LESSONS, ids=named)
def test_a_lesson_leads_on_and_says_once_what_a_restart_needs(lesson: Path) -> None:
    """Its last cell has the link to the next lesson, the last lesson's to the first; the first cell tells of a restart."""
    beside = sorted(path.name for path in lesson.parent.glob("[0-9]*.ipynb"))
    following = beside[(beside.index(lesson.name) + 1) % len(beside)]
    prose = [source(cell) for cell in cells(lesson, "markdown")]
    assert f"]({following})" in prose[-1].splitlines()[-1]
    assert source(json.loads(lesson.read_text("utf-8"))["cells"][-1]) == prose[-1]
    told = [cell for cell in prose if "`%%neosantara` is not found" in cell or "`%%neosantara` tidak ditemukan" in cell]
    assert told == prose[:1]


@pytest.mark.parametrize("lesson", ENGLISH, ids=named)
def test_english_lessons_speak_english_only(lesson: Path) -> None:
    """Their twins in id/ speak Indonesian."""
    typed = "\n".join(source(cell) for cell in [*cells(lesson), *cells(lesson, "markdown")])
    assert not re.findall(r"\b(?:yang|dengan|untuk|adalah|tidak|jawab|apa|siapa|mengapa|jelaskan)\b", typed, re.IGNORECASE)


def test_every_lesson_is_there_in_both_languages() -> None:
    """By its number; what the two have in common is `scripts/languages` to say."""
    assert [path.name[:3] for path in INDONESIAN] == [path.name[:3] for path in ENGLISH]


@pytest.mark.parametrize("lesson", INDONESIAN, ids=named)
def test_an_indonesian_lesson_speaks_indonesian(lesson: Path) -> None:
    """It sets the language, and no line below an answer is English."""
    assert 'NeosantaraMagics.language = "id"' in source(cells(lesson)[0])
    shown = json.dumps([cell["outputs"] for cell in cells(lesson)], ensure_ascii=False)
    assert "token masuk" in shown
    assert "tokens in" not in shown


@pytest.mark.parametrize("lesson", LESSONS, ids=named)
def test_links_of_a_lesson_lead_somewhere(lesson: Path) -> None:
    """To a file of this checkout, in the lesson's own language."""
    links = [link for cell in cells(lesson, "markdown") for link in re.findall(r"\]\(([^)\s]+)\)", source(cell))]
    for link in links:
        if "://" not in link:
            target = (lesson.parent / link).resolve()
            assert target.is_file(), link
            page = target.name.endswith(".id.md") if target.suffix == ".md" else target.parent.name == "id"
            assert page == (lesson in INDONESIAN), link


def test_the_quickstart_asks_enough() -> None:
    """At least six ask cells, on both endpoints, each answered by the demo model."""
    asks = [cell for cell in cells(QUICKSTART) if source(cell).startswith("%%neosantara")]
    answered = [
        cell for cell in asks if any("· demo" in str(out.get("data", {}).get("text/plain")) for out in cell["outputs"])
    ]
    assert len(answered) >= 6
    footers = json.dumps([cell["outputs"] for cell in answered], ensure_ascii=False)
    assert "· responses ·" in footers
    assert "· chat ·" in footers


@pytest.mark.kernel
@pytest.mark.parametrize("lesson", [one for one in ENGLISH if one.stem in TWICE], ids=named)
def test_run_all_twice_gives_the_same_bytes(fresh_kernel: Kernel, lesson: Path) -> None:
    """In one kernel: the second Run All stores what the first stored, and no answer knows of an earlier run."""
    code = cells(lesson)
    fresh_kernel.execute(f"import os; os.chdir({str(lesson.parent)!r}); os.environ['NEOSANTARA_DEMO_PACE'] = '0'")

    def run_all() -> list[list[dict[str, Any]]]:
        runs = [fresh_kernel.execute(source(cell), cell_id=cell["id"]) for cell in code]
        # IPython itself says that an extension is loaded already, and counts executions, in tracebacks too.
        stored = [
            [{k: v for k, v in out.items() if k not in {"_display_id", "execution_count"}} for out in run.outputs]
            for run in runs[1:]
        ]
        counted: list[list[dict[str, Any]]] = json.loads(re.sub(r"In\[\d+\]", "In[n]", json.dumps(stored)))
        return counted

    first = run_all()
    assert len(first) == len(code) - 1
    shown = [out["ename"] for cell in code for out in cell["outputs"] if out["output_type"] == "error"]
    assert [out["ename"] for outs in first for out in outs if out["output_type"] == "error"] == shown
    assert run_all() == first


def test_the_tools_lesson_shows_every_outcome() -> None:
    """Parallel and sequential calls, a failure, a refusal with nobody to ask, a table, a method and a figure."""
    shown = [
        str(out.get("data", {}).get("text/html", ""))
        for lesson in ("06-tools.ipynb", "07-tools-that-ask.ipynb")
        for cell in cells(ROOT / "notebooks" / lesson)
        for out in cell["outputs"]
    ]
    states = [re.findall(r"<summary><span aria-hidden=\"true\">(.)</span>", html) for html in shown]
    assert states.count(["✓", "✓"]) == 2
    assert ["✗"] in states
    assert ["⊘"] in states
    assert any("nobody can be asked here" in html for html in shown)
    assert any("rows × 3 columns" in html for html in shown)
    assert any("cart_add" in html for html in shown)
    assert any("data:image/png;base64," in html for html in shown)


@pytest.mark.parametrize("lesson", LESSONS, ids=named)
def test_a_lesson_says_what_it_is_for(lesson: Path) -> None:
    """Goals, what comes before it, and 35 to 45 minutes, in its first cell."""
    head = " ".join(source(cells(lesson, "markdown")[0]).split())
    words = ("Tujuan", "Prasyarat", "Waktu") if lesson in INDONESIAN else ("Goals", "Before it", "Time")
    assert all(f"**{word}**: " in head for word in words)
    minutes = re.search(r"\*\*(?:Time|Waktu)\*\*: (\d+) (?:minutes|menit)\.", head)
    assert minutes
    assert 35 <= int(minutes[1]) <= 45


@pytest.mark.parametrize("lesson", LESSONS, ids=named)
def test_no_lesson_does_what_a_class_lock_refuses(lesson: Path) -> None:
    """NEOSANTARA_LOCK lets no cell leave the demo model or the recording; such a line would end Run All."""
    typed = "\n".join(source(cell) for cell in cells(lesson))
    assert not re.findall(r"^%neosantara (?:demo off|live|key)\b", typed, re.MULTILINE)
