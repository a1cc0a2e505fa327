"""Nothing live leaves the sanitiser, and what a reader needs does."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup

from neosantara_magic.render.forms import rendered
from neosantara_magic.render.html import finished, lean, sanitise, scheme
from neosantara_magic.render.markdown import engine, highlight
from render.corpora import random_text, seeded
from render.ordinary import TEXTS
from render.payloads import PAYLOADS

ENGINES = {
    "none": lambda text: text,
    "commonmark": engine("commonmark").render,
    "python-markdown": engine("python-markdown").render,
    "python-markdown extra": engine("python-markdown", ["extra", "codehilite", "toc"]).render,
}
TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "var",
}
ATTRIBUTES = {
    "href",
    "title",
    "target",
    "rel",
    "class",
    "open",
    "src",
    "alt",
    "width",
    "height",
    "type",
    "checked",
    "disabled",
    "value",
    "start",
    "align",
    "colspan",
    "rowspan",
    "style",
}


class Reader(HTMLParser):
    """Reads HTML its own way and collects what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            self.look(tag, name, value or "")

    def look(self, tag: str, name: str, value: str) -> None:
        """Note what is wrong with one attribute."""
        good = name in ATTRIBUTES
        if name == "href":
            good = scheme(value) in {"http", "https", "mailto", ""}
        elif name == "src":
            good = value.startswith(("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp"))
        elif name == "style":
            good = value.strip("; ").replace(" ", "") in {"text-align:left", "text-align:right", "text-align:center"}
        elif name == "class":
            good = tag == "code" and value.startswith("language-") and " " not in value
        if not good:
            self.faults.append(f"{tag} {name}={value!r}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data!r}")


def faults(html: str) -> list[str]:
    """Return everything in the HTML that the allow-list of this test does not know."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.faults


def test_there_are_enough_payloads() -> None:
    """At least sixty different attempts stand in the list."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


@pytest.mark.parametrize("name", ENGINES)
def test_no_payload_leaves_the_sanitiser_live(name: str) -> None:
    """Whatever engine a payload went through, or none, only known tags, attributes and addresses are left."""
    assert {payload: found for payload in PAYLOADS if (found := faults(sanitise(ENGINES[name](payload))))} == {}


def test_the_reader_of_this_test_finds_what_is_live() -> None:
    """Without the sanitiser, most payloads are found: the test above can fail."""
    assert sum(bool(faults(payload)) for payload in PAYLOADS) > 60


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="https://a.b/c.png" alt="A cat">', '<a href="https://a.b/c.png" target="_blank" rel="noreferrer">A cat</a>'),
        ('<img src="//a.b/c.png">', '<a href="//a.b/c.png" target="_blank" rel="noreferrer">//a.b/c.png</a>'),
        ('<a href="https://x.y"><img src="https://a.b/c.png" alt="A cat"></a>', '<a href="https://x.y" target="_blank" rel="noreferrer">A cat</a>'),
        ('<img src="data:image/png;base64,AA" alt="">', '<img src="data:image/png;base64,AA" alt="">'),
        ('<img src="data:image/svg+xml,x" alt="drawing">', "drawing"),
    ],
)  # fmt: skip
def test_remote_images_become_links(html: str, expected: str) -> None:
    """An image that would be fetched is a link; one that carries its bytes stays."""
    assert sanitise(html) == expected


def test_remote_images_stay_when_the_user_wants_them() -> None:
    """With ``remote_images`` an https image is an image; a script address never is."""
    assert (
        sanitise('<img src="https://a.b/c.png" alt="x">', remote_images=True) == '<img src="https://a.b/c.png" alt="x">'
    )
    assert sanitise('<img src="javascript:x" alt="x">', remote_images=True) == '<img alt="x">'


