"""Stored Markdown can do nothing, and harmless Markdown is stored as it came."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from neosantara_magic.render.lab_math import without_formulas
from neosantara_magic.render.neutral import is_harmless, neutralise
from render.corpora import examples, random_text, seeded
from render.payloads import PAYLOADS
from render.test_html import faults

PERMISSIVE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PERMISSIVE.validateLink = lambda _url: True  # type: ignore[method-assign]


def live(markdown: str) -> list[str]:
    """Return what a front end that allows everything would let loose, formulas in place or taken out."""
    return faults(PERMISSIVE.render(markdown)) + faults(PERMISSIVE.render(without_formulas(markdown)))


def test_no_payload_is_stored_live() -> None:
    """A renderer with raw HTML on and no link check makes nothing live of a stored payload."""
    assert {payload: found for payload in PAYLOADS if (found := live(neutralise(payload)))} == {}


def test_payloads_side_by_side_are_not_stored_live() -> None:
    """Two payloads in one text do not open what each alone keeps closed."""
    chance = seeded(4)
    for _ in range(500):
        text = chance.choice(["", "\n", "\n\n", " ", "`", "$", "- "]).join(chance.sample(PAYLOADS, 2))
        stored = neutralise(text)
        assert live(stored) == [], text
        assert neutralise(stored) == stored, text


def test_random_text_is_stored_harmless_and_once() -> None:
    """For text no one would write: harmless, and a second pass changes nothing."""
    for seed in range(500):
        chance = seeded(seed)
        text = "".join(chance.choice((random_text(chance, 6), chance.choice(PAYLOADS))) for _ in range(4))
        stored = neutralise(text)
        assert live(stored) == [], text
        assert neutralise(stored) == stored, text


@pytest.mark.parametrize("corpus", ["commonmark", "gfm"])
def test_every_example_is_stored_harmless_and_once(corpus: str) -> None:
    """No example of either specification comes out live, or differently the second time."""
    for text in examples(corpus):
        stored = neutralise(text)
        assert is_harmless(stored), text
        assert neutralise(stored) == stored, text


@pytest.mark.parametrize(
    "text",
    [
        "a < b, x <- 1, <3 and 5 > 4",
        "$a<b$ and $$x<y$$ and \\(p<q\\)",
        "$$\n\\sum_{i<n} x_i\n= 3\n$$",
        "`<b>` and ``<script>``",
        "```html\n<script>alert(1)</script>\n```",
        "1. Run:\n\n   ```html\n   <b>x</b>\n   ```\n\n2. Done, it costs $5.",
        "    <b>indented</b>",
        "| a | `<b>` |\n|---|---|\n| 1 < 2 | \\| |",
        "> quoted *text*\n> goes on",
        "[link](https://a.b/c_(d) 'title') [mail](mailto:a@b.c) [here](#part) [file](data.csv)",
        "[ref]\n\n[ref]: https://a.b/c",
        "<https://a.b/c> <a@b.c>",
        "![dot](data:image/png;base64,iVBORw0KGgo=)",
        "\\<b> is already told",
        "[a](<b c>)",
        "Note: x[1]: y, and wow! [this]",
        "",
    ],
)
def test_harmless_text_is_unchanged(text: str) -> None:
    """Math, code, tables, quotes, comparisons and good links are stored byte for byte."""
    assert neutralise(text) == text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a <b>c</b>", "a \\<b>c\\</b>"),
        ("\\\\<b>", "\\\\\\<b>"),
        ("[x](javascript:alert(1))", "[x](#alert(1))"),
        ("[x](JAVA&Tab;script&colon;y)", "[x](#y)"),
        ("[x]\n\n[x]: vbscript:y", "[x]\n\n[x]: #y"),
        ("<javascript:y>", "\\<javascript:y>"),
        ("![cat](https://a.b/c.png)", "[cat](https://a.b/c.png)"),
        ("![cat][c]\n\n[c]: https://a.b/c.png", "[cat][c]\n\n[c]: https://a.b/c.png"),
        ("a\r\nb <i>", "a\nb \\<i>"),
    ],
)
def test_only_what_is_dangerous_is_edited(text: str, stored: str) -> None:
    """A tag is escaped where it stands, a scheme is dropped, a remote image becomes a link."""
    assert neutralise(text) == stored


def test_remote_images_stay_when_the_user_wants_them() -> None:
    """With ``remote_images`` an https image is kept, a script address is not."""
    assert neutralise("![a](https://b.c/d.png)", remote_images=True) == "![a](https://b.c/d.png)"
    assert live(neutralise("![a](javascript:x)", remote_images=True)) == []


def test_a_formula_that_would_swallow_a_code_block_costs_the_formatting() -> None:
    """What JupyterLab would see as HTML, though it is code for a Markdown parser, is kept as a fenced copy."""
    text = "# $\n    $ <img src=x onerror=alert(1)>"
    assert neutralise(text) == f"```markdown\n{text}\n```\n"


def test_the_check_can_fail() -> None:
    """The check finds HTML, unsafe links and remote images when they are there."""
    for text in ("<b>", "a <b> c", "[x](javascript:y)", "![x](http://y)", "<javascript:x>", "# $\n    $ <b>"):
        assert not is_harmless(text)


@pytest.mark.parametrize(
    "bit",
    ["[", "](", "![](", "[x](a:", "<a ", "`` ` ", "$ $$ ", "*a_", "> ", "- ", "<!--", "[a]: <", "\\(", "{$", "- ```\n"],
)
def test_endless_repetition_is_stored_too(bit: str) -> None:
    """A megabyte of one thing ends, in a fenced copy; a shorter text of it ends too, and harmless."""
    assert neutralise(bit * (1_000_000 // len(bit))).startswith("`" * 3) or "<" not in bit
    stored = neutralise(bit * (4_000 // len(bit)))
    assert live(stored) == []


@pytest.mark.parametrize(
    ("markdown", "left"),
    [
        ("a $x$ b", "a formula b"),
        ("$5 and $6", "formula6"),
        ("$x\n\n$ y", "$x\n\n$ y"),
        ("`$x$` $y$", "`$x$` formula"),
        ("```\n$x$\n```\n$y$", "```\n$x$\n```\nformula"),
        (" ```\n$x$\n ```", " ```\nformula\n ```"),
        ("$\\text{a $b$ c}$ d", "formula d"),
        ("\\begin{a} x \\end{a} y", "formula y"),
        ("a \\$x$ b$", "a \\$xformula"),
    ],
)
def test_formulas_are_found_as_jupyterlab_finds_them(markdown: str, left: str) -> None:
    """Delimiters, braces, blank lines and the code it knows end or hide a formula."""
    assert without_formulas(markdown) == left


@pytest.mark.parametrize(
    "text",
    ['```html"onmouseover="alert(1)\ncode\n```', "> ~~~ x'y\n> code\n> ~~~", "- ```a&quot;onclick=1\n  code\n  ```"],
)
def test_a_fence_can_not_begin_an_attribute(text: str) -> None:
    """JupyterLab writes the words after a fence into a class attribute without escaping them."""
    stored = neutralise(text)
    first = stored.splitlines()[0]
    assert not set(first.lstrip("> -`~")) & set("\"'&<")
    assert "code" in stored
    assert neutralise(stored) == stored


def test_ordinary_fences_are_left_alone() -> None:
    """A language, a title in braces and a fence inside a longer fence stay as they are."""
    for text in ("```python\nx\n```", "```{code-cell} ipython3\nx\n```", '````markdown\n```html "x"\n```\n````'):
        assert neutralise(text) == text
