"""Tools in a real front end: the question before a call, and the card after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage
from browser.speaking import LOAD

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

TOOL = """
from neosantara_magic import tool
ran = []
@tool(confirm=True)
def send_letter(city: str) -> str:
    "Send a letter to a city."
    ran.append(city)
    return "sent <b>now</b>"
"""
ASK = "%%neosantara --tools send_letter\nSend a letter to Bandung."


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_a_call_waits_for_yes_and_leaves_a_card(front_end: str, request: pytest.FixtureRequest) -> None:
    """Nothing runs before the answer at the prompt; then the card names the arguments, and opens to the result."""
    open_notebook: Open = request.getfixturevalue(front_end)
    nb = open_notebook([LOAD, TOOL, ASK, "print(ran)"], NEOSANTARA_DEMO="1")
    nb.run_cell(0)
    nb.run_cell(1)
    nb.run_cell(2, wait=False)
    line = nb.cell(2).locator(".jp-Stdin-input")
    line.wait_for()
    assert "send_letter" in nb.cell(2).locator(".jp-Stdin-prompt").inner_text()
    nb.screenshot(f"approval-{front_end}")
    line.fill("y")
    line.press("Enter")
    nb.wait_done()
    card = nb.cell(2).locator("details", has_text="send_letter")
    assert card.get_attribute("open") is None
    card.locator("summary").click()
    assert "Bandung" in card.locator("summary").inner_text()
    card.locator("pre", has_text="sent <b>now</b>").wait_for()
    nb.screenshot(f"card-{front_end}")
    nb.run_cell(3)
    assert nb.text(3).strip() == "['Bandung']"
