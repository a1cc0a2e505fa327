"""Nothing live leaves the sanitiser, and what a reader needs does."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from neosantara_magic.render.highlight import highlight
from neosantara_magic.render.html import sanitise, scheme
from neosantara_magic.render.markdown import engine
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
