"""Cards of several calls in JupyterLab, live and reopened. The question before a call is in `test_tools_seen.py`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage

pytestmark = pytest.mark.browser

LOAD = "%load_ext neosantara_magic\n%neosantara demo on"
FUNCTIONS = '''
%matplotlib inline
import matplotlib.pyplot as plt

def get_weather(location: str) -> dict:
    """Get the current weather in a given location."""
    return {"temperature": {"Jakarta": 31}[location], "unit": "celsius", "description": "Partly cloudy"}

def plot_sales() -> str:
    """Plot the sales of each city."""
    plt.figure(figsize=(4, 2))
    plt.bar(["a", "b"], [1, 2])
    print("drawn")
    return "plotted"
'''
WEATHER = "%%neosantara --once --tools get_weather\nWhat is the weather in Jakarta and in Surabaya?"
PLOT = "%%neosantara --once --tools plot_sales\nPlot the sales"


def test_cards_live_and_reopened(lab: Callable[..., NotebookPage]) -> None:
    """Folded cards say what happened in their line; a figure's card stands open; a reader who comes later sees the same."""
    nb = lab([LOAD, FUNCTIONS, WEATHER, PLOT])
    for index in (0, 1, 2):
        nb.run_cell(index)
    cards = nb.cell(2).locator("details")
    summaries = cards.locator("summary").all_inner_texts()
    assert ["get_weather" in one for one in summaries] == [True, True]
    assert "done" in summaries[0]
    assert "failed" in summaries[1]
    assert "KeyError" in summaries[1]
    assert not cards.nth(0).evaluate("card => card.open")
    cards.nth(0).locator("summary").click()
    assert "celsius" in cards.nth(0).inner_text()

    nb.run_cell(3)
    assert nb.cell(3).locator("details[open] img").count() == 1
    assert nb.outputs(3).count() == 1
    nb.cell(3).locator("details").scroll_into_view_if_needed()
    nb.screenshot("tools-live")
    nb.save()
    nb.reopen()
    assert nb.cell(3).locator("details img").count() == 1
    assert "failed" in nb.text(2)
    nb.screenshot("tools-reopened")
    assert nb.outside == []
    assert nb.problems == []
