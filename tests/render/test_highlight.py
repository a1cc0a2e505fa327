"""Code gets bold keywords and keeps every letter."""

from __future__ import annotations

import html as entities
import re

import pytest

from neosantara_magic.render.html import sanitise
from neosantara_magic.render.markdown import LONGEST_CODE, engine, highlight


def marked(code: str, language: str = "python") -> str:
    """Return the HTML of a fence after sanitising and marking."""
    return highlight(sanitise(engine("commonmark").render(f"~~~{language}\n{code}\n~~~\n")))


def text_of(html: str) -> str:
    """Return what a reader sees."""
    return entities.unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("def f(x: int) -> str:\n    return f'{x}' + \"<b>&amp;\"  # done", "python"),
        ("\n\n  leading = None\n\n\n", "python"),
        ("SELECT * FROM t WHERE a < 3;", "sql"),
        ("<script>alert('x')</script>", "html"),
        ('if [ $x -lt 3 ]; then echo "a & b"; fi', "bash"),
        ("const a = `x${1 < 2}`;", "js"),
    ],
)
def test_marking_keeps_every_letter(code: str, language: str) -> None:
    """What a reader sees, and copies, is the code."""
    html = marked(code, language)
    assert text_of(html) == f"{code}\n\n"


def test_keywords_are_bold_and_comments_italic() -> None:
    """Tags that every front end keeps; no style, so no theme can make code unreadable."""
    html = marked("class A:\n    x = None  # y\n    def f(self): return x in self")
    assert re.findall("<b>(.*?)</b>", html) == ["class", "None", "def", "return", "in"]
    assert re.findall("<i>(.*?)</i>", html) == ["# y"]
    assert "style" not in html


@pytest.mark.parametrize(
    "html",
    [
        "<p>x</p>",
        "<pre><code>no language\n</code></pre>",
        '<pre><code class="language-nosuch">x = 1\n</code></pre>',
        '<pre><code class="language-python">' + "x = 1\n" * (LONGEST_CODE // 6 + 1) + "</code></pre>",
        '<pre><code class="language-python">x <b>y</b></code></pre>',
    ],
)
def test_what_is_not_known_stays_as_it_was(html: str) -> None:
    """No language, an unknown one, very long code, or markup inside: unchanged."""
    assert highlight(html) == html


def test_hostile_code_is_still_escaped() -> None:
    """Tags in code are text before and after."""
    html = marked("</code></pre><img src=x onerror=alert(1)>", "html")
    assert "<img" not in html
    assert "</code></pre><" not in html
