"""The browser harness itself: what it reports must be what a reader sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage

pytestmark = pytest.mark.browser

WIDGET = """
import anywidget, traitlets
class Shout(anywidget.AnyWidget):
    _esm = "export default { render({ model, el }) { el.innerHTML = '<b class=shout>' + model.get('word') + '</b>'; } }"
    word = traitlets.Unicode("hello").tag(sync=True)
Shout()
"""


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_cells_run_and_show(front_end: str, request: pytest.FixtureRequest) -> None:
    """A cell runs with its id, an anywidget renders, and the file is saved, in both front ends."""
    open_notebook: Callable[..., NotebookPage] = request.getfixturevalue(front_end)
    nb = open_notebook(
        ["# md\n# Title", "import os\nprint(6 * 7, os.environ['GREETING'])", WIDGET, "1 / 0"], GREETING="hi"
    )
    nb.run_cell(1)
    assert nb.text(1).strip() == "42 hi"
    nb.run_cell(2)
    nb.wait_text(2, "hello")
    assert nb.cell(2).locator("b.shout").inner_text() == "hello"
    nb.run_cell(3)
    assert "ZeroDivisionError" in nb.text(3)
    assert nb.model(3)[0]["ename"] == "ZeroDivisionError"
    saved = nb.save()
    assert saved["cells"][1]["outputs"][0]["text"] in ("42 hi\n", ["42 hi\n"])
    assert nb.screenshot(f"harness-{front_end}").stat().st_size > 5000
    assert nb.outside == []
    assert nb.problems == []


def test_a_running_cell_can_be_watched_and_interrupted(lab: Callable[..., NotebookPage]) -> None:
    """Outputs are seen while the cell runs, and interrupt ends it."""
    nb = lab(["import time\nprint('half', flush=True)\ntime.sleep(60)"])
    nb.run_cell(0, wait=False)
    nb.wait_text(0, "half")
    nb.interrupt()
    nb.wait_done()
    assert "KeyboardInterrupt" in nb.text(0)
