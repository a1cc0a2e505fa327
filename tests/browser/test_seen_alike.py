"""What is shown when an answer has ended is what was shown live, in every program that shows it."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.notebookpage import NotebookPage
from browser.rendering import document, stored
from browser.test_hostile import CLOSE, FEED
from neosantara_magic.render.forms import HTML
from neosantara_magic.render.html import finished
from render.ordinary import FORMULAS, TEXTS
from render.payloads import PAYLOADS

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

# What a reader sees of each answer: its words, with a sign for each typeset formula. The footer and buttons are not it.
SEEN = """where => [...document.querySelectorAll(where)].map(box => {
    const copy = box.cloneNode(true);
    for (const node of copy.querySelectorAll('p:has(> small > em), button, .MathJax_Preview, script, mjx-assistive-mml')) node.remove();
    for (const node of copy.querySelectorAll('mjx-container, .MathJax_CHTML, .MathJax, .MathJax_SVG')) node.replaceWith('⟨formula⟩');
    for (const node of copy.querySelectorAll('br, p, li, tr, td, th, pre, h1, h2, h3, blockquote')) node.append('\\n');
    return copy.textContent.replace(/\\s+/g, ' ').trim();
})"""


def seen(page: Page, where: str) -> list[str]:
    """Return what is seen in each of the boxes, once no more formulas arrive."""
    drawn = "where => document.querySelectorAll(`${where} :is(mjx-container, .MathJax_CHTML, .MathJax)`).length > 9"
    page.wait_for_function(drawn, arg=where)
    last: list[str] = []
    for _ in range(60):
        now: list[str] = page.evaluate(SEEN, where)
        if now == last and len(now) == len(TEXTS):
            return now
        last = now
        page.wait_for_timeout(1000)
    assert len(last) == len(TEXTS), last[:3]
    return last


# Which pairs of HTML are not the same document, newlines aside: in JupyterLab trusted, not trusted, and in a page.
DIFFERENT = """async pairs => {
    const { rendermime } = window.jupyterapp.shell.currentWidget.content;
    const drawn = async (html, trusted) => {
        const page = document.implementation.createHTMLDocument().body;
        page.innerHTML = html;
        if (trusted === null) return page.innerHTML;
        const renderer = rendermime.createRenderer('text/html');
        await renderer.renderModel(rendermime.createModel({ data: { 'text/html': html }, trusted }));
        return renderer.node.innerHTML;
    };
    const found = [];
    for (const pair of pairs) for (const trusted of [true, false, null]) {
        const [one, two] = await Promise.all(pair.map(html => drawn(html, trusted)));
        if (one.replace(/\\n+/g, '') !== two.replace(/\\n+/g, '')) found.push([trusted, one, two]);
    }
    return found;
}"""


def test_what_is_left_out_of_the_stored_form_changes_nothing(lab: Open) -> None:
    """JupyterLab's sanitiser is no browser's parser: it has to close the same tags too."""
    chance = random.Random(1)  # noqa: S311  (nothing here is secret)
    texts = [*TEXTS, *PAYLOADS, *(document(chance) for _ in range(2_000))]
    stored_forms = [stored(text, chance)[HTML] for text in texts]
    pairs = [(html, finished(html)) for html in stored_forms]
    assert sum(one != two for one, two in pairs) > 500
    assert lab(["1"]).page.evaluate(DIFFERENT, pairs) == []


def test_the_corpus_is_large_enough() -> None:
    """At least eighty texts, no two alike."""
    assert len(set(TEXTS)) == len(TEXTS) >= 80


def test_formulas_and_prices_are_what_they_were_live(
    lab: Open, chromium: BrowserContext, tmp_path: Path, notebook7: Open
) -> None:
    """In JupyterLab live, at its end and opened again; in Notebook 7; in nbconvert's page."""
    # Formulas are typeset when their block is over, so another one follows each text.
    texts = [f"{text}\n\nend" for text in TEXTS]
    starts = range(0, len(TEXTS), 40)  # JupyterLab shows fifty outputs of a cell and folds the rest
    nb = lab([FEED, *[f"feed({texts[start : start + 40]!r})" for start in starts], CLOSE])
    for cell in range(len(starts) + 1):
        nb.run_cell(cell)
    live = [text.removesuffix("end end").strip() for text in seen(nb.page, ".neosantara-content")]
    counts = [shown.count("⟨formula⟩") for shown in live]
    assert [one for one in zip(TEXTS, live, counts, strict=True) if one[2] != FORMULAS.get(one[0], 0)] == []

    nb.run_cell(len(starts) + 1)
    nb.page.wait_for_function("() => !document.querySelector('.neosantara')")

    def compare(page: Page, place: str) -> None:
        stored = [text.removesuffix("end end").strip() for text in seen(page, ".jp-RenderedHTML")]
        assert {text: (one, two) for text, one, two in zip(TEXTS, live, stored, strict=True) if one != two} == {}, place

    compare(nb.page, "JupyterLab, ended")
    saved = nb.save()
    nb.reopen()
    compare(nb.page, "JupyterLab, opened again")
    other = notebook7(nb.path, name="again.ipynb")
    compare(other.page, "Notebook 7")

    saved["metadata"]["by"] = "somebody else"
    nb.path.write_text(json.dumps(saved))
    nb.reopen()
    compare(nb.page, "JupyterLab, untrusted")

    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", tmp_path, nb.path],
        check=True,
        capture_output=True,
    )
    page = chromium.new_page()
    page.route(re.compile("^https?:"), mathjax)
    page.goto((tmp_path / f"{nb.path.stem}.html").as_uri())
    page.wait_for_function(
        "() => window.MathJax?.Hub?.queue?.pending === 0 && document.querySelector('.MathJax_CHTML, .MathJax')"
    )
    compare(page, "nbconvert")


def mathjax(route: Route) -> None:
    """Give nbconvert's page the MathJax that nbclassic carries, in the place of the one it would fetch."""
    spec = importlib.util.find_spec("nbclassic")
    assert spec is not None
    assert spec.origin is not None
    found = re.search(r"/mathjax/[^/]+/([^?]*)", route.request.url)
    file = Path(spec.origin).parent / "static/components/MathJax" / found[1] if found else Path("nowhere")
    if file.name == "latest.js":
        address = route.request.url.partition("latest.js")[0] + "MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe"
        code = f"const s = document.createElement('script'); s.src = '{address}'; document.head.append(s);"
        route.fulfill(body=code, content_type="text/javascript")
    elif file.is_file():
        route.fulfill(path=file)
    else:
        route.fulfill(status=404)
