"""Prompts are coloured as Markdown: contract, *Highlighting*."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.conftest import EXECUTE
from browser.notebookpage import NotebookPage
from browser.speaking import LOAD

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]
PROMPT = "%%neosantara\n# Judul\n\nsebuah **tebal** kata, it's def prose"
RAIN = """%%neosantara --context 2 -t 0
## Rain

Write **one sentence** about `rain` for *beginners*:

1. it's more in Bogor
2. the difference is 410 - 300 mm"""
CELLS = [LOAD, "x = 'it'", PROMPT, "%%ns --once\n**hai**", "%%nsx\n**no**"]
MIMES = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.mimeType.split('-').pop())"
SET = "([at, text]) => window.jupyterapp.shell.currentWidget.content.widgets[at].model.sharedModel.setSource(text)"
MARKDOWN, PYTHON = "ipythongfm", "ipython"


def wait_for(nb: NotebookPage, *mimes: str) -> None:
    """Wait until the cells have these languages."""
    nb.page.wait_for_function(f"wanted => ({MIMES})().join() === wanted", arg=",".join(mimes), timeout=15_000)


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_prompts_are_markdown(front_end: str, request: pytest.FixtureRequest) -> None:
    """From the load on, while typing, after a move, an undo and a reload; off again; nothing of it is saved."""
    open_notebook: Open = request.getfixturevalue(front_end)
    nb = open_notebook(CELLS)
    before = nb.save()
    nb.run_cell(0)
    wait_for(nb, PYTHON, PYTHON, MARKDOWN, MARKDOWN, PYTHON)
    strong = nb.cell(2).locator(".cm-line").nth(3).locator("span").filter(has_text="tebal").first
    strong.wait_for()
    assert strong.evaluate("e => getComputedStyle(e).fontWeight") in ("700", "bold")
    saved = nb.save_without_widgets()
    assert [cell["source"] for cell in saved["cells"]] == [cell["source"] for cell in before["cells"]]
    assert [cell["metadata"].keys() - {"execution"} for cell in saved["cells"][1:]] == [set()] * 4
    assert "gfm" not in nb.path.read_text()
    # Typing.
    nb.page.evaluate(SET, [1, "%%neosantara -c a\n**now**"])
    nb.page.evaluate(SET, [3, "y = 2"])
    wait_for(nb, PYTHON, MARKDOWN, MARKDOWN, PYTHON, PYTHON)
    # Moving, and undoing what was done.
    nb.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.moveCell(2, 4)")
    wait_for(nb, PYTHON, MARKDOWN, PYTHON, PYTHON, MARKDOWN)
    nb.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.undo()")
    nb.page.wait_for_timeout(300)
    assert nb.page.evaluate(MIMES).count(MARKDOWN) == 2
    nb.save()
    assert nb.problems == []
    # A reload with the live kernel.
    nb.page.reload()
    nb.wait_idle()
    nb.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    nb.page.wait_for_function(f"() => ({MIMES})().filter(one => one === 'ipythongfm').length === 2", timeout=20_000)
    nb.problems.clear()  # Notebook 7 complains of a command of its own when it is reloaded
    nb.page.evaluate(SET, [0, "%config NeosantaraMagics.highlight = False"])
    nb.run_cell(0)
    wait_for(nb, *[PYTHON] * 5)
    nb.page.evaluate(SET, [0, "%config NeosantaraMagics.highlight = True"])
    nb.run_cell(0)
    nb.page.wait_for_function(f"() => ({MIMES})().filter(one => one === 'ipythongfm').length === 2", timeout=15_000)
    nb.page.evaluate(SET, [0, "%unload_ext neosantara_magic"])
    nb.run_cell(0)
    wait_for(nb, *[PYTHON] * 5)
    assert nb.problems == [], "\n".join(nb.problems)


def test_a_keystroke_costs_little(lab: Open) -> None:
    """Less than 2 ms of ours in a prompt of 300 lines."""
    nb = lab([LOAD, "%%neosantara\n" + "a line of *prose* about rain\n" * 300])
    nb.run_cell(0)
    wait_for(nb, PYTHON, MARKDOWN)
    cost = nb.page.evaluate(
        """() => {
            const cell = window.jupyterapp.shell.currentWidget.content.widgets[1].model;
            const began = performance.now();
            for (let n = 0; n < 100; n++) cell.contentChanged.emit(undefined);
            return (performance.now() - began) / 100;
        }"""
    )
    assert cost < 2


def test_the_file_is_the_same_to_the_byte(lab: Open) -> None:
    """Opened, run, edited and saved with colours and without them."""
    saved = []
    for name, wanted in (("with.ipynb", MARKDOWN), ("without.ipynb", PYTHON)):
        nb = lab([LOAD, PROMPT], name=name)
        off = "from IPython import get_ipython\nget_ipython().config.NeosantaraMagics.highlight = False"
        if wanted == PYTHON:
            assert nb.page.evaluate(EXECUTE, off)
        nb.run_cell(0)
        nb.page.wait_for_timeout(1_500 if wanted == PYTHON else 0)  # so long that colours could have come
        wait_for(nb, PYTHON, wanted)
        nb.page.evaluate(SET, [1, PROMPT + "\n*more*"])
        nb.save()
        saved.append(nb.path.read_bytes())
    assert b"*more*" in saved[0]
    assert saved[0] == saved[1]


def test_the_first_line_stays_as_it_is(lab: Open) -> None:
    """Whatever Markdown would make of it, the command has one colour, weight and slant; the body has Markdown's."""
    lines = ("-c my_long_name -i *.png {{ df_1 }}", "{{ a * b }} {{ c * d }} **x** `y`", "-c x\n---")
    nb = lab([LOAD, *(f"%%neosantara {line}\n\n**tebal**\n" for line in lines)])
    nb.run_cell(0)
    wait_for(nb, PYTHON, *[MARKDOWN] * len(lines))
    for cell in range(1, 1 + len(lines)):
        editor = nb.cell(cell).locator(".cm-content[data-language=markdown]")
        strong = editor.locator(".cm-line span").filter(has_text="tebal").first
        strong.wait_for()
        assert strong.evaluate("e => getComputedStyle(e).fontWeight") in ("700", "bold")
        looks = editor.locator(".cm-line").first.evaluate(
            """line => [line, ...line.querySelectorAll("span")].map(e => getComputedStyle(e))
                .map(s => [s.color, s.fontWeight, s.fontStyle, s.textDecorationLine].join())"""
        )
        assert len(set(looks)) == 1, lines[cell - 1]


def test_pictures_of_fix_and_of_a_prompt(lab: Open) -> None:
    """The pictures of the README: the mended cell over its diff, and a prompt with its colours."""
    cells = [
        f"{LOAD}\n%neosantara demo on",
        'rain = {"Bogor": 410, "Jakarta": 300}\nrain["Jakata"] + rain["Bogor"]',
        "%neosantara fix",
        RAIN,
    ]
    nb = lab(cells, NEOSANTARA_DEMO_PACE="0")
    nb.page.set_viewport_size({"width": 960, "height": 955})
    nb.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    for index in range(3):
        nb.run_cell(index)
    nb.page.wait_for_function(f"() => ({MIMES})()[3] === '{MARKDOWN}'", timeout=15_000)
    assert 'rain["Jakarta"]' in nb.cell(2).locator(".cm-content").inner_text()
    assert '-rain["Jakata"]' in nb.text(2)
    for name, index in (("fix", 2), ("prompt", 3)):
        assert nb.screenshot(name, nb.cell(index)).stat().st_size < 200_000