def test_what_a_reader_needs_stays() -> None:
    """Tables with alignment, code with its language, folded details and task lists come through."""
    text = "|a|b|\n|:-|-:|\n|1|2|\n\n```python\nx < 1\n```\n\n- [x] done\n- [ ] open\n\n3. three\n"
    clean = sanitise(engine("commonmark").render(text))
    for piece in (
        '<th style="text-align:left">a</th>',
        '<code class="language-python">x &lt; 1\n</code>',
        '<input type="checkbox" checked="" disabled=""> done',
        '<input type="checkbox" disabled=""> open',
        '<ol start="3">',
    ):
        assert piece in clean
    folded = "<details open><summary>More</summary><kbd>x</kbd></details>"
    assert sanitise(folded) == folded.replace("open", 'open=""')


def test_ids_names_and_classes_of_the_models_choosing_are_dropped() -> None:
    """An id could shadow a global of the page, a class could look like part of it."""
    assert sanitise('<p id="location" name="x" class="jp-Dialog">x</p>') == "<p>x</p>"


def test_links_tell_nothing_and_open_elsewhere() -> None:
    """Every link has its rel and its target, whatever the model wrote there."""
    assert sanitise('<a href="http://x" target="_top" rel="opener">x</a>') == (
        '<a href="http://x" target="_blank" rel="noreferrer">x</a>'
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x", "https"),
        (" JAVA\tscript:x", "javascript"),
        ("\x01javascript:x", "javascript"),
        ("a/b:c", ""),
        ("#x", ""),
        ("//x", ""),
    ],
)
def test_a_scheme_is_read_as_a_browser_reads_it(address: str, expected: str) -> None:
    """Spaces and control characters before or within a scheme do not hide it."""
    assert scheme(address) == expected


def test_blocks_alone_and_together_sanitise_alike() -> None:
    """Sanitising and colouring block by block gives what doing it to the whole gives."""
    text = "a *b*\n\n```python\nx = 1\n```\n\n- a\n- b\n\n|a|\n|-|\n|![x](http://y)|\n"
    parts = [engine("commonmark").render(part) for part in text.split("\n\n")]
    assert "".join(highlight(sanitise(part)) for part in parts) == highlight(sanitise("".join(parts)))


LEAN = {
    "<h1>a</h1>\n<p>b</p>\n<p>c</p>\n<hr>\n<p>d</p>\n": "<h1>a</h1><p>b</p><p>c</p><hr><p>d</p>",
    "<ul>\n<li>a\n<ol>\n<li>b</li>\n</ol>\n</li>\n<li>c</li>\n</ul>": "<ul><li>a<ol><li>b</ol><li>c</ul>",
    "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>": "<ul><li><p>a</p><li><p>b</p></ul>",
    "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n<tr>\n<td>3</td>\n<td>4</td>\n</tr>\n</tbody>\n</table>": (
        "<table><thead><tr><th>a<th>b</thead><tr><td>1<td>2<tr><td>3<td>4</table>"
    ),
    '<table><tr><td style="text-align:right">a</td><td style="text-align:center">b style="text-align:right"</td></tr></table>': (
        '<table><tr><td align=right>a<td style="text-align:center">b style="text-align:right"</table>'
    ),
    "<table><tr><th>a</th><td>b</td><th>c</th></tr></table>": "<table><tr><th>a</th><td>b</td><th>c</table>",
    '<pre><code class="language-python">a\n\n\nb\n</code></pre>\n<p>c</p>\n': "<pre><code>a\n\n\nb\n</code></pre><p>c</p>",
    '<blockquote>\n<p><a href="http://x">x</a>\nb</p>\n</blockquote>': (
        '<blockquote><p><a href="http://x" target=_blank rel=noreferrer>x</a>\nb</p></blockquote>'
    ),
    # What is between words stays, and so does each line of what is written line by line.
    "<p>a\n<em>b</em>\n<strong>c</strong></p>": "<p>a\n<em>b</em>\n<strong>c</strong></p>",
    "<pre>a<div>b</div>\n<pre>c</pre>\n<p>d</p>\n</pre>\n<p>e</p>": "<pre>a<div>b</div>\n<pre>c</pre>\n<p>d</p>\n</pre><p>e</p>",
    "<b>\n<p>a</p>\n</b>": "<b><p>a</p></b>",
    "<table><tbody><tr><td>a</td></tr></tbody><tbody><tr><td>b</td></tr></tbody></table>": (
        "<table><tr><td>a</tr></tbody><tr><td>b</table>"
    ),
    '<p>target="_blank" rel="noreferrer"></p>\n<p>a</p>': '<p>target="_blank" rel="noreferrer"&gt;</p><p>a</p>',
    # MathJax takes a formula's two signs from text that no tag but a line break interrupts.
    "<p>a <span>$</span>5 b</p>": "<p>a $5 b</p>",
    "<p><span>$</span>5, <span>$</span>6, <em><span>$</span></em></p>": "<p>$5, <span>$</span>6, <em>$</em></p>",
    "<p><span>$</span>5<br><span>$</span>6</p>": "<p><span>$</span>5<br><span>$</span>6</p>",
    "<p>$x$ and <span>$</span>5</p>": "<p>$x$ and <span>$</span>5</p>",
    "<p>\\(x\\) <span>$</span>5 \\ref{a}</p>": "<p>\\(x\\) <span>$</span>5 \\ref{a}</p>",
    "<p><span>\\</span>ref{a}</p>": "<p><span>\\</span>ref{a}</p>",
    # Kept whole: a parser drops the first newline of such code each time it reads it.
    "<p>a</p>\n<pre>\n\nb</pre>": "<p>a</p>\n<pre>\nb</pre>",
}


