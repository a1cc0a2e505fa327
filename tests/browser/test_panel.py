"""The chat panel as a reader uses it: typing, stopping, editing, approving, reopening the file.

For: what only a browser shows. Not for: the kernel's side of it (`tests/panel`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from browser.notebookpage import NotebookPage

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

LOAD = """%load_ext neosantara_magic
%neosantara demo on
import neosantara_magic, time
from neosantara_magic import chat, tool
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
@tool(confirm=True)
def delete_file(path: str) -> str:
    "Delete a file."
    return f"{path} is gone"
"""


def opened(nb: NotebookPage, cell: int = 1) -> Locator:
    """Run the first cells and return the panel."""
    for index in range(cell + 1):
        nb.run_cell(index)
    panel = nb.cell(cell).locator(".neosantara-panel")
    panel.wait_for()
    return panel


def ask(panel: Locator, text: str) -> None:
    """Type a question, press Enter, and wait for the answer's end."""
    field = panel.get_by_label("Your question", exact=True).last
    field.fill(text)
    field.press("Enter")
    panel.locator(".neosantara-turn").filter(has_text=text).last.wait_for()
    panel.get_by_role("button", name="Send").wait_for()


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_a_conversation(front_end: str, request: pytest.FixtureRequest) -> None:
    """Enter asks, a tool runs, the kernel stays free, and the file holds the conversation and no widget."""
    open_notebook: Callable[..., NotebookPage] = request.getfixturevalue(front_end)
    nb = open_notebook([LOAD, "panel = chat(tools=[add, delete_file])", "%neosantara history"])
    panel = opened(nb)
    ask(panel, "What is 17 + 25? Use the tools")
    assert "42" in panel.locator(".neosantara-turn").inner_text()
    assert not nb.cell(1).locator(".neosantara-transcript").is_visible()
    nb.run_cell(2)
    assert "17 + 25" in nb.text(2)
    saved = json.dumps(nb.save()["cells"][1]["outputs"])
    assert "widget-view" not in saved
    assert "42" in saved
    assert nb.problems == []
    assert nb.outside == []
