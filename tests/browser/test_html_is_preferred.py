"""The programs that can run here show an output's HTML, not the Markdown beside it: the ground that our displays stand on.

For: JupyterLab, Notebook 7, nbclassic, Voila, nbconvert's page. What others say of themselves: docs/security.md.
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

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

FORMS = {"text/html": "<p>this is <b>HTML</b></p>", "text/markdown": "this is *Markdown*", "text/plain": "this is text"}
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


def shows_html(page: Page) -> None:
    """Wait for the HTML, and see nothing of the other forms. A cell's source is not looked at."""
    page.get_by_text("this is HTML", exact=True).first.wait_for()
    where = ".jp-OutputArea-output, .output_subarea, .jp-RenderedHTMLCommon"
    shown = page.locator(where).all_inner_texts()
    assert {text.strip() for text in shown} == {"this is HTML"}


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
def test_nbclassic_and_voila_show_html(route: str, server: tuple[str, Path], chromium: Browser) -> None:
    """Nbclassic opens the file as it was saved; Voila runs it."""
    address, folder = server
    path = folder / f"preferred-{route.partition('/')[0]}.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    page = chromium.new_context().new_page()
    page.goto(f"{address}/{route}/{path.name}?token={TOKEN}", timeout=90_000)
    shows_html(page)
    page.context.close()


def test_nbconvert_shows_html(chromium: Browser, tmp_path: Path) -> None:
    """In the page that it writes."""
    path = tmp_path / "preferred.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", path], check=True, capture_output=True)
    page = chromium.new_context().new_page()
    page.goto(path.with_suffix(".html").as_uri(), wait_until="commit")
    shows_html(page)
    page.context.close()
