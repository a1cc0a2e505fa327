"""Both engines turn Markdown into HTML; math reaches the typesetter as it was written."""

from __future__ import annotations

import html as entities
import re

import pytest

from neosantara_magic.render.markdown import engine

render = engine("commonmark").render


@pytest.mark.parametrize(
    "formula",
    [
        "$x_1 * y_2 * z$",
        "$$a_b*c*$$",
        "\\(a_b < c_d\\)",
        "\\[q*a*\\]",
        "\\begin{align}a &= b_1 \\\\ &= c_2\\end{align}",
        "$\\alpha$th",
    ],
)
def test_a_formula_is_one_text_with_its_delimiters(formula: str) -> None:
    """No tag stands inside a formula: MathJax would not find it."""
    inside = re.search(r"<p>a (.*) b</p>", render(f"a {formula} b"))
    assert inside
    assert entities.unescape(inside[1]) == formula


@pytest.mark.parametrize(
    "formula", ["$$\na\n= b\n- c\n# d\n$$", "\\[\n> a\n---\n\\]", "\\begin{cases}\n1. a\n\\end{cases}"]
)
def test_a_display_formula_keeps_its_lines(formula: str) -> None:
    """A line of a formula that begins like a heading, a list or a quote is none."""
    assert entities.unescape(render(f"Text\n{formula}\nmore")) == f"<p>Text</p>\n<p>{formula}</p>\n<p>more</p>\n"


def test_a_display_formula_ends_at_a_blank_line() -> None:
    """A formula that is never closed does not take the rest of the answer with it."""
    assert render("$$\na\n\n# Title\n").endswith("<h1>Title</h1>\n")


@pytest.mark.parametrize("text", ["$5 and $10", "5$ and 6$", "US$5", "a $ b $ c", "\\$x\\$", "$", "`$`x`$`"])
def test_money_is_no_formula(text: str) -> None:
    """A dollar that opens nothing stands alone in a span, where no typesetter pairs it with the next one."""
    assert "$" not in render(text).replace("<span>$</span>", "").replace("<code>$</code>", "")


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("see https://a.b/c.", "https://a.b/c", "."),
        ("(https://a.b/c_(d))", "https://a.b/c_(d)", ")"),
        ("**http://a.b/c**", "http://a.b/c", "</strong>"),
        ("https://a.b/?q=1&r=2, then", "https://a.b/?q=1&amp;r=2", ", then"),
    ],
)
def test_a_bare_address_is_a_link(text: str, address: str, rest: str) -> None:
    """The address without the sentence's own punctuation."""
    assert f'<a href="{address}">{address}</a>{rest}' in render(text)


@pytest.mark.parametrize("text", ["`https://a.b`", "https://", "xhttps://a.b", "[x](https://a.b)", "ftp://a.b"])
def test_what_is_no_bare_address_is_left_alone(text: str) -> None:
    """Code, halves, words and links that are already there get no second link."""
    assert render(text).count("<a ") == text.startswith("[")


def test_raw_html_is_shown_as_text() -> None:
    """The commonmark engine knows no HTML."""
    assert render("<b>x</b>\n\n<div>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n<p>&lt;div&gt;</p>\n"


def test_what_models_write_renders() -> None:
    """A list right after a paragraph, a nested list, code in an item, a table, strikethrough, a started count."""
    text = "Steps:\n- a\n  - b\n    ```py\n    x\n    ```\n\n3. c\n\n|h|\n|-|\n|~~d~~|\n"
    html = render(text)
    for piece in ("<p>Steps:</p>", "<li>a\n<ul>", 'class="language-py">x\n<', '<ol start="3">', "<td><s>d</s></td>"):
        assert piece in html


def test_task_lists_are_boxes_that_do_nothing() -> None:
    """Only the start of an item is a box."""
    html = render("- [x] a\n- [ ] b\n- c [x] d\n\n[x] e")
    assert html.count("<input") == html.count("disabled") == 2
    assert html.count("checked") == 1


def test_an_unfinished_fence_is_code() -> None:
    """While code is being written, its comments are no headings."""
    assert render("```python\n# load").startswith('<pre><code class="language-python"># load')


def test_python_markdown_takes_the_users_extensions() -> None:
    """Its own dialect by default, and what the extensions add."""
    assert "<dl>" not in engine("python-markdown").render("a\n:   b")
    assert "<dl>" in engine("python-markdown", ["extra"]).render("a\n:   b")
    assert "<table>" in engine("python-markdown").render("a|b\n-|-\n1|2\n")


def test_python_markdown_starts_each_text_from_a_clean_slate() -> None:
    """What one text defines, the next one doesn't know."""
    second = engine("python-markdown")
    assert "<a " in second.render("[x]\n\n[x]: http://y")
    assert "<a " not in second.render("[x]")


def test_an_unknown_extension_is_refused() -> None:
    """It is an ImportError of Python-Markdown's."""
    with pytest.raises(ImportError):
        engine("python-markdown", ["no_such_extension"])


@pytest.mark.parametrize("bit", ["$x", "\\(", "\\[", "$$", "http://", "[", "`$", "\\begin{a}", "$$\n", "http://a)"])
def test_endless_repetition_renders(bit: str) -> None:
    """A long text of one opener ends."""
    assert render(bit * (10_000 // len(bit)))
