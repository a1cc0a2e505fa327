"""The playground as a teacher uses it: by keyboard, in a narrow window, in the dark theme.

For: what only a browser shows. Not for: which names it finds and when it asks (`tests/panel/test_playground.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

LOAD = "%load_ext neosantara_magic\n%neosantara demo on\nfrom neosantara_magic import playground"
PLAY = """playground("Say exactly: {{ word }} {{ count }}", word=["rain", "sun"], count=(1, 9), model=["nusantara-base", "garda-core"])"""
STICKS_OUT = """cell => [...cell.querySelectorAll(".jp-OutputArea-output *")].filter(
    node => node.checkVisibility() && !node.closest(".noUi-target, pre")
        && node.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1
).map(node => node.outerHTML.slice(0, 120))"""


def test_a_lesson_by_keyboard_alone(lab: Open) -> None:
    """A slider asks once when it rests, the cost is seen, a second model stands beside the first, the file has text."""
    nb = lab([LOAD, PLAY])
    nb.run_cell(0)
    nb.run_cell(1)
    keys, cell = nb.page.keyboard, nb.cell(1)
    cell.get_by_text("Asked 1 ×, Rp 0").wait_for()
    nb.wait_text(1, "rain 5")
    # Two steps on the way are one question.
    cell.locator(".noUi-handle").first.focus()
    keys.press("ArrowRight")
    keys.press("x")
    keys.press("ArrowRight")
    nb.wait_text(1, "rain 7")
    cell.get_by_text("Asked 2 ×, Rp 0").wait_for()
    cell.get_by_label("word").focus()
    keys.press("ArrowDown")
    nb.wait_text(1, "sun 7")
    cell.get_by_label("Compare with").focus()
    keys.press("ArrowDown")
    nb.wait_text(1, "garda-core")
    cell.get_by_text("Asked 5 ×, Rp 0").wait_for()
    one, other = cell.locator(".jp-RenderedHTMLCommon strong").all()
    assert one.bounding_box()["y"] == other.bounding_box()["y"], "side by side"
    nb.theme("JupyterLab Dark")
    nb.page.locator("#jupyterlab-splash").wait_for(state="detached")
    nb.screenshot("playground-dark", cell)
    nb.page.set_viewport_size({"width": 700, "height": 850})
    cell.evaluate("cell => { cell.style.width = '320px'; }")
    assert cell.evaluate(STICKS_OUT) == []
    nb.screenshot("playground-320", cell)
    saved = nb.save()
    assert len(saved["cells"]) == 2, "no key reached the notebook"
    assert "sun 7" in json.dumps(saved["cells"][1]["outputs"][1]["data"]["text/markdown"])
    assert nb.problems == []
