"""`--code` run again: one cell below, whatever ran before; what a reader changed or wrote stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage
from browser.speaking import LOAD, answer, at
from wire.server import ScriptedServer

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]


def sources(nb: NotebookPage, count: int) -> list[str]:
    """Wait until there are so many cells and no more are on their way; return their sources."""
    nb.page.wait_for_function(f"() => document.querySelectorAll('.jp-Notebook .jp-Cell').length === {count}")
    nb.page.wait_for_timeout(400)
    return ["".join(cell["source"]) for cell in nb.save()["cells"]]


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_code_again_replaces_its_cell(front_end: str, request: pytest.FixtureRequest, service: ScriptedServer) -> None:
    """By what is new; after a restart too; and the same code leaves the cell and its outputs."""
    open_notebook: Open = request.getfixturevalue(front_end)
    ask = "%%neosantara --once --code\nCode, please"
    here = f"import os; os.environ.update({at(service)!r})"  # a restarted kernel needs it again
    nb = open_notebook([f"{here}\n{LOAD}", ask, "print('mine')"])
    nb.run_cell(0)

    def again(number: int) -> None:
        answer(service, f"```python\nprint({number})\n```", every=0)
        nb.run_cell(1)

    again(1)
    assert sources(nb, 4)[2:] == ["print(1)", "print('mine')"]
    again(2)
    assert sources(nb, 4)[2:] == ["print(2)", "print('mine')"]
    nb.run_cell(2)
    again(2)
    assert sources(nb, 4)[2:] == ["print(2)", "print('mine')"]
    assert nb.text(2).strip() == "2"
    nb.restart()
    answer(service, "```python\nprint(3)\n```", every=0)
    nb.run_all()
    assert sources(nb, 4)[2:] == ["print(3)", "print('mine')"]
    nb.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.setSource('own')"
    )
    again(4)
    assert sources(nb, 5)[2:] == ["print(4)", "own", "print('mine')"]
    assert nb.problems == []
