"""Documents in the renderers that readers use: JupyterLab's own, trusted or not, and nbconvert's page.

For: asking what of a display is live there: scripts, event attributes, foreign schemes, styles, requests.
Not for: how an answer gets there (``test_hostile.py`` runs cells).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup

from neosantara_magic.events import RoundCompleted, RoundStarted, ToolReturned
from neosantara_magic.messages import ToolCall, ToolResult, assistant_message
from neosantara_magic.render import static
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import HTML, MARKDOWN, Look, from_markdown
from render.corpora import random_text
from render.payloads import PAYLOADS

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from browser.notebookpage import NotebookPage

BATCH = 60
"""Documents that stand in the page at once."""

# What must not be there. MathJax draws with tags and styles of its own; JupyterLab gives headings an id.
LOOK = """
window.pwned = window.pwned || [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'msgbox', 'X']) window[name] = (...all) => window.pwned.push([name, ...all]);
window.lookForLife = box => {
    const found = [];
    const bad = /^[\\s\\0-\\x1f]*(?!https?:|mailto:)[a-z][a-z0-9+.-]*:/i;
    const style = /^(text-align: ?(left|right|center);?)?$/;
    const tag = /^(script|iframe|object|embed|form|base|meta|link|style|svg|math|template|video|audio|button|textarea|select)$/i;
    for (const node of box.querySelectorAll('*')) {
        const drawn = node.closest('mjx-container');
        const at = node.cloneNode(false).outerHTML.slice(0, 160);
        if (tag.test(node.localName) && !drawn) found.push('tag ' + at);
        for (const { name, value } of node.attributes) {
            if (/^on/i.test(name)) found.push('handler ' + at);
            if (/^(href|action|formaction|xlink:href)$/i.test(name) && bad.test(value)) found.push('scheme ' + at);
            if (drawn && /^(href|xlink:href|class|id)$/i.test(name) && /evil|pwn/.test(value)) found.push('formula ' + at);
            if (name === 'src' && !/^data:image\\/(png|jpeg|gif|webp)[;,]/i.test(value)) found.push('source ' + at);
            if (name === 'style' && !drawn && !style.test(value.trim())) found.push('style ' + at);
            if ((name === 'name' || (name === 'id' && !/^h[1-6]$/i.test(node.localName) && node !== box)) && !drawn
                && !/^(fn|fnref)/.test(value)) found.push('name ' + at);
        }
        if (node.localName === 'a' && node.getAttribute('href')) node.dispatchEvent(new MouseEvent('mouseover'));
    }
    return found;
};
null;
"""
IN_LAB = """async texts => {
    const { rendermime } = window.jupyterapp.shell.currentWidget.content;
    const found = [];
    for (const [at, { mime, text, trusted }] of texts.entries()) {
        const renderer = rendermime.createRenderer(mime);
        document.body.append(renderer.node);
        try {
            await renderer.renderModel(rendermime.createModel({ data: { [mime]: text }, trusted }));
        } catch (error) { found.push([at, 'error ' + error]); }
        for (const one of window.lookForLife(renderer.node)) found.push([at, one]);
        if (window.pwned.length) found.push([at, 'ran ' + JSON.stringify(window.pwned.splice(0))]);
        renderer.node.remove();
        renderer.dispose();
    }
    await new Promise(done => setTimeout(done, 50));  // an image fails later
    if (window.pwned.length) found.push([texts.length - 1, 'ran later ' + JSON.stringify(window.pwned.splice(0))]);
    return found;
}"""
IN_PAGE = """pages => {
    const found = [];
    for (const [at, html] of pages.entries()) {
        const box = document.createElement('div');
        document.body.append(box);
        box.append(document.createRange().createContextualFragment(html));  // runs scripts, as a page that is loaded
        for (const one of window.lookForLife(box)) found.push([at, one]);
        if (window.pwned.length) found.push([at, 'ran ' + JSON.stringify(window.pwned.splice(0))]);
        box.remove();
    }
    return found;
}"""

_BITS = (
    "<img src=x onerror=X()>", "<script>X()</script>", "<svg onload=X()>", "<a href=javascript:X()>", "<!--", "-->",
    "<style>*{display:none}</style>", "<iframe src=javascript:X()>", "<math><mi xlink:href=javascript:X()>",
    "<img src=https://evil.example/p>", "javascript:X()", "JaVa&#x73;cript:X()", "java\tscript:X()", "data:text/html,x",
    "[x](", "](", "][", "![a](", "![", "]: ", "[x]: ", ")", "<", ">", "<javascript:X()>", "(", "'t'", '"', "'", "=",
    "https://a.example/", "www.evil.example/", "ftp://evil.example", "http://", "//evil.example/x", "a@b.c", "mailto:",
    "https://evil.example/i.png", "`", "``", "```", "~~~", "```html", "```mermaid", '``` "onclick=X()', "````", "    ",
    "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\begin{a}", "\\end{a}", "\\href{javascript:X()}{x}", "\\style{", "\\class{evil}",
    "\\", "\\\\", "*", "**", "_", "~~", "|", "|-|\n", "|a|b|\n|-|-|\n|", "- ", "* ", "1. ", "> ", "# ", "---", "===", "\n",
    "\n", "\n", "\n\n", "\n\n", " ", " ", "\t", "\u00a0", "\u200b", "\u2028", "\x0b", "\x0c", "\0", "\r", "&lt;", "&#60;",
    "&colon;", "&#58;", "&amp;", "&NewLine;", "word", "x", "1", "[^1]", "[^1]: ", ":::", "{=html}", "{#a onclick=X()}", "<br>",
    "<details>", "<p id=location name=x class=jp-Dialog style=position:fixed>", "</", "<a", "<b/", "onerror=X()", "\u202e",
)  # fmt: skip


def document(chance: random.Random) -> str:
    """Return a text that no one would write, of pieces that meet often."""
    kind = chance.random()
    if kind < 0.2:
        return "".join(
            chance.choice((random_text(chance, 6), chance.choice(PAYLOADS))) for _ in range(chance.randint(1, 4))
        )
    few = ["\n", *chance.sample(_BITS, 8), chance.choice(PAYLOADS)]
    return "".join(chance.choices(few, k=chance.randint(2, 30)))


def stored(text: str, chance: random.Random) -> Mapping[str, str]:
    """Return what a notebook would keep of it: an answer, or with all that stands around one."""
    if chance.random() < 0.8:
        return from_markdown(text, text)
    call = ToolCall("c", text[:40], text)
    shown = Document()
    for event in (
        RoundStarted(text[:60], "chat"),
        RoundCompleted(assistant_message(text, (call,)), model=text[:60]),
        ToolReturned(ToolResult(call, text, shown=({HTML: text},))),
    ):
        shown.fold(event)
    shown.finish("completed")
    return static.bundle(shown, Look(chance.choice(("commonmark", "python-markdown"))))


class Renderers:
    """JupyterLab's renderers, and a page with what nbconvert makes."""

    def __init__(self, nb: NotebookPage, chromium: BrowserContext) -> None:
        from nbconvert.filters.markdown_mistune import markdown2html_mistune

        nb.reusable = False
        self._nb = nb
        self._convert = markdown2html_mistune
        self._page: Page = chromium.new_page()
        self._outside: list[str] = []
        self._page.on("request", lambda request: self._outside.append(request.url))
        for page in (nb.page, self._page):
            page.evaluate(LOOK)

    def live(self, bundles: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, str]]:
        """Show displays in every way; yield the number of each in which something lives, and what."""
        texts: list[dict[str, Any]] = [
            {"mime": mime, "text": bundle[mime], "trusted": trusted}
            for bundle in bundles
            for mime in (HTML, MARKDOWN)
            for trusted in (True, False)
        ]
        for at, what in self._nb.page.evaluate(IN_LAB, texts):
            one = texts[at]
            yield at // 4, f"JupyterLab, {one['mime']}, {'' if one['trusted'] else 'un'}trusted: {what}"
        made = [html for bundle in bundles for html in (bundle[HTML], self._convert(bundle[MARKDOWN]))]
        pages = [str(BeautifulSoup(html, "html.parser")) for html in made]  # as nbconvert writes its page
        for at, what in self._page.evaluate(IN_PAGE, pages):
            yield at // 2, f"nbconvert, {(HTML, MARKDOWN)[at % 2]}: {what}"
        for address in (*self._nb.outside, *self._outside):
            yield -1, f"asked for {address}"
        self._nb.outside.clear()
        self._outside.clear()


def fuzz(
    renderers: Renderers, seed: int, *, seconds: float = 1e9, most: int = 10**9
) -> tuple[int, list[tuple[str, str]]]:
    """Show random documents until time or count is up; return how many, and (text, what lived) of the first bad ones."""
    chance = random.Random(seed)  # noqa: S311  (nothing here is secret)
    until, count, bad = time.monotonic() + seconds, 0, list[tuple[str, str]]()
    while time.monotonic() < until and count < most and len(bad) < 20:
        texts = [document(chance) for _ in range(BATCH)]
        for at, what in renderers.live([stored(text, chance) for text in texts]):
            bad.append((texts[at] if at >= 0 else "one of the last batch", what))
        count += BATCH
    return count, bad
