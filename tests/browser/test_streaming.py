"""An answer in a real front end: it grows, it ends as the static twin, and it is there when the file is opened again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage
from browser.speaking import LOAD, RICH, answer, at, half, watch
from wire.server import ScriptedServer

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

ASK = "%%neosantara\nHujan?"


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_an_answer_grows_and_stays(front_end: str, request: pytest.FixtureRequest, service: ScriptedServer) -> None:
    """Many states are seen; then the same display is static, in the file too, and opens again without the kernel."""
    open_notebook: Open = request.getfixturevalue(front_end)
    nb = open_notebook([LOAD, ASK], **at(service))
    nb.run_cell(0)
    answer(service, RICH, every=0.04)
    seen = watch(nb)
    nb.run_cell(1, wait=False)
    nb.cell(1).locator(".neosantara pre").wait_for()
    nb.screenshot(f"streaming-{front_end}")
    nb.wait_done()
    states = seen()
    lengths = [len(state) for state in states]
    assert len(set(lengths)) >= 4
    assert lengths[len(lengths) // 2] < lengths[-1]
    assert "Stop" in states[0]
    nb.wait_text(1, "5 tokens in")
    assert nb.outputs(1).count() == 1
    assert nb.cell(1).locator(".neosantara, .neosantara-stop").count() == 0
    nb.screenshot(f"answer-{front_end}")

    saved = nb.save_without_widgets()
    (output,) = saved["cells"][1]["outputs"]
    assert set(output["data"]) == {"text/html", "text/markdown", "text/plain"}
    for form in output["data"].values():
        text = "".join(form)
        assert re.search("(## |<h2>)Hujan di Jakarta", text)
        assert "Kutipan penutup." in text
        assert "nusantara-base · responses · 5 tokens in" in text
    assert "widget" not in json.dumps(saved["cells"])
    assert nb.outside == []
    assert nb.problems == []

    for trusted in (True, False):
        if not trusted:
            # A file that this server has not signed.
            saved["metadata"]["by"] = "somebody else"
            nb.path.write_text(json.dumps(saved))
        nb.reopen()
        nb.wait_text(1, "Kutipan penutup.")
        assert nb.cell(1).locator("h2").inner_text().startswith("Hujan di Jakarta")
        assert nb.cell(1).locator("table td").first.inner_text() == "Januari"
        nb.cell(1).locator("mjx-container").first.wait_for()


def test_two_views_show_the_same(lab: Open, service: ScriptedServer) -> None:
    """A second view of the output, opened half-way, shows what the first shows, and its Stop works."""
    nb = lab([LOAD, ASK], **at(service))
    nb.run_cell(0)
    half(service, RICH.replace("$", ""))
    nb.run_cell(1, wait=False)
    nb.cell(1).locator(".neosantara table").wait_for()
    nb.page.evaluate("() => window.jupyterapp.commands.execute('notebook:create-output-view')")
    other = nb.page.locator(".jp-LinkedOutputView .neosantara")
    other.locator("table").wait_for()
    nb.page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.neosantara')]"
        ".map(view => view.firstChild.innerHTML); "
        "return all.length === 2 && all[0].length > 500 && all[0] === all[1]; }"
    )
    other.locator(".neosantara-stop").click()
    nb.page.evaluate(
        "() => { const { shell } = window.jupyterapp; "
        "shell.activateById([...shell.widgets('main')].find(widget => widget.context).id); }"
    )
    nb.wait_done()
    assert service.closed_early.wait()
    assert "stopped" in nb.text(1)


def test_themes_reach_the_answer(lab: Open, service: ScriptedServer) -> None:
    """In the dark theme text, code and button are light on dark, because they take the theme's colours."""
    nb = lab([LOAD, ASK], **at(service))
    nb.theme("JupyterLab Light")  # the server keeps what another test chose
    nb.run_cell(0)
    half(service, RICH)
    nb.run_cell(1, wait=False)
    nb.cell(1).locator(".neosantara blockquote").wait_for()
    colours = """() => [...document.querySelectorAll('.neosantara p, .neosantara-stop, .neosantara-bar span')]
        .map(node => Math.max(...getComputedStyle(node).color.match(/[0-9.]+/g).slice(0, 3).map(Number)))"""
    assert max(nb.page.evaluate(colours)) < 160
    nb.screenshot("streaming-light")
    nb.theme("JupyterLab Dark")
    assert min(nb.page.evaluate(colours)) > 128
    nb.screenshot("streaming-dark")
    nb.cell(1).locator(".neosantara-stop").click()
    nb.wait_done()
    nb.screenshot("stopped-dark")
