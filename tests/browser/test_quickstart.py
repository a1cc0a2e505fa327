"""The first lesson in a real JupyterLab: it runs from top to bottom and looks as the README shows it."""

from __future__ import annotations

import os

import pytest

from browser.conftest import Open
from browser.notebookpage import ROOT, NotebookPage

pytestmark = pytest.mark.browser

LESSON = ROOT / "notebooks" / "02-quickstart.ipynb"


def code_cells(page: NotebookPage) -> list[tuple[int, str]]:
    """Return index and source of the code cells."""
    cells: list[tuple[int, str]] = page.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets"
        ".map((cell, index) => [index, cell.model.type, cell.model.sharedModel.source])"
        ".filter(([, type]) => type === 'code').map(([index, , source]) => [index, source])"
    )
    return cells


def test_the_lesson_runs_in_jupyterlab(lab: Open) -> None:
    """Run All gives the outputs that are committed, answers as Markdown and no widget left behind."""
    nb = lab(LESSON, NEOSANTARA_DEMO_PACE="0")
    committed = {index: nb.model(index) for index, _ in code_cells(nb)}
    for index, _ in code_cells(nb):
        nb.run_cell(index)
    assert {index: nb.model(index) for index, _ in code_cells(nb)} == committed
    nb.save_without_widgets()
    assert not nb.problems
    assert not nb.outside


def test_an_answer_streams_into_the_first_cell(lab: Open) -> None:
    """The picture of the README: half an answer, formatted already, with a Stop button."""
    # Taking a sharp picture takes a second, and the answer must not end meanwhile.
    nb = lab(LESSON, NEOSANTARA_DEMO_PACE="0.15" if os.environ.get("UPDATE_SCREENSHOTS") else "0.02")
    page = nb.page
    page.set_viewport_size({"width": 960, "height": 1060})
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    (first, _), (ask, _), *_rest = code_cells(nb)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    nb.run_cell(first)
    nb.run_cell(ask, wait=False)
    page.wait_for_function(
        "() => document.querySelector('.jp-Notebook').innerText.includes('One more hour')"
        " && document.querySelector('.jp-Notebook mjx-container')",
        timeout=240_000,
    )
    nb.cell(ask - 1).evaluate("cell => cell.scrollIntoView({block: 'start'})")
    picture = nb.screenshot("quickstart", page.locator(".jp-NotebookPanel"))
    assert picture.stat().st_size < 300_000
    nb.wait_done(120)
    assert "demo" in nb.text(ask).splitlines()[-1]
