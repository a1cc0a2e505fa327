"""Code gets the theme's colours and keeps every letter."""

from __future__ import annotations

import html as entities
import re

import pytest

from neosantara_magic.render.highlight import LONGEST, highlight
from neosantara_magic.render.html import sanitise
from neosantara_magic.render.markdown import engine


def coloured(code: str, language: str = "python") -> str:
    """Return the HTML of a fence after sanitising and colouring."""
    return highlight(sanitise(engine("commonmark").render(f"~~~{language}\n{code}\n~~~\n")))


def text_of(html: str) -> str:
    """Return what a reader sees."""
    return entities.unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("def f(x: int) -> str:\n    return f'{x}' + \"<b>&amp;\"  # done", "python"),
        ("\n\n  leading = 1\n\n\n", "python"),
        ("SELECT * FROM t WHERE a < 3;", "sql"),
        ("<script>alert('x')</script>", "html"),
        ('if [ $x -lt 3 ]; then echo "a & b"; fi', "bash"),
        ("const a = `x${1 < 2}`;", "js"),
    ],
)
def test_colouring_keeps_every_letter(code: str, language: str) -> None:
    """What a reader sees, and copies, is the code."""
    html = coloured(code, language)
    assert text_of(html) == f"{code}\n\n"
    assert "<span style=" in html


def test_colours_are_the_themes_own() -> None:
    """Every colour is a variable of the theme with a fallback; nothing else is styled."""
    styles = re.findall(r'style="([^"]*)"', coloured("class A:\n    x = 1  # y\n    def f(self): return 'z'"))
    assert len(styles) > 5
    for style in styles:
        assert re.fullmatch(
            r"color: var\(--jp-mirror-editor-[a-z]+-color, var\(--vscode-[\w-]+, #[0-9a-f]{6}\)\)", style
        )


@pytest.mark.parametrize(
    "html",
    [
        "<p>x</p>",
        "<pre><code>no language\n</code></pre>",
        '<pre><code class="language-nosuch">x = 1\n</code></pre>',
        '<pre><code class="language-python">' + "x = 1\n" * (LONGEST // 6 + 1) + "</code></pre>",
        '<pre><code class="language-python">x <b>y</b></code></pre>',
    ],
)
def test_what_is_not_known_stays_as_it_was(html: str) -> None:
    """No language, an unknown one, very long code, or markup inside: unchanged."""
    assert highlight(html) == html


def test_hostile_code_is_still_escaped() -> None:
    """Tags in code are text before and after."""
    html = coloured("</code></pre><img src=x onerror=alert(1)>", "html")
    assert "<img" not in html
    assert "</code></pre><" not in html
