"""The call of an agent outside in a real front end: Run in the output of the serving cell, and the card after it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from browser.notebookpage import NotebookPage
from browser.speaking import LOAD
from browser.test_tools_seen import TOOL

pytest.importorskip("mcp.client", reason="the extra mcp is not installed")

import agents

pytestmark = pytest.mark.browser

CELLS = [LOAD, TOOL, "served = %neosantara serve send_letter", "print(served.url, served.token_file)", "print(ran)"]


async def call(url: str, token: str) -> str:
    """Call as an agent does."""
    async with agents.agent(url, token) as client:
        answer = await client.call_tool("send_letter", {"city": "Bandung"})
        return str(answer.content[0].text)


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_an_agents_call_waits_for_run(front_end: str, request: pytest.FixtureRequest) -> None:
    """Nothing runs before the button; then the card stands there, and neither token nor widget is stored."""
    open_notebook: Callable[..., NotebookPage] = request.getfixturevalue(front_end)
    nb = open_notebook(CELLS)
    for cell in range(4):
        nb.run_cell(cell)
    url, file = nb.text(3).split()
    token = Path(file).read_text("utf-8")
    nb.screenshot(f"serve-{front_end}")
    with ThreadPoolExecutor(1) as apart:  # Playwright has this thread's loop
        answer = apart.submit(lambda: asyncio.run(call(url, token)))
        button = nb.cell(2).get_by_role("button", name="Run", exact=True)
        button.wait_for()
        assert 'send_letter({"city": "Bandung"})' in nb.text(2)
        nb.screenshot(f"serve-asks-{front_end}")
        nb.run_cell(4)
        assert nb.text(4).strip() == "[]"
        button.click()
        assert answer.result(30) == "sent <b>now</b>"
    nb.cell(2).locator("summary", has_text="send_letter").filter(has_text="done").wait_for()
    nb.run_cell(4)
    assert nb.text(4).strip() == "['Bandung']"
    stored = json.dumps(nb.model(2))
    assert token not in stored
    assert "widget-view" not in stored
    assert not nb.problems
