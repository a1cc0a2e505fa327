"""An ask inside ipywidgets' Output: it grows there, and what stays is the answer, live and in the saved file."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage
from browser.speaking import LOAD, RICH, answer, at
from wire.server import ScriptedServer

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

SHOW = "import ipywidgets\nfrom neosantara_magic import ask\nout = ipywidgets.Output()\ndisplay(out)"
ASK = "with out:\n    print('before')\n    ask('Hujan?', once=True)\n    print('after')"
OF_BUTTON = (
    "button = ipywidgets.Button(description='Go')\n@button.on_click\n@out.capture()\n"
    "def go(_):\n    ask('Hujan?', once=True)\nbutton"
)

WIDGETS_TOO = """async () => {
    await window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState');
}"""
HELD = "print([sorted(output.get('data', ())) for output in out.outputs])"


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_the_answer_stays_in_an_output(front_end: str, request: pytest.FixtureRequest, service: ScriptedServer) -> None:
    """In its place between what was printed, once, without the widget that showed it growing; a button adds another."""
    open_notebook: Open = request.getfixturevalue(front_end)
    nb = open_notebook([LOAD, SHOW, ASK, OF_BUTTON, HELD], **at(service))
    nb.run_cell(0)
    nb.run_cell(1)
    answer(service, RICH, every=0.04)
    nb.run_cell(2, wait=False)
    nb.cell(1).locator(".neosantara pre").wait_for()
    nb.wait_done()
    nb.wait_text(1, "5 tokens in")
    nb.cell(1).locator(".neosantara").wait_for(state="detached")
    shown = nb.outputs(1).first.inner_text()
    assert shown.count("Kutipan penutup.") == 1
    assert shown.index("before") < shown.index("Hujan di Jakarta") < shown.index("after")
    nb.run_cell(3)
    answer(service, "Dari tombol.", every=0)
    nb.cell(3).get_by_role("button", name="Go").click()
    nb.wait_text(1, "Dari tombol.")
    twin = ["text/html", "text/markdown", "text/plain"]
    for _ in range(20):  # the page tells the kernel what it shows, some time after it shows it
        nb.run_cell(4)
        if nb.text(4).count(twin[0]) == 2:
            break
    assert nb.text(4).strip() == str([[], twin, [], twin])
    if front_end == "lab":  # Notebook 7 has no command for it
        nb.page.evaluate(WIDGETS_TOO)
        saved = nb.save()
        nb.page.evaluate(WIDGETS_TOO)  # the server keeps the setting, and other tests want the usual one
        widgets = json.dumps(saved["metadata"]["widgets"])
        assert widgets.count("text/markdown") == 2
        assert "Kutipan penutup." in widgets
    assert nb.problems == []
