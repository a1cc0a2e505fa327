"""The programs that can run here show an output's HTML, not the Markdown beside it: the ground that our displays stand on.

For: JupyterLab, Notebook 7, nbclassic, Voila, nbconvert's page. What others say of themselves: docs/security.md.
The HTML is as we store it, without the tags that a parser closes by itself: each program has to close them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.conftest import TOKEN
from browser.notebookpage import NotebookPage
from neosantara_magic.render.forms import from_markdown, rendered
from neosantara_magic.render.html import finished

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

TEXT = """this is **HTML**

- one `x`
- two

1. a

   b

| a | b |
|---|---|
| 1 | **2** |
| 3 | 4 |

> quoted

```python
if 1: pass
```

end
"""
FULL = finished(rendered(TEXT))
FORMS = from_markdown(TEXT, "this is text") | {"text/markdown": "this is *Markdown*"}
SOURCE = f"display({FORMS}, raw=True)"
NOTEBOOK: dict[str, Any] = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "a",
            "metadata": {},
            "source": SOURCE,
            "outputs": [{"data": FORMS, "metadata": {}, "output_type": "display_data"}],
        }
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


# The words and tags of each output, and those of the HTML with nothing left out. Only JupyterLab names its headings.
SHOWN = """full => {
    const seen = box => [box.innerText.replace(/\\s+/g, " ").trim(), ...[...box.querySelectorAll("*")].map(n => n.localName)].join("|");
    const whole = document.createElement("div");
    whole.innerHTML = full;
    document.body.append(whole);
    const found = [whole, ...document.querySelectorAll(".jp-OutputArea-output, .output_subarea")].map(seen);
    whole.remove();
    return found;
}"""


def shows_html(page: Page) -> None:
    """Wait for the HTML, and see it whole and nothing of the other forms. A cell's source is not looked at."""
    page.locator(".jp-OutputArea-output, .output_subarea").get_by_text("this is HTML", exact=True).first.wait_for()
    whole, *shown = page.evaluate(SHOWN, FULL)
    assert whole.count("|") > 20
    assert set(shown) == {whole}


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_jupyterlab_and_notebook_show_html(front_end: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Saved by somebody else, and shown live."""
    open_notebook: Open = request.getfixturevalue(front_end)
    path = tmp_path / f"preferred-{front_end}.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    nb = open_notebook(path)
    shows_html(nb.page)
    nb.run_cell(0)
    shows_html(nb.page)


@pytest.mark.parametrize("route", ["nbclassic/notebooks", "voila/render"])
def test_nbclassic_and_voila_show_html(route: str, server: tuple[str, Path], chromium: BrowserContext) -> None:
    """Nbclassic opens the file as it was saved; Voila runs it."""
    address, folder = server
    path = folder / f"preferred-{route.partition('/')[0]}.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    page = chromium.new_page()
    page.goto(f"{address}/{route}/{path.name}?token={TOKEN}", timeout=90_000)
    shows_html(page)
    page.close()


def test_nbconvert_shows_html(chromium: BrowserContext, tmp_path: Path) -> None:
    """In the page that it writes."""
    path = tmp_path / "preferred.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", path], check=True, capture_output=True)
    page = chromium.new_page()
    page.goto(path.with_suffix(".html").as_uri(), wait_until="commit")
    shows_html(page)
    page.close()
