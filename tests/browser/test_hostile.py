"""Answers that try to do something, in a real browser: nothing of them runs, live or stored, trusted or not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.notebookpage import NotebookPage
from render.payloads import PAYLOADS

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

# All payloads in one kernel run: each is an answer with a display of its own, streamed in two halves.
FEED = """
import time
from IPython import get_ipython
from neosantara_magic.scope import Cancel
from neosantara_magic.events import RoundStarted, TextDelta
from neosantara_magic.ipython.notebook import Notebook
from neosantara_magic.render import widget
from neosantara_magic.render.document import Document

widget.LINGER = 0
notebook = Notebook(get_ipython())
shows = []

def feed(payloads):
    for payload in payloads:
        document, renderer = Document(), widget.WidgetRenderer(notebook.outlet(), Cancel())
        half = len(payload) // 2
        pieces = (payload[:half] or " ", payload[half:] + "\\n\\nend")
        for event in (RoundStarted("m", "responses"), *map(TextDelta, pieces)):
            document.fold(event)
            renderer.show(document, event)
        shows.append((document, renderer))
"""
CLOSE = """
for document, renderer in shows:
    document.finish("completed")
    renderer.close(document)
"""

# Whatever a payload could call leaves a mark.
TRAP = """
window.pwned = [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'msgbox']) window[name] = (...all) => window.pwned.push([name, ...all]);
null;
"""
# What a reader could do to the answers: point, focus, click every link, open every fold. Then what is there.
POKE = """where => {
    const found = [];
    const bad = /^\\s*(javascript|vbscript|data|file|blob):/i;
    for (const box of document.querySelectorAll(where)) {
        for (const node of box.querySelectorAll('*')) {
            if (/^(script|iframe|object|embed|form|base|meta|link|style|svg|template|video|audio)$/i.test(node.localName)
                && !node.closest('mjx-container')) found.push(node.outerHTML.slice(0, 200));
            for (const { name, value } of node.attributes) {
                if (/^on/i.test(name)) found.push(`${name}=${value}`);
                if (/^(href|src|action|formaction|xlink:href)$/i.test(name) && bad.test(value)
                    && !/^data:image\\/(png|jpeg|gif|webp)/.test(value)) found.push(`${name}=${value}`);
            }
            if (getComputedStyle(node).position === 'fixed') found.push('fixed: ' + node.outerHTML.slice(0, 200));
            for (const kind of ['mouseover', 'focus', 'toggle', 'load', 'error']) node.dispatchEvent(new Event(kind));
            if (node.localName === 'a' && bad.test(node.getAttribute('href') ?? '')) node.click();
        }
    }
    return [found, window.pwned];
}"""


def poke(nb: NotebookPage, where: str, state: str) -> None:
    """Act on everything in the answers, and check that nothing ran and nothing was fetched."""
    found, ran = nb.page.evaluate(POKE, where)
    nb.page.wait_for_timeout(300)
    ran += nb.page.evaluate("() => window.pwned")
    assert ran == [], f"{state}: ran"
    assert found == [], f"{state}: dangerous markup"
    assert [url for url in nb.outside if "evil" in url or "logout" in url] == [], f"{state}: fetched"


def test_nothing_in_an_answer_runs(lab: Open, chromium: BrowserContext, tmp_path: Path) -> None:
    """More than sixty payloads in five states: live, static, reopened trusted and untrusted, nbconvert's HTML."""
    assert len(PAYLOADS) >= 60
    # JupyterLab shows fifty outputs of a cell and folds the rest.
    starts = range(0, len(PAYLOADS), 40)
    cells = range(1, 1 + len(starts))
    nb = lab([FEED, *[f"feed({PAYLOADS[start : start + 40]!r})" for start in starts], CLOSE])
    nb.reusable = False
    nb.page.on("dialog", lambda dialog: (nb.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    nb.page.add_init_script(TRAP)
    nb.page.evaluate(TRAP)
    for cell in (0, *cells):
        nb.run_cell(cell)
    count = len(PAYLOADS)
    nb.page.wait_for_function(
        f"() => [...document.querySelectorAll('.neosantara-content')]"
        f".filter(one => one.innerText.includes('end')).length >= {count - 12}"
    )
    assert sum(nb.outputs(cell).count() for cell in cells) == count
    poke(nb, ".neosantara", "live")
    nb.run_cell(cells[-1] + 1)
    nb.page.wait_for_function("() => !document.querySelector('.neosantara')")
    poke(nb, ".jp-OutputArea-output", "static")
    saved = nb.save()
    assert sum(len(saved["cells"][cell]["outputs"]) for cell in cells) == count

    nb.reopen()
    nb.page.wait_for_function(f"() => document.querySelectorAll('.jp-OutputArea-output').length >= {count}")
    poke(nb, ".jp-OutputArea-output", "reopened, trusted")

    saved["metadata"]["by"] = "somebody else"
    nb.path.write_text(json.dumps(saved))
    nb.reopen()
    nb.page.wait_for_function(f"() => document.querySelectorAll('.jp-OutputArea-output').length >= {count}")
    poke(nb, ".jp-OutputArea-output", "reopened, untrusted")
    assert nb.problems == []

    pages = _converted(nb.path, tmp_path)
    page = chromium.new_page()
    page.add_init_script(TRAP)
    exported = NotebookPage(page, pages)
    page.goto(pages.as_uri(), wait_until="domcontentloaded")
    poke(exported, ".jp-OutputArea-output", "nbconvert")
    page.close()


def _converted(notebook: Path, folder: Path) -> Path:
    words: list[Any] = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", folder, notebook]
    subprocess.run(words, check=True, capture_output=True)
    return folder / f"{notebook.stem}.html"