@pytest.mark.parametrize("full", LEAN)
def test_what_has_no_effect_is_not_stored(full: str) -> None:
    """Newlines between blocks, tags that the next one implies, quotes, the language of code."""
    assert lean(finished(full)) == LEAN[full]


def test_the_lean_form_is_the_same_document() -> None:
    """To the parser of the sanitiser, also after nbconvert's, whatever came in; and it is the form of itself."""
    tight = re.compile(
        r"\n+|(?<=<code) class=\"language-[^\"]*\"|<span>(?=\$</span>)|(?<=<span>\$)</span>"
        r"|(?<=<t[dh]) (?:style=\"text-align:right\"|align=\"right\")"
    )
    for text in (*TEXTS, *PAYLOADS, *(random_text(seeded(seed), 20) for seed in range(300))):
        full = finished(rendered(text) + sanitise(text))
        short = lean(full)
        assert tight.sub("", finished(short)) == tight.sub("", full)
        assert lean(finished(short)) == short
        passed_on = [finished(str(BeautifulSoup(html, "html.parser"))) for html in (short, full)]
        one, other = ("".join(tight.sub("", html).split()) for html in passed_on)
        assert one == other
        assert len(short) <= len(full)


def test_the_lean_form_has_the_same_formulas() -> None:
    """Those that MathJax finds: each in a stretch of text between two tags, where a line break is no tag."""
    stretches = re.compile(r"<(?:pre|code)>.*?</(?:pre|code)>|<(?!br>)[^>]*>", re.DOTALL)
    formula = re.compile(r"\$\$.*?\$\$|\$.*?\$|\\\(.*?\\\)|\\\[.*?\\\]|\\begin\b|\\(?:eq)?ref\b", re.DOTALL)

    def formulas(html: str) -> list[str]:
        return [found for text in stretches.split(html) for found in formula.findall(text)]

    seen = 0
    for text in (*TEXTS, *(random_text(seeded(seed), 20) for seed in range(300)), "a $5<br>b $6", "$5  \nb $6 *c* $7"):
        full = finished(rendered(text))
        assert formulas(lean(full)) == formulas(full), text
        seen += len(formulas(full))
    assert seen > 50


@pytest.mark.parametrize(
    "bit", ["\n", "<p>", "</p>\n", "<pre>", "<li>\n", "<table>", "<table><tr><td>", "a\n", "<a href=x>b</a>", "$"]
)
def test_no_display_takes_long(bit: str) -> None:
    """200 kB of anything are made lean in much less than a second."""
    full = finished(bit * 1_000)
    began = time.process_time()
    lean(full * (200_000 // len(full) or 1))
    assert time.process_time() - began < 1
